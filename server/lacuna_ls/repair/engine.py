"""The search for fixes: confirm the failure, screen candidates, confirm what survives.

Generate-and-validate repair (Le Goues et al., "GenProg", 2012; Weimer et al., "Leveraging program
equivalence for adaptive program repair", 2013) with single edits only. Every candidate is cheap
to make and cheap to refute, so most of the care goes into what may be shown: a fix passes every
test of the problem, in two fresh processes with different hash seeds.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from itertools import islice

from lacuna_ls.domain.test_result import Outcome, RunStatus, TestReport
from lacuna_ls.domain.text import decode
from lacuna_ls.ports.clock import Clock
from lacuna_ls.ports.code_runner import CodeRunner, Overlay, TestRequest
from lacuna_ls.repair.admission import admitted
from lacuna_ls.repair.fix import Budget, Fix, Problem, SearchEnd, SearchResult
from lacuna_ls.repair.localize import FunctionLines, suspicious_lines
from lacuna_ls.repair.proposers.template import Proposal, propose, templates_of
from lacuna_ls.repair.rank import ranked
from lacuna_ls.syntax.nodes import preorder
from lacuna_ls.verification.evidence import Evidence

# A candidate this much less promising than one that passed is not worth the wait.
_LEFT_BEHIND = 0.4
# The rest of the time belongs to confirming.
_SCREENING_SHARE = 0.7
_SHORTEST_RUN_S = 0.5
_HASH_SEEDS = (1, 2)


@dataclass(frozen=True, slots=True)
class _Trial:
    proposal: Proposal
    data: bytes


async def search(
    problem: Problem,
    runner: CodeRunner,
    clock: Clock,
    budget: Budget,
    confirmed: Callable[[Fix], None] = lambda _: None,
) -> SearchResult:
    """Fixes of the problem's document, best first.

    `confirmed` is called with each fix as soon as it stands, in the order of the result. The
    search can be cancelled wherever it awaits.

    Raises:
        RunnerError: no process could be started.
        UntrustedFolderError: the request's root is not trusted.
    """
    started_s = clock.monotonic_s()

    def ended(end: SearchEnd, fixes: Sequence[Fix] = (), tried: int = 0) -> SearchResult:
        return SearchResult(tuple(fixes), tried, clock.monotonic_s() - started_s, end)

    if not searchable(problem):
        return ended(SearchEnd.NOT_SEARCHABLE)
    again = await runner.run(replace(problem.request, trace=(problem.path,)))
    if _verdict(again) != _verdict(problem.report):
        return ended(SearchEnd.FLAKY)
    trials = await asyncio.to_thread(_trials, problem, again, budget)
    deadline_s = started_s + budget.wall_s * _SCREENING_SHARE
    request = _screening_request(problem, again)
    screening = _Screening(problem, runner, clock, request, deadline_s)
    await screening.run(iter(trials), budget.batch)
    fixes: list[Fix] = []
    for trial in screening.in_rank_order():
        out_of_time = clock.monotonic_s() - started_s > budget.wall_s
        if out_of_time or len(fixes) == budget.max_fixes:
            break
        evidence = await _confirm(problem, trial, runner)
        if evidence is not None:
            fix = Fix(trial.proposal.candidate, evidence, trial.proposal.scope)
            fixes.append(fix)
            confirmed(fix)
    end = SearchEnd.OUT_OF_TIME if screening.cut_short else SearchEnd.FINISHED
    return ended(end, fixes, screening.tried)


def searchable(problem: Problem) -> bool:
    """There is something red, and the file may be edited: no test file, and templates for it."""
    language = problem.document.language
    templates = templates_of(language)
    if language is None or templates is None or problem.report.green:
        return False
    patterns = (pattern.format(stem="*") for pattern in language.test_files)
    name = problem.path.name
    return name not in templates.test_support and not any(fnmatch(name, p) for p in patterns)


def _verdict(report: TestReport) -> tuple[RunStatus, dict[str, Outcome]]:
    return report.status, {result.test_id: result.outcome for result in report.results}


def _trials(problem: Problem, report: TestReport, budget: Budget) -> tuple[_Trial, ...]:
    """Admitted candidates, most promising first."""
    document = problem.document
    lines = suspicious_lines(
        report, problem.path, _functions(problem), len(document.source.line_starts)
    )
    messages = tuple(r.failure.message for r in report.failures if r.failure is not None)
    proposals = propose(document, lines, messages)
    admissible = (
        _Trial(proposal, data)
        for proposal in proposals
        if (data := admitted(document, proposal.candidate)) is not None
    )
    return tuple(islice(admissible, budget.max_candidates))


def _functions(problem: Problem) -> tuple[FunctionLines, ...]:
    document = problem.document
    templates = templates_of(document.language)
    if templates is None or document.tree is None:
        return ()
    line_at = document.source.line_at
    found: list[FunctionLines] = []
    for node in preorder(document.tree.root_node):
        name = node.child_by_field_name("name")
        if node.type in templates.function_types and name is not None:
            last = line_at(max(node.end_byte - 1, node.start_byte))
            found.append(FunctionLines(decode(name.text or b""), line_at(node.start_byte), last))
    return tuple(found)


class _Screening:
    """Runs the failing tests on candidates in batches and keeps those that pass."""

    def __init__(
        self,
        problem: Problem,
        runner: CodeRunner,
        clock: Clock,
        request: TestRequest,
        deadline_s: float,
    ) -> None:
        self._problem = problem
        self._runner = runner
        self._clock = clock
        self._request = request
        self._deadline_s = deadline_s
        self._survivors: list[_Trial] = []
        self.tried = 0
        self.cut_short = False

    async def run(self, trials: Iterator[_Trial], batch_size: int) -> None:
        while batch := self._worth_trying(islice(trials, batch_size)):
            await self._screen(batch)
            if self.cut_short:
                return

    def in_rank_order(self) -> tuple[_Trial, ...]:
        by_edit = {id(trial.proposal): trial for trial in self._survivors}
        return tuple(by_edit[id(p)] for p in ranked([t.proposal for t in self._survivors]))

    def _worth_trying(self, trials: Iterator[_Trial]) -> list[_Trial]:
        best = max((t.proposal.priority for t in self._survivors), default=0.0)
        return [t for t in trials if t.proposal.priority >= best * _LEFT_BEHIND]

    async def _screen(self, batch: Sequence[_Trial]) -> None:
        overlays = [Overlay(self._problem.path, trial.data) for trial in batch]
        reports = self._runner.screen(self._request, overlays)
        waiting = iter(batch)
        try:
            async for report in reports:
                trial = next(waiting)
                self.tried += 1
                if report.green:
                    self._survivors.append(trial)
                if self._clock.monotonic_s() >= self._deadline_s:
                    self.cut_short = True
                    return
        finally:
            if isinstance(reports, AsyncGenerator):
                await reports.aclose()


def _screening_request(problem: Problem, again: TestReport) -> TestRequest:
    """Only the red tests, and hardly more time than the whole run took just now.

    So a candidate that loops for ever costs little, and a machine under load is not mistaken for
    such a loop.
    """
    red = problem.report.failures
    if problem.report.status is not RunStatus.COMPLETED:
        return problem.request
    spare_s = max(_SHORTEST_RUN_S, again.elapsed_s)
    wall_s = min(problem.request.limits.wall_s, spare_s + 10 * sum(r.duration_s for r in red))
    limits = replace(problem.request.limits, wall_s=wall_s)
    return replace(problem.request, targets=tuple(r.test_id for r in red), limits=limits)


async def _confirm(problem: Problem, trial: _Trial, runner: CodeRunner) -> Evidence | None:
    """All tests of the problem in fresh processes: what they showed, `None` if any objects."""
    overlays = (*problem.request.overlays, Overlay(problem.path, trial.data))
    evidence: Evidence | None = None
    for seed in _HASH_SEEDS:
        request = replace(problem.request, overlays=overlays, hash_seed=seed)
        report = await runner.run(request)
        if not holds(problem.report, report):
            return None
        evidence = _evidence(report)
    return evidence


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
    return Evidence(passed, len(ran), tests_skipped=len(report.results) - len(ran))
