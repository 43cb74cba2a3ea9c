"""Several red tests in one file, each with a cause of its own: each is fixed as it can be."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from fakes import FakeClock, FakeRunner
from lacuna_ls.domain.test_result import (
    CoveredFile,
    Failure,
    Outcome,
    RunStatus,
    TestReport,
    TestResult,
)
from lacuna_ls.domain.text import apply_edits
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.repair.engine import search
from lacuna_ls.repair.fix import Budget, Problem, SearchResult
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.verification.evidence import in_words

ROOT = Path("/workspace")
HERE = ROOT / "ages.py"
TEXT = b"""\
def is_adult(age):
    return age > 18


def is_retired(age):
    return age > 67
"""
ADULT, RETIRED, CHILD = (f"test_ages.py::test_{name}" for name in ("adult", "retired", "child"))
LINES = {ADULT: (1,), RETIRED: (5,), CHILD: (1,)}


def failing(text: bytes, *, shared: bool) -> dict[str, str]:
    """The messages of the tests that fail. With `shared`, one test hangs on both functions."""
    found = {}
    if b"age >= 18" not in text:
        found[ADULT] = "is_adult(18) is False"
    if b"age >= 67" not in text:
        seen = b"age >= 18" in text if shared else ""
        found[RETIRED] = f"is_retired(67) is False {seen}"
    if b"age > 18" not in text and b"age >= 18" not in text:
        found[CHILD] = "is_adult(3) is True"
    return found


def report(
    request: TestRequest, *, shared: bool, lines: Mapping[str, tuple[int, ...]]
) -> TestReport:
    text = request.overlays[-1].data if request.overlays else TEXT
    red = failing(text, shared=shared)
    wanted = [t for t in LINES if t in request.targets or "test_ages.py" in request.targets]
    return TestReport(
        RunStatus.COMPLETED,
        tuple(
            TestResult(
                name,
                Outcome.FAILED if name in red else Outcome.PASSED,
                0.01,
                Failure("AssertionError", red[name], ()) if name in red else None,
                covered=(CoveredFile(HERE, lines[name]),),
            )
            for name in wanted
            if not request.only or name in request.only
        ),
    )


async def found(
    *, shared: bool = False, lines: Mapping[str, tuple[int, ...]] = LINES
) -> SearchResult:
    run = partial(report, shared=shared, lines=lines)
    request = TestRequest(ROOT, Path("python"), ("test_ages.py",))
    document = open_document(HERE.as_uri(), 1, by_language_id("python"), TEXT)
    problem = Problem(document, HERE, request, run(request))
    runner = FakeRunner(run)
    return await search(problem, runner, FakeClock(), Budget(max_candidates=40))


def texts(result: SearchResult) -> list[bytes]:
    return [apply_edits(TEXT, fix.candidate.edits) for fix in result.fixes]


async def test_each_of_two_bugs_is_fixed_and_said_to_leave_the_other():
    result = await found()
    assert sorted(texts(result)) == sorted(
        [TEXT.replace(b"> 18", b">= 18"), TEXT.replace(b"> 67", b">= 67")]
    )
    assert {in_words(fix.evidence) for fix in result.fixes} == {
        "2 of 2 tests pass, 1 more still fails"
    }


async def test_what_makes_another_red_test_fail_otherwise_is_no_fix_of_part():
    assert TEXT.replace(b"> 18", b">= 18") not in texts(await found(shared=True))


async def test_what_suits_one_of_two_tests_that_run_a_function_is_no_fix_of_part():
    result = await found(lines={**LINES, RETIRED: (1, 5)})
    assert texts(result) == [TEXT.replace(b"> 67", b">= 67")]
