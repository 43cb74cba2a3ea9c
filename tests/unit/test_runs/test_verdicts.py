from pathlib import Path

from lacuna_ls.domain.test_result import Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.test_runs.verdicts import Verdicts

SHOP, CART = Path("/p/shop.py"), Path("/p/cart.py")


def ids(report: TestReport) -> list[str]:
    return [result.test_id for result in report.results]


def report(*tests: str, status: RunStatus = RunStatus.COMPLETED, detail: str = "") -> TestReport:
    return TestReport(status, tuple(TestResult(t, Outcome.PASSED, 0.1) for t in tests), detail)


def test_results_of_several_files_are_known_together() -> None:
    verdicts = Verdicts()
    verdicts.record(SHOP, ["test_shop.py"], report("test_shop.py::test_a"))
    verdicts.record(CART, ["test_cart.py"], report("test_cart.py::test_b"))
    assert ids(verdicts.report(SHOP)) == ["test_shop.py::test_a", "test_cart.py::test_b"]


def test_a_test_that_was_renamed_does_not_live_on() -> None:
    verdicts = Verdicts()
    verdicts.record(SHOP, ["test_shop.py"], report("test_shop.py::test_old"))
    verdicts.record(SHOP, ["test_shop.py"], report("test_shop.py::test_new"))
    assert ids(verdicts.report(SHOP)) == ["test_shop.py::test_new"]


def test_a_file_without_tests_any_more_is_forgotten() -> None:
    verdicts = Verdicts()
    verdicts.record(SHOP, ["test_shop.py"], report("test_shop.py::test_old"))
    verdicts.record(SHOP, ["test_shop.py"], report(status=RunStatus.NO_TESTS))
    assert ids(verdicts.report(SHOP)) == []


def test_how_a_run_ended_is_said_where_it_was_asked_for() -> None:
    verdicts = Verdicts()
    hung = report(status=RunStatus.TIMED_OUT, detail="test_x did not end")
    verdicts.record(SHOP, ["test_shop.py"], hung)
    assert verdicts.report(SHOP).detail == "test_x did not end"
    assert verdicts.report(CART).status is RunStatus.COMPLETED


def test_a_later_run_of_the_same_tests_takes_back_how_the_earlier_ended() -> None:
    verdicts = Verdicts()
    verdicts.record(SHOP, ["test_shop.py"], report(status=RunStatus.CRASHED))
    mended = Path("/p/test_shop.py")
    verdicts.record(mended, ["test_shop.py"], report("test_shop.py::test_a"))
    assert verdicts.report(SHOP).status is RunStatus.COMPLETED
