"""Which lines are suspected a little, and in which order candidates come."""

import asyncio
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
from lacuna_ls.ports.code_runner import Overlay, TestRequest
from lacuna_ls.repair.fix import Budget, Problem
from lacuna_ls.repair.localize import FunctionLines
from lacuna_ls.repair.screening import Trial
from lacuna_ls.repair.tasks import Tasks
from lacuna_ls.repair.trials import Templated, _with_faint
from lacuna_ls.syntax.document import Document, open_document
from lacuna_ls.syntax.languages import by_language_id

RAN, OTHER = FunctionLines("ran", 0, 3), FunctionLines("other", 4, 6)


def test_what_did_not_run_of_a_function_that_ran_is_suspected_a_little():
    lines = _with_faint((0.2, 1.0, 0.0, 0.0, 0.2, 0.0, 0.0), (RAN, OTHER))
    assert 0 < lines[2] == lines[3] < 0.001


def test_a_header_runs_when_its_function_is_defined_and_says_nothing_of_the_body():
    lines = _with_faint((0.2, 1.0, 0.0, 0.0, 0.2, 0.0, 0.0), (RAN, OTHER))
    assert lines[4:] == (0.2, 0.0, 0.0)


TEXT = "def one(a):\n    return a < 1\n\n\ndef two(a):\n    return a < 2\n"
TESTS = b"def test_a():\n    assert one(1) == 1\n    assert two(2) == 2\n"
PATH, TEST = Path("/w/a.py"), Path("/w/test_a.py")


def result(name: str, *covered: int, line: int | None = None) -> TestResult:
    """Of a test that ran lines of the file, and failed at a line of the tests if one is given."""
    files = (CoveredFile(PATH, covered),)
    if line is None:
        return TestResult(f"test_a.py::{name}", Outcome.PASSED, 0.0, covered=files)
    failure = Failure("AssertionError", "assert 1 == 2", (Frame(TEST, line, name),))
    return TestResult(f"test_a.py::{name}", Outcome.FAILED, 0.0, failure, files)


async def test_what_the_parts_of_a_test_tell_is_not_waited_for_and_then_counts():
    whole = TestReport(RunStatus.COMPLETED, (result("test_a", 1, 5, line=2),))
    parts = (result("test_a__1", 1), result("test_a__2", 5, line=4))
    told = asyncio.Event()

    class Slow(FakeRunner):
        async def run(self, request: TestRequest) -> TestReport:
            await told.wait()
            return await super().run(request)

    document = open_document(PATH.as_uri(), 1, by_language_id("python"), encode(TEXT))
    request = TestRequest(Path("/w"), Path("python"), ("test_a.py",))
    asked = Problem(document, PATH, request, whole, (Overlay(TEST, TESTS),))
    again: asyncio.Future[TestReport] = asyncio.get_running_loop().create_future()
    again.set_result(whole)
    runner = Slow(lambda _: TestReport(RunStatus.COMPLETED, parts))
    source = Templated(asked, again, Budget(max_candidates=40), runner, Tasks())
    trials = source.trials()
    first = [await anext(trials) for _ in range(4)]
    assert {_line(trial, document) for trial in first} == {1, 5}, "both are as suspected"
    told.set()
    for trial in first:
        source.saw(trial, whole)
    rest: list[int] = []
    async for trial in trials:
        source.saw(trial, whole)
        rest.append(_line(trial, document))
    assert 1 not in rest[10:], "what passes clears the other"
    assert rest.count(5) > 10


def _line(trial: Trial, document: Document) -> int:
    return document.source.line_at(trial.proposal.statement.start)
