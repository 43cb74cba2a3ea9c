"""Blocks below a line (cursor written `|`, holes as «...»): shown where the model is sure of all."""

import pytest

from fakes import FakeCalibrations, FakeModel, said
from lacuna_ls.completion import predictor
from lacuna_ls.completion.cache import CompletionCache
from lacuna_ls.completion.engine import complete
from lacuna_ls.completion.suggestion import CompletionOptions
from lacuna_ls.domain.calibration import CalibratedCell, Calibration
from lacuna_ls.domain.text import Span, TextEdit, decode, encode
from lacuna_ls.holes.calibration import EPSILONS, HOLE_COUNTS
from lacuna_ls.ports.language_model import Capabilities
from lacuna_ls.syntax.document import edit_document, open_document
from lacuna_ls.syntax.languages import languages
from marked_text import read_marks

PYTHON = next(known for known in languages() if known.name == "python")
BLOCKS = Capabilities("fake", fill_in_middle=True, logprobs=True, chat=False, blocks=True)
LINE = said(("rows", -0.5), ":")
BLOCK = said(("rows", -0.5), ":", "\n    ", "return", " rows")


def calibrations():
    cells = tuple(
        CalibratedCell(epsilon, holes, 0.2, 2000, 0)
        for epsilon in EPSILONS
        for holes in HOLE_COUNTS
    )
    key = predictor.key("fake", PYTHON)
    return FakeCalibrations({key: Calibration(key, 0.05, "some files", cells)})


def speaking(line=LINE, block=BLOCK, capabilities=BLOCKS):
    return FakeModel(lambda request: [line] if request.stop else [block], capabilities)


def opened(marked):
    data, cursor = read_marks(marked)
    return open_document("file:///a.py", 1, PYTHON, data), cursor.start


async def offered(document, offset, model, *, store=None, cache=None, **options):
    store = store or calibrations()
    found = await complete(
        document, offset, model, store, CompletionOptions(**options), cache=cache
    )
    return drawn(found[0]) if found else ""


async def shown(marked, model=None, **options):
    document, offset = opened(marked)
    return await offered(document, offset, model or speaking(), **options)


def drawn(suggestion):
    data = encode(suggestion.text)
    for hole in reversed(suggestion.holes):
        start, end = hole.span.start, hole.span.end
        data = b"".join((data[:start], encode("«"), data[start:end], encode("»"), data[end:]))
    return decode(data)


async def test_a_block_stands_below_its_line_as_one_hole():
    assert await shown("if |\n") == "«rows»:\n    «return rows»"


async def test_a_line_is_claimed_for_as_it_would_be_without_its_block():
    alone = await shown("if |\n", speaking(capabilities=Capabilities("fake", True, True, False)))
    assert (await shown("if |\n")).partition("\n")[0] == alone


async def test_a_model_that_does_not_close_statements_is_not_asked_for_one():
    model = speaking(capabilities=Capabilities("fake", True, True, False))
    await shown("if |\n", model)
    assert [request.stop for request in model.requests] == [("\n",)]


async def test_no_tab_stops_are_shown_beyond_those_allowed():
    assert await shown("if |\n", max_holes=1) == "«rows»:"


async def test_without_a_calibration_the_block_is_shown_plain():
    assert await shown("if |\n", store=FakeCalibrations({})) == "rows:\n    return rows"


async def test_a_block_that_the_model_doubts_is_not_shown():
    doubted = said(("rows", -0.5), ":", "\n    ", ("return", -3.0), (" rows", -3.0))
    assert await shown("if |\n", speaking(block=doubted)) == "«rows»:"


@pytest.mark.parametrize(("doubt", "is_shown"), [(-0.01, True), (-0.1, False), (None, False)])
async def test_a_block_is_held_to_the_probability_of_all_of_it(doubt, is_shown):
    more = ((" + 1", doubt) for _ in range(20))
    block = said(("rows", -0.5), ":", "\n    ", "return rows", *more)
    found = await shown("if |\n", speaking(block=block))
    assert ("\n" in found) is is_shown


async def test_a_block_that_is_not_closed_is_not_shown():
    cut = said(("rows", -0.5), ":", "\n    ", "return", end=None)
    assert await shown("if |\n", speaking(block=cut)) == "«rows»:"


async def test_where_a_block_stands_already_none_is_shown():
    assert await shown("if |\n\n    return 1\n") == "«rows»:"


async def test_a_block_that_parses_worse_is_not_shown():
    broken = said(("rows", -0.5), ":", "\n    ", "return", " )(")
    assert await shown("if |\n", speaking(block=broken)) == "«rows»:"


async def test_a_block_with_characters_nobody_sees_is_not_shown():
    hidden = said(("rows", -0.5), ":", "\n    ", "return", " '\u202e'")
    assert await shown("if |\n", speaking(block=hidden)) == "«rows»:"


async def test_a_line_that_opens_nothing_is_asked_for_once():
    model = speaking(said("rows"))
    await shown("x = |\n", model)
    assert len(model.requests) == 1


async def test_line_ends_are_those_of_the_file():
    assert await shown("import os\r\nif |\r\n") == "«rows»:\r\n    «return rows»"


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("ro", "«ws»:\n    «return rows»"),
        ("rows:", "\n    «return rows»"),
        ("rows:\n    ret", "«urn rows»"),
        ("rows:\n    return rows", ""),
    ],
)
async def test_typing_along_a_block_keeps_it_without_asking_again(typed, left):
    document, offset = opened("if |\n")
    cache, model = CompletionCache(), speaking()
    await offered(document, offset, model, cache=cache)
    edit = TextEdit(Span(offset, offset), encode(typed))
    document = edit_document(document, 2, [edit])
    assert await offered(document, offset + len(encode(typed)), model, cache=cache) == left
    assert len(model.requests) == 2
