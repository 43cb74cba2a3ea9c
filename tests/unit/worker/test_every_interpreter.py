"""What the worker promises, in interpreters and with frameworks that are not the server's.

`make nightly` names environments in LACUNA_TEST_ENVIRONMENTS, one a line; without that two are
made of the interpreters that this machine has besides the one of the tests.
"""

import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.test_result import CoveredFile, Outcome, RunStatus, TestReport
from lacuna_ls.ports.code_runner import Overlay, TestRequest
from real_interpreters import PYTEST, environment, has_module, interpreter
from real_runs import LIMITS, Trusting, failures, outcomes, project

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(sys.platform == "win32", reason="the runner forks"),
]

CALC = "def add(a, b):\n    if a:\n        return a - b\n    return b\n"
FILES = {
    "calc.py": CALC,
    "test_calc.py": """import unittest
import calc

class AddTest(unittest.TestCase):
    def test_add(self):
        self.assertEqual(calc.add(1, 2), 3)

    def test_zero(self):
        self.assertEqual(calc.add(0, 2), 2)
""",
    "test_outcomes.py": """import unittest

class T(unittest.TestCase):
    def test_passes(self): pass
    def test_fails(self): self.assertEqual([1], [2])
    def test_skips(self): self.skipTest("later")
    @unittest.expectedFailure
    def test_xfails(self): self.fail()
""",
    "test_pytests.py": """import pytest

@pytest.fixture
def two(): return 2

@pytest.fixture
def broken(): raise OSError("no")

def test_fixture(two): assert two == 2
def test_errs(broken): pass
@pytest.mark.parametrize("n", [1, 2])
def test_even(n): assert n % 2 == 0
@pytest.mark.xfail
def test_xfails(): assert False
@pytest.mark.xfail
def test_xpasses(): pass
@pytest.mark.skip
def test_skips(): pass
""",
    "test_async.py": """import asyncio
import pytest

@pytest.mark.asyncio
async def test_waits():
    await asyncio.sleep(0)
    assert await asyncio.sleep(0, 1) == 2
""",
    "test_broken.py": "import unittest\nimport nothing_of_that_name\n",
    "test_hangs.py": """import subprocess, unittest

class T(unittest.TestCase):
    def test_loops(self):
        child = subprocess.Popen(["sleep", "600"])
        open("child", "w").write(str(child.pid))
        while True: pass
""",
    "test_examples.py": '"""\n>>> 1 + 1\n3\n"""\n',
}


def _named() -> list[str]:
    return os.environ.get("LACUNA_TEST_ENVIRONMENTS", "").splitlines()


ORDINARY = {"the oldest": ("3.9", "3.10"), "the newest": ("3.14", "3.13", "3.12")}
EXPECTED_PYTESTS = {
    "test_fixture": Outcome.PASSED,
    "test_errs": Outcome.ERROR,
    "test_even[1]": Outcome.FAILED,
    "test_even[2]": Outcome.PASSED,
    "test_xfails": Outcome.XFAILED,
    "test_xpasses": Outcome.XPASSED,
    "test_skips": Outcome.SKIPPED,
}


@dataclass(frozen=True, slots=True)
class Place:
    """A project and the interpreter that its tests run in."""

    pool: WorkerPool
    root: Path
    python: Path

    def request(self, *targets: str, wall_s: float = 30.0) -> TestRequest:
        limits = replace(LIMITS, wall_s=wall_s)
        return TestRequest(self.root, self.python, targets, limits=limits)

    async def run(self, *targets: str) -> TestReport:
        return await self.pool.run(self.request(*targets))

    def needs(self, module: str) -> None:
        if not has_module(self.python, module):
            pytest.skip(f"{self.python} has no {module}")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=_named() or ORDINARY)
async def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    python = Path(request.param) if _named() else _ordinary(request.param, tmp_path_factory)
    root = project(tmp_path_factory.mktemp("project"), FILES).resolve()
    pool = WorkerPool(Trusting())
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        yield Place(pool, root, python)
    await pool.close()


def _ordinary(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    for version in ORDINARY[name]:
        python = interpreter(version)
        if python is not None:
            packages = () if name == "the oldest" else PYTEST
            return environment(tmp_path_factory.mktemp("environment"), python, packages)
    pytest.skip(f"there is no Python {' or '.join(ORDINARY[name])} here")


async def test_outcomes_of_unittest(place):
    report = await place.run("test_outcomes.py")
    assert report.status is RunStatus.COMPLETED, report
    assert outcomes(report) == {
        "T::test_passes": Outcome.PASSED,
        "T::test_fails": Outcome.FAILED,
        "T::test_skips": Outcome.SKIPPED,
        "T::test_xfails": Outcome.XFAILED,
    }
    (failure,) = failures(report)
    assert failure.message.startswith("Lists differ: [1] != [2]")
    assert [(frame.path.name, frame.line) for frame in failure.frames] == [("test_outcomes.py", 4)]


async def test_outcomes_of_pytest(place):
    place.needs("pytest")
    report = await place.run("test_pytests.py")
    assert report.status is RunStatus.COMPLETED, report
    assert outcomes(report) == EXPECTED_PYTESTS
    messages = sorted(failure.message for failure in failures(report))
    assert messages == ["assert (1 % 2) == 0", "no"]


async def test_asynchronous_tests_by_a_plugin(place):
    place.needs("pytest_asyncio")
    report = await place.run("test_async.py")
    (failure,) = failures(report)
    assert failure.message.startswith("assert 1 == 2")
    assert failure.frames[-1].line == 6


async def test_a_file_that_cannot_be_loaded(place):
    report = await place.run("test_broken.py")
    assert report.status is RunStatus.COLLECTION_ERROR
    (failure,) = failures(report)
    assert [(f.path.name, f.line) for f in failure.frames] == [("test_broken.py", 1)]


async def test_an_example(place):
    ask = replace(place.request("test_examples.py"), doctests=("test_examples.py",))
    report = await place.pool.run(ask)
    (failure,) = failures(report)
    assert failure.message == "1 + 1: expected 3, got 2"


async def test_lines_and_facts(place):
    code = place.root / "calc.py"
    ask = place.request("test_calc.py")
    traced = await place.pool.run(replace(ask, trace=(code,)))
    lines = [CoveredFile(code, (1, 2)), CoveredFile(code, (1, 3))]
    assert [result.covered for result in traced.results] == [(each,) for each in lines]
    bad, good = (await place.pool.run(replace(ask, facts=(code,)))).results
    (function,) = bad.facts
    assert (function.name, function.captured[0].returned) == ("add", "-1")
    assert good.facts == ()


async def test_a_test_that_hangs_ends_with_what_it_started(place):
    report = await place.pool.run(place.request("test_hangs.py", wall_s=1.5))
    assert report.status is RunStatus.TIMED_OUT
    (failure,) = failures(report)
    assert [(f.path.name, f.line) for f in failure.frames] == [("test_hangs.py", 6)]
    with pytest.raises(ProcessLookupError):
        os.kill(int((place.root / "child").read_text()), signal.SIGTERM)


async def test_candidates_are_screened_and_confirmed_where_they_are_held(place):
    code = place.root / "calc.py"
    ask = place.request("test_calc.py")
    await place.pool.run(ask)
    texts = [
        CALC.replace("-", "*"),
        CALC.replace("-", "+"),
        "def add(\n",
        "import os; os._exit(0)\n",
    ]
    candidates = [Overlay(code, text.encode()) for text in texts]
    screened = [report async for report in place.pool.screen(ask, candidates)]
    assert [report.green for report in screened] == [False, True, False, False]
    confirmed = await place.pool.run(replace(ask, overlays=(candidates[1],), hash_seed=1))
    assert confirmed.green
    assert "Traceback" not in confirmed.output
    tier = (await place.pool.confinement(place.python)).tier
    assert {report.confined for report in (*screened, confirmed)} == {tier}
