"""The search for a rewrite that does the same in less time.

A rewrite is offered when it does what the original does on all inputs that were tried, passes the
tests, and the lower end of its speed-up's interval clears the bar; otherwise nothing is said. The best
of several is chosen on one sample and shown with the interval of another: chosen and shown by the
same, it would look better than it is.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import accumulate
from pathlib import Path

from lacuna_ls.domain.observation import Ending, InputKind, Observation
from lacuna_ls.domain.test_result import RunStatus
from lacuna_ls.domain.text import Span, TextEdit
from lacuna_ls.domain.timing import LineCost, Timed, Timing, Way
from lacuna_ls.optimization.candidates import Speedup, candidates
from lacuna_ls.ports.code_runner import (
    CONFIRMING_SEEDS,
    CodeRunner,
    ObserveRequest,
    Overlay,
    TestRequest,
)
from lacuna_ls.ports.code_timer import TimedRunner, TimeRequest
from lacuna_ls.syntax.languages import Language
from lacuna_ls.verification.equivalence import differences, in_words, same
from lacuna_ls.verification.evidence import Evidence
from lacuna_ls.verification.timing import Interval, Measured, measured

MAX_CANDIDATES = 10
_INPUTS = 160
_MUTATED = 90
_GENERATED = 40
_OBSERVING_S = 8.0
# Inputs that somebody has written down.
_SHOWN = (InputKind.CAPTURED, InputKind.DOCUMENTED)
_CHOOSING_S = 5.0
_MAX_TIMED = 6
_MAX_FINALISTS = 2
# The pairs that choose are others than those that are shown.
_CHOOSING_SEED, _SHOWN_SEED = 1, 2


@dataclass(frozen=True, slots=True)
class Target:
    """The function `name` of the file at `path`, which holds `data`; `request` runs its tests."""

    data: bytes
    path: Path
    name: str
    language: Language
    request: TestRequest


@dataclass(frozen=True, slots=True)
class Faster:
    """A rewrite that holds: `edits` make `data` of what the file holds.

    `ways` say on which larger inputs it was measured, `timed` has the times.
    """

    data: bytes
    edits: tuple[TextEdit, ...]
    summary: str
    measured: Measured
    evidence: Evidence
    ways: tuple[Way, ...] = ()
    timed: tuple[Timed, ...] = ()


@dataclass(frozen=True, slots=True)
class NothingFaster:
    """Nothing is offered: `tried` candidates, of which `equal` did the same; `reason` in a clause."""

    tried: int
    equal: int
    reason: str


async def search(
    target: Target, runner: TimedRunner, report: Callable[[str], None] = lambda _: None
) -> Faster | NothingFaster:
    """The fastest rewrite by idioms that holds; `report` is told how far it is.

    Raises:
        RunnerError: no process could be started.
        UntrustedFolderError: the request's root is not trusted.
    """
    found = candidates(target.data, target.name, target.language, MAX_CANDIDATES)
    if not found:
        return NothingFaster(0, 0, "there is nothing in it that is known to go faster")
    return await best_of(found, target, runner, report)


async def best_of(
    found: Sequence[Speedup],
    target: Target,
    runner: TimedRunner,
    report: Callable[[str], None] = lambda _: None,
) -> Faster | NothingFaster:
    """The fastest of these rewrites that holds, whoever has written them.

    Raises:
        RunnerError: no process could be started.
        UntrustedFolderError: the request's root is not trusted.
    """
    return await proven(await weighed(found, target, runner, report), target, runner, report)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was seen of a rewrite, which was not confirmed yet.

    It did the same on so many `inputs`, or something else, as `difference` says. `speedup` is there
    where it was timed, and `promising` if it may be worth it.
    """

    rewrite: Speedup
    inputs: int
    difference: str = ""
    speedup: Interval | None = None
    promising: bool = False


@dataclass(frozen=True, slots=True)
class Weighed:
    """Verdicts on all rewrites that were looked at, in their order; or a `reason` why there are none.

    `lines` say where the original's time goes, `calls` are what the tests call it with.
    """

    verdicts: tuple[Verdict, ...]
    reason: str = ""
    ways: tuple[Way, ...] = ()
    lines: tuple[LineCost, ...] = ()
    calls: tuple[str, ...] = ()


async def weighed(
    found: Sequence[Speedup],
    target: Target,
    runner: TimedRunner,
    report: Callable[[str], None] = lambda _: None,
    ways: tuple[Way, ...] = (),
) -> Weighed:
    """Which of these do the same, and how fast they seem to be: a sample to choose by.

    With `ways` the larger inputs are those that others were weighed on.

    Raises:
        RunnerError: no process could be started.
        UntrustedFolderError: the request's root is not trusted.
    """
    report(f"{len(found)} rewrites on the inputs of its tests")
    observation = await runner.observe(_question(target, [each.data for each in found]))
    if why := _unusable(observation):
        return Weighed(tuple(Verdict(each, 0) for each in found), why)
    verdicts = {
        each.data: Verdict(each, _equal(observation, i), _difference(observation, i))
        for i, each in enumerate(found, start=1)
    }
    equal = [each for each in found if verdicts[each.data].inputs][:_MAX_TIMED]
    timing = Timing(())
    if equal:
        report(f"{len(equal)} rewrites that do the same, timed")
        timing = await runner.time(_choosing(target, equal, ways))
    for each, timed in zip(equal, timing.variants, strict=False):
        verdicts[each.data] = _timed(verdicts[each.data], timed)
    shown = [each.call for each in observation.inputs if each.kind in _SHOWN]
    return Weighed(tuple(verdicts.values()), "", ways or timing.ways, timing.lines, tuple(shown))


async def proven(
    found: Weighed,
    target: Target,
    runner: TimedRunner,
    report: Callable[[str], None] = lambda _: None,
) -> Faster | NothingFaster:
    """The first of the best that holds on fresh pairs and passes the tests.

    Raises:
        RunnerError: no process could be started.
        UntrustedFolderError: the request's root is not trusted.
    """
    tried, equal = len(found.verdicts), sum(each.inputs > 0 for each in found.verdicts)
    if found.reason:
        return NothingFaster(tried, 0, found.reason)
    if not equal:
        return NothingFaster(tried, 0, "no rewrite does the same on all inputs")
    for each in best_first(found.verdicts)[:_MAX_FINALISTS]:
        report("the best of them, timed again")
        result = await _proven(target, each.rewrite, each.inputs, found.ways, runner)
        if result is not None:
            return result
    return NothingFaster(tried, equal, "no rewrite that did the same was measurably faster")


def best_first(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Those that may be worth it, the one with the best bound first."""
    return sorted(
        (each for each in verdicts if each.promising),
        key=lambda each: -each.speedup.low if each.speedup is not None else 0.0,
    )


def _timed(verdict: Verdict, timed: Sequence[Timed]) -> Verdict:
    if not all(each.equal for each in timed):
        return replace(verdict, inputs=0, difference="on larger inputs it does something else")
    result = measured(timed)
    if result is None:
        return verdict
    no_worse = result.small is None or result.small.high > 1
    promising = result.speedup.middle > 1 and not result.loses and no_worse
    return replace(verdict, speedup=result.speedup, promising=promising)


async def equal_ones(target: Target, texts: Sequence[bytes], runner: CodeRunner) -> tuple[int, ...]:
    """Which of these texts of the file do the same as the original, by their index."""
    observation = await runner.observe(_question(target, texts))
    if _unusable(observation):
        return ()
    return tuple(i for i in range(len(texts)) if _equal(observation, i + 1))


def _question(target: Target, texts: Sequence[bytes]) -> ObserveRequest:
    return ObserveRequest(
        target.request,
        target.path,
        target.name,
        (target.data, *texts),
        inputs=_INPUTS,
        mutated=_MUTATED,
        generated=_GENERATED,
        wall_s=_OBSERVING_S,
    )


def _unusable(observation: Observation) -> str:
    """Why nothing can be said of the function, if nothing can."""
    if not observation.inputs:
        return observation.detail or "nothing calls it"
    shown = [each for each in observation.inputs if each.kind is InputKind.CAPTURED]
    if not all(each.steady for each in shown or observation.inputs):
        return "it does not do the same when it is called again"
    return ""


def _equal(observation: Observation, variant: int) -> int:
    """On how many inputs it was seen to do the same; zero if it once did not.

    Those of the tests and the documentation have to be among them; where the time was over before all
    of the others were tried, those that were count.
    """
    equal = 0
    for each in observation.inputs:
        if not each.steady or each.behaviours[0].ending not in (Ending.RETURNED, Ending.RAISED):
            continue
        alike = same(each.behaviours[0], each.behaviours[variant], strict=True)
        if alike is False or (alike is None and each.kind in _SHOWN):
            return 0
        equal += alike is True
    return equal


def _difference(observation: Observation, variant: int) -> str:
    """The input that is easiest to read on which it does something else, and what both do."""
    found = differences(observation, 0, variant, strict=True)
    if not found:
        return ""
    first = found[0]
    one, other = in_words(first.one), in_words(first.other)
    instead = f"{other} instead" if one != other else "does so with other types, output or order"
    return f"`{first.input.call}` {one}; it {instead}"


def _choosing(target: Target, equal: Sequence[Speedup], ways: tuple[Way, ...]) -> TimeRequest:
    return TimeRequest(
        target.request,
        target.path,
        target.name,
        (target.data, *(each.data for each in equal)),
        rounds=7,
        rounds_below=0,
        wall_s=_CHOOSING_S,
        seed=_CHOOSING_SEED,
        ways=ways,
    )


async def _proven(
    target: Target, candidate: Speedup, inputs: int, ways: tuple[Way, ...], runner: TimedRunner
) -> Faster | None:
    variants = (target.data, candidate.data)
    request = TimeRequest(
        target.request, target.path, target.name, variants, seed=_SHOWN_SEED, ways=ways
    )
    timing = await runner.time(request)
    (timed,) = timing.variants
    result = measured(timed)
    if result is None or not result.worth_it:
        return None
    passed = await _passed(target, candidate, runner)
    if passed is None:
        return None
    evidence = Evidence(
        tests_passed=passed,
        tests_total=passed,
        inputs_equal=inputs + sum(each.level > 0 for each in timed),
        measured=result,
        unsandboxed=not timing.confined,
        written_by=candidate.written_by,
    )
    edits = edits_of(target.data, candidate.data)
    summary = ", then ".join(candidate.summaries)
    return Faster(candidate.data, edits, summary, result, evidence, ways, timed)


async def _passed(target: Target, candidate: Speedup, runner: TimedRunner) -> int | None:
    """How many tests pass with it, in fresh processes and in both orders; `None` if one does not."""
    overlays = (Overlay(target.path, candidate.data),)
    requests = [
        replace(
            target.request,
            overlays=overlays,
            hash_seed=seed,
            backwards=seed == CONFIRMING_SEEDS[-1],
        )
        for seed in CONFIRMING_SEEDS
    ]
    try:
        async with asyncio.TaskGroup() as both:
            tasks = [both.create_task(runner.run(each)) for each in requests]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    reports = [task.result() for task in tasks]
    for report in reports:
        if report.status is not RunStatus.COMPLETED or report.failures or not report.results:
            return None
    return len(reports[-1].results)


def edits_of(before: bytes, after: bytes) -> tuple[TextEdit, ...]:
    """Edits of whole lines that make `after` of `before`."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = (0, *accumulate(map(len, old)))
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return tuple(
        TextEdit(Span(starts[i1], starts[i2]), b"".join(new[j1:j2]))
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag != "equal"
    )
