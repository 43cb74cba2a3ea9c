"""The search, with a runner that says what a test tells it."""

from collections.abc import Callable

from lacuna_ls.domain.observation import (
    Behaviour,
    Ending,
    InputKind,
    Observation,
    ObservedInput,
)
from lacuna_ls.domain.test_result import Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.domain.text import apply_edits
from lacuna_ls.domain.timing import Timing
from lacuna_ls.optimization.candidates import Speedup
from lacuna_ls.optimization.engine import Faster, NothingFaster, edits_of, search, weighed
from lacuna_ls.ports.code_runner import ObserveRequest, TestRequest
from lacuna_ls.ports.code_timer import TimeRequest
from lacuna_ls.verification.evidence import in_words
from speed_runner import TEXT, Runner, green, target


def red(request: TestRequest) -> TestReport:
    return TestReport(RunStatus.COMPLETED, (TestResult("test_adding.py::t", Outcome.FAILED, 0.0),))


def observed(*values: str, steady: bool = True) -> Callable[[ObserveRequest], Observation]:
    """The original returns the first value, each rewrite the last."""

    def observation(request: ObserveRequest) -> Observation:
        first, rest = values[0], values[-1]
        behaviours = [Behaviour(Ending.RETURNED, value=first)]
        behaviours += [Behaviour(Ending.RETURNED, value=rest)] * (len(request.variants) - 1)
        return Observation(
            (ObservedInput("total([1])", "", InputKind.CAPTURED, "", steady, tuple(behaviours)),)
        )

    return observation


def fast_if_changed(text: bytes) -> float:
    return 4000.0 if text == TEXT else 1000.0


async def test_what_is_equal_and_faster_and_passes_is_found() -> None:
    runner = Runner(green, behaviour=observed("6"), cost_ns=fast_if_changed)
    found = await search(target(), runner)
    assert isinstance(found, Faster)
    assert b"sum(xs, t)" in found.data
    assert apply_edits(TEXT, found.edits) == found.data
    assert found.evidence.tests_passed == 1


async def test_what_is_shown_was_measured_on_other_pairs_than_what_chose() -> None:
    runner = Runner(green, behaviour=observed("6"), cost_ns=fast_if_changed)
    await search(target(), runner)
    choosing, shown = runner.times
    assert choosing.seed != shown.seed


async def test_what_does_something_else_is_not_even_timed() -> None:
    runner = Runner(green, behaviour=observed("6", "7"), cost_ns=fast_if_changed)
    found = await search(target(), runner)
    assert isinstance(found, NothingFaster)
    assert not runner.times


async def test_what_is_not_faster_is_not_found() -> None:
    runner = Runner(green, behaviour=observed("6"))
    assert isinstance(await search(target(), runner), NothingFaster)


async def test_what_could_not_be_timed_in_time_is_not_called_different() -> None:
    class Late(Runner):
        async def time(self, request: TimeRequest) -> Timing:
            return Timing(((),) * (len(request.variants) - 1))

    found = await weighed(
        [Speedup(TEXT + b"\n", ("a blank line",), 1.0)],
        target(),
        Late(green, behaviour=observed("6")),
    )
    (verdict,) = found.verdicts
    assert verdict.inputs
    assert not verdict.difference


async def test_what_fails_a_test_is_not_found() -> None:
    runner = Runner(red, behaviour=observed("6"), cost_ns=fast_if_changed)
    assert isinstance(await search(target(), runner), NothingFaster)


async def test_of_what_does_not_do_the_same_twice_nothing_is_said() -> None:
    runner = Runner(green, behaviour=observed("6", steady=False), cost_ns=fast_if_changed)
    found = await search(target(), runner)
    assert isinstance(found, NothingFaster)
    assert found.reason == "it does not do the same when it is called again"


async def test_without_a_sandbox_the_title_says_so() -> None:
    runner = Runner(green, behaviour=observed("6"), cost_ns=fast_if_changed, tier="")
    found = await search(target(), runner)
    assert isinstance(found, Faster)
    assert in_words(found.evidence).endswith(", unsandboxed")


def test_edits_leave_the_lines_that_stay_alone() -> None:
    after = TEXT.replace(b"    t = 0\n", b"    t = 1\n")
    (edit,) = edits_of(TEXT, after)
    assert edit.new == b"    t = 1\n"
