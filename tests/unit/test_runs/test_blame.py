from pathlib import Path

from lacuna_ls.domain.facts import Caller, CapturedCall, FunctionFacts
from lacuna_ls.domain.test_result import Failure, Frame, Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.test_runs.results import findings

PATH = Path("/p/shop.py")
SHOP = b"""\
class Order:
    def total(self):
        return 0


def best(orders):
    return orders[0]
"""
TEST = Path("/p/test_shop.py")
IN_TEST = (Frame(TEST, 4, "test_it"),)


def place(message: str, *names: str, test_id: str = "test_shop.py::test_it") -> str | None:
    """The text that the finding of one failing test stands at."""
    document = open_document("file:///p/shop.py", 1, by_language_id("python"), SHOP)
    failure = Failure("AssertionError", message, IN_TEST, names)
    result = TestResult(test_id, Outcome.FAILED, 0.1, failure)
    report = TestReport(RunStatus.COMPLETED, (result,))
    found = findings(report, document, PATH, {"test_shop.py"})
    return document.source.text(found[0].span) if found else None


def test_a_wrong_value_is_shown_at_the_function_that_gave_it() -> None:
    assert place("assert 1 == 2\n +  where 1 = best([1, 2])") == "best"


def test_a_call_of_somebody_else_is_passed_over() -> None:
    assert place("assert 1 == 2\n +  where 1 = len([1])\n +    where [1] = best([1])") == "best"


def test_names_of_the_tests_code_serve_where_the_message_names_no_call() -> None:
    assert place("assert 1 == 2", "sorted", "total") == "total"


def test_a_name_that_the_tests_own_name_holds_comes_first() -> None:
    assert place("no", "Order", "best", test_id="test_shop.py::test_best_first") == "best"


def test_a_test_that_names_nothing_of_the_file_is_shown_at_its_first_line() -> None:
    assert place("boom") == "class Order:"


def test_a_test_of_another_file_is_not_shown_here() -> None:
    assert place("where 1 = best([1])", test_id="test_other.py::test_it") is None


def test_a_run_that_was_cut_short_is_said_on_the_first_line() -> None:
    document = open_document("file:///p/shop.py", 1, by_language_id("python"), SHOP)
    report = TestReport(RunStatus.TIMED_OUT, (), "test_it did not end within 60 s")
    (found,) = findings(report, document, PATH, {"test_shop.py"})
    assert found.message == "test_it did not end within 60 s"


def called(function: str, line: int, *calls: tuple[int, int, str]) -> FunctionFacts:
    """`calls` are (number, line of the test, what was returned)."""
    captured = tuple(
        CapturedCall(number, (), returned, None, None, Caller(TEST, at, "test_it"))
        for number, at, returned in calls
    )
    return FunctionFacts(PATH, function, line, len(calls), 1, captured=captured)


def given(message: str, *facts: FunctionFacts) -> str | None:
    failure = Failure("AssertionError", message, (Frame(TEST, 9, "test_it"),), ("Order",))
    result = TestResult("test_shop.py::test_it", Outcome.FAILED, 0.1, failure, facts=facts)
    document = open_document("file:///p/shop.py", 1, by_language_id("python"), SHOP)
    report = TestReport(RunStatus.COMPLETED, (result,))
    (found,) = findings(report, document, PATH, {"test_shop.py"})
    return document.source.text(found.span)


def test_the_function_that_returned_the_compared_value_is_known_from_the_recorded_calls() -> None:
    best, total = line_of(b"best"), line_of(b"total")
    calls = called("best", best, (1, 7, "6")), called("total", total, (2, 8, "5"))
    assert given("assert 6 == 8", *calls) == "best"
    assert given("assert 5 == 8", *calls) == "total"


def test_of_several_that_returned_it_the_last_is_taken() -> None:
    best, total = line_of(b"best"), line_of(b"total")
    calls = called("best", best, (1, 7, "6"), (3, 8, "6")), called("total", total, (2, 8, "6"))
    assert given("assert 6 == 8", *calls) == "best"


def test_without_a_compared_value_the_call_on_the_failing_line_is_taken() -> None:
    best, total = line_of(b"best"), line_of(b"total")
    calls = called("best", best, (1, 9, "<Best>")), called("total", total, (2, 8, "16"))
    assert given("assert 6 == 8", *calls) == "best"


def test_where_no_recorded_call_fits_names_serve() -> None:
    assert given("assert 6 == 8", called("best", line_of(b"best"), (1, 8, "60"))) == "Order"


def line_of(name: bytes) -> int:
    return SHOP[: SHOP.index(b"def " + name)].count(b"\n")
