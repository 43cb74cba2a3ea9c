"""Two edits of one function at once, where one alone was not enough.

A candidate that gets the failing tests further than the unchanged file does has probably mended
something: it is tried first with every other promising edit (partial progress as the fitness of
Le Goues et al., "GenProg", 2012). After those come pairs of the most promising edits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from lacuna_ls.domain.candidate import Candidate
from lacuna_ls.domain.test_result import TestReport, TestResult
from lacuna_ls.domain.text import Span
from lacuna_ls.repair.fix import Problem
from lacuna_ls.repair.proposers.template import Proposal

_SEEDS = 6
_PARTNERS = 80
_BLIND = 24
_WEIGHT = 0.5


@dataclass(frozen=True, slots=True, order=True)
class Reach:
    """How far a run of the failing tests got: tests that passed, then lines in the first that failed."""

    passed: int
    lines: tuple[int, ...]


def reach(problem: Problem, report: TestReport) -> Reach:
    """Frames in the file under repair are left out: their lines mean something else after an edit."""
    red = next(iter(report.failures), None)
    passed = sum(not result.red for result in report.results)
    return Reach(passed, _lines(problem, red) if red is not None else ())


def starting_point(problem: Problem) -> Reach:
    """Of the unchanged file, on the red tests alone."""
    red = next(iter(problem.report.failures), None)
    return Reach(0, _lines(problem, red) if red is not None else ())


def _lines(problem: Problem, result: TestResult) -> tuple[int, ...]:
    if result.failure is None:
        return ()
    return tuple(f.line for f in result.failure.frames if f.path != problem.path)


def pairs(screened: Sequence[tuple[Proposal, Reach]], start: Reach) -> Iterator[Proposal]:
    """Proposals of two edits, made of those that were `screened`, which came best first."""
    singles = [proposal for proposal, _ in screened]
    further = [(how_far, proposal) for proposal, how_far in screened if how_far > start]
    further.sort(key=lambda each: each[0], reverse=True)
    seen: set[frozenset[Proposal]] = set()
    seeded = ((seed, other) for _, seed in further[:_SEEDS] for other in singles[:_PARTNERS])
    for pair in (*seeded, *combinations(singles[:_BLIND], 2)):
        if frozenset(pair) not in seen and _fit(*pair):
            seen.add(frozenset(pair))
            yield _both(*pair)


def _fit(one: Proposal, other: Proposal) -> bool:
    if one.scope != other.scope:
        return False
    spans = [edit.span for proposal in (one, other) for edit in proposal.candidate.edits]
    return not any(_touch(a, b) for a, b in combinations(spans, 2))


def _touch(one: Span, other: Span) -> bool:
    return one.start <= other.end and other.start <= one.end


def _both(one: Proposal, other: Proposal) -> Proposal:
    edits = (*one.candidate.edits, *other.candidate.edits)
    summary = f"{one.candidate.summary}, and {other.candidate.summary}"
    candidate = Candidate(summary, tuple(sorted(edits, key=lambda edit: edit.span)))
    priority = _WEIGHT * one.priority * other.priority
    return Proposal(candidate, "pair", one.scope, one.scope, priority)
