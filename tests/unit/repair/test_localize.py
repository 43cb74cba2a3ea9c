from math import sqrt
from pathlib import Path

import pytest

from lacuna_ls.domain.test_result import (
    CoveredFile,
    Failure,
    Frame,
    Outcome,
    RunStatus,
    TestReport,
    TestResult,
)
from lacuna_ls.repair.localize import FunctionLines, suspicious_lines

HERE = Path("/workspace/shop.py")


def result(name: str, outcome: Outcome, *lines: int, crash: int | None = None) -> TestResult:
    frames = () if crash is None else (Frame(HERE, crash, "f"),)
    failure = Failure("E", "boom", frames) if outcome is Outcome.FAILED else None
    covered = (CoveredFile(HERE, lines),) if lines else ()
    return TestResult(f"test_shop.py::{name}", outcome, 0.01, failure, covered)


def report(*results: TestResult) -> TestReport:
    return TestReport(RunStatus.COMPLETED, results)


F = FunctionLines("total", 0, 3)


def test_a_line_that_only_failing_tests_run_is_most_suspicious():
    seen = report(result("test_a", Outcome.PASSED, 1, 3), result("test_b", Outcome.FAILED, 1, 2, 3))
    scores = suspicious_lines(seen, HERE, [F], 4)
    assert scores[2] == 1.0
    assert scores[1] == scores[3] == pytest.approx(1 / sqrt(2))


def test_a_line_that_no_failing_test_runs_is_not_suspected():
    seen = report(result("test_a", Outcome.PASSED, 2), result("test_b", Outcome.FAILED, 1))
    assert suspicious_lines(seen, HERE, [F], 4)[2] == 0.0


def test_a_line_that_runs_at_import_keeps_a_little_suspicion():
    seen = report(result("test_b", Outcome.FAILED, 2))
    scores = suspicious_lines(seen, HERE, [FunctionLines("total", 1, 3)], 5)
    assert 0 < scores[0] < scores[2]
    assert scores[4] == scores[0]
    assert scores[3] == 0.0


def test_the_line_of_a_crash_comes_first():
    seen = report(result("test_b", Outcome.FAILED, 1, 2, 3, crash=3))
    scores = suspicious_lines(seen, HERE, [F], 4)
    assert scores[3] == 1.0
    assert scores[1] == scores[2] < 1.0


def test_without_a_spectrum_the_function_that_the_test_names_is_suspected():
    seen = report(result("test_total_of_nothing", Outcome.FAILED))
    scores = suspicious_lines(seen, HERE, [F, FunctionLines("other", 4, 5)], 6)
    assert scores[:4] == (1.0,) * 4
    assert scores[4] < 1.0


def test_without_a_spectrum_a_frame_in_the_file_is_suspected():
    seen = report(result("test_it", Outcome.FAILED, crash=5))
    scores = suspicious_lines(seen, HERE, [], 6)
    assert scores.index(max(scores)) == 5


def test_lines_beyond_the_text_are_ignored():
    seen = report(result("test_it", Outcome.FAILED, 99, crash=99))
    assert len(suspicious_lines(seen, HERE, [], 2)) == 2


def test_of_two_functions_that_ran_the_one_that_the_test_is_named_after_comes_first():
    functions = [FunctionLines("encode", 0, 1), FunctionLines("decode", 2, 3)]
    seen = report(result("test_decode", Outcome.FAILED, 1, 3))
    scores = suspicious_lines(seen, HERE, functions, 4)
    assert scores[3] > scores[1] > 0
