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
from lacuna_ls.domain.timing import Timed, Way
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
from lacuna_ls.verification.equivalence import same
from lacuna_ls.verification.evidence import Evidence
from lacuna_ls.verification.timing import Measured, measured

_MAX_CANDIDATES = 10
_INPUTS = 160
_MUTATED = 90
_GENERATED = 40
_OBSERVING_S = 8.0
# Inputs that somebody has written down.
_SHOWN = (InputKind.CAPTURED, InputKind.DOCUMENTED)
_CHOOSING_S = 3.0
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
    found = candidates(target.data, target.name, target.language, _MAX_CANDIDATES)
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
    report(f"{len(found)} rewrites on the inputs of its tests")
    observation = await runner.observe(_question(target, [each.data for each in found]))
    if why := _unusable(observation):
        return NothingFaster(len(found), 0, why)
    seen = {each.data: _equal(observation, i) for i, each in enumerate(found, start=1)}
    equal = [each for each in found if seen[each.data]]
    if not equal:
        return NothingFaster(len(found), 0, "no rewrite does the same on all inputs")
    report(f"{len(equal)} rewrites that do the same, timed")
    chosen, ways = await _chosen(target, equal[:_MAX_TIMED], runner)
    for each in chosen[:_MAX_FINALISTS]:
        report("the best of them, timed again")
        result = await _proven(target, each, seen[each.data], ways, runner)
        if result is not None:
            return result
    return NothingFaster(
        len(found), len(equal), "no rewrite that did the same was measurably faster"
    )


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


async def _chosen(
    target: Target, equal: Sequence[Speedup], runner: TimedRunner
) -> tuple[list[Speedup], tuple[Way, ...]]:
    """Those that look faster, the one with the best bound first; measured only to choose."""
    request = TimeRequest(
        target.request,
        target.path,
        target.name,
        (target.data, *(each.data for each in equal)),
        rounds=7,
        rounds_below=0,
        wall_s=_CHOOSING_S,
        seed=_CHOOSING_SEED,
    )
    timing = await runner.time(request)
    found = [
        (result.speedup.low, each)
        for each, timed in zip(equal, timing.variants, strict=True)
        if (result := measured(timed)) is not None
        and result.speedup.middle > 1
        and not result.loses
        if result.small is None or result.small.high > 1
    ]
    return [each for _, each in sorted(found, key=lambda pair: -pair[0])], timing.ways


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
