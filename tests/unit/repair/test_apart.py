"""When a large test is run in parts to suspect lines by, and when what it says is taken."""

from pathlib import Path

from fakes import FakeRunner
from lacuna_ls.domain.test_result import (
    CoveredFile,
    Failure,
    Frame,
    Outcome,
    RunStatus,
    TestReport,
    TestResult,
)
from lacuna_ls.domain.text import encode
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.repair.apart import judges, told_by_parts
from lacuna_ls.repair.fix import Problem
from lacuna_ls.repair.localize import FunctionLines
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id

ROOT = Path("/w")
PATH, TESTS = ROOT / "a.py", ROOT / "test_a.py"
TEXT = "def one():\n    return 1\n\ndef two():\n    return 1\n"
FUNCTIONS = (FunctionLines("one", 0, 1), FunctionLines("two", 3, 4))
LARGE = b"def test_a():\n    assert one() == 1\n    assert two() == 2\n"


def result(name: str, *covered: int, line: int | None = None) -> TestResult:
    """Of a test that covered lines of the file, and failed at a line of the tests if one is given."""
    files = (CoveredFile(PATH, covered),)
    test_id = f"test_a.py::{name}"
    if line is None:
        return TestResult(test_id, Outcome.PASSED, 0.0, covered=files)
    failure = Failure("AssertionError", "assert 1 == 2", (Frame(TESTS, line, name),))
    return TestResult(test_id, Outcome.FAILED, 0.0, failure, files)


def completed(*results: TestResult) -> TestReport:
    return TestReport(RunStatus.COMPLETED, results)


WHOLE = completed(result("test_a", 1, 4, line=2))
IN_PARTS = completed(result("test_a__1", 1), result("test_a__2", 4, line=4))


async def told(
    report: TestReport, shown: TestReport, tests: bytes = LARGE, target: str = "test_a.py"
) -> tuple[TestReport, list[TestRequest]]:
    document = open_document(PATH.as_uri(), 1, by_language_id("python"), encode(TEXT))
    request = TestRequest(ROOT, Path("python"), (target,))
    problem = Problem(document, PATH, request, report, judges(request, lambda _: tests))
    runner = FakeRunner(lambda _: shown)
    return await told_by_parts(problem, report, FUNCTIONS, runner), runner.requests


async def test_a_large_test_of_several_functions_tells_more_in_parts() -> None:
    report, requests = await told(WHOLE, IN_PARTS)
    assert [each.test_id for each in report.results] == [p.test_id for p in IN_PARTS.results]
    assert [overlay.path for overlay in requests[0].overlays] == [TESTS]
    assert requests[0].trace == (PATH,)


async def test_a_test_that_is_a_target_by_its_name_is_replaced_by_its_parts() -> None:
    _, requests = await told(WHOLE, IN_PARTS, target="test_a.py::test_a")
    assert requests[0].targets == ("test_a.py::test_a__1", "test_a.py::test_a__2")


async def test_a_parametrised_target_keeps_its_parameters() -> None:
    whole = completed(result("test_a[1]", 1, 4, line=2))
    shown = completed(result("test_a__1[1]", 1), result("test_a__2[1]", 4, line=4))
    report, requests = await told(whole, shown, target="test_a.py::test_a[1]")
    assert requests[0].targets == ("test_a.py::test_a__1[1]", "test_a.py::test_a__2[1]")
    assert report.results == shown.results


async def test_nothing_is_run_where_one_function_is_concerned() -> None:
    report = completed(result("test_a", 4, line=2))
    assert await told(report, IN_PARTS) == (report, [])


async def test_nothing_is_run_where_no_test_can_be_split() -> None:
    assert await told(WHOLE, IN_PARTS, b"def test_a():\n    assert two() == 2\n") == (WHOLE, [])


async def test_parts_that_fail_elsewhere_are_not_believed() -> None:
    shown = completed(result("test_a__1", 1, line=1), result("test_a__2", 4, line=4))
    report, _ = await told(WHOLE, shown)
    assert report is WHOLE


async def test_parts_that_pass_are_not_believed() -> None:
    report, _ = await told(WHOLE, completed(result("test_a__1", 1), result("test_a__2", 4)))
    assert report is WHOLE


async def test_parts_that_pass_are_not_believed_where_no_line_of_the_test_is_known() -> None:
    whole = completed(result("test_a", 1, 4, line=99))
    report, _ = await told(whole, completed(result("test_a__1", 1), result("test_a__2", 4)))
    assert report is whole


async def test_a_run_of_the_parts_that_does_not_end_says_nothing() -> None:
    report, _ = await told(WHOLE, TestReport(RunStatus.TIMED_OUT, (), "too long"))
    assert report is WHOLE


async def test_only_test_files_in_python_are_read() -> None:
    request = TestRequest(ROOT, Path("python"), ("test_a.py::test_a", "b.test.js", "test_c.py"))
    found = judges(request, lambda path: b"x" if path == TESTS else None)
    assert [overlay.path for overlay in found] == [TESTS]
