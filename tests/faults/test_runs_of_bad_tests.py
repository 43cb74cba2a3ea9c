"""Whatever a user's tests do: a clear report, and nothing of theirs left running."""

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.test_result import Outcome, RunStatus
from real_runs import LIMITS, Trusting, failures, outcomes, project, request, run_one

if sys.platform != "linux":
    pytest.skip("looks for processes in /proc", allow_module_level=True)


PATHS = os.pathsep.join(entry for entry in sys.path if entry)


@pytest.fixture(autouse=True)
def _no_plugins(monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def alive(pids: Path) -> list[int]:
    return [int(pid) for pid in pids.read_text().split() if Path(f"/proc/{pid}").exists()]


async def test_a_file_without_tests(tmp_path):
    report = await run_one(tmp_path, "x = 1\n")
    assert report.status is RunStatus.NO_TESTS


async def test_a_file_that_is_not_there(tmp_path):
    report = await WorkerPool(Trusting()).run(request(tmp_path, "test_gone.py"))
    assert report.status is RunStatus.COLLECTION_ERROR
    assert "test_gone.py" in report.detail


async def test_a_test_that_hangs_is_named_with_its_place_and_the_others_keep_theirs(tmp_path):
    test = """
import signal

def test_ok(): pass

def loop():
    while True:
        pass

def test_hangs():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    loop()
"""
    report = await run_one(tmp_path, test, wall_s=3.0)
    assert report.status is RunStatus.TIMED_OUT
    assert report.detail == "test_it.py::test_hangs did not end within 3 s"
    assert outcomes(report) == {"test_ok": Outcome.PASSED, "test_hangs": Outcome.FAILED}
    outer, inner = failures(report)[0].frames
    assert (outer.function, outer.line) == ("test_hangs", 12)
    assert inner.function == "loop"
    assert inner.line in (6, 7)
    assert inner.path == (tmp_path / "test_it.py").resolve()


async def test_processor_time_is_limited(tmp_path):
    project(tmp_path, {"test_it.py": "def test_hangs():\n    while True: pass\n"})
    run = request(tmp_path, "test_it.py", limits=replace(LIMITS, cpu_s=1.0))
    report = await WorkerPool(Trusting()).run(run)
    assert report.status is RunStatus.TIMED_OUT
    assert report.detail == "the processor time allowed was used up in test_it.py::test_hangs"


async def test_memory_is_limited(tmp_path):
    project(tmp_path, {"test_it.py": "def test_eats():\n    x = bytearray(1 << 30)\n"})
    run = request(tmp_path, "test_it.py", limits=replace(LIMITS, memory_bytes=300 << 20))
    (failed,) = failures(await WorkerPool(Trusting()).run(run))
    assert failed.exception == "MemoryError"


@pytest.mark.parametrize("status", [0, 1, 5])
async def test_a_test_that_exits_the_process_never_counts_as_passed(tmp_path, status):
    report = await run_one(
        tmp_path, f"import os\n\ndef test_a(): pass\n\ndef test_b():\n    os._exit({status})\n"
    )
    assert report.status is RunStatus.CRASHED
    assert not report.green
    assert f"in test_it.py::test_b with exit status {status}" in report.detail


async def test_a_test_that_crashes_the_interpreter(tmp_path):
    report = await run_one(
        tmp_path,
        "import os, signal\n\ndef test_a():\n    os.kill(os.getpid(), signal.SIGSEGV)\n",
    )
    assert report.status is RunStatus.CRASHED
    assert "SIGSEGV in test_it.py::test_a" in report.detail


@pytest.mark.parametrize("victim", ["os.killpg(0, 9)", "os.kill(os.getppid(), 9)"])
async def test_a_test_that_kills_what_it_runs_in(tmp_path, victim):
    report = await run_one(tmp_path, f"import os\n\ndef test_a():\n    {victim}\n")
    assert report.status is RunStatus.CRASHED


async def test_a_test_that_closes_descriptors_does_not_pass_unseen(tmp_path):
    report = await run_one(
        tmp_path, "import os\n\ndef test_a(): pass\n\ndef test_b():\n    os.closerange(0, 4096)\n"
    )
    assert report.status is RunStatus.CRASHED
    assert outcomes(report) == {"test_a": Outcome.PASSED}


async def test_low_descriptors_are_the_tests_own(tmp_path):
    report = await run_one(
        tmp_path,
        "import os\n\ndef test_a():\n    first = os.open(os.devnull, os.O_RDONLY)\n"
        "    assert first < 20\n    os.closerange(first, 256)\n",
    )
    assert report.green


async def test_a_fork_that_runs_on_into_pytest_reports_nothing(tmp_path):
    report = await run_one(
        tmp_path, "import os\n\ndef test_a():\n    os.fork()\n\ndef test_b(): pass\n"
    )
    assert report.status is RunStatus.COMPLETED, report
    assert [result.outcome for result in report.results] == [Outcome.PASSED] * 2


async def test_forks_and_sessions_of_their_own_end_with_the_run(tmp_path):
    test = f"""
import os, time

def test_bomb():
    for _ in range(4):
        if os.fork() == 0:
            os.setsid()
    with open({str(tmp_path / "pids")!r}, "a") as pids:
        pids.write(f"{{os.getpid()}} ")
    time.sleep(60)
"""
    report = await run_one(tmp_path, test, wall_s=3.0)
    assert report.status is RunStatus.TIMED_OUT
    assert len((tmp_path / "pids").read_text().split()) == 16
    assert alive(tmp_path / "pids") == []


async def test_what_a_passing_test_leaves_running_ends_with_the_run(tmp_path):
    test = f"""
import subprocess, sys

def test_leaves():
    left = subprocess.Popen(["sleep", "60"], start_new_session=True)
    open({str(tmp_path / "pids")!r}, "w").write(str(left.pid))
    left.returncode = 0
"""
    project(tmp_path, {"test_it.py": test, "test_next.py": "def test_a(): pass\n"})
    pool = WorkerPool(Trusting())
    assert (await pool.run(request(tmp_path, "test_it.py"))).green
    assert (await pool.run(request(tmp_path, "test_next.py"))).green
    assert alive(tmp_path / "pids") == []
    await pool.close()


async def test_a_flood_of_output_is_drained_and_cut(tmp_path):
    test = "import sys\n\ndef test_a():\n    sys.__stdout__.write('x' * 50_000_000)\n"
    project(tmp_path, {"test_it.py": test})
    run = replace(request(tmp_path, "test_it.py"), arguments=("-s",))
    report = await WorkerPool(Trusting()).run(run)
    assert report.green
    assert "bytes left out" in report.output
    assert "1 passed" in report.output
    assert len(report.output) < LIMITS.output_bytes + 1000


async def test_output_that_is_no_text(tmp_path):
    test = (
        "import os\n\ndef test_a():\n"
        "    os.write(1, b'\\xff\\xfe\\x1b[31mred\\x1b[0m\\x1b]0;title\\x07\\x00\\n')\n"
    )
    project(tmp_path, {"test_it.py": test})
    run = replace(request(tmp_path, "test_it.py"), arguments=("-s",))
    report = await WorkerPool(Trusting()).run(run)
    assert report.green
    assert "\ufffd\ufffdred\n" in report.output


async def test_a_source_file_that_is_not_utf_8(tmp_path):
    cookie = b"# coding: latin-1\n\ndef test_a():\n    assert '\xe4' == 'a'\n"
    (failed,) = failures(await run_one(tmp_path, cookie))
    assert "'ä' == 'a'" in failed.message
    report = await run_one(tmp_path, cookie.replace(b"coding", b"-"))
    assert report.status is RunStatus.COLLECTION_ERROR
    assert failures(report)[0].exception == "SyntaxError"


async def test_deep_recursion_is_a_failure_with_few_frames(tmp_path):
    report = await run_one(tmp_path, "def f(n):\n    return f(n + 1)\n\ndef test_a():\n    f(0)\n")
    (failed,) = failures(report)
    assert failed.exception == "RecursionError"
    assert len(failed.frames) == 100


async def test_an_exception_that_cannot_be_shown(tmp_path):
    report = await run_one(
        tmp_path,
        "class Bad(Exception):\n    def __str__(self): raise ValueError\n\n"
        "def test_a():\n    raise Bad\n",
    )
    assert failures(report)[0].exception == "Bad"


async def test_a_conftest_that_raises_is_named_with_its_line(tmp_path):
    project(tmp_path, {"conftest.py": "import os\nraise OSError('no database')\n"})
    report = await run_one(tmp_path, "def test_a(): pass\n")
    assert report.status is RunStatus.COLLECTION_ERROR
    assert report.detail == "conftest.py could not be loaded: no database"
    frame = failures(report)[0].frames[-1]
    assert (frame.path, frame.line) == ((tmp_path / "conftest.py").resolve(), 1)


async def test_a_wrong_option_in_the_projects_configuration(tmp_path):
    project(tmp_path, {"pytest.ini": "[pytest]\naddopts = --no-such-option\n"})
    report = await run_one(tmp_path, "def test_a(): pass\n")
    assert report.status is RunStatus.COLLECTION_ERROR
    assert "--no-such-option" in report.detail


async def test_a_configuration_that_only_collects_is_no_pass(tmp_path):
    project(tmp_path, {"pytest.ini": "[pytest]\naddopts = --collect-only\n"})
    report = await run_one(tmp_path, "def test_a(): pass\n")
    assert report.status is RunStatus.CRASHED
    assert "1 of 1 tests have no outcome" in report.detail


async def test_a_run_that_stops_at_the_first_failure_as_configured(tmp_path):
    project(
        tmp_path, {"pytest.ini": "[pytest]\naddopts = -x --strict-config -p no:cacheprovider\n"}
    )
    report = await run_one(tmp_path, "def test_a(): assert 0\ndef test_b(): pass\n")
    assert report.status is RunStatus.COMPLETED, report
    assert outcomes(report) == {"test_a": Outcome.FAILED}


async def test_a_test_that_leaves_pytest(tmp_path):
    report = await run_one(tmp_path, "import pytest\n\ndef test_a():\n    pytest.exit('enough')\n")
    assert report.status is RunStatus.CRASHED
    assert "enough" in report.detail


async def test_test_ids_of_a_megabyte(tmp_path):
    report = await run_one(
        tmp_path,
        "import pytest\n\n@pytest.mark.parametrize('x', ['a' * 2_000_000, 'a' * 2_000_001])\n"
        "def test_a(x): pass\n",
    )
    assert report.green
    assert len(report.results) == 2


async def test_a_path_with_spaces_and_other_alphabets(tmp_path):
    root = tmp_path / "my prøject ✓"
    report = await run_one(root, "def test_ä(): assert 0\n")
    assert list(outcomes(report)) == ["test_ä"]
    assert failures(report)[0].frames[-1].path == root.resolve() / "test_it.py"


async def test_a_project_whose_modules_are_named_like_the_workers(tmp_path):
    names = ("messages", "guard", "overlay", "supervisor", "run_tests", "failure")
    project(tmp_path, {f"{name}.py": f"WHO = {name!r}\n" for name in names})
    checks = "".join(f"    import {name}; assert {name}.WHO == {name!r}\n" for name in names)
    report = await run_one(tmp_path, f"def test_a():\n{checks}")
    assert report.green, report.output


async def test_a_forged_completion_record_does_not_count(tmp_path):
    forged = """
import fcntl, json, os, struct

def test_a():
    payload = json.dumps(["Done", "0" * 32, 0]).encode()
    for fd in range(3, 4096):
        try:
            os.write(fd, struct.pack(">BI", 1, len(payload)) + payload)
        except OSError:
            pass
    os._exit(0)
"""
    report = await run_one(tmp_path, forged)
    assert report.status is RunStatus.CRASHED


async def test_garbage_on_the_channel_does_not_count(tmp_path):
    noise = """
import os

def test_a():
    for fd in range(3, 4096):
        try:
            os.write(fd, b"\\xff" * 100)
        except OSError:
            pass
"""
    report = await run_one(tmp_path, noise)
    assert report.status is RunStatus.CRASHED


SERVER = """
import asyncio, sys
from pathlib import Path
from lacuna_ls.adapters.worker_pool import WorkerPool
from real_runs import Trusting, request

asyncio.run(WorkerPool(Trusting()).run(request(Path(sys.argv[1]), "test_it.py")))
"""


async def test_a_server_that_is_killed_takes_its_runs_along(tmp_path):
    test = (
        "import os, subprocess, time\n\ndef test_a():\n"
        "    left = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
        "    with open('new', 'w') as pids:\n        pids.write(f'{left.pid} {os.getpid()}')\n"
        "    os.rename('new', 'pids')\n    time.sleep(60)\n"
    )
    project(tmp_path, {"test_it.py": test})
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "PYTHONPATH": PATHS, "TMPDIR": str(temporary)}
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVER, str(tmp_path), env=environment
    )
    while not (tmp_path / "pids").exists():  # noqa: ASYNC110 -- another process makes it
        await asyncio.sleep(0.01)
    server.kill()
    await server.wait()
    while alive(tmp_path / "pids") or list(temporary.glob("lacuna-*")):  # noqa: ASYNC110 -- the kernel tells nobody
        await asyncio.sleep(0.01)
