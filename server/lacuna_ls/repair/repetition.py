"""The run that shows whether a failure shows again, and which lines each test executes."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lacuna_ls.domain.test_result import Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.repair.fix import Budget, Problem

# The search waits for them. Of the red ones, those that are left out will have to pass all the same;
# of those that pass, some are needed to compare with.
_RED_S, _MOST_RED = 1.0, 10
_PASSING_S, _MOST_PASSING = 1.0, 40


def once_more(problem: Problem, budget: Budget) -> TestRequest:
    """The problem's run, traced: some of its red tests, and a few of the others.

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
    """Some red tests, of as many functions as may be, and a few others that are quick.

    Of these, those most like the red ones come first.
    """
    if report.status is not RunStatus.COMPLETED:
        yield from report.results
        return
    yield from _quickly(_one_of_each_first(report.failures), _RED_S, _MOST_RED, fewest=1)
    functions = {_function(result) for result in report.failures}
    files = {_file(result) for result in report.failures}

    def promise(result: TestResult) -> tuple[bool, bool, float]:
        return _function(result) not in functions, _file(result) not in files, result.duration_s

    others = sorted((result for result in report.results if not result.red), key=promise)
    yield from _quickly(others, _PASSING_S, _MOST_PASSING)


def _quickly(
    results: Sequence[TestResult], all_s: float, most: int, fewest: int = 0
) -> Iterator[TestResult]:
    """The first of them, as far as they took no longer than that together."""
    left_s = all_s
    for number, each in enumerate(results[:most]):
        left_s -= each.duration_s
        if left_s < 0 and number >= fewest:
            return
        yield each


def _one_of_each_first(results: Sequence[TestResult]) -> list[TestResult]:
    """The same, with the other cases of a function after all functions, and what is quick first."""
    cases: Counter[str] = Counter()
    ordered: list[tuple[int, float, TestResult]] = []
    for each in sorted(results, key=lambda each: each.duration_s):
        ordered.append((cases[_function(each)], each.duration_s, each))
        cases[_function(each)] += 1
    return [each for *_, each in sorted(ordered, key=lambda key: key[:2])]


def _function(result: TestResult) -> str:
    """The id without the parameters of this case."""
    return result.test_id.partition("[")[0]


def _file(result: TestResult) -> str:
    return result.test_id.partition("::")[0]
