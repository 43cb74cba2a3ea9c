"""The run that shows whether a failure shows again, and which lines each test executes."""

from collections.abc import Iterator
from dataclasses import replace

from lacuna_ls.domain.test_result import Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.repair.fix import Budget, Problem

# Of the tests that pass: some are needed to compare with, and the search waits for them.
_PASSING_S = 1.0
_MOST_PASSING = 40


def once_more(problem: Problem, budget: Budget) -> TestRequest:
    """The problem's run, traced: its red tests, and a few of the others.

    What hangs need not hang as long again.
    """
    request = replace(problem.request, trace=(problem.path,))
    limits = request.limits
    if problem.report.status is RunStatus.TIMED_OUT:
        return replace(
            request, limits=replace(limits, wall_s=min(limits.wall_s, budget.wall_s / 4))
        )
    chosen = tuple(result.test_id for result in _chosen(problem.report))
    if len(chosen) == len(problem.report.results):
        return request
    return replace(request, only=chosen)


def shows_again(problem: Problem, again: TestReport) -> bool:
    """Whether a run of `once_more`, or of all tests, gives the problem's verdict."""
    expected = problem.report
    if len(again.results) != len(expected.results):
        expected = replace(expected, results=tuple(_chosen(expected)))
    return same_verdict(again, expected)


def same_verdict(one: TestReport, other: TestReport) -> bool:
    def verdict(report: TestReport) -> tuple[RunStatus, dict[str, Outcome]]:
        return report.status, {result.test_id: result.outcome for result in report.results}

    return verdict(one) == verdict(other)


def _chosen(report: TestReport) -> Iterator[TestResult]:
    """The red tests, and a few others that are quick: those most like the red ones first."""
    if report.status is not RunStatus.COMPLETED:
        yield from report.results
        return
    yield from report.failures
    functions = {_function(result) for result in report.failures}
    files = {_file(result) for result in report.failures}

    def promise(result: TestResult) -> tuple[bool, bool, float]:
        return _function(result) not in functions, _file(result) not in files, result.duration_s

    left_s = _PASSING_S
    others = sorted((result for result in report.results if not result.red), key=promise)
    for each in others[:_MOST_PASSING]:
        left_s -= each.duration_s
        if left_s < 0:
            return
        yield each


def _function(result: TestResult) -> str:
    """The id without the parameters of this case."""
    return result.test_id.partition("[")[0]


def _file(result: TestResult) -> str:
    return result.test_id.partition("::")[0]
