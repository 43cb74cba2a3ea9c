"""Two edits where one is not enough, and the waves in which candidates are made."""

import asyncio
from itertools import pairwise
from pathlib import Path

from fakes import FakeRunner
from lacuna_ls.domain.test_result import Failure, Frame, Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.domain.text import encode
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.repair.fix import Budget, Problem
from lacuna_ls.repair.pairs import Reach, pairs, reach, starting_point
from lacuna_ls.repair.proposers.template import propose
from lacuna_ls.repair.trials import Waves
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id

ROOT = Path("/w")
PATH, TEST = ROOT / "a.py", ROOT / "test_a.py"
TEXT = "def f(a, b):\n    if a < 1:\n        return b - 1\n    return a + b\n"


def red(line: int, name: str = "test_a") -> TestResult:
    frames = (Frame(TEST, line, name), Frame(PATH, 3, "f"))
    failure = Failure("AssertionError", "assert 1 == 2", frames)
    return TestResult(f"test_a.py::{name}", Outcome.FAILED, 0.0, failure)


def completed(*results: TestResult) -> TestReport:
    return TestReport(RunStatus.COMPLETED, results)


def problem(report: TestReport, text: str = TEXT) -> Problem:
    document = open_document(PATH.as_uri(), 1, by_language_id("python"), encode(text))
    request = TestRequest(ROOT, Path("python"), ("test_a.py",))
    return Problem(document, PATH, request, report)


async def waves_of(
    asked: Problem, seen: TestReport, budget: Budget | None = None
) -> list[list[str]]:
    """The summaries of each wave, where the tests say the same of every candidate."""
    reproduced: asyncio.Future[TestReport] = asyncio.get_running_loop().create_future()
    reproduced.set_result(asked.report)
    waves = Waves(asked, reproduced, budget or Budget(), FakeRunner(lambda _: asked.report))
    found: list[list[str]] = []
    while wave := await waves.next():
        found.append([trial.proposal.candidate.summary for trial in wave])
        for trial in wave:
            waves.saw(trial, seen)
    return found


def test_a_later_assertion_is_progress_and_an_earlier_one_is_not():
    asked = problem(completed(red(5)))
    start = starting_point(asked)
    assert reach(asked, completed(red(6))) > start
    assert reach(asked, completed(red(5))) == start
    assert reach(asked, completed(red(4))) < start


def test_a_test_more_that_passes_is_progress_wherever_the_next_one_fails():
    asked = problem(completed(red(5), red(2, "test_b")))
    passed = TestResult("test_a.py::test_a", Outcome.PASSED, 0.0)
    assert reach(asked, completed(passed, red(1, "test_b"))) > starting_point(asked)


def test_what_got_further_is_paired_before_what_did_not():
    asked = problem(completed(red(5)))
    singles = propose(asked.document, (1.0,) * 5)[:30]
    further = singles[-1]
    screened = [(p, Reach(0, (9 if p is further else 5,))) for p in singles]
    found = list(pairs(screened, Reach(0, (5,))))
    edits = set(further.candidate.edits)
    partners = [edits <= set(p.candidate.edits) for p in found]
    assert partners[0]
    assert partners == sorted(partners, reverse=True)


def test_two_edits_of_one_place_or_of_two_functions_are_no_pair():
    text = "def f(a):\n    return a < 1\n\n\ndef g(a):\n    return a > 2\n"
    singles = propose(problem(completed(red(5)), text).document, (1.0,) * 7)
    for pair in pairs([(p, Reach(0, ())) for p in singles], Reach(0, ())):
        spans = [edit.span for edit in pair.candidate.edits]
        assert spans == sorted(spans)
        assert all(a.end < b.start for a, b in pairwise(spans))
        assert all(pair.scope.start <= span.start <= pair.scope.end + 1 for span in spans)


async def test_the_last_wave_is_of_pairs():
    asked = problem(completed(red(5)))
    *singles, both = await waves_of(asked, completed(red(5)))
    assert singles
    assert all(", and " in summary for summary in both)


async def test_a_budget_that_single_edits_use_up_leaves_none_for_pairs():
    asked = problem(completed(red(5)))
    (only,) = await waves_of(asked, completed(red(5)), Budget(max_candidates=7))
    assert len(only) == 7


async def test_there_is_nothing_to_try_for_a_failure_that_does_not_show_again():
    asked = problem(completed(red(5)))
    reproduced: asyncio.Future[TestReport] = asyncio.get_running_loop().create_future()
    reproduced.set_result(completed(TestResult("test_a.py::test_a", Outcome.PASSED, 0.0)))
    waves = Waves(asked, reproduced, Budget(), FakeRunner(lambda _: asked.report))
    assert await waves.next() == ()
    assert await waves.next() == ()
