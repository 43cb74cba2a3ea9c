from pathlib import Path

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
IN_TEST = (Frame(Path("/p/test_shop.py"), 4, "test_it"),)


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
