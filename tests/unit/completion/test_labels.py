"""What a save says of a completion that was shown (cursor written `|`)."""

from random import Random

import pytest

from fakes import FakeCalibrations, FakeModel, said
from lacuna_ls.completion import predictor
from lacuna_ls.completion.cache import CompletionCache
from lacuna_ls.completion.engine import complete
from lacuna_ls.completion.labels import label_saved
from lacuna_ls.completion.suggestion import CompletionOptions
from lacuna_ls.domain.calibration import CalibratedCell, Calibration
from lacuna_ls.domain.text import encode
from lacuna_ls.holes.calibration import EPSILONS, HOLE_COUNTS, Group
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import languages
from marked_text import read_marks

PYTHON = next(known for known in languages() if known.name == "python")
KEY = predictor.key("fake", PYTHON)
OPTIONS = CompletionOptions()
SHOWN = said("count", "(", ("rows", -0.5), ")")


def calibrations():
    cells = tuple(
        CalibratedCell(epsilon, holes, 0.2, 2000, 0, group)
        for group in Group
        for epsilon in EPSILONS
        for holes in HOLE_COUNTS
    )
    return FakeCalibrations({KEY: Calibration(KEY, 0.05, "some files", cells)})


async def labels_after(saved, *, shown="x = |\n", store=None):
    """Of a file that stood as `shown` when the completion came and is saved as `saved`."""
    store, cache = store or calibrations(), CompletionCache()
    data, cursor = read_marks(shown)
    document = open_document("file:///a.py", 1, PYTHON, data)
    model = FakeModel(lambda _: [SHOWN])
    await complete(document, cursor.start, model, store, OPTIONS, cache=cache)
    now = open_document("file:///a.py", 2, PYTHON, encode(saved))
    label_saved(now, cache, store, OPTIONS, Random(0))
    label_saved(now, cache, store, OPTIONS, Random(0))
    labels = store.labels(KEY, 0.1)
    return labels.n, labels.misses


@pytest.mark.parametrize(
    ("saved", "misses"),
    [
        ("x = count(rows)\n", 0),
        ("x = count(columns[0])\n", 0),
        ("x = count(rows)  # all\n", 0),
        ("x = len(rows)\n", 1),
        ("x = count(rows).first\n", 1),
        ("\n", 0),
    ],
)
async def test_what_stands_there_at_the_save_is_the_label(saved, misses):
    n = 0 if saved == "\n" else 1
    assert await labels_after(saved) == (n, misses)


async def test_a_line_that_has_moved_is_found_by_what_stands_before_the_cursor():
    assert await labels_after("import os\n\nx = len(rows)\n") == (1, 1)


async def test_where_that_is_ambiguous_there_is_no_label():
    assert await labels_after("# x = 1\nx = len(rows)\n") == (0, 0)


async def test_what_stood_behind_the_cursor_before_was_not_written_now():
    assert await labels_after("f(count(rows))\n", shown="f(|)\n") == (1, 0)


async def test_without_a_calibration_nothing_is_counted():
    assert await labels_after("x = len(rows)\n", store=FakeCalibrations()) == (0, 0)
