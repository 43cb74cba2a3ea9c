"""What is seen of a rewritten file: its tests' verdict, or behaviour on inputs."""

import asyncio
from dataclasses import replace
from pathlib import Path

from fakes import FakeRunner
from lacuna_ls.domain.observation import (
    Behaviour,
    Ending,
    InputKind,
    Observation,
    ObservedInput,
)
from lacuna_ls.domain.test_result import CoveredFile, Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.verification.evidence import in_words
from lacuna_ls.verification.unchanged import Changed, Rewritten, unchanged

PATH = Path("/project/a.py")
BEFORE, AFTER = b"before", b"after"


def rewritten(*targets: str, function: str | None = "f") -> Rewritten:
    request = TestRequest(Path("/project"), Path("/python"), targets)
    return Rewritten(request, PATH, function, 4, BEFORE, AFTER)


def result(name: str, outcome: Outcome, *lines: int) -> TestResult:
    return TestResult(name, outcome, 0.1, covered=(CoveredFile(PATH, lines),))


def report(*results: TestResult) -> TestReport:
    return TestReport(RunStatus.COMPLETED, results)


def observed(*pairs: tuple[str, str], steady: bool = True) -> Observation:
    return Observation(
        tuple(
            ObservedInput(
                f"f({number})",
                f"f({number})",
                InputKind.GENERATED,
                "",
                steady,
                tuple(Behaviour(Ending.RETURNED, value, value, value) for value in pair),
            )
            for number, pair in enumerate(pairs)
        )
    )


def outcome(what: Rewritten, runner: FakeRunner) -> str:
    found = asyncio.run(unchanged(what, runner))
    return f"changed: {found.reason}" if isinstance(found, Changed) else in_words(found)


def test_tests_that_execute_the_place_are_counted_and_no_others():
    seen = report(
        result("t.py::test_a", Outcome.PASSED, 3, 4),
        result("t.py::test_b", Outcome.PASSED, 9),
        result("t.py::test_c", Outcome.PASSED, 4),
    )
    assert outcome(rewritten("t.py"), FakeRunner(lambda _: seen)) == "2 of 2 tests pass"


def test_a_test_that_fails_with_it_only_is_named():
    def run(request: TestRequest) -> TestReport:
        is_new = request.overlays[0].data == AFTER
        return report(result("t.py::test_a", Outcome.FAILED if is_new else Outcome.PASSED, 4))

    words = "changed: t.py::test_a passed before, and fails after it"
    assert outcome(rewritten("t.py"), FakeRunner(run)) == words


def test_a_test_that_fails_now_and_then_says_nothing():
    outcomes = iter([Outcome.FAILED, Outcome.PASSED, Outcome.PASSED])
    runner = FakeRunner(lambda _: report(result("t.py::test_a", next(outcomes), 4)))
    assert outcome(rewritten("t.py"), runner) == "not run, data flow checked"


def test_a_test_that_failed_before_says_nothing():
    failing = report(
        result("t.py::test_a", Outcome.FAILED, 4), result("t.py::test_b", Outcome.PASSED, 4)
    )
    assert outcome(rewritten("t.py"), FakeRunner(lambda _: failing)) == "1 of 1 test passes"


def test_where_no_test_executes_the_place_the_function_is_run_on_inputs():
    elsewhere = report(result("t.py::test_b", Outcome.PASSED, 9))
    runner = FakeRunner(
        lambda _: elsewhere, behaviour=lambda _: observed(("1", "1"), ("2", "2"), ("3", "3"))
    )
    assert outcome(rewritten("t.py"), runner) == "same behaviour on 3 inputs"
    assert runner.observed[0].variants == (BEFORE, AFTER)


def test_an_input_on_which_it_does_something_else_is_shown():
    runner = FakeRunner(lambda _: report(), behaviour=lambda _: observed(("1", "1"), ("2", "5")))
    words = "changed: f(1) returns 2 before, and returns 5 after it"
    assert outcome(rewritten(), runner) == words


def test_what_varies_by_itself_is_no_difference_and_no_evidence():
    runner = FakeRunner(lambda _: report(), behaviour=lambda _: observed(("1", "2"), steady=False))
    assert outcome(rewritten(), runner) == "not run, data flow checked"


def test_code_of_the_module_is_tested_or_not_run():
    runner = FakeRunner(lambda _: report())
    assert outcome(rewritten(function=None), runner) == "not run, data flow checked"
    assert runner.observed == []


def test_a_run_that_did_not_complete_says_nothing():
    broken = replace(report(), status=RunStatus.TIMED_OUT, detail="too slow")
    runner = FakeRunner(lambda _: broken)
    assert outcome(rewritten("t.py"), runner) == "not run, data flow checked"
