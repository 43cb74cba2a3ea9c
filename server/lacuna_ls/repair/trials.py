"""What the model-free search tries, most promising first.

Templates are cheap and admission is not, so candidates are admitted as they are asked for.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from lacuna_ls.domain.test_result import TestReport
from lacuna_ls.domain.text import decode
from lacuna_ls.ports.code_runner import Overlay
from lacuna_ls.repair.admission import admitted
from lacuna_ls.repair.fix import Budget, Problem
from lacuna_ls.repair.localize import FunctionLines, suspicious_lines
from lacuna_ls.repair.proposers.everywhere import with_everywhere
from lacuna_ls.repair.proposers.template import Proposal, propose, templates_of
from lacuna_ls.repair.screening import Trial
from lacuna_ls.syntax.nodes import preorder

# Of lines that no failing test ran, beside one that it ran.
_FAINT = 1e-6


def trials(problem: Problem, report: TestReport, budget: Budget) -> Iterator[Trial]:
    """Admitted candidates, most promising first; `report` holds what the tests covered."""
    admissible = (
        Trial(proposal, Overlay(problem.path, data))
        for proposal in _proposals(problem, report)
        if (data := admitted(problem.document, proposal.candidate)) is not None
    )
    return islice(admissible, budget.max_candidates)


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
        inside = range(function.first, min(function.last + 1, len(lines)))
        if any(lines[line] for line in inside):
            for line in inside:
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
