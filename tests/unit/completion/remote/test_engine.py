"""From what an endpoint's model says to a suggestion; `|` is the cursor, holes are `«...»`."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from fakes import FakeCalibrations, FakeModel, said
from lacuna_ls.completion.remote import engine
from lacuna_ls.completion.suggestion import CompletionOptions
from lacuna_ls.domain.calibration import CalibratedCell, Calibration
from lacuna_ls.domain.completion import Completion, FinishReason, Token
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.domain.text import Span, decode, encode
from lacuna_ls.holes.calibration import EPSILONS, HOLE_COUNTS, Group
from lacuna_ls.ports.language_model import Chunk, CompletionRequest, Excerpt, PromptedRequest
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from marked_text import read_marks

PYTHON = by_language_id("python")
DOUBTFUL = said(("return", -0.001), (" f(", -0.001), ("rows", -1.5), (")", -0.001), end=-0.001)


def opened(marked: str):
    data, cursor = read_marks(marked)
    return open_document("file:///a.py", 1, PYTHON, data), cursor.start


def unscored(text: str) -> Completion:
    token = Token(Span(0, len(encode(text))), None)
    return Completion(text, (token,), None, FinishReason.STOP, "fake")


async def suggested(marked: str, answer: Completion, store=None, scorer=None, **options):
    document, offset = opened(marked)
    model = FakeModel(lambda request: [answer])
    proposal = await engine.propose(document, offset, model, None, scorer=scorer)
    if proposal is None:
        return None
    return engine.suggestion(
        proposal, offset, store or FakeCalibrations(), CompletionOptions(**options)
    )


def drawn(suggestion) -> str:
    data = encode(suggestion.text)
    for hole in reversed(suggestion.holes):
        start, end = hole.span.start, hole.span.end
        data = b"".join((data[:start], encode("«"), data[start:end], encode("»"), data[end:]))
    return decode(data)


async def test_without_a_calibration_holes_stand_where_the_model_doubts_and_claim_nothing():
    one = await suggested("def f(rows):\n    |\n", DOUBTFUL)
    assert drawn(one) == "return f(«rows»)"
    assert not one.claim.calibrated


async def test_with_a_calibration_of_this_model_its_threshold_holds():
    name = engine.key("fake", PYTHON)
    cells = tuple(
        CalibratedCell(e, h, 9.0, 2000, 0, group)
        for e in EPSILONS
        for h in HOLE_COUNTS
        for group in Group
    )
    store = FakeCalibrations({name: Calibration(name, 0.05, "some files", cells)})
    one = await suggested("def f(rows):\n    |\n", DOUBTFUL, store)
    assert (drawn(one), one.claim.calibrated) == ("return f(rows)", True)


async def test_several_lines_are_offered():
    one = await suggested("def f(rows):|\n", said("\n    x = 1", "\n    return x"))
    assert one.text == "\n    x = 1\n    return x"


async def test_without_numbers_nothing_is_said_of_confidence():
    one = await suggested("x = |\n", unscored("f(rows)"))
    assert (drawn(one), one.claim.calibrated) == ("f(rows)", False)


class Scorer(FakeModel):
    async def score(self, request: CompletionRequest, text: str) -> Completion:
        return replace(DOUBTFUL, text=text) if text == DOUBTFUL.text else unscored(text)


async def test_another_model_scores_it_under_both_names():
    document, offset = opened("def f(rows):\n    |\n")
    model = FakeModel(lambda request: [unscored(DOUBTFUL.text)])
    proposal = await engine.propose(
        document, offset, model, None, scorer=Scorer(lambda request: [])
    )
    assert proposal is not None
    assert proposal.scored
    assert proposal.completion.model_id == "fake, scored by fake"


async def test_a_scorer_that_cannot_leaves_it_without_numbers():
    one = await suggested("x = |\n", unscored("f(a)"), scorer=FakeModel(lambda request: []))
    assert (drawn(one), one.claim.calibrated) == ("f(a)", False)


async def test_the_model_is_told_the_context_and_the_comment_of_the_language():
    document, offset = opened("x = |\n")
    model = FakeModel(lambda request: [said("1")])
    context = (Excerpt("a.py", "def g(): ..."),)
    await engine.propose(document, offset, model, None, context=context)
    (request,) = model.requests
    assert isinstance(request, PromptedRequest)
    assert (request.context, request.line_comment) == (context, "#")


async def test_the_answer_is_left_once_its_block_is_closed():
    read: list[str] = []

    class Endless(FakeModel):
        async def complete(self, request: CompletionRequest) -> AsyncIterator[Chunk]:
            for text in ("return 1", "\n", "\ndef ", "g():", "\n    pass"):
                read.append(text)
                yield Chunk(0, text, ())

    document, offset = opened("def f():\n    |\n")
    proposal = await engine.propose(document, offset, Endless(lambda request: []), None)
    assert proposal is not None
    assert proposal.text == b"return 1"
    assert read == ["return 1", "\n", "\ndef "]


async def test_a_model_that_cannot_answer_says_so():
    class Broken(FakeModel):
        async def complete(self, request: CompletionRequest) -> AsyncIterator[Chunk]:
            yield Chunk(0, "ret", ())
            raise ModelError("broken")

    document, offset = opened("def f():\n    |\n")
    with pytest.raises(ModelError, match="broken"):
        await engine.propose(document, offset, Broken(lambda request: []), None)


async def test_in_the_middle_of_a_line_nobody_is_asked():
    document, offset = opened("x = |y + 1\n")
    model = FakeModel(lambda request: [said("1")])
    assert await engine.propose(document, offset, model, None) is None
    assert model.requests == []
