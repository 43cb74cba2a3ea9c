"""Candidates that make some of the red tests pass, where the others do not run what was edited.

To fail exactly as before, by exception and message, is not enough for that: an edit that suits one
test alone leaves the others so, too. So the function that is edited must not be run by them.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from lacuna_ls.domain.test_result import Outcome, RunStatus, TestReport
from lacuna_ls.repair.fix import Problem
from lacuna_ls.repair.screening import Trial


@dataclass(frozen=True, slots=True)
class Partial:
    """A trial, the `place`-th of all, and the red tests that it leaves as they were."""

    trial: Trial
    place: int
    left: frozenset[str]


def left_red(problem: Problem, report: TestReport) -> frozenset[str]:
    """The red tests that a candidate leaves as they were; none if it is no fix of the others.

    Of those that `report` does not hold, nothing is known yet.
    """
    reds = frozenset(result.test_id for result in problem.report.failures)
    passed = {result.test_id for result in report.results if result.outcome is Outcome.PASSED}
    failed = replace(report, results=tuple(r for r in report.results if r.test_id not in passed))
    completed = problem.report.status is RunStatus.COMPLETED
    if not completed or not passed or not failed.results or not fail_as_before(problem, failed):
        return frozenset()
    return reds - passed


def fail_as_before(problem: Problem, report: TestReport) -> bool:
    """Whether all of a report are red tests of the problem that fail as they did."""
    before = {result.test_id: result.failure for result in problem.report.failures}
    return all(
        (old := before.get(result.test_id)) is not None
        and result.failure is not None
        and (old.exception, old.message) == (result.failure.exception, result.failure.message)
        for result in report.results
    )


def run_elsewhere(partial: Partial, traced: TestReport, path: Path, body: range) -> bool:
    """Whether what is left is known to run none of these lines of the edited file."""
    covered = {
        result.test_id: {
            line for each in result.covered if each.path == path for line in each.lines
        }
        for result in traced.results
    }
    return all(test in covered and covered[test].isdisjoint(body) for test in partial.left)


def without(problem: Problem, left: frozenset[str]) -> Problem:
    """The problem as if these tests were not there."""
    results = tuple(r for r in problem.report.results if r.test_id not in left)
    only = tuple(result.test_id for result in results)
    return replace(
        problem,
        report=replace(problem.report, results=results),
        request=replace(problem.request, only=only),
    )
