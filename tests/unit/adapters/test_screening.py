"""What screening says of a candidate is what a run of its own says, wherever the file is loaded."""

import asyncio
import os
import py_compile
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lacuna_ls.adapters import worker_pool
from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.test_result import RunStatus
from lacuna_ls.ports.code_runner import Overlay
from lacuna_ls.worker import messages
from real_runs import LIMITS, Trusting, project, request
from sessions import workers

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the runner forks")

CODE = "def add(a, b):\n    return a - b\n"
TEST = "import calc\n\ndef test_add():\n    assert calc.add(1, 2) == 3\n"
GREEN = "def add(a, b):\n    return a + b\n"
CANDIDATES = (
    GREEN,
    "def add(a, b):\n    return a * b\n",
    "def add(a, b)\n",
    "raise OSError\n",
    "import os\nos._exit(0)\n",
    GREEN,
)
PROJECTS = {
    "the test imports it": {},
    "the conftest imports it": {"conftest.py": "import calc\n"},
    "the conftest imports and forgets it": {
        "conftest.py": "import sys, calc\nADD = calc.add\ndel sys.modules['calc']\n",
        "test_calc.py": "from conftest import ADD\n\ndef test_add():\n    assert ADD(1, 2) == 3\n",
    },
    "a plugin named in the configuration imports it": {
        "pytest.ini": "[pytest]\naddopts = -p own_plugin\n",
        "own_plugin.py": "import calc\n",
    },
    "a hook at the start of the session imports it": {
        "conftest.py": "def pytest_sessionstart(session):\n    import calc\n"
    },
    "a conftest that fails": {"conftest.py": "raise OSError('no database')\n"},
    "a test in a class with a counter of its module": {
        "test_calc.py": "import calc\nseen = []\n\nclass TestIt:\n    def test_add(self):\n"
        "        seen.append(1)\n        assert len(seen) == 1\n        assert calc.add(1, 2) == 3\n"
    },
}


@pytest.fixture(autouse=True)
def _no_plugins(monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.mark.parametrize("name", PROJECTS)
async def test_screening_judges_as_a_run_of_its_own_does(tmp_path, name):
    project(tmp_path, {"calc.py": CODE, "test_calc.py": TEST} | PROJECTS[name])
    code = tmp_path.resolve() / "calc.py"
    run = request(tmp_path, "test_calc.py", limits=replace(LIMITS, wall_s=8.0))
    candidates = [Overlay(code, text.encode()) for text in CANDIDATES]
    py_compile.compile(str(code))
    pool = WorkerPool(Trusting())
    try:
        screened = [(r.green, r.status) async for r in pool.screen(run, candidates)]
        alone = [await pool.run(replace(run, overlays=(each,))) for each in candidates[:2]]
    finally:
        await pool.close()
    assert screened[:2] == [(report.green, report.status) for report in alone]
    assert screened[-1] == screened[0]
    assert RunStatus.COMPLETED not in [status for _, status in screened[2:-1]]


# Bodies of candidates in the order in which they are screened, and whether the test passes.
BODIES = {
    "return a + b": True,
    "return a * b": False,
    "while True: pass": False,
    "c = a + b; return c": True,
    "import os; os._exit(0)": False,
    "return b + a": True,
    "raise KeyboardInterrupt": False,
    "SEEN.append(a); return a + b + len(SEEN) - 1": True,
    "return a + b - len(SEEN)": True,
    "LAST[a] = b; return LAST[1] + LAST.get(7, 1)": True,
    "import threading; threading.Thread(target=print).start(); return a + b": True,
    "return sum((a, b))": True,
}
STATE = "SEEN = []\nLAST = {}\n\n\n"


WAYS_TO_TEST = {
    "plain": TEST,
    "parametrized": """
import pytest, calc

@pytest.mark.parametrize("n", [2])
def test_add(n):
    assert calc.add(1, n) == 1 + n
""",
    "given a list": """
import pytest, calc

@pytest.mark.parametrize("xs", [[1, 2]])
def test_add(xs):
    assert calc.add(*xs) == 3
    xs.clear()
""",
    "with a fixture": """
import pytest, calc

@pytest.fixture(scope="module")
def one():
    return [1]

def test_add(one):
    assert calc.add(one.pop(), 2) == 3
""",
}


@pytest.mark.parametrize("way", WAYS_TO_TEST)
async def test_what_one_candidate_does_is_not_seen_by_the_next(tmp_path, way):
    project(tmp_path, {"calc.py": STATE + CODE, "test_calc.py": WAYS_TO_TEST[way]})
    code = tmp_path.resolve() / "calc.py"
    run = request(tmp_path, "test_calc.py", limits=replace(LIMITS, wall_s=1.0))
    texts = (STATE + CODE.replace("return a - b", body) for body in BODIES)
    pool = WorkerPool(Trusting())
    try:
        candidates = [Overlay(code, text.encode()) for text in texts]
        screened = [r.green async for r in pool.screen(run, candidates)]
    finally:
        await pool.close()
    assert screened == list(BODIES.values())


FLOODS = (
    "import os\nframe = b'\\x01\\x00\\x00\\x10\\x00' + b' ' * 4096\n"
    "for fd in range(700, 1000):\n    try:\n        while True:\n            os.write(fd, frame)\n"
    "    except OSError:\n        pass\n"
)


async def test_a_candidate_that_floods_its_line_is_cut_off_and_the_next_one_is_judged(tmp_path):
    project(tmp_path, {"calc.py": CODE, "test_calc.py": TEST})
    code = tmp_path.resolve() / "calc.py"
    run = request(tmp_path, "test_calc.py", limits=replace(LIMITS, wall_s=8.0))
    candidates = [Overlay(code, text.encode()) for text in (FLOODS, GREEN)]
    pool = WorkerPool(Trusting())
    try:
        screened = [(r.green, r.status) async for r in pool.screen(run, candidates)]
    finally:
        await pool.close()
    assert screened == [(False, RunStatus.CRASHED), (True, RunStatus.COMPLETED)]


LOADED = "import os, unittest, pytest, calc\n\nLOADED = os.urandom(8).hex()\n"
WHERE_STATE_STAYS = {
    "a fixture of the workspace": LOADED + "\n@pytest.fixture\ndef one():\n    return 1\n\n"
    "def test_add(one):\n    assert calc.add(one, 2) == 3, LOADED\n",
    "a method of unittest": LOADED + "\nclass AddTest(unittest.TestCase):\n"
    "    def test_add(self):\n        assert calc.add(1, 2) == 3, LOADED\n",
    "a module that holds what cannot be looked at": LOADED + "\nLINES = iter('abc')\n\n"
    "def test_add():\n    assert calc.add(1, 2) == 3, LOADED\n",
    "code that remembers": LOADED + "\nSEEN = []\n\n"
    "def test_add():\n    SEEN.append(1)\n    assert calc.add(1, 2) == 3, LOADED\n",
}


@pytest.mark.parametrize("conftest", ["", "import calc\n"], ids=["", "a conftest imports it"])
@pytest.mark.parametrize("name", WHERE_STATE_STAYS)
async def test_tests_are_collected_once_for_all_candidates(tmp_path, name, conftest):
    project(tmp_path, {"calc.py": CODE, "test_calc.py": WHERE_STATE_STAYS[name]})
    project(tmp_path, {"conftest.py": conftest})
    code = tmp_path.resolve() / "calc.py"
    run = request(tmp_path, "test_calc.py", limits=replace(LIMITS, wall_s=8.0))
    texts = (CODE.replace("a - b", body) for body in ("a * b", "a", "a + b", "b"))
    pool = WorkerPool(Trusting())
    try:
        candidates = [Overlay(code, text.encode()) for text in texts]
        screened = [report async for report in pool.screen(run, candidates)]
    finally:
        await pool.close()
    assert [report.green for report in screened] == [False, False, True, False]
    messages = [f.failure.message for report in screened for f in report.failures if f.failure]
    assert len({message.splitlines()[0] for message in messages}) == 1


async def test_candidates_are_asked_for_while_those_before_them_are_screened(tmp_path):
    project(tmp_path, {"calc.py": CODE, "test_calc.py": TEST})
    code = tmp_path.resolve() / "calc.py"
    first: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def candidates():
        """The second hangs on nothing, the third on what became of the first."""
        yield Overlay(code, GREEN.encode())
        yield Overlay(code, CODE.encode())
        yield Overlay(code, (GREEN if await first else CODE).encode())

    pool = WorkerPool(Trusting())
    try:
        reports = pool.screen(request(tmp_path, "test_calc.py"), candidates())
        first.set_result((await anext(reports)).green)
        assert [report.green async for report in reports] == [False, True]
    finally:
        await pool.close()


async def test_what_goes_wrong_while_candidates_are_made_is_raised(tmp_path):
    project(tmp_path, {"calc.py": CODE, "test_calc.py": TEST})

    async def candidates():
        yield Overlay(tmp_path.resolve() / "calc.py", GREEN.encode())
        raise LookupError("no more")

    pool = WorkerPool(Trusting())
    try:
        reports = pool.screen(request(tmp_path, "test_calc.py"), candidates())
        assert (await anext(reports)).green
        with pytest.raises(LookupError, match="no more"):
            await anext(reports)
    finally:
        await pool.close()


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
async def test_who_gives_up_a_screening_whose_session_does_not_begin_keeps_the_process(tmp_path):
    project(tmp_path, {"calc.py": CODE, "test_calc.py": TEST})
    run = request(tmp_path, "test_calc.py")
    candidates = [Overlay(tmp_path.resolve() / "calc.py", GREEN.encode())] * 2
    pool = WorkerPool(Trusting())
    try:
        assert [report.green async for report in pool.screen(run, candidates)] == [True, True]
        before = workers()
        os.mkfifo(tmp_path / "services")
        project(tmp_path, {"conftest.py": "open('services').read()\n"})
        given_up = asyncio.ensure_future(anext(pool.screen(run, candidates)))
        held_up = await _read(tmp_path / "services")
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        assert before <= workers()
        os.close(held_up)
        project(tmp_path, {"conftest.py": ""})
        assert [report.green async for report in pool.screen(run, candidates)] == [True, True]
    finally:
        await pool.close()


async def test_a_verdict_that_comes_too_late_is_not_taken_for_that_of_the_next(
    tmp_path, monkeypatch
):
    project(tmp_path, {"calc.py": CODE, "test_calc.py": TEST})
    run = request(tmp_path, "test_calc.py")
    code = tmp_path.resolve() / "calc.py"
    candidates = [Overlay(code, text.encode()) for text in (GREEN, CODE + "# red\n", GREEN)]
    os.mkfifo(tmp_path / "services")
    project(tmp_path, {"conftest.py": "open('services').read()\n"})
    pool = WorkerPool(Trusting())
    try:
        reports = pool.screen(run, candidates)
        monkeypatch.setattr(messages, "WAITING_FACTOR", 0.0)
        late = asyncio.ensure_future(anext(reports))
        held_up = await _read(tmp_path / "services")
        assert (await late).status is RunStatus.TIMED_OUT
        monkeypatch.setattr(worker_pool, "PATIENCE_S", 100.0)
        os.close(held_up)
        assert [report.green async for report in reports] == [False, True]
    finally:
        await pool.close()


async def _read(fifo: Path) -> int:
    """Wait until somebody reads it; they wait until the descriptor is closed."""
    while True:
        try:
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            await asyncio.sleep(0.01)


HOOKS = {
    "a hook of the workspace": (
        "import os\n\ndef pytest_runtest_call(item):\n    os.environ['SUM'] = '3'\n",
        "import os, calc\n\ndef test_add():\n    assert calc.add(1, 2) == int(os.environ['SUM'])\n",
    ),
    "a test that skips itself": ("", """
import pytest, calc

def test_add():
    if calc.add(1, 2) == 2:
        pytest.skip("not today")
    assert calc.add(1, 2) == 3
"""),
    "warnings that are errors": (
        "def pytest_configure(config):\n    config.addinivalue_line('filterwarnings', 'error')\n",
        """
import warnings, calc

def test_add():
    if calc.add(1, 2) < 0:
        warnings.warn("negative")
    assert calc.add(1, 2) == 3
"""),
}  # fmt: skip


@pytest.mark.parametrize("name", HOOKS)
async def test_a_test_that_is_called_without_hooks_gives_the_verdict_that_it_gives_with_them(
    tmp_path, name
):
    conftest, test = HOOKS[name]
    project(tmp_path, {"calc.py": CODE, "test_calc.py": test, "conftest.py": conftest})
    run = request(tmp_path, "test_calc.py")
    texts = [CODE.replace("-", new) for new in ("+", "*", "//", "+")]
    pool = WorkerPool(Trusting())
    try:
        candidates = [Overlay(run.root / "calc.py", text.encode()) for text in texts]
        screened = [report.green async for report in pool.screen(run, candidates)]
    finally:
        await pool.close()
    assert [screened[0], screened[2], screened[3]] == [True, False, True]
