"""What the model-free search tries, most promising first.

Templates are cheap and admission is not, so candidates are admitted as they are asked for.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Sequence
from contextlib import aclosing
from itertools import islice, takewhile

from lacuna_ls.domain.candidate import Candidate
from lacuna_ls.domain.test_result import TestReport
from lacuna_ls.domain.text import decode
from lacuna_ls.ports.code_runner import CodeRunner, Overlay
from lacuna_ls.repair.admission import admitted
from lacuna_ls.repair.apart import told_by_parts
from lacuna_ls.repair.fix import Budget, Problem, red_tests
from lacuna_ls.repair.localize import FunctionLines, suspicious_lines
from lacuna_ls.repair.pairs import Reach, pairs, reach, starting_point
from lacuna_ls.repair.partly import Partial, left_red
from lacuna_ls.repair.proposers.best_first import propose
from lacuna_ls.repair.proposers.template import SYNTAX, Proposal, templates_of
from lacuna_ls.repair.repetition import shows_again
from lacuna_ls.repair.screening import Trial
from lacuna_ls.repair.tasks import Tasks
from lacuna_ls.syntax.nodes import preorder

_PAIRS = 600
# A thread that makes candidates cannot be stopped, so it is asked for a few at a time; for fewer
# while there are none to screen.
_FIRST, _AT_A_TIME = 5, 25
# Of lines that no failing test ran, beside one that it ran.
_FAINT = 1e-6


class Templated:
    """Admitted candidates: single edits first, as many as the budget allows, then pairs of edits.

    The pairs are made of what was seen of all single edits.
    """

    def __init__(
        self,
        problem: Problem,
        reproducing: asyncio.Future[TestReport],
        budget: Budget,
        runner: CodeRunner,
        tasks: Tasks,
    ) -> None:
        """`reproducing` is the problem's run once more, with the lines that each test covers.

        What goes on beside the trials is one of `tasks`.
        """
        self._problem = problem
        self._runner = runner
        self._tasks = tasks
        self._reproducing = reproducing
        self._left = budget.max_candidates
        self._given = 0
        self._screened: list[tuple[Proposal, Reach]] = []
        self._all_seen = asyncio.Event()
        self.partly: list[Partial] = []

    def saw(self, trial: Trial, report: TestReport) -> None:
        """What the failing tests said of a candidate."""
        self._screened.append((trial.proposal, reach(self._problem, report)))
        left = left_red(self._problem, report)
        if left:
            self.partly.append(Partial(trial, len(self._screened), left))
        if len(self._screened) == self._given:
            self._all_seen.set()

    async def trials(self) -> AsyncIterator[Trial]:
        """None if the failure does not show again."""
        report = await self.covered()
        if not shows_again(self._problem, report):
            return
        async with aclosing(self._singles(report)) as singles:
            async for trial in singles:
                yield self._counted(trial)
        while len(self._screened) < self._given:
            self._all_seen.clear()
            await self._all_seen.wait()
        both = self._admitted(pairs(self._screened, starting_point(self._problem)))
        async with aclosing(_ahead(islice(both, min(self._left, _PAIRS)))) as given:
            async for trial in given:
                yield self._counted(trial)

    async def _singles(self, report: TestReport) -> AsyncGenerator[Trial]:
        """By what the tests covered, and once their parts have told more, by that."""
        functions = functions_of(self._problem)
        telling = self._tasks.start(told_by_parts(self._problem, report, functions, self._runner))
        given: set[Candidate] = set()
        try:
            proposals = _proposals(self._problem, report)
            async with aclosing(_ahead(islice(self._admitted(proposals), self._left))) as first:
                async for trial in first:
                    given.add(trial.proposal.candidate)
                    yield trial
                    if telling.done() and telling.result() is not report:
                        break
            told = await telling
            if told is report:
                return
            proposals = (p for p in _proposals(self._problem, told) if p.candidate not in given)
            async with aclosing(_ahead(islice(self._admitted(proposals), self._left))) as rest:
                async for trial in rest:
                    yield trial
        finally:
            telling.cancel()

    def _counted(self, trial: Trial) -> Trial:
        self._given += 1
        self._left -= 1
        return trial

    async def covered(self) -> TestReport:
        """A report that says what the tests covered."""
        failures = self._problem.report.failures
        if any(c.path == self._problem.path for result in failures for c in result.covered):
            return self._problem.report
        return await asyncio.shield(self._reproducing)

    def _admitted(self, proposals: Iterable[Proposal]) -> Iterator[Trial]:
        for proposal in proposals:
            layout = proposal.family == SYNTAX
            data = admitted(self._problem.document, proposal.candidate, layout=layout)
            if data is not None:
                yield Trial(proposal, Overlay(self._problem.path, data))


async def _ahead(trials: Iterator[Trial]) -> AsyncGenerator[Trial]:
    """The trials, some of them made while those before them are screened."""
    making = asyncio.create_task(asyncio.to_thread(_next, trials, _FIRST))
    try:
        while some := await making:
            making = asyncio.create_task(asyncio.to_thread(_next, trials, _AT_A_TIME))
            for trial in some:
                yield trial
    finally:
        making.cancel()
        await asyncio.gather(making, return_exceptions=True)


def _next(trials: Iterator[Trial], size: int) -> tuple[Trial, ...]:
    return tuple(islice(trials, size))


def _proposals(problem: Problem, report: TestReport) -> Iterator[Proposal]:
    document = problem.document
    functions = functions_of(problem)
    lines = suspicious_lines(report, problem.path, functions, len(document.source.line_starts))
    messages = tuple(r.failure.message for r in report.failures if r.failure is not None)
    # A failing test ends before it reaches every place at which the same mistake was made.
    found = propose(document, _with_faint(lines, functions), messages, red_tests(problem))
    return takewhile(lambda proposal: proposal.priority > _FAINT, found)


def _with_faint(lines: Sequence[float], functions: Sequence[FunctionLines]) -> tuple[float, ...]:
    """Some suspicion for what did not run of a function that ran."""
    faint = list(lines)
    for function in functions:
        # Its header runs when it is defined.
        body = range(function.first + 1, min(function.last + 1, len(lines)))
        if any(lines[line] for line in body):
            for line in body:
                faint[line] = faint[line] or _FAINT
    return tuple(faint)


def functions_of(problem: Problem) -> tuple[FunctionLines, ...]:
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
