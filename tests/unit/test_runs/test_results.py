import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.domain.test_result import (
    Failure,
    Frame,
    Outcome,
    RunStatus,
    TestReport,
    TestResult,
)
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.test_runs.finding import Related
from lacuna_ls.test_runs.results import findings, plain, summary

HERE, TEST = Path("/w/calc.py"), Path("/w/tests/test_calc.py")
TEXT = b"def half(n):\n    assert n % 2 == 0  \n    return inner(n)\n\xc3\xa4 = 1"


def failed(*frames: Frame, message: str = "assert 1 == 2") -> TestResult:
    failure = Failure("AssertionError", message, frames)
    return TestResult("tests/test_calc.py::test_half", Outcome.FAILED, 0.1, failure)


def report(*results: TestResult, status: RunStatus = RunStatus.COMPLETED, detail: str = ""):
    return TestReport(status, results, detail, elapsed_s=0.44)


def found(result: TestResult, path: Path = HERE, text: bytes = TEXT) -> list[tuple[str, str]]:
    document = open_document("file:///x", 1, by_language_id("python"), text)
    return [
        (document.source.text(finding.span), finding.message)
        for finding in findings(report(result), document, path)
    ]


def test_a_finding_stands_on_the_code_of_the_innermost_line_in_the_file():
    result = failed(
        Frame(TEST, 4, "test_half"),
        Frame(HERE, 2, "half"),
        Frame(HERE, 1, "half"),
        Frame(Path("/lib/x.py"), 9, "x"),
    )
    assert found(result) == [("assert n % 2 == 0", "test_half: assert 1 == 2")]


def not_loaded(name: str, exception: str, message: str) -> TestResult:
    failure = Failure(exception, message, ())
    return TestResult(f"tests/{name}.py", Outcome.ERROR, 0.1, failure)


def shown(*results: TestResult) -> list[str]:
    document = open_document("file:///x", 1, None, TEXT)
    concerned = {result.test_id.partition("::")[0] for result in results}
    return [f.message for f in findings(report(*results), document, HERE, concerned)]


def test_files_that_cannot_be_loaded_for_one_reason_are_one_finding():
    broken = [not_loaded(name, "SyntaxError", "invalid syntax") for name in ("a", "b", "c")]
    other = not_loaded("d", "NameError", "x")
    assert shown(*broken, other) == [
        "tests/a.py: SyntaxError: invalid syntax\n(2 more test files for the same reason)",
        "tests/d.py: NameError: x",
    ]


def test_tests_that_fail_for_one_reason_are_a_finding_each():
    assert len(shown(failed(), replace(failed(), test_id="tests/test_calc.py::test_other"))) == 2


def test_a_module_that_is_not_installed_is_no_fault_of_the_file_where_other_tests_ran():
    lacking = not_loaded("cli", "ModuleNotFoundError", "No module named 'delegator'")
    passed = TestResult("tests/test_calc.py::test_half", Outcome.PASSED, 0.1)
    assert shown(lacking, passed) == []
    assert shown(lacking) == ["tests/cli.py: ModuleNotFoundError: No module named 'delegator'"]


def test_it_points_to_the_line_of_the_test():
    document = open_document("file:///x", 1, None, TEXT)
    result = failed(Frame(TEST, 4, "test_half"), Frame(HERE, 1, "half"))
    (finding,) = findings(report(result), document, HERE)
    assert finding.related == (Related(TEST, 4, "called from test_half"),)
    assert finding.test_id == result.test_id


def test_a_test_that_never_came_through_the_file_is_shown_in_its_own_file_only():
    result = failed(Frame(TEST, 1, "test_half"))
    assert found(result) == []
    assert found(result, TEST) == [("assert n % 2 == 0", "test_half: assert 1 == 2")]


def test_a_failure_without_any_place_stands_at_the_top_of_the_test_file():
    assert found(failed(), TEST) == [("def half(n):", "test_half: assert 1 == 2")]
    assert found(failed(), HERE) == []


def test_an_exception_is_named_with_its_message():
    failure = Failure("KeyError", "'x'", (Frame(HERE, 1, "half"),))
    result = TestResult("t.py::test_x", Outcome.ERROR, 0.1, failure)
    assert found(result) == [("assert n % 2 == 0", "test_x: KeyError: 'x'")]


@pytest.mark.parametrize(
    ("example", "shown"),
    [
        ("Falsifying example: test_half(\n    n=1,\n)", "test_half(n=1)"),
        (
            "Failing test case: test_half(\n    n=[\n        (1, 2),\n    ],\n)",
            "test_half(n=[ (1, 2), ])",
        ),
        ("Falsifying example: test_half(self=<T>, n=1)", "test_half(self=<T>, n=1)"),
    ],
)
def test_the_input_that_a_generator_found_is_shown(example, shown):
    failure = Failure("AssertionError", "assert 1 == 2", (Frame(HERE, 1, "half"),), example=example)
    result = TestResult("tests/test_calc.py::test_half", Outcome.FAILED, 0.1, failure)
    expected = f"test_half: assert 1 == 2\nFalsifying example: {shown}"
    assert found(result) == [("assert n % 2 == 0", expected)]


def test_a_line_that_the_text_does_not_have_gets_no_finding():
    assert found(failed(Frame(HERE, 99, "half"))) == []


def test_green_tests_have_no_findings():
    assert found(TestResult("t.py::test_x", Outcome.PASSED, 0.1)) == []


def test_what_could_hide_in_a_message_is_taken_out():
    result = failed(Frame(HERE, 1, "half"), message="a\x1b[31m\u202eb\x00\u200b")
    assert found(result) == [("assert n % 2 == 0", "test_half: a[31mb")]


@given(st.integers(0, 6), st.binary(max_size=60))
def test_a_span_always_lies_within_one_line_of_the_text(line, text):
    document = open_document("file:///x", 1, None, text)
    for finding in findings(report(failed(Frame(HERE, line, "f"))), document, HERE):
        assert document.source.line_at(finding.span.start) == line
        assert finding.span.end <= document.source.line_span(line).end


@given(st.text())
def test_messages_are_bounded_and_plain(text):
    shown = plain(text * 50)
    assert len(shown) <= 1000
    assert shown.count("\n") <= 12
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202e\u2066]", shown)


def test_a_summary_counts_what_happened():
    results = [TestResult(f"t::{n}", Outcome.PASSED, 0.1) for n in range(3)]
    assert summary(report(*results, failed())) == "3 passed, 1 failed in 0.4 s"


def test_a_summary_of_a_run_that_did_not_end_says_why_and_what_came_before():
    done = TestResult("t::a", Outcome.PASSED, 0.1)
    detail = "t::b did not end within 60 s"
    assert summary(report(done, status=RunStatus.TIMED_OUT, detail=detail)) == (
        "t::b did not end within 60 s (before that: 1 passed)"
    )
    assert summary(report(status=RunStatus.NO_TESTS)) == "no tests"
