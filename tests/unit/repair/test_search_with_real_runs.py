"""The search with pytest in real processes: what it offers is what the terminal would say."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.text import apply_edits
from lacuna_ls.ports.code_runner import Overlay
from lacuna_ls.repair.engine import search
from lacuna_ls.repair.fix import Budget, Problem, SearchEnd, SearchResult
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from real_runs import Trusting, project, request

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the runner forks")

AGE = "def is_adult(age):\n    return age > 18\n"
TESTS = """\
from age import is_adult

def test_eighteen():
    assert is_adult(18)

def test_seventeen():
    assert not is_adult(17)
"""


class Monotonic:
    def monotonic_s(self) -> float:
        return time.monotonic()


async def found(root: Path, text: str, tests: str) -> SearchResult:
    project(root, {"age.py": text, "test_age.py": tests})
    pool = WorkerPool(Trusting())
    asked = request(root, "test_age.py")
    path = asked.root / "age.py"
    document = open_document(path.as_uri(), 1, by_language_id("python"), text.encode())
    problem = Problem(document, path, asked, await pool.run(asked))
    budget = Budget(wall_s=40.0, max_candidates=12, max_fixes=1)
    return await search(problem, pool, Monotonic(), budget)


async def test_a_screening_that_is_left_early_does_not_wait_for_what_was_not_yet_sent(
    tmp_path: Path,
):
    project(tmp_path, {"age.py": AGE, "test_age.py": TESTS})
    asked = request(tmp_path, "test_age.py")
    large = AGE.encode() + b"#" * 100_000
    candidates = [Overlay(asked.root / "age.py", large)] * 400
    async with asyncio.timeout(60):
        reports = WorkerPool(Trusting()).screen(asked, candidates)
        assert not (await anext(reports)).green
        assert isinstance(reports, AsyncGenerator)
        await reports.aclose()


@pytest.fixture(autouse=True)
def plain_pytest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


async def test_a_wrong_bound_is_found_and_its_fix_passes_both_tests(tmp_path: Path):
    result = await found(tmp_path, AGE, TESTS)
    fix = result.fixes[0]
    fixed = apply_edits(AGE.encode(), fix.candidate.edits)
    assert fixed == AGE.replace(">", ">=").encode()
    assert (fix.evidence.tests_passed, fix.evidence.tests_total) == (2, 2)
    assert (tmp_path / "age.py").read_text() == AGE


async def test_a_test_that_fails_now_and_then_gets_no_fix(tmp_path: Path):
    flaky = "import pathlib\nfrom age import is_adult\n\n"
    flaky += "def test_now_and_then():\n    seen = pathlib.Path(__file__).with_name('seen')\n"
    flaky += "    first = not seen.exists()\n    seen.touch()\n    assert not first\n"
    result = await found(tmp_path, AGE, flaky)
    assert (result.fixes, result.end) == ((), SearchEnd.FLAKY)
