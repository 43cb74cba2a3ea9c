"""The search for fixes: confirm the failure, screen candidates, confirm what survives.

Generate-and-validate repair (Le Goues et al., "GenProg", 2012; Weimer et al., "Leveraging program
equivalence for adaptive program repair", 2013) with one edit, then two. Every candidate is cheap
to make and cheap to refute, so most of the care goes into what may be shown: a fix passes every
test of the problem, in two fresh processes with different hash seeds and test orders.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from fnmatch import fnmatch

from lacuna_ls.domain.test_result import Outcome, RunStatus, TestReport
from lacuna_ls.ports.clock import Clock
from lacuna_ls.ports.code_runner import CONFIRMING_SEEDS, CodeRunner, Overlay, TestRequest
from lacuna_ls.repair.blocked import difference
from lacuna_ls.repair.falsify import Falsifier, observed
from lacuna_ls.repair.fix import Budget, Fix, Problem, SearchEnd, SearchResult
from lacuna_ls.repair.partly import Partial, fail_as_before, run_elsewhere, without
from lacuna_ls.repair.proposers.template import Proposal, templates_of
from lacuna_ls.repair.rank import ranked, readings
from lacuna_ls.repair.repetition import once_more, same_verdict, shows_again
from lacuna_ls.repair.screening import Screening
from lacuna_ls.repair.tasks import Tasks
from lacuna_ls.repair.trials import Templated, functions_of
from lacuna_ls.verification.evidence import Evidence

# The rest of the time belongs to confirming.
_SCREENING_SHARE = 0.7
_SHORTEST_RUN_S = 0.2
# What confirms and what tries to refute are three processes, more than many a machine has room for:
# where they take no longer, what screens had better wait.
_SOON_JUDGED_S = 0.5
_AFTER_A_HANG_S = 2.0
_MOST_PARTIAL = 3
_LOOPS_S = 0.25


async def search(
    problem: Problem,
    runner: CodeRunner,
    clock: Clock,
    budget: Budget,
    confirmed: Callable[[Fix], None] = lambda _: None,
) -> SearchResult:
    """Fixes of the problem's document, best first.

    `confirmed` is called with each fix as soon as it stands. The search can be cancelled wherever
    it awaits. The process that screens gets ready while the failure is being reproduced; if the
    problem's report holds the lines that each test covered, screening does not wait for that.

    Raises:
        RunnerError: no process could be started.
        UntrustedFolderError: the request's root is not trusted.
    """
    started_s = clock.monotonic_s()
    screening = Screening(
        runner,
        clock,
        started_s + budget.wall_s * _SCREENING_SHARE,
        aside=problem.report.elapsed_s < _SOON_JUDGED_S,
    )
    falsifier = Falsifier(problem, runner)

    def ended(end: SearchEnd, found: Mapping[Proposal, Fix]) -> SearchResult:
        fixes = tuple(found[proposal] for proposal in ranked(tuple(found)))
        return SearchResult(fixes, screening.tried, clock.monotonic_s() - started_s, end)

    if not searchable(problem):
        return ended(SearchEnd.NOT_SEARCHABLE, {})
    async with Tasks() as tasks:
        reproducing = tasks.start(runner.run(once_more(problem, budget)))
        source = Templated(problem, reproducing, budget, runner, tasks)
        screens = tasks.start(
            screening.run(screening_request(problem), source, _unchanged(problem))
        )
        found: dict[Proposal, Fix] = {}
        texts: dict[Proposal, bytes] = {}
        deadline_s = started_s + budget.wall_s
        while len(found) < budget.max_fixes:
            trial = await screening.best([proposal.statement for proposal in found])
            if not shows_again(problem, await tasks.result(reproducing)):
                return ended(SearchEnd.FLAKY, {})
            if trial is None:
                await tasks.result(screens)
                break
            if clock.monotonic_s() > deadline_s:
                screening.cut_short = True
                break
            proposal = trial.proposal
            refuting = tasks.start(falsifier.refutes(trial, screening.place(proposal)))
            confirming = tasks.start(confirm(problem, trial.overlay, runner))
            evidence = await _judged(tasks, refuting, confirming)
            await tasks.end(refuting, confirming)
            screening.decide(proposal, stands=evidence is not None)
            if evidence is not None:
                texts[proposal] = trial.overlay.data
                fix = Fix(proposal.candidate, evidence, proposal.scope)
                if not found:
                    deadline_s = min(deadline_s, clock.monotonic_s() + budget.more_s)
                    screening.end_by(deadline_s)
                found[proposal] = fix
                confirmed(fix)
        if not found:
            traced = await source.covered()
            apart = [each for each in source.partly if _is_apart(problem, each, traced)]
            async with aclosing(_partial_fixes(problem, apart, runner)) as partial:
                async for proposal, fix in partial:
                    found[proposal] = fix
                    confirmed(fix)
                    if len(found) == budget.max_fixes or clock.monotonic_s() > deadline_s:
                        break
            if found:
                end = SearchEnd.OUT_OF_TIME if screening.cut_short else SearchEnd.FINISHED
                return ended(end, found)
    if not found and falsifier.doubts:
        doubted = ended(SearchEnd.DOUBTED, {})
        return replace(doubted, reason=falsifier.doubts[0].reason)
    if not found and screening.tried:
        reason = await _in_the_way(problem, runner)
        if reason:
            result = ended(SearchEnd.NOT_VERIFIABLE, {})
            return replace(result, reason=reason)
    result = ended(SearchEnd.OUT_OF_TIME if screening.cut_short else SearchEnd.FINISHED, found)
    return replace(result, fixes=await _told_apart(problem, found, texts, runner))


def _is_apart(problem: Problem, partial: Partial, traced: TestReport) -> bool:
    """Whether what it leaves red is known not to run the function that it edits."""
    scope = partial.trial.proposal.scope
    line_at = problem.document.source.line_at
    first, last = line_at(scope.start), line_at(max(scope.end - 1, scope.start))
    inside = any(f.first <= first and last <= f.last for f in functions_of(problem))
    # The header runs when the function is defined.
    return inside and run_elsewhere(partial, traced, problem.path, range(first + 1, last + 1))


async def _partial_fixes(
    problem: Problem, partly: Sequence[Partial], runner: CodeRunner
) -> AsyncGenerator[tuple[Proposal, Fix]]:
    """For each group of red tests that others are apart from, the best that stands."""
    groups: dict[frozenset[str], dict[Proposal, Partial]] = {}
    for each in partly:
        groups.setdefault(each.left, {})[each.trial.proposal] = each
    for left, trials in groups.items():
        rest = without(problem, left)
        falsifier = Falsifier(rest, runner)
        for proposal in ranked(tuple(trials))[:_MOST_PARTIAL]:
            partial = trials[proposal]
            if await falsifier.refutes(partial.trial, partial.place):
                continue
            evidence = await confirm(rest, partial.trial.overlay, runner)
            if evidence is not None and await _left_alone(problem, partial, runner):
                evidence = replace(evidence, tests_left=len(left))
                yield proposal, Fix(proposal.candidate, evidence, proposal.scope)
                break


async def _left_alone(problem: Problem, partial: Partial, runner: CodeRunner) -> bool:
    """Whether the tests that it does not fix fail as they did."""
    overlays = (*problem.request.overlays, partial.trial.overlay)
    only = tuple(sorted(partial.left))
    report = await runner.run(replace(_unwatched(problem.request), overlays=overlays, only=only))
    return len(report.results) == len(only) and fail_as_before(problem, report)


async def _judged(
    tasks: Tasks, refuting: asyncio.Task[bool], confirming: asyncio.Task[Evidence | None]
) -> Evidence | None:
    """What confirms a survivor, if nothing does not and nothing refutes it: both at once."""
    done, _ = await asyncio.wait((refuting, confirming), return_when=asyncio.FIRST_COMPLETED)
    if refuting in done and refuting.result():
        return None
    evidence = await tasks.result(confirming)
    return None if evidence is None or await tasks.result(refuting) else evidence


async def _told_apart(
    problem: Problem,
    found: Mapping[Proposal, Fix],
    texts: Mapping[Proposal, bytes],
    runner: CodeRunner,
) -> tuple[Fix, ...]:
    """The fixes, best first; where they are several readings, with an input that shows it."""
    proposals = ranked(tuple(found))
    fixes = tuple(found[proposal] for proposal in proposals)
    if len({proposal.scope for proposal in proposals}) != 1 or len(proposals) < 2:
        return fixes
    candidates = [texts[proposal] for proposal in proposals]
    observation = await observed(problem, proposals[0].scope, candidates, runner)
    red = frozenset(result.test_id for result in problem.report.failures)
    return readings(observation, fixes, [p.priority for p in proposals], red)


def searchable(problem: Problem) -> bool:
    """There is something red, and the file may be edited: no test file, and templates for it."""
    language = problem.document.language
    templates = templates_of(language)
    if language is None or templates is None or problem.report.green:
        return False
    patterns = (pattern.format(stem="*") for pattern in language.test_files)
    name = problem.path.name
    return name not in templates.test_support and not any(fnmatch(name, p) for p in patterns)


async def _in_the_way(problem: Problem, runner: CodeRunner) -> str:
    """Why the unchanged file is judged otherwise where candidates run; empty if it is not."""
    wall_s = min(problem.request.limits.wall_s, _AFTER_A_HANG_S + 3 * problem.report.elapsed_s)
    limits = replace(problem.request.limits, wall_s=wall_s)
    overlays = (*problem.request.overlays, _own(problem))
    inside = await runner.run(replace(problem.request, overlays=overlays, limits=limits))
    return difference(problem.report, inside)


def _own(problem: Problem) -> Overlay:
    return Overlay(problem.path, problem.document.data)


def _unchanged(problem: Problem) -> Overlay | None:
    """What can be run before there are candidates, and ends."""
    return _own(problem) if problem.report.status is RunStatus.COMPLETED else None


def screening_request(problem: Problem) -> TestRequest:
    """Only the red tests, and hardly more time than they took just now.

    So a candidate that loops for ever costs little. A run that hung says nothing about the time
    that its tests need.
    """
    red = problem.report.failures
    request = problem.request
    if problem.report.status is RunStatus.TIMED_OUT:
        spare_s = _LOOPS_S
    else:
        spare_s = _SHORTEST_RUN_S + 10 * sum(r.duration_s for r in red)
    limits = replace(request.limits, wall_s=min(request.limits.wall_s, spare_s))
    request = _unwatched(request)
    if problem.report.status is RunStatus.COMPLETED:
        return replace(request, targets=tuple(r.test_id for r in red), limits=limits)
    return replace(request, limits=limits)


def _unwatched(request: TestRequest) -> TestRequest:
    """The same tests, of which only the verdict is of interest."""
    return replace(request, trace=(), facts=(), contexts=False)


async def confirm(problem: Problem, candidate: Overlay, runner: CodeRunner) -> Evidence | None:
    """All tests of the problem in fresh processes: what they showed, `None` if any objects.

    They run in their own order and, with another hash seed, backwards. What fails backwards is no
    objection where the unchanged file's tests depend on their order, or where that is not known.
    """
    overlays = (*problem.request.overlays, candidate)
    first, second = (
        replace(_unwatched(problem.request), overlays=overlays, hash_seed=seed, up_to_red=True)
        for seed in CONFIRMING_SEEDS
    )
    async with Tasks() as tasks:
        in_order = tasks.start(runner.run(first))
        backwards = tasks.start(runner.run(replace(second, backwards=True)))
        if not holds(problem.report, await tasks.result(in_order)):
            return None
        if not holds(problem.report, await tasks.result(backwards)) and (
            await _free_of_order(problem, runner)
            or not holds(problem.report, await runner.run(second))
        ):
            return None
        return _evidence(in_order.result())


async def _free_of_order(problem: Problem, runner: CodeRunner) -> bool:
    """Whether the tests say of the unchanged file backwards what they said in their own order."""
    if problem.report.status is not RunStatus.COMPLETED:
        return False
    request = replace(problem.request, overlays=(*problem.request.overlays, _own(problem)))
    seed = CONFIRMING_SEEDS[1]
    report = await runner.run(replace(request, hash_seed=seed, backwards=True))
    return same_verdict(report, problem.report)


def holds(before: TestReport, after: TestReport) -> bool:
    """Every test that was red passes, every other ends as it did, and none is missing or doubled.

    A run that could not collect has no tests to compare with: then all that it collects now
    must be green.
    """
    if not after.green:
        return False
    if before.status is not RunStatus.COMPLETED:
        return all(result.outcome is not Outcome.SKIPPED for result in after.results)
    if sorted(r.test_id for r in before.results) != sorted(r.test_id for r in after.results):
        return False
    outcomes = {result.test_id: result.outcome for result in after.results}
    return all(
        outcomes[r.test_id] is (Outcome.PASSED if r.red else r.outcome) for r in before.results
    )


def _evidence(report: TestReport) -> Evidence:
    ran = [r for r in report.results if r.outcome in (Outcome.PASSED, Outcome.XPASSED) or r.red]
    passed = sum(not result.red for result in ran)
    skipped = len(report.results) - len(ran)
    return Evidence(passed, len(ran), skipped, unsandboxed=not report.confined)
