"""What the model-free search tries, in waves, most promising first.

Templates are cheap and admission is not, so candidates are admitted as they are asked for.
"""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import islice

from lacuna_ls.domain.test_result import TestReport
from lacuna_ls.domain.text import decode
from lacuna_ls.ports.code_runner import CodeRunner, Overlay
from lacuna_ls.repair.admission import admitted
from lacuna_ls.repair.apart import told_by_parts
from lacuna_ls.repair.fix import Budget, Problem
from lacuna_ls.repair.localize import FunctionLines, suspicious_lines
from lacuna_ls.repair.pairs import Reach, pairs, reach, starting_point
from lacuna_ls.repair.proposers.everywhere import with_everywhere
from lacuna_ls.repair.proposers.template import SYNTAX, Proposal, propose, templates_of
from lacuna_ls.repair.repetition import shows_again
from lacuna_ls.repair.screening import Trial
from lacuna_ls.syntax.nodes import preorder

# The first are admitted while the process gets ready, the others while those before them run.
_FIRST, _LATER, _PAIRS = 300, 1000, 600
# A thread that makes candidates cannot be stopped, so it is asked for a few at a time.
_AT_A_TIME = 25
# Of lines that no failing test ran, beside one that it ran.
_FAINT = 1e-6


class Waves:
    """Admitted candidates in waves; what became of one wave can be asked when the next is made.

    The first waves are single edits, most promising first, as many as the budget allows; the last
    are pairs of edits.
    """

    def __init__(
        self,
        problem: Problem,
        reproducing: asyncio.Future[TestReport],
        budget: Budget,
        runner: CodeRunner,
    ) -> None:
        """`reproducing` is the problem's run once more, with the lines that each test covers."""
        self._problem = problem
        self._runner = runner
        self._reproducing = reproducing
        self._singles: Iterator[Trial] | None = None
        self._left = budget.max_candidates
        self._paired = False
        self._ahead: asyncio.Task[tuple[Trial, ...]] | None = None
        self._screened: list[tuple[Proposal, Reach]] = []

    def saw(self, trial: Trial, report: TestReport) -> None:
        """What the failing tests said of a candidate."""
        self._screened.append((trial.proposal, reach(self._problem, report)))

    async def next(self) -> Sequence[Trial]:
        """Empty when there are no more, and if the failure does not show again."""
        if self._singles is None:
            report = await self._covered()
            if not shows_again(self._problem, report):
                self._paired = True
                return ()
            functions = _functions(self._problem)
            told = await told_by_parts(self._problem, report, functions, self._runner)
            self._singles = self._admitted(_proposals(self._problem, told))
        wave = await (self._ahead or self._next_singles(_FIRST))
        self._ahead = asyncio.create_task(self._next_singles(_LATER)) if wave else None
        if wave or self._paired:
            return wave
        self._paired = True
        both = self._admitted(pairs(self._screened, starting_point(self._problem)))
        return await _taken(both, min(self._left, _PAIRS))

    async def close(self) -> None:
        """No more are wanted."""
        if self._ahead is not None:
            self._ahead.cancel()
            await asyncio.gather(self._ahead, return_exceptions=True)

    async def _next_singles(self, size: int) -> tuple[Trial, ...]:
        assert self._singles is not None
        wave = await _taken(self._singles, min(self._left, size))
        self._left -= len(wave)
        return wave

    async def _covered(self) -> TestReport:
        """A report that says what the tests covered."""
        failures = self._problem.report.failures
        if any(c.path == self._problem.path for result in failures for c in result.covered):
            return self._problem.report
        return await asyncio.shield(self._reproducing)

    def _admitted(self, proposals: Iterator[Proposal]) -> Iterator[Trial]:
        for proposal in proposals:
            layout = proposal.family == SYNTAX
            data = admitted(self._problem.document, proposal.candidate, layout=layout)
            if data is not None:
                yield Trial(proposal, Overlay(self._problem.path, data))


async def _taken(trials: Iterator[Trial], size: int) -> tuple[Trial, ...]:
    taken: list[Trial] = []
    while len(taken) < size:
        some = min(_AT_A_TIME, size - len(taken))
        more = await asyncio.to_thread(_next, trials, some)
        taken += more
        if len(more) < some:
            break
    return tuple(taken)


def _next(trials: Iterator[Trial], size: int) -> tuple[Trial, ...]:
    return tuple(islice(trials, size))


def _proposals(problem: Problem, report: TestReport) -> Iterator[Proposal]:
    document = problem.document
    functions = _functions(problem)
    lines = suspicious_lines(report, problem.path, functions, len(document.source.line_starts))
    messages = tuple(r.failure.message for r in report.failures if r.failure is not None)
    found = propose(document, _with_faint(lines, functions), messages)
    # A failing test ends before it reaches every place at which the same mistake was made.
    for proposal in with_everywhere(document.data, found):
        if proposal.priority > _FAINT:
            yield proposal


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
