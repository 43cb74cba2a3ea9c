"""The calibration inside the package is that of the code beside it.

If this fails after a change of `holes/`, `completion/`, `model/` or a grammar, the shipped figures
speak of code that is no more: run `make calibration` and commit what it writes.
"""

import re
from collections import Counter
from itertools import product

import pytest

from lacuna_ls.adapters.calibration_store import from_json, read_shipped
from lacuna_ls.completion import predictor
from lacuna_ls.holes.calibration import EPSILONS, HOLE_COUNTS, Group, claims
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
    assert all(claims(cell, shipped.delta) for cell in shipped.cells)


def test_the_whole_grid_is_calibrated_once(shipped):
    cells = Counter((cell.group, cell.epsilon, cell.max_holes) for cell in shipped.cells)
    assert cells == Counter(product(Group, EPSILONS, HOLE_COUNTS))


def test_no_file_was_counted_twice(shipped):
    """The population is said in words: a file has one cursor of each group."""
    (files,) = re.findall(r"cursors in (\d+) Python files", shipped.population)
    assert all(cell.n <= int(files) for cell in shipped.cells)
