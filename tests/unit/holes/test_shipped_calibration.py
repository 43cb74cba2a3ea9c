"""The calibration inside the package is that of the code beside it.

If this fails after a change of `holes/`, `completion/`, `model/` or a grammar, the shipped figures
speak of code that is no more: run `make calibration` and commit what it writes.
"""

import re
from collections import Counter

import pytest

from lacuna_ls.adapters.calibration_store import from_json, read_shipped
from lacuna_ls.completion import predictor
from lacuna_ls.holes.calibration import CELLS, EPSILONS, HOLE_COUNTS, minimum_samples
from lacuna_ls.model.embedded import model_id
from lacuna_ls.syntax.languages import by_language_id


@pytest.fixture(scope="module")
def shipped():
    text = read_shipped()
    assert text is not None, "the package ships no calibration: run make calibration"
    return from_json(text)


def test_the_shipped_calibration_speaks_of_this_code(shipped):
    assert shipped.key == predictor.key(model_id(), by_language_id("python")), (
        "stale: run make calibration"
    )


def test_every_cell_has_more_samples_than_its_claim_needs(shipped):
    for cell in shipped.cells:
        assert cell.n >= minimum_samples(cell.epsilon, shipped.delta / CELLS)


def test_the_whole_grid_is_calibrated_once(shipped):
    cells = Counter((cell.epsilon, cell.max_holes) for cell in shipped.cells)
    assert cells == Counter((epsilon, holes) for epsilon in EPSILONS for holes in HOLE_COUNTS)


def test_no_file_was_counted_twice(shipped):
    """The population is said in words, with its number of files: there is one cursor in each."""
    (files,) = re.findall(r"each of (\d+) Python files", shipped.population)
    assert all(cell.n <= int(files) for cell in shipped.cells)
