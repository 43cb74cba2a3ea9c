"""From a cursor (written `|`) to a suggestion; holes are written as «...»."""

from dataclasses import replace

import pytest

from fakes import FakeCalibrations, FakeModel, said
from lacuna_ls.completion import predictor
from lacuna_ls.completion.cache import CompletionCache
from lacuna_ls.completion.engine import complete
from lacuna_ls.completion.suggestion import Claim, CompletionOptions, Suggestion
from lacuna_ls.domain.calibration import CalibratedCell, Calibration
from lacuna_ls.domain.completion import Alternative, FinishReason
from lacuna_ls.domain.text import Span, TextEdit, decode, encode
from lacuna_ls.holes.calibration import EPSILONS, HOLE_COUNTS, Group
from lacuna_ls.ports.language_model import Capabilities
from lacuna_ls.syntax.document import edit_document, open_document
from lacuna_ls.syntax.languages import languages
from marked_text import read_marks

PYTHON = next(known for known in languages() if known.name == "python")
COUNT_SURE = said(
    ("count", -0.01), "(", ("rows", -0.5), ",", (" key", -0.02), "=", ("by", -0.8), ")"
)


def calibrations(thresholds: dict[float, float | None], n: int = 2000) -> FakeCalibrations:
    cells = tuple(
        CalibratedCell(epsilon, holes, thresholds.get(epsilon), n, 0, group)
        for group in Group
        for epsilon in EPSILONS
        for holes in HOLE_COUNTS
    )
    key = predictor.key("fake", PYTHON)
    return FakeCalibrations({key: Calibration(key, 0.05, "some files", cells)})


def opened(marked: str):
    data, cursor = read_marks(marked)
    return open_document("file:///a.py", 1, PYTHON, data), cursor.start


async def suggest(marked, *answers, store=None, cache=None, **options) -> tuple[Suggestion, ...]:
    document, offset = opened(marked)
    model = FakeModel(lambda request: answers)
    store = store or calibrations(dict.fromkeys(EPSILONS, 0.2))
    return await complete(document, offset, model, store, CompletionOptions(**options), cache=cache)


def drawn(suggestion: Suggestion) -> str:
    data = encode(suggestion.text)
    for hole in reversed(suggestion.holes):
        start, end = hole.span.start, hole.span.end
        data = b"".join((data[:start], encode("«"), data[start:end], encode("»"), data[end:]))
    return decode(data)


async def test_what_the_model_doubts_becomes_holes_and_the_rest_stays_solid():
    (one,) = await suggest("x = |\n", COUNT_SURE)
    assert drawn(one) == "count(«rows», key=«by»)"


async def test_fewer_holes_cover_more():
    (one,) = await suggest("x = |\n", COUNT_SURE, max_holes=1)
    assert drawn(one) == "count«(rows, key=by)»"


async def test_the_claim_says_what_was_calibrated():
    (one,) = await suggest("x = |\n", COUNT_SURE, epsilon=0.17)
    assert one.claim == Claim(True, 0.1, 0.05, 2000, "some files")


async def test_a_looser_epsilon_leaves_more_solid():
    store = calibrations({0.05: 0.2, 0.4: 0.6})
    (strict,) = await suggest("x = |\n", COUNT_SURE, store=store, epsilon=0.05)
    (loose,) = await suggest("x = |\n", COUNT_SURE, store=store, epsilon=0.4)
    assert (drawn(strict), drawn(loose)) == (
        "count(«rows», key=«by»)",
        "count(rows, key=«by»)",
    )


async def test_where_no_threshold_held_everything_is_one_hole():
    (one,) = await suggest("x = |\n", COUNT_SURE, store=calibrations({}))
    assert drawn(one) == "«count(rows, key=by)»"
    assert one.claim.calibrated


@pytest.mark.parametrize(
    "store",
    [FakeCalibrations(), calibrations(dict.fromkeys(EPSILONS, 0.2), n=20)],
    ids=["no calibration", "too small a calibration"],
)
async def test_uncalibrated_the_plain_guess_is_offered_and_nothing_is_claimed(store):
    (one,) = await suggest("x = |\n", COUNT_SURE, store=store)
    assert (drawn(one), one.claim) == ("count(rows, key=by)", Claim(calibrated=False))


async def test_a_calibration_of_another_predictor_is_not_used():
    store = calibrations(dict.fromkeys(EPSILONS, 0.2))
    (kept,) = store.kept.values()
    stale = FakeCalibrations({"another": replace(kept, key="another")})
    (one,) = await suggest("x = |\n", COUNT_SURE, store=stale)
    assert not one.claim.calibrated


async def test_a_model_without_log_probabilities_is_never_called_calibrated():
    document, offset = opened("x = |\n")
    model = FakeModel(lambda _: [COUNT_SURE], Capabilities("fake", True, False, False))
    store = calibrations(dict.fromkeys(EPSILONS, 0.2))
    (one,) = await complete(document, offset, model, store, CompletionOptions())
    assert not one.claim.calibrated


async def test_stopping_is_charged_so_that_an_unsure_end_makes_everything_one_hole():
    store = calibrations(dict.fromkeys(EPSILONS, 0.2))
    (one,) = await suggest("x = |\n", said("count", end=-0.25), store=store)
    assert drawn(one) == "«count»"


async def test_where_a_line_goes_on_in_doubt_its_sure_beginning_is_offered():
    (one,) = await suggest("x = |\n", said("rows", ".", "count", (".", -2.0), ("b", -2.0)))
    assert drawn(one) == "rows.count"


async def test_a_sure_line_is_offered_to_its_end():
    (one,) = await suggest("x = |\n", said("rows", ".", "count", " +", " b"))
    assert drawn(one) == "rows.count + b"


async def test_a_doubt_inside_that_a_hole_can_hold_does_not_cut_the_line():
    (one,) = await suggest("x = |\n", said("count", "(", ("rows", -2.0), ")", ".", "first"))
    assert drawn(one) == "count(«rows»).first"


async def test_a_model_that_does_not_say_how_sure_it_is_to_stop_claims_no_end():
    answer = replace(said("count"), end_logprob=None)
    (one,) = await suggest("x = |\n", answer)
    assert drawn(one) == "count"


async def test_a_token_that_straddles_two_nodes_is_charged_to_what_holds_both():
    (one,) = await suggest("x = |\n", said("fun", "(", ("a, b", -1.0), ")"))
    assert drawn(one) == "fun«(a, b)»"


async def test_multi_byte_characters_keep_holes_in_place():
    (one,) = await suggest("größe = |\n", said("f", "(", "'ä€'", ", ", ("ü", -1.0), ")"))
    assert drawn(one) == "f('ä€', «ü»)"


async def test_code_under_a_syntax_error_is_never_solid_and_so_not_offered():
    assert await suggest("f(1 1,\n  |\n", said("count")) == ()


async def test_what_would_be_one_hole_is_not_offered():
    assert await suggest("x = |\n", said(("aaa", -3.0))) == ()


async def test_the_same_text_is_offered_at_every_epsilon():
    store = calibrations({0.05: 0.0, 0.1: 0.01, 0.2: 0.2, 0.4: 1.5})
    answer = said("rows", ".", ("count", -0.1), (" +", -0.3), (" b", -0.3))
    texts = {(await suggest("x = |\n", answer, store=store, epsilon=e))[0].text for e in EPSILONS}
    assert len(texts) == 1


async def test_a_line_start_is_claimed_for_by_its_own_cells():
    cells = tuple(
        CalibratedCell(epsilon, holes, threshold, 2000, 0, group)
        for group, threshold in ((Group.MID_LINE, 0.2), (Group.LINE_START, 0.0))
        for epsilon in EPSILONS
        for holes in HOLE_COUNTS
    )
    key = predictor.key("fake", PYTHON)
    store = FakeCalibrations({key: Calibration(key, 0.05, "some files", cells)})
    answer = said("count", "(", ("rows", -0.1), ")")
    (within,) = await suggest("x = |\n", answer, store=store)
    (at_start,) = await suggest("    |\n", answer, store=store)
    assert (drawn(within), drawn(at_start)) == ("count(rows)", "«count(rows)»")


async def test_nothing_is_offered_where_code_stands_behind_the_cursor():
    document, offset = opened("x = |foo\n")
    model = FakeModel(lambda _: [COUNT_SURE])
    assert await complete(document, offset, model, calibrations({}), CompletionOptions()) == ()
    assert model.requests == []


async def test_nothing_is_offered_when_the_model_says_nothing_or_was_cancelled():
    assert await suggest("x = |\n") == ()
    assert await suggest("x = |\n", replace(COUNT_SURE, finish=FinishReason.CANCELLED)) == ()


async def test_alternatives_come_from_the_token_and_from_further_samples():
    tokens = list(COUNT_SURE.tokens)
    tokens[2] = replace(
        tokens[2], alternatives=(Alternative("rows", -0.5), Alternative("cols", -1.2))
    )
    first = replace(COUNT_SURE, tokens=tuple(tokens))
    (one,) = await suggest("x = |\n", first, said("count(cells, key=by)"), said("other()"))
    assert [hole.alternatives for hole in one.holes] == [("cols", "cells"), ()]


async def test_the_request_asks_for_the_rest_of_the_line_around_the_cursor():
    document, offset = opened("x = |\ny = 2\n")
    model = FakeModel(lambda _: [COUNT_SURE])
    await complete(document, offset, model, calibrations({}), CompletionOptions())
    (request,) = model.requests
    assert (request.prefix, request.suffix, request.stop) == ("x = ", "\ny = 2\n", ("\n",))


class TypingSession:
    """A user who types at the cursor, with one cache and a model that counts its calls."""

    def __init__(self, marked: str) -> None:
        self.document, self.offset = opened(marked)
        self.model = FakeModel(lambda _: [COUNT_SURE])
        self.cache = CompletionCache()

    def type(self, text: str) -> None:
        edit = TextEdit(Span(self.offset, self.offset), encode(text))
        self.document = edit_document(self.document, self.document.version + 1, [edit])
        self.offset += len(encode(text))

    async def shown(self, **options) -> list[str]:
        store = calibrations({0.1: 0.2, 0.4: 0.6})
        found = await complete(
            self.document,
            self.offset,
            self.model,
            store,
            CompletionOptions(**options),
            cache=self.cache,
        )
        return [drawn(one) for one in found]


async def test_typing_along_a_suggestion_makes_no_model_call_and_shows_what_remains():
    user = TypingSession("x = |\n")
    await user.shown()
    user.type("count(r")
    assert await user.shown() == ["«ows», key=«by»)"]
    user.type("ows, key=by)")
    assert await user.shown() == []
    assert len(user.model.requests) == 1


async def test_another_epsilon_makes_no_model_call():
    user = TypingSession("x = |\n")
    assert await user.shown() == ["count(«rows», key=«by»)"]
    assert await user.shown(epsilon=0.4) == ["count(rows, key=«by»)"]
    assert len(user.model.requests) == 1


async def test_typing_something_else_asks_the_model_again():
    user = TypingSession("x = |\n")
    await user.shown()
    user.type("d")
    await user.shown()
    assert len(user.model.requests) == 2


async def test_an_edit_elsewhere_in_the_file_asks_the_model_again():
    user = TypingSession("x = |\n")
    await user.shown()
    user.document, user.offset = opened("z = |\n")
    await user.shown()
    assert len(user.model.requests) == 2
