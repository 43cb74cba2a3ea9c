"""Which tests run once more before a search."""

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.domain.test_result import Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.repair.fix import Budget, Problem
from lacuna_ls.repair.repetition import once_more, shows_again
from lacuna_ls.syntax.document import open_document

HERE = Path("/shop/cart.py")
OUTCOMES = st.sampled_from([Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED])
DURATIONS_S = st.floats(0.0, 40.0)


def problem(*tests: tuple[str, Outcome, float]) -> Problem:
    results = tuple(TestResult(name, outcome, duration) for name, outcome, duration in tests)
    report = TestReport(RunStatus.COMPLETED, results)
    request = TestRequest(HERE.parent, Path("python"), ("test_cart.py",))
    return Problem(open_document(HERE.as_uri(), 1, None, b""), HERE, request, report)


def repeated(of: Problem) -> tuple[str, ...]:
    request = once_more(of, Budget())
    return request.only or tuple(result.test_id for result in of.report.results)


def test_a_quick_run_is_repeated_whole():
    quick = problem(("t.py::a", Outcome.FAILED, 0.1), ("t.py::b", Outcome.PASSED, 0.1))
    assert once_more(quick, Budget()).only == ()


def test_of_a_slow_run_the_red_tests_are_repeated_and_what_takes_no_time():
    slow = problem(
        ("t.py::red", Outcome.FAILED, 9.0),
        ("t.py::slow", Outcome.PASSED, 50.0),
        ("t.py::quick", Outcome.PASSED, 0.2),
    )
    assert repeated(slow) == ("t.py::red", "t.py::quick")


def test_of_many_tests_other_cases_of_the_red_one_are_repeated_first():
    many = [(f"t.py::t{n}", Outcome.PASSED, 0.0) for n in range(300)]
    case = ("t.py::day[2]", Outcome.PASSED, 0.1)
    chosen = repeated(problem(("t.py::day[1]", Outcome.FAILED, 0.1), *many, case))
    assert chosen[:2] == ("t.py::day[1]", "t.py::day[2]")
    assert len(chosen) < 50


def test_passing_tests_of_the_red_tests_file_come_first():
    slow = problem(
        ("other.py::quick", Outcome.PASSED, 0.2),
        ("t.py::less_quick", Outcome.PASSED, 0.9),
        ("t.py::red", Outcome.FAILED, 0.1),
    )
    assert repeated(slow) == ("t.py::red", "t.py::less_quick")


@given(st.lists(st.tuples(OUTCOMES, DURATIONS_S), max_size=12), st.integers(0, 11))
def test_what_was_repeated_shows_again_exactly_if_each_test_ends_as_before(tests, which):
    others = ((f"t.py::t{n}", outcome, s) for n, (outcome, s) in enumerate(tests))
    before = problem(("t.py::red", Outcome.FAILED, 1.0), *others)
    chosen = set(repeated(before))
    results = tuple(result for result in before.report.results if result.test_id in chosen)
    assert shows_again(before, replace(before.report, results=results))
    if which < len(results):
        other = replace(results[which], outcome=Outcome.ERROR)
        changed = (*results[:which], other, *results[which + 1 :])
        assert not shows_again(before, replace(before.report, results=changed))
        missing = (*results[:which], *results[which + 1 :])
        assert not shows_again(before, replace(before.report, results=missing))


def test_of_many_red_tests_a_few_are_repeated_of_each_function_one_before_others():
    cases = [(f"t.py::day[{n}]", Outcome.FAILED, 0.01) for n in range(30)]
    week = ("t.py::week[1]", Outcome.FAILED, 0.5)
    chosen = repeated(problem(*cases, week))
    assert len(chosen) == 10
    assert chosen[:2] == ("t.py::day[0]", "t.py::week[1]")


def test_the_quickest_red_test_is_repeated_however_long_it_takes():
    slow = [(f"t.py::t{n}", Outcome.FAILED, 9.0 - n) for n in range(3)]
    assert repeated(problem(*slow)) == ("t.py::t2",)
