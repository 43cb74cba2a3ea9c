"""Runs that follow each other in one kept process give what the terminal gives each time."""

import asyncio
import contextlib
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.adapters.worker_process import WorkerProcess
from lacuna_ls.ports.code_runner import CONFIRMING_SEEDS, Overlay
from lacuna_ls.worker import messages
from real_runs import Trusting, project, request
from sessions import begun, from_here_on, gone, running
from terminal import here, in_the_terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the runner forks")

HEAVY = "import sys\nVALUE = 1\n"
PROJECTS = {
    "an installed module": {
        "test_it.py": "import heavy\n\ndef test_a(): assert heavy.VALUE == 1\n"
    },
    "an installed module that reads the environment a conftest changes": {
        "site-packages/heavy.py": "import os\nVALUE = os.environ.get('MODE')\n",
        "conftest.py": "import os\nos.environ['MODE'] = 'test'\n",
        "test_it.py": "import heavy\n\ndef test_a(): assert heavy.VALUE == 'test'\n",
    },
    "an installed module that warns where warnings are errors": {
        "site-packages/heavy.py": "import warnings\nwarnings.warn('old', DeprecationWarning)\n",
        "pytest.ini": "[pytest]\nfilterwarnings = error\n",
        "test_it.py": "import heavy\n\ndef test_a(): pass\n",
    },
    "an installed module that imports the user's own": {
        "site-packages/heavy.py": "import settings\nVALUE = settings.MODE\n",
        "settings.py": "MODE = 'mine'\n",
        "test_it.py": "import heavy\n\ndef test_a(): assert heavy.VALUE == 'mine'\n",
    },
    "an installed module behind a folder that the conftest puts first": {
        "conftest.py": "import pathlib, sys\n"
        "sys.path.insert(0, str(pathlib.Path(__file__).with_name('vendor')))\n",
        "vendor/heavy.py": "VALUE = 'vendored'\n",
        "test_it.py": "import heavy\n\ndef test_a(): assert heavy.VALUE == 'vendored'\n",
    },
    "an installed module that leaves traces": {
        "site-packages/heavy.py": "import logging, sys\nlogging.basicConfig(level=5)\n"
        "sys.setrecursionlimit(777)\n",
        "test_it.py": "import logging, sys\n\ndef test_before(): assert logging.root.level == 30\n"
        "def test_import():\n    import heavy\n    assert sys.getrecursionlimit() == 777\n",
    },
    "an installed module whose assertions the conftest has explained": {
        "site-packages/heavy.py": "def same(a, b):\n    assert a == b\n",
        "conftest.py": "import pytest\npytest.register_assert_rewrite('heavy')\n",
        "test_it.py": "import heavy, pytest\n\ndef test_a():\n"
        "    with pytest.raises(AssertionError, match='index 0'):\n        heavy.same([1], [2])\n",
    },
    "a conftest that replaces a function of the standard library": {
        "site-packages/heavy.py": "from time import sleep\n",
        "conftest.py": "import time\n\ndef quick(_): return 'quick'\n\ntime.sleep = quick\n",
        "test_it.py": "import heavy\n\ndef test_a(): assert heavy.sleep(1) == 'quick'\n",
    },
    "a module of the user's named like one of the standard library": {
        "colorsys.py": "VALUE = 'mine'\n",
        "test_it.py": "import colorsys\n\ndef test_a(): assert colorsys.VALUE == 'mine'\n",
    },
    "state of modules, of the process and of chance": {
        "state.py": "import itertools\ncounter = itertools.count()\n",
        "test_it.py": "import os, random, signal, state, sys, threading, warnings\n\n"
        "def test_fresh(): assert next(state.counter) == 0\n"
        "def test_cwd(): assert os.path.exists('test_it.py')\n"
        "def test_threads(): assert threading.active_count() == 1\n"
        "def test_children(): assert signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL\n"
        "def test_input(): assert sys.__stdin__.read() == ''\n"
        "def test_main(): assert sys.modules['__main__'].__spec__.name == 'pytest.__main__'\n"
        "def test_seen(): assert 'heavy' not in sys.modules\n",
    },
    "options, markers, an own plugin and a guard of the main module": {
        "pytest.ini": "[pytest]\naddopts = -p own_plugin --strict-markers -W error\n"
        "markers = slow: takes long\npython_files = check_*.py\n",
        "own_plugin.py": "import pytest\n\n@pytest.fixture(autouse=True)\ndef always(request):\n"
        "    request.node.user_properties.append(('seen', 1))\n",
        "check_it.py": "import pytest\n\n@pytest.mark.slow\ndef test_a(request):\n"
        "    assert request.node.user_properties == [('seen', 1)]\n"
        "@pytest.mark.xfail\ndef test_b(): assert 0\ndef test_c(): pytest.skip('no')\n"
        "if __name__ == '__main__':\n    raise SystemExit(1)\n",
    },
}  # fmt: skip


@pytest.fixture(autouse=True)
def _environment(monkeypatch, tmp_path):
    from_here_on()
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site-packages"))
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    project(tmp_path, {"site-packages/heavy.py": HEAVY})


@pytest.fixture
async def pool():
    pool = WorkerPool(Trusting())
    yield pool
    await pool.close()


@pytest.mark.parametrize("name", PROJECTS)
async def test_every_run_in_a_kept_process_gives_the_terminals_outcomes(tmp_path, pool, name):
    project(tmp_path, PROJECTS[name])
    target = next(n for n in PROJECTS[name] if n.startswith(("test_", "check_")))
    expected = in_the_terminal(tmp_path, target)
    assert expected
    for _ in range(2):
        assert await here(pool, tmp_path, target) == expected
    await begun()
    assert await here(pool, tmp_path, target) == expected


async def test_the_assertions_of_an_installed_plugin_are_explained_as_in_the_terminal(
    tmp_path, pool, monkeypatch
):
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    files = {
        "site-packages/same.py": "import pytest\n\n@pytest.fixture\ndef same():\n"
        "    def check(a, b):\n        assert a == b\n    return check\n",
        "site-packages/same-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: same\n",
        "site-packages/same-1.0.dist-info/entry_points.txt": "[pytest11]\nsame = same\n",
        "site-packages/same-1.0.dist-info/RECORD": "same.py,,\n",
        "test_it.py": "import pytest\n\ndef test_a(same):\n"
        "    with pytest.raises(AssertionError, match='index 0'):\n        same([1], [2])\n",
    }
    project(tmp_path, files)
    for _ in range(2):
        assert (await pool.run(request(tmp_path, "test_it.py"))).green


TELLS_ITS_START = (
    "import heavy, os, pathlib\n\ndef test_a():\n"
    "    seen = pathlib.Path(__file__).with_name('seen')\n"
    "    with seen.open('a') as file:\n        file.write(f'{heavy.PID == os.getpid()} ')\n"
)


async def seen(pool: WorkerPool, root: Path) -> str:
    (root / "seen").unlink(missing_ok=True)
    assert (await pool.run(request(root, "test_it.py"))).green
    return (root / "seen").read_text().strip()


async def test_what_a_run_imports_from_the_installed_packages_is_ready_in_the_next(tmp_path, pool):
    files = {
        "test_it.py": TELLS_ITS_START,
        "site-packages/heavy.py": "import os\nPID = os.getpid()\n",
    }
    project(tmp_path, files)
    assert [await seen(pool, tmp_path) for _ in range(2)] == ["True", "False"]


THREADED = {
    "site-packages/threaded.py": "import os, threading\n\nPID = os.getpid()\n"
    "END = threading.Event()\nTHREAD = threading.Thread(target=END.wait, daemon=True)\n"
    "THREAD.start()\n",
    "test_it.py": "import os, threaded, time\n\ndef test_a():\n"
    "    assert threaded.THREAD.is_alive()\n    assert threaded.PID == os.getpid()\n"
    "    with open('/proc/self/cmdline') as line:\n"
    "        open('seen', 'a').write(f'{\"spare\" in line.read()} ')\n",
}


async def test_where_a_plugin_starts_a_thread_runs_are_processes_that_were_spare(
    tmp_path, pool, monkeypatch
):
    monkeypatch.setenv("PYTEST_PLUGINS", "threaded")
    project(tmp_path, THREADED)
    for _ in range(3):
        assert (await pool.run(request(tmp_path, "test_it.py"))).green
    assert (tmp_path / "seen").read_text().split() == ["True", "True", "True"]


async def test_a_spare_process_sees_what_changes_while_it_waits(tmp_path, pool, monkeypatch):
    monkeypatch.setenv("PYTEST_PLUGINS", "threaded")
    project(tmp_path, THREADED | {"calc.py": "ONE = 1\n"})
    for _ in range(2):
        assert (await pool.run(request(tmp_path, "test_it.py"))).green
    await begun()
    project(tmp_path, {"site-packages/heavy.py": HEAVY + "VALUE = 2\n", "calc.py": "ONE = 2\n"})
    both = "import calc, heavy\n\ndef test_a(): assert (calc.ONE, heavy.VALUE) == (2, 2)\n"
    project(tmp_path, {"test_it.py": both})
    assert (await pool.run(request(tmp_path, "test_it.py"))).green
    project(tmp_path, {"site-packages/threaded.py": "raise OSError('gone')\n"})
    assert not (await pool.run(request(tmp_path, "test_it.py"))).green


async def test_a_run_in_a_spare_process_can_be_given_up(tmp_path, pool, monkeypatch):
    monkeypatch.setenv("PYTEST_PLUGINS", "threaded")
    project(tmp_path, THREADED)
    for _ in range(2):
        assert (await pool.run(request(tmp_path, "test_it.py"))).green
    waiting = await begun()
    project(tmp_path, {"test_it.py": "def test_a():\n    while True: pass\n"})
    run = asyncio.create_task(pool.run(request(tmp_path, "test_it.py")))
    await running(waiting)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert gone(waiting)


async def test_an_installed_module_that_changes_is_seen_by_the_next_run(tmp_path, pool):
    project(tmp_path, PROJECTS["an installed module"])
    for _ in range(2):
        assert (await pool.run(request(tmp_path, "test_it.py"))).green
    project(tmp_path, {"site-packages/heavy.py": HEAVY + "VALUE = 2\n"})
    assert (await pool.run(request(tmp_path, "test_it.py"))).failures


async def test_a_module_of_the_users_that_comes_to_stand_before_one_that_is_ready_is_used(
    tmp_path, pool
):
    project(tmp_path, PROJECTS["an installed module"])
    for _ in range(2):
        assert (await pool.run(request(tmp_path, "test_it.py"))).green
    project(tmp_path, {"heavy.py": "VALUE = 3\n"})
    assert (await pool.run(request(tmp_path, "test_it.py"))).failures


async def test_another_environment_gets_another_process(tmp_path, pool, monkeypatch):
    project(tmp_path, {"test_it.py": "import os\n\ndef test_a(): assert 'NEW' in os.environ\n"})
    assert (await pool.run(request(tmp_path, "test_it.py"))).failures
    monkeypatch.setenv("NEW", "1")
    assert (await pool.run(request(tmp_path, "test_it.py"))).green


async def test_a_run_that_is_given_up_before_it_begins_does_not_hold_its_process(tmp_path):
    project(tmp_path, {"test_it.py": "import time\n\ndef test_a(): time.sleep(60)\n"})
    process = WorkerProcess(Path(sys.executable), tmp_path, dict(os.environ), None)
    task = messages.Request(
        root=str(tmp_path), targets=["test_it.py"], doctests=[], arguments=[], trace=[], facts=[],
        scratch=str(tmp_path / "scratch"), nonce="", overlays=1, screening=False, wall_s=60.0,
        collecting_s=0.0, cpu_s=60.0, memory_bytes=4 << 30, threads=500, niceness=0,
    )  # fmt: skip
    try:
        await process.prepare({}, ())
        assert await process.begin(task)
        contents = b"".join(messages.contents_frames(str(tmp_path / "other.py"), b""))
        stop = messages.frame(messages.SUPERVISOR, messages.encode(messages.Stop()))
        await process.send(contents + stop)
        assert await process.stop()
    finally:
        await process.end()


async def test_a_process_that_was_killed_meanwhile_is_replaced(tmp_path, pool):
    kills = "import os\n\ndef test_a(): os.kill(os.getppid(), 9)\n"
    project(tmp_path, {"test_it.py": kills})
    assert not (await pool.run(request(tmp_path, "test_it.py"))).green
    project(tmp_path, {"test_it.py": "def test_a(): pass\n"})
    assert (await pool.run(request(tmp_path, "test_it.py"))).green


async def test_of_a_process_that_is_at_work_no_other_is_got_ready(tmp_path, pool):
    project(tmp_path, {"calc.py": "ONE = 1\n", "test_it.py": "def test_a(): pass\n"})
    asked = request(tmp_path, "test_it.py")
    candidate = Overlay(asked.root / "calc.py", b"ONE = 2\n")
    async with contextlib.aclosing(pool.screen(asked, [candidate] * 2)) as reports:
        assert (await anext(reports)).green
        await pool.expect(asked)
        at_work = supervisors()
    await pool.expect(asked)
    assert supervisors() == at_work


async def test_what_was_got_ready_for_candidates_judges_them(tmp_path, pool):
    project(tmp_path, {"calc.py": "ONE = 1\n", "test_it.py": "def test_a(): pass\n"})
    asked = request(tmp_path, "test_it.py")
    await pool.expect(asked)
    ready = supervisors()
    candidate = Overlay(asked.root / "calc.py", b"ONE = 2\n")
    assert [r.green async for r in pool.screen(asked, [candidate])] == [True]
    for seed in CONFIRMING_SEEDS:
        report = await pool.run(replace(asked, overlays=(candidate,), hash_seed=seed))
        assert report.green
    assert supervisors() == ready


def supervisors() -> set[str]:
    listing = Path("/proc/self/task").glob("*/children")
    return {pid for each in listing for pid in each.read_text().split()}
