"""Two edits where one is not enough, and the order in which candidates are tried."""

import asyncio
from itertools import islice, pairwise
from pathlib import Path

from fakes import FakeRunner
from lacuna_ls.domain.test_result import Failure, Frame, Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.domain.text import encode
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.repair.fix import Budget, Problem
from lacuna_ls.repair.pairs import Reach, pairs, reach, starting_point
from lacuna_ls.repair.proposers.best_first import propose
from lacuna_ls.repair.tasks import Tasks
from lacuna_ls.repair.trials import Templated
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


def templated(asked: Problem, again: TestReport, budget: Budget | None = None) -> Templated:
    """Candidates for a problem whose tests, run once more, gave `again`."""
    reproduced: asyncio.Future[TestReport] = asyncio.get_running_loop().create_future()
    reproduced.set_result(again)
    runner = FakeRunner(lambda _: asked.report)
    return Templated(asked, reproduced, budget or Budget(), runner, Tasks())


async def summaries(asked: Problem, seen: TestReport, budget: Budget | None = None) -> list[str]:
    """Of all candidates, where the tests say the same of each."""
    source = templated(asked, asked.report, budget)
    found: list[str] = []
    async for trial in source.trials():
        found.append(trial.proposal.candidate.summary)
        source.saw(trial, seen)
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
    singles = list(islice(propose(asked.document, (1.0,) * 5), 30))
    further = singles[-1]
    screened = [(p, Reach(0, (9 if p is further else 5,))) for p in singles]
    found = list(pairs(screened, Reach(0, (5,))))
    edits = set(further.candidate.edits)
    partners = [edits <= set(p.candidate.edits) for p in found]
    assert partners[0]
    assert partners == sorted(partners, reverse=True)


def test_two_edits_of_one_place_or_of_two_functions_are_no_pair():
    text = "def f(a):\n    return a < 1\n\n\ndef g(a):\n    return a > 2\n"
    singles = list(propose(problem(completed(red(5)), text).document, (1.0,) * 7))
    for pair in pairs([(p, Reach(0, ())) for p in singles], Reach(0, ())):
        spans = [edit.span for edit in pair.candidate.edits]
        assert spans == sorted(spans)
        assert all(a.end < b.start for a, b in pairwise(spans))
        assert all(pair.scope.start <= span.start <= pair.scope.end + 1 for span in spans)


async def test_pairs_come_last():
    asked = problem(completed(red(5)))
    found = await summaries(asked, completed(red(5)))
    of_two = [", and " in summary for summary in found]
    assert set(of_two) == {False, True}
    assert of_two == sorted(of_two)


async def test_pairs_are_made_when_all_single_edits_have_been_seen():
    asked = problem(completed(red(5)))
    source = templated(asked, asked.report)
    trials = source.trials()
    found = await summaries(asked, completed(red(5)))
    singles = [await anext(trials) for summary in found if ", and " not in summary]
    pair = asyncio.ensure_future(anext(trials))
    for trial in singles:
        await asyncio.sleep(0)
        assert not pair.done()
        source.saw(trial, completed(red(5)))
    assert ", and " in (await pair).proposal.candidate.summary


async def test_a_budget_that_single_edits_use_up_leaves_none_for_pairs():
    asked = problem(completed(red(5)))
    found = await summaries(asked, completed(red(5)), Budget(max_candidates=7))
    assert len(found) == 7
    assert not any(", and " in summary for summary in found)


async def test_there_is_nothing_to_try_for_a_failure_that_does_not_show_again():
    asked = problem(completed(red(5)))
    passed = completed(TestResult("test_a.py::test_a", Outcome.PASSED, 0.0))
    assert [trial async for trial in templated(asked, passed).trials()] == []
