"""Who answers, and who is asked: the endpoint, the embedded model, or nobody."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from random import Random

import pytest

from fakes import FakeCalibrations, FakeClock, FakeModel, said
from lacuna_ls.completion.remote import engine
from lacuna_ls.completion.remote.session import CONTEXT_S, RemoteCompletions, Tools
from lacuna_ls.completion.remote.standing import Pace
from lacuna_ls.completion.suggestion import Claim, CompletionOptions, Suggestion
from lacuna_ls.domain.calibration import CalibratedCell, Calibration
from lacuna_ls.domain.errors import ModelBusyError, ModelError
from lacuna_ls.domain.text import Span, TextEdit, encode
from lacuna_ls.holes.calibration import EPSILONS, HOLE_COUNTS, Group
from lacuna_ls.ports.language_model import Chunk, CompletionRequest
from lacuna_ls.syntax.document import edit_document, open_document
from lacuna_ls.syntax.languages import by_language_id, languages

PYTHON = next(each for each in languages() if each.name == "python")
OPTIONS = CompletionOptions()
DOCUMENT = open_document("file:///a.py", 1, by_language_id("python"), b"total = \n")
OFFSET = 8


@dataclass
class Endpoint(FakeModel):
    """`waits` holds what each question waits for; `cut_off` counts those that were given up."""

    gate: asyncio.Event | None = None
    cut_off: int = 0
    error: Callable[[], ModelError] | None = None

    async def complete(self, request: CompletionRequest) -> AsyncIterator[Chunk]:
        try:
            if self.gate is not None:
                await self.gate.wait()
            if self.error is not None:
                self.requests.append(request)
                raise self.error()
            async for chunk in super().complete(request):
                yield chunk
        except (asyncio.CancelledError, GeneratorExit):
            self.cut_off += 1
            raise


@dataclass
class Scene:
    """A session over fakes. Time stands still unless it is moved."""

    model: Endpoint = field(default_factory=lambda: Endpoint(lambda request: [said("far_away")]))
    clock: FakeClock = field(default_factory=FakeClock)
    told: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    embedded: int = 0
    calibrations: FakeCalibrations = field(default_factory=FakeCalibrations)

    def __post_init__(self) -> None:
        self.session = RemoteCompletions(
            Tools(
                model=lambda document: self.model,
                embedded=self._embedded,
                context=self._context,
                path=lambda document: None,
                scorer=None,
                calibrations=self.calibrations,
                clock=self.clock,
                said=self.told.append,
                sleep=self._sleep,
            )
        )

    async def _embedded(self, document, offset, options):
        self.embedded += 1
        return (Suggestion(Span(offset, offset), "near", (), Claim(calibrated=False)),)

    async def _context(self, document, offset):
        return ()

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def text(self, document=DOCUMENT, offset=OFFSET) -> str:
        (one,) = await self.session.complete(document, offset, OPTIONS)
        return one.text

    async def asked(self) -> None:
        """Let the open question get as far as the endpoint."""
        for _ in range(12):
            await asyncio.sleep(0)

    async def settled(self) -> None:
        """Wait for the open question."""
        task = self.session._asking
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)

    async def proven(self) -> "Scene":
        """The endpoint has answered once, somewhere else."""
        other = open_document("file:///b.py", 1, by_language_id("python"), b"x = \n")
        await self.session.complete(other, 4, OPTIONS)
        await self.settled()
        self.model.requests.clear()
        self.embedded = 0
        return self


def typed(text: str):
    edit = TextEdit(Span(OFFSET, OFFSET), encode(text))
    return edit_document(DOCUMENT, 2, [edit]), OFFSET + len(encode(text))


async def test_an_endpoint_that_has_not_answered_yet_is_not_waited_for():
    scene = Scene()
    assert await scene.text() == "near"
    await scene.settled()
    assert await scene.text() == "far_away"
    assert len(scene.model.requests) == 1


async def test_an_endpoint_that_answers_is_waited_for():
    scene = await Scene().proven()
    assert await scene.text() == "far_away"
    assert scene.embedded == 0


async def test_typing_along_asks_nobody():
    scene = await Scene().proven()
    await scene.text()
    before = len(scene.model.requests)
    assert await scene.text(*typed("far")) == "_away"
    assert (len(scene.model.requests), scene.embedded) == (before, 0)


async def test_behind_all_that_was_shown_the_next_is_asked_for():
    scene = await Scene().proven()
    await scene.text()
    before = len(scene.model.requests)
    scene.model.script = lambda request: [said(" + 1")]
    assert await scene.text(*typed("far_away")) == " + 1"
    assert len(scene.model.requests) == before + 1


async def test_typing_along_what_the_embedded_model_shows_leaves_the_open_question_open():
    scene = await Scene().proven()
    scene.session._tools = replace(scene.session._tools, goes_on=lambda _, offset: offset > OFFSET)
    scene.model.gate = asyncio.Event()
    assert await scene.text() == "near"
    assert await scene.text(*typed("f")) == "near"
    scene.model.gate.set()
    await scene.settled()
    assert (scene.model.cut_off, len(scene.model.requests)) == (0, 1)
    assert await scene.text(*typed("fa")) == "r_away"


async def test_going_away_and_coming_back_asks_nobody():
    scene = await Scene().proven()
    await scene.text()
    await scene.text(*typed("x"))
    asked = len(scene.model.requests)
    assert await scene.text() == "far_away"
    assert len(scene.model.requests) == asked


async def test_an_endpoint_that_hangs_is_waited_for_once_and_then_no_more():
    scene = await Scene().proven()
    scene.session.standing = scene.session.standing.answered(0.0)
    scene.model.gate = asyncio.Event()
    assert await scene.text() == "near"
    assert scene.session.standing.is_late
    assert scene.session.standing.patience_s == 0
    assert await scene.text(*typed("x")) == "near"
    assert "does not answer in time" in scene.told[0]
    await scene.session.close()


async def test_what_comes_too_late_is_there_the_next_time():
    scene = await Scene().proven()
    scene.model.gate = asyncio.Event()
    assert await scene.text() == "near"
    scene.model.gate.set()
    await scene.settled()
    assert await scene.text() == "far_away"
    assert scene.told[-1] == "completions come from the endpoint again"


async def test_a_new_question_gives_up_the_one_before():
    scene = Scene()
    scene.model.gate = asyncio.Event()
    await scene.text()
    await scene.asked()
    await scene.text(*typed("x"))
    await asyncio.sleep(0)
    assert scene.model.cut_off == 1
    await scene.asked()
    await scene.session.close()
    assert scene.model.cut_off == 2


async def test_the_same_question_is_not_asked_twice():
    scene = Scene()
    scene.model.gate = asyncio.Event()
    await scene.text()
    await scene.asked()
    await scene.text()
    scene.model.gate.set()
    await scene.settled()
    assert (scene.model.cut_off, len(scene.model.requests)) == (0, 1)


async def test_a_request_that_is_cancelled_gives_up_its_question():
    scene = await Scene().proven()
    scene.model.gate = asyncio.Event()
    task = asyncio.ensure_future(scene.session.complete(DOCUMENT, OFFSET, OPTIONS))
    await scene.asked()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await scene.settled()
    assert scene.model.cut_off == 1


async def test_an_endpoint_that_fails_is_left_alone_for_a_while():
    scene = Scene()
    scene.model.error = lambda: ModelError("host is down")
    assert await scene.text() == "near"
    await scene.settled()
    assert await scene.text(*typed("x")) == "near"
    assert len(scene.model.requests) == 1
    assert scene.told == ["completions come from the embedded model: host is down"]
    scene.clock.now_s += 2.0
    scene.model.error = None
    assert await scene.text(*typed("x")) == "near"
    await scene.settled()
    assert await scene.text(*typed("x")) == "far_away"


async def test_the_status_says_who_completes_and_why():
    scene = Scene()
    assert scene.session.in_words() == ""
    await scene.proven()
    assert scene.session.in_words() == "fake"
    scene.model.error = lambda: ModelError("host is down")
    await scene.text()
    await scene.settled()
    assert scene.session.in_words() == "built in; fake fails: host is down"


def calibrated(name: str = "fake") -> Calibration:
    key = engine.key(name, PYTHON)
    cells = tuple(
        CalibratedCell(e, h, 9.0, 2000, 0, group)
        for e in EPSILONS
        for h in HOLE_COUNTS
        for group in Group
    )
    return Calibration(key, 0.05, "some files", cells)


async def test_what_is_claimed_is_claimed_of_whoever_completes():
    scene = Scene()
    own = calibrated()
    scene.calibrations.save(own)
    assert scene.session.calibration(PYTHON) is None
    await scene.proven()
    assert scene.session.calibration(PYTHON) == own
    scene.model.error = lambda: ModelError("host is down")
    await scene.text()
    await scene.settled()
    assert scene.session.calibration(PYTHON) is None


async def test_a_save_labels_what_the_endpoint_has_shown_under_its_own_key():
    scene = await Scene().proven()
    own = calibrated()
    scene.calibrations.save(own)
    await scene.text()
    document, _ = typed("far_away + 1")
    scene.session.saved(document, OPTIONS, Random(0))
    (labels,) = scene.calibrations.labelled.values()
    assert (list(scene.calibrations.labelled), labels.n) == ([(own.key, 0.1)], 1)
    asked = len(scene.model.requests)
    assert await scene.text() == "far_away"
    assert len(scene.model.requests) == asked


async def test_an_endpoint_that_asks_for_time_gets_it():
    scene = Scene()
    scene.model.error = lambda: ModelBusyError("busy", 600.0)
    await scene.text()
    await scene.settled()
    scene.clock.now_s += 599.0
    await scene.text(*typed("x"))
    await scene.settled()
    assert len(scene.model.requests) == 1


async def test_context_is_looked_up_while_the_next_key_is_waited_for():
    scene = Scene()
    looked = asyncio.Event()

    async def context(document, offset):
        looked.set()
        return ()

    async def the_rest(seconds: float) -> None:
        scene.slept.append(seconds)
        if seconds == pytest.approx(CONTEXT_S):
            await looked.wait()

    scene.session._pace = Pace(gap_s=0.3)
    scene.session._tools = replace(scene.session._tools, context=context, sleep=the_rest)
    async with asyncio.timeout(10):
        await scene.text()
        await scene.settled()
    assert scene.slept == [pytest.approx(0.14), pytest.approx(CONTEXT_S)]
    assert len(scene.model.requests) == 1


async def test_how_fast_somebody_types_along_decides_how_long_the_next_question_waits():
    scene = await Scene().proven()
    await scene.text()
    for typed_along in ("f", "fa", "far", "far_", "far_a", "far_aw", "far_awa") * 3:
        scene.clock.now_s += 0.1
        await scene.text(*typed(typed_along))
    scene.slept.clear()
    scene.clock.now_s += 0.1
    await scene.text(*typed("x"))
    assert sum(scene.slept) == pytest.approx(0.08, abs=0.005)


async def test_a_popup_is_not_held_up_and_the_next_one_has_the_answer():
    scene = await Scene().proven()
    scene.session._tools = replace(scene.session._tools, waits=lambda: False)
    assert await scene.text() == "near"
    await scene.settled()
    assert await scene.text() == "far_away"


async def test_the_embedded_model_alone_answers_where_no_endpoint_may_see_the_file():
    scene = Scene()
    scene.session._tools = replace(scene.session._tools, model=lambda document: None)
    assert await scene.text() == "near"
    assert scene.slept == []
    assert scene.model.requests == []


async def test_what_follows_an_accepted_suggestion_is_asked_for_at_once():
    scene = await Scene().proven()
    await scene.text()
    scene.model.requests.clear()
    scene.slept.clear()
    scene.model.script = lambda request: [said(" + 1")]
    document, offset = typed("far_away")
    scene.session.prefetch(document, offset)
    await scene.settled()
    assert (scene.slept, len(scene.model.requests)) == ([], 1)
    assert await scene.text(document, offset) == " + 1"
    assert len(scene.model.requests) == 1
