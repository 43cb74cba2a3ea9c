"""A session that is begun ahead of its run gives what a run from the beginning gives."""

import asyncio
import os
import signal
import sys
from dataclasses import replace

import pytest

from lacuna_ls.adapters.worker_pool import WorkerPool
from real_runs import Trusting, failures, outcomes, project, request
from sessions import begun, from_here_on, gone, running
from terminal import here, in_the_terminal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

PASSES = {"test_it.py": "def test_a(): pass\n"}

TELLS_ITS_PROCESS = {
    "test_it.py": "import os, pathlib\n\ndef test_a():\n"
    "    pathlib.Path(__file__).with_name('pid').write_text(str(os.getpid()))\n",
    "pid": "",
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch, tmp_path):
    from_here_on()
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site-packages"))
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    # Its folder does not change with the first module that is compiled there.
    (tmp_path / "site-packages" / "__pycache__").mkdir(parents=True)


@pytest.fixture
async def pool():
    pool = WorkerPool(Trusting())
    yield pool
    await pool.close()


async def test_the_run_is_the_session_that_was_begun(tmp_path, pool):
    project(tmp_path, TELLS_ITS_PROCESS)
    assert (await pool.run(request(tmp_path, "test_it.py"))).green
    waiting = await begun()
    assert (await pool.run(request(tmp_path, "test_it.py"))).green
    assert (tmp_path / "pid").read_text() == str(waiting)


OUTWARD = {
    "a conftest": {"conftest.py": "NOTE"},
    "a plugin that the configuration names": {
        "pytest.ini": "[pytest]\naddopts = -p own_plugin\n",
        "own_plugin.py": "NOTE",
    },
    "an installed plugin that writes": {"site-packages/acts.py": "def pytest_configure():\n NOTE"},
    "an installed plugin that removes": {
        "site-packages/acts.py": "import os\ndef pytest_configure():\n"
        " os.path.exists('old') and os.remove('old')\n NOTE"
    },
    "an installed plugin that starts a program": {
        "site-packages/acts.py": "import subprocess\ndef pytest_configure():\n"
        " subprocess.run(['true'])\n NOTE"
    },
    "an installed plugin that starts a thread": {
        "site-packages/acts.py": "import threading\ndef note():\n NOTE\ndef pytest_configure():\n"
        " threading.Thread(target=note).start()\n"
    },
    "an installed plugin that listens": {
        "site-packages/acts.py": "import socket\ndef pytest_sessionstart():\n"
        " socket.socket().close()\n NOTE"
    },
}  # fmt: skip
NOTE = "exec(\"import pathlib; pathlib.Path('seen').open('a').write(open('turn').read())\")\n"


@pytest.mark.parametrize("name", OUTWARD)
async def test_nothing_that_can_be_told_from_outside_is_done_before_the_run(
    tmp_path, pool, monkeypatch, name
):
    files = {path: text.replace("NOTE", NOTE) for path, text in OUTWARD[name].items()}
    if "site-packages/acts.py" in files:
        monkeypatch.setenv("PYTEST_PLUGINS", "acts")
    project(tmp_path, TELLS_ITS_PROCESS | files | {"turn": "1", "seen": ""})
    assert (await pool.run(request(tmp_path, "test_it.py"))).green
    waiting = await begun()
    assert (tmp_path / "seen").read_text() == "1"
    (tmp_path / "turn").write_text("2")
    assert (await pool.run(request(tmp_path, "test_it.py"))).green
    assert (tmp_path / "seen").read_text() == "12"
    assert (tmp_path / "pid").read_text() == str(waiting)


CLOCKS = {
    "in the module of clocks": "import time\ndef now(): return time.time()\n",
    "by a name of its own": "from time import time as now\n",
    "by a name taken late": "def now():\n    from time import time\n    return time()\n",
}


@pytest.mark.parametrize("name", CLOCKS)
async def test_a_plugin_reads_the_clock_when_the_run_is_asked_for(
    tmp_path, pool, monkeypatch, name
):
    monkeypatch.setenv("PYTEST_PLUGINS", "stopwatch")
    files = {
        "site-packages/stopwatch.py": CLOCKS[name]
        + "def pytest_configure(config):\n    config.began_s = now()\n",
        "test_it.py": "import os, time\n\ndef test_a(request):\n"
        "    assert request.config.began_s > os.stat('asked').st_mtime\n"
        "    assert 'waiting' not in repr(time.time)\n"
        "    open('pid', 'w').write(str(os.getpid()))\n",
        "asked": "",
        "pid": "",
    }
    project(tmp_path, files)
    assert (await pool.run(request(tmp_path, "test_it.py"))).green
    waiting = await begun()
    (tmp_path / "asked").write_text("now")
    assert (await pool.run(request(tmp_path, "test_it.py"))).green
    assert (tmp_path / "pid").read_text() == str(waiting)


CHANGES: dict[str, tuple[dict[str, str], dict[str, str | None]]] = {
    "a conftest appears": ({}, {"conftest.py": "raise OSError('no database')\n"}),
    "the conftest changes": (
        {"conftest.py": "MODE = 1\n"},
        {"conftest.py": "raise OSError('no database')\n"},
    ),
    "what the conftest imports changes": (
        {"conftest.py": "import settings\n", "settings.py": "MODE = 1\n"},
        {"settings.py": "raise OSError('no database')\n"},
    ),
    "the configuration appears": ({}, {"pytest.ini": "[pytest]\npython_functions = check_*\n"}),
    "the configuration changes": (
        {"pytest.ini": "[pytest]\n"},
        {"pytest.ini": "[pytest]\npython_functions = check_*\n"},
    ),
    "a plugin that the configuration names changes": (
        {"pytest.ini": "[pytest]\naddopts = -p own_plugin\n", "own_plugin.py": "MODE = 1\n"},
        {"own_plugin.py": "def pytest_itemcollected(item): item.add_marker('xfail')\n"},
    ),
    "the tests change": ({}, {"test_it.py": "def test_new(): assert False\n"}),
    "what is tested changes": (
        {"calc.py": "ONE = 1\n", "test_it.py": "import calc\n\ndef test_a(): assert calc.ONE == 1\n"},
        {"calc.py": "ONE = 2\n"},
    ),
    "a module of the standard library is shadowed": (
        {"test_it.py": "import colorsys\n\ndef test_a(): assert colorsys.ONE_THIRD\n"},
        {"colorsys.py": "ONE_THIRD = 0\n"},
    ),
    "the file is no longer there": ({}, {"test_it.py": None}),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
async def test_what_changes_after_a_session_was_begun_is_seen_by_its_run(tmp_path, pool, name):
    before, after = CHANGES[name]
    project(tmp_path, PASSES | {"test_it.py": "def test_a(): pass\n\ndef check_b(): pass\n"})
    project(tmp_path, before)
    await here(pool, tmp_path, "test_it.py")
    await begun()
    for path, text in after.items():
        if text is None:
            (tmp_path / path).unlink()
        else:
            project(tmp_path, {path: text})
    found = await here(pool, tmp_path, "test_it.py")
    expected = in_the_terminal(tmp_path, "test_it.py")
    assert {n: k for n, k in found.items() if "::" in n} == expected


async def test_a_run_of_other_tests_does_not_take_the_session(tmp_path, pool):
    project(tmp_path, PASSES | {"test_other.py": "def test_b(): assert False\n"})
    assert (await pool.run(request(tmp_path, "test_it.py"))).green
    await begun()
    assert set(outcomes(await pool.run(request(tmp_path, "test_other.py")))) == {"test_b"}
    assert set(outcomes(await pool.run(request(tmp_path, "test_it.py")))) == {"test_a"}


async def test_a_run_of_some_of_the_tests_is_the_session_that_was_begun_for_all(tmp_path, pool):
    told = TELLS_ITS_PROCESS["test_it.py"] + "\ndef test_b(): assert False\n\ndef test_c(): pass\n"
    project(tmp_path, TELLS_ITS_PROCESS | {"test_it.py": told})
    terminal = in_the_terminal(tmp_path, "test_it.py")
    whole = request(tmp_path, "test_it.py")
    await pool.run(whole)
    for narrowed in (("test_a", "test_c"), ("test_a", "test_b"), ("test_a", "test_b", "test_c")):
        waiting = await begun(other_than=int((tmp_path / "pid").read_text()))
        only = tuple(f"test_it.py::{name}" for name in narrowed)
        report = await pool.run(replace(whole, only=only if len(only) < 3 else ()))
        found = {f"test_it.py::{name}": kind.name for name, kind in outcomes(report).items()}
        assert found == {name: terminal[name] for name in only}
        assert (tmp_path / "pid").read_text() == str(waiting)


async def test_a_session_is_told_of_more_tests_than_a_socket_holds(tmp_path, pool):
    project(tmp_path, TELLS_ITS_PROCESS)
    whole = request(tmp_path, "test_it.py")
    await pool.run(whole)
    waiting = await begun(other_than=int((tmp_path / "pid").read_text()))
    only = ("test_it.py::test_a", *(f"test_it.py::test_{i:0>990}" for i in range(900)))
    report = await pool.run(replace(whole, only=only))
    assert set(outcomes(report)) == {"test_a"}
    assert (tmp_path / "pid").read_text() == str(waiting)


async def test_a_session_that_was_killed_meanwhile_is_missed_by_nobody(tmp_path, pool):
    project(tmp_path, PASSES)
    assert (await pool.run(request(tmp_path, "test_it.py"))).green
    os.kill(await begun(), signal.SIGKILL)
    assert (await pool.run(request(tmp_path, "test_it.py"))).green
    await begun()
    assert (await pool.run(request(tmp_path, "test_it.py"))).green


async def test_a_run_that_is_given_up_ends_the_session_that_it_was(tmp_path, pool):
    project(tmp_path, PASSES)
    assert (await pool.run(request(tmp_path, "test_it.py"))).green
    waiting = await begun()
    project(tmp_path, {"test_it.py": "def test_a():\n    while True: pass\n"})
    limited = request(tmp_path, "test_it.py")
    run = asyncio.create_task(pool.run(limited))
    await running(waiting)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert gone(waiting)


async def test_a_worker_that_ends_takes_its_session_along(tmp_path):
    project(tmp_path, PASSES)
    pool = WorkerPool(Trusting())
    assert (await pool.run(request(tmp_path, "test_it.py"))).green
    waiting = await begun()
    await pool.close()
    assert gone(waiting)


async def test_what_a_process_does_after_its_tests_is_not_waited_for_and_done_all_the_same(
    tmp_path, pool
):
    code = (
        "import atexit, os, pathlib\n\ndef wait():\n    open('go').read()\n"
        "    pathlib.Path('done').touch()\n\ndef test_a():\n    atexit.register(wait)\n"
    )
    project(tmp_path, {"test_it.py": code})
    os.mkfifo(tmp_path / "go")
    assert (await pool.run(request(tmp_path, "test_it.py"))).green
    assert not (tmp_path / "done").exists()
    (tmp_path / "go").write_text("go")
    project(tmp_path, PASSES)
    assert (await pool.run(request(tmp_path, "test_it.py"))).green
    assert (tmp_path / "done").exists()


async def test_a_plugin_that_prints_more_than_a_pipe_holds_does_not_hold_up_its_session(
    tmp_path, pool, monkeypatch
):
    monkeypatch.setenv("PYTEST_PLUGINS", "talks")
    talks = "import os\ndef pytest_configure():\n    os.write(1, b'x' * 300_000)\n"
    files = {"site-packages/talks.py": talks, "pytest.ini": "[pytest]\naddopts = -s\n"}
    project(tmp_path, TELLS_ITS_PROCESS | files)
    assert (await pool.run(request(tmp_path, "test_it.py"))).green
    waiting = await begun()
    assert (await pool.run(request(tmp_path, "test_it.py"))).green
    assert (tmp_path / "pid").read_text() == str(waiting)


async def test_what_is_printed_after_the_tests_does_not_keep_the_process(tmp_path, pool):
    code = (
        "import atexit, os, pathlib\n\ndef talk():\n    os.write(1, b'x' * 300_000)\n"
        "    pathlib.Path('done').touch()\n\ndef test_a():\n    atexit.register(talk)\n"
    )
    project(tmp_path, {"test_it.py": code})
    for _ in range(2):
        assert (await pool.run(request(tmp_path, "test_it.py"))).green
    assert (tmp_path / "done").exists()


async def test_a_failing_test_is_told_with_its_values(tmp_path, pool):
    project(tmp_path, {"test_it.py": "def test_a():\n    assert 1 + 1 == 3\n"})
    for _ in range(2):
        report = await pool.run(request(tmp_path, "test_it.py"))
        assert failures(report)[0].message == "assert (1 + 1) == 3"
        await begun()
