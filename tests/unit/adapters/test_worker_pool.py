import asyncio
import contextlib
import os
import sys
import venv
from dataclasses import replace
from pathlib import Path

import pytest

from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.errors import RunnerError, UntrustedFolderError
from lacuna_ls.domain.test_result import CoveredFile, Outcome, RunStatus
from lacuna_ls.ports.code_runner import Overlay
from lacuna_ls.worker.landlock import abi_version
from real_runs import LIMITS, Trusting, failures, outcomes, project, request, run_one

ADD = "def add(a, b):\n    return a - b\n"
TEST_ADD = "import calc\n\ndef test_add():\n    assert calc.add(1, 2) == 3\n"


@pytest.fixture(autouse=True)
def _no_plugins(monkeypatch):
    """The plugins of this environment take a second to load, and are not what is tested."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)


@pytest.fixture
async def pool():
    pool = WorkerPool(Trusting())
    yield pool
    await pool.close()


async def test_tests_see_the_options_of_a_plain_run(tmp_path):
    text = "def test_text(pytestconfig): assert pytestconfig.option.tbstyle == 'auto'\n"
    assert outcomes(await run_one(tmp_path, text)) == {"test_text": Outcome.PASSED}


async def test_every_outcome_is_told_apart(tmp_path):
    report = await run_one(
        tmp_path,
        """
import pytest

@pytest.fixture
def broken():
    raise OSError("no")

def test_passes(): pass
def test_fails(): assert 1 == 2
def test_errs(broken): pass
def test_skips(): pytest.skip("later")

@pytest.mark.xfail
def test_xfails(): assert False

@pytest.mark.xfail
def test_xpasses(): pass

@pytest.mark.xfail(strict=True)
def test_must_fail(): pass

@pytest.fixture
def leaky():
    yield
    raise OSError("teardown")

def test_teardown(leaky): pass
""",
    )
    assert report.status is RunStatus.COMPLETED, report
    assert outcomes(report) == {
        "test_passes": Outcome.PASSED,
        "test_fails": Outcome.FAILED,
        "test_errs": Outcome.ERROR,
        "test_skips": Outcome.SKIPPED,
        "test_xfails": Outcome.XFAILED,
        "test_xpasses": Outcome.XPASSED,
        "test_must_fail": Outcome.FAILED,
        "test_teardown": Outcome.ERROR,
    }


async def test_a_failure_has_the_compared_values_and_the_frames_down_to_the_fault(tmp_path, pool):
    project(
        tmp_path,
        {
            "calc.py": "def half(n):\n    assert n % 2 == 0\n    return n / 2\n",
            "test_calc.py": "import calc\n\ndef test_half():\n    calc.half(3)\n\n"
            "def test_value():\n    assert calc.half(4) == 3\n",
        },
    )
    report = await pool.run(request(tmp_path, "test_calc.py"))
    inner, value = failures(report)
    root = tmp_path.resolve()
    assert [(f.path, f.line, f.function) for f in inner.frames] == [
        (root / "test_calc.py", 3, "test_half"),
        (root / "calc.py", 1, "half"),
    ]
    assert inner.message == "assert n % 2 == 0 where n = 3"
    assert value.exception == "AssertionError"
    assert value.message.startswith("assert 2.0 == 3")


async def test_a_file_that_does_not_compile_is_named_with_its_line(tmp_path):
    report = await run_one(tmp_path, "def test_x():\n    return (\n")
    assert report.status is RunStatus.COLLECTION_ERROR
    (failed,) = failures(report)
    assert report.results[0].test_id == "test_it.py"
    assert failed.exception == "SyntaxError"
    assert failed.frames[-1].path == (tmp_path / "test_it.py").resolve()
    assert failed.frames[-1].line == 1


async def test_doctests_run_for_the_files_named_and_for_no_other(tmp_path, pool):
    doc = 'def f():\n    """\n    >>> f()\n    2\n    """\n    return 1\n'
    project(tmp_path, {"shown.py": doc, "test_it.py": doc + "\n\ndef test_f():\n    pass\n"})
    report = await pool.run(
        replace(request(tmp_path, "shown.py", "test_it.py"), doctests=("shown.py",))
    )
    assert outcomes(report) == {"shown.f": Outcome.FAILED, "test_f": Outcome.PASSED}
    (failed,) = failures(report)
    assert failed.message == "f(): expected 2, got 1"
    assert failed.frames[-1].line == 2
    again = replace(request(tmp_path, "shown.py::shown.f"), doctests=("shown.py",))
    assert outcomes(await pool.run(again)) == {"shown.f": Outcome.FAILED}


async def test_unittest_cases_run(tmp_path):
    report = await run_one(
        tmp_path,
        "import unittest\n\nclass T(unittest.TestCase):\n"
        "    def test_x(self):\n        self.assertEqual(1, 2)\n",
    )
    (failed,) = failures(report)
    assert report.results[0].test_id == "test_it.py::T::test_x"
    assert failed.message == "1 != 2"
    assert [frame.function for frame in failed.frames] == ["test_x"]


async def test_ids_count_from_the_root_of_the_run_not_from_pytests_own(tmp_path, pool):
    project(tmp_path, {"sub/pytest.ini": "[pytest]\n", "sub/test_it.py": "def test_x(): pass\n"})
    report = await pool.run(request(tmp_path, "sub/test_it.py"))
    assert [result.test_id for result in report.results] == ["sub/test_it.py::test_x"]


async def test_an_overlay_is_what_tests_import_and_the_disk_stays_as_it_was(tmp_path, pool):
    project(tmp_path, {"calc.py": ADD, "test_calc.py": TEST_ADD})
    plain = request(tmp_path, "test_calc.py")
    assert (await pool.run(plain)).failures  # which leaves a `.pyc` behind
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    overlay = Overlay(tmp_path.resolve() / "calc.py", ADD.replace("-", "+").encode())
    assert (await pool.run(replace(plain, overlays=(overlay,)))).green
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == files
    assert (await pool.run(plain)).failures


async def test_an_overlay_reaches_a_file_that_holds_code_and_its_tests(tmp_path, pool):
    both = ADD + "\n\ndef test_add():\n    assert add(1, 2) == 3\n"
    project(tmp_path, {"test_both.py": both})
    plain = request(tmp_path, "test_both.py")
    assert (await pool.run(plain)).failures
    overlay = Overlay(tmp_path.resolve() / "test_both.py", both.replace("-", "+").encode())
    assert (await pool.run(replace(plain, overlays=(overlay,)))).green
    assert (await pool.run(plain)).failures


async def test_screening_reports_each_candidate_in_order_up_to_its_first_red_test(tmp_path, pool):
    project(tmp_path, {"calc.py": ADD, "test_calc.py": TEST_ADD + "\ndef test_more(): pass\n"})
    here = tmp_path.resolve() / "calc.py"
    candidates = [
        Overlay(here, ADD.replace("a - b", new).encode()) for new in ("a * b", "a + b", "a +", "3")
    ]
    reports = [r async for r in pool.screen(request(tmp_path, "test_calc.py"), candidates)]
    assert [r.green for r in reports] == [False, True, False, True]
    assert [len(r.results) for r in reports] == [1, 2, 1, 2]
    assert reports[2].status is RunStatus.COLLECTION_ERROR


async def test_a_candidate_that_loops_is_cut_off_and_the_next_ones_are_judged(tmp_path, pool):
    project(tmp_path, {"calc.py": ADD, "test_calc.py": TEST_ADD})
    here = tmp_path.resolve() / "calc.py"
    loop = ADD.replace("return a - b", "while True: pass")
    candidates = [Overlay(here, loop.encode()), Overlay(here, ADD.replace("-", "+").encode())]
    run = request(tmp_path, "test_calc.py")
    run = replace(run, limits=replace(run.limits, wall_s=1.0))
    reports = [report async for report in pool.screen(run, candidates)]
    assert [report.status for report in reports] == [RunStatus.TIMED_OUT, RunStatus.COMPLETED]
    assert "test_calc.py::test_add" in reports[0].detail


async def test_abandoning_a_screening_ends_its_processes(tmp_path, pool):
    sleepy = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)\n"
    project(tmp_path, {"calc.py": ADD, "test_calc.py": TEST_ADD})
    here = tmp_path.resolve() / "calc.py"
    candidates = [Overlay(here, ADD.encode()), Overlay(here, sleepy.encode())]
    async with contextlib.aclosing(
        pool.screen(request(tmp_path, "test_calc.py"), candidates)
    ) as reports:
        async for _ in reports:
            break
    await pool.close()
    assert children() == set()


CHANGES = """
import os, pathlib, tempfile

def truncate(path): os.truncate(path, 0)
def write(path): path.write_text("")
def rename(path): path.rename(path.with_name("other"))
def make(path): path.with_name("new").mkdir()
def link(path): (pathlib.Path(tempfile.mkdtemp()) / "link").hardlink_to(path)
def leave(path): assert os.system(f"rm {path}") == 0
def signal(path): os.kill(os.getppid(), 0)
def remove(path): path.unlink()
"""
TEST_CHANGES = """
import changes, pathlib, pytest

@pytest.mark.parametrize("name", "truncate write rename make link leave signal remove".split())
def test_change(name):
    getattr(changes, name)(pathlib.Path(__file__).with_name("precious"))

def test_keeps(tmp_path):
    (tmp_path / "mine").write_text("mine")
    open("/dev/null", "w").close()
"""


@pytest.mark.skipif(not abi_version(), reason="this system has no Landlock")
async def test_a_candidate_can_change_nothing_of_the_users(tmp_path, pool):
    files = {"changes.py": "", "precious": "all", "test_it.py": TEST_CHANGES}
    project(tmp_path, files)
    candidate = Overlay(tmp_path.resolve() / "changes.py", CHANGES.encode())
    run = request(tmp_path, "test_it.py")
    (screened,) = [report async for report in pool.screen(run, [candidate])]
    confirmed = await pool.run(replace(run, overlays=(candidate,)))
    assert screened.confined
    assert confirmed.confined
    assert set(outcomes(screened).values()) == {Outcome.FAILED}
    seen = outcomes(confirmed)
    assert seen.pop("test_keeps") is Outcome.PASSED
    assert list(seen.values()) == [Outcome.FAILED] * 8
    assert (tmp_path / "precious").read_text() == "all"
    assert {path.name for path in tmp_path.iterdir()} == set(files)


@pytest.mark.parametrize(
    "start",
    ["subprocess.run([sys.executable, '-c', 'import calc'])", "subprocess.run('./tool.py')"],
)
async def test_a_candidate_is_not_judged_by_another_python_that_cannot_see_it(
    tmp_path, pool, start
):
    test = f"import calc, subprocess, sys\n\ndef test_tool():\n    {start}\n"
    tool = "#!/usr/bin/env python3\nimport calc\n"
    project(tmp_path, {"calc.py": ADD, "test_it.py": test, "tool.py": tool})
    (tmp_path / "tool.py").chmod(0o755)
    overlay = Overlay(tmp_path.resolve() / "calc.py", ADD.encode())
    run = request(tmp_path, "test_it.py")
    assert (await pool.run(run)).green
    report = await pool.run(replace(run, overlays=(overlay,)))
    assert not report.green
    assert "sees the file on disk and not the change" in report.detail


async def test_xdist_does_not_take_tests_away_from_the_overlay(tmp_path, pool):
    ini = "[pytest]\naddopts = -p xdist -n 1\n"
    project(tmp_path, {"pytest.ini": ini, "calc.py": ADD, "test_calc.py": TEST_ADD})
    overlay = Overlay(tmp_path.resolve() / "calc.py", ADD.replace("-", "+").encode())
    report = await pool.run(replace(request(tmp_path, "test_calc.py"), overlays=(overlay,)))
    assert report.green, report


async def test_lines_that_a_test_executes_are_those_of_the_named_file(tmp_path, pool):
    code = "def f(n):\n    if n:\n        return 1\n    return 2\n"
    project(
        tmp_path,
        {
            "calc.py": code,
            "test_calc.py": "from calc import f\n\ndef test_a():\n    f(1)\n\n"
            "def test_b():\n    f(1)\n    f(0)\n\ndef test_c(): pass\n",
        },
    )
    here = tmp_path.resolve() / "calc.py"
    report = await pool.run(replace(request(tmp_path, "test_calc.py"), trace=(here,)))
    assert [result.covered for result in report.results] == [
        (CoveredFile(here, (1, 2)),),
        (CoveredFile(here, (1, 2, 3)),),
        (),
    ]


async def test_cancelling_a_run_ends_all_that_it_started(tmp_path, pool):
    project(
        tmp_path,
        {
            "test_it.py": "import os, subprocess, sys, time\n\ndef test_x():\n"
            "    subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],"
            " start_new_session=True)\n"
            "    open('started', 'w').close()\n    time.sleep(60)\n"
        },
    )
    task = asyncio.create_task(pool.run(request(tmp_path, "test_it.py")))
    while not (tmp_path / "started").exists():  # noqa: ASYNC110 -- another process makes it
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert grandchildren() == set()


async def test_a_closed_pool_leaves_no_process_and_no_descriptor(tmp_path, pool):
    project(tmp_path, {"calc.py": ADD, "test_calc.py": TEST_ADD})
    run = request(tmp_path, "test_calc.py")
    overlay = Overlay(run.root / "calc.py", ADD.encode())
    await pool.run(run)  # what is made once for all runs
    await pool.close()
    before, running = descriptors(), children()
    await pool.run(run)
    await pool.run(replace(run, hash_seed=1, overlays=(overlay,)))
    assert [r.green async for r in pool.screen(run, [overlay] * 3)] == [False] * 3
    await pool.close()
    assert (descriptors(), children()) == (before, running)


async def test_a_folder_that_is_not_trusted_runs_nothing(tmp_path):
    class Wary(Trusting):
        def trusted(self, path):
            return False

    project(tmp_path, {"test_it.py": "open('ran', 'w')\n"})
    pool = WorkerPool(Wary())
    with pytest.raises(UntrustedFolderError):
        await pool.run(request(tmp_path, "test_it.py"))
    with pytest.raises(UntrustedFolderError):
        async for _ in pool.screen(request(tmp_path, "test_it.py"), [Overlay(tmp_path, b"")]):
            pass
    assert not (tmp_path / "ran").exists()


async def test_an_interpreter_that_is_none_is_an_error_that_names_it(tmp_path, pool):
    project(tmp_path, {"python": "no program", "test_it.py": ""})
    missing = replace(request(tmp_path, "test_it.py"), interpreter=tmp_path / "nowhere/python")
    with pytest.raises(RunnerError, match=r"nowhere/python could not be started"):
        await pool.run(missing)
    with pytest.raises(RunnerError, match="could not start the test process"):
        await pool.run(replace(missing, interpreter=Path("/bin/false")))


async def test_an_interpreter_without_pytest_is_told_how_to_get_it(tmp_path, pool):
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    project(tmp_path, {"test_it.py": "def test_x(): pass\n"})
    bare = tmp_path / "env/bin/python"
    report = await pool.run(replace(request(tmp_path, "test_it.py"), interpreter=bare))
    assert report.status is RunStatus.NO_FRAMEWORK
    assert "-m pip install pytest" in report.detail


async def test_backwards_the_tests_of_a_class_and_of_a_file_stay_together(tmp_path, pool):
    test = (
        "import pytest\n\nseen = []\n\n@pytest.fixture(scope='module')\ndef made():\n"
        "    seen.append('made')\n\ndef test_a(made): pass\n\nclass TestIt:\n"
        "    @classmethod\n    def setup_class(cls): seen.append('class')\n"
        "    def test_b(self, made): pass\n    def test_c(self): pass\n\n"
        "@pytest.mark.parametrize('n', [1, 2])\ndef test_d(n): pass\n"
    )
    once = "\ndef test_e():\n    assert seen in ([], ['made', 'class'])\n"
    project(tmp_path, {"test_one.py": test + once, "test_two.py": "def test_f(): pass\n"})
    run = replace(request(tmp_path, "test_one.py", "test_two.py"), backwards=True)
    report = await pool.run(run)
    assert report.green
    assert list(outcomes(report)) == [
        "test_f", "test_e", "test_d[2]", "test_d[1]", "TestIt::test_c", "TestIt::test_b", "test_a",
    ]  # fmt: skip


async def test_a_run_up_to_the_first_red_test_leaves_out_what_follows(tmp_path, pool):
    test = "def test_a(): pass\ndef test_b(): assert 0\ndef test_c(): pass\n"
    project(tmp_path, {"test_it.py": test})
    report = await pool.run(replace(request(tmp_path, "test_it.py"), up_to_red=True))
    assert report.status is RunStatus.COMPLETED
    assert list(outcomes(report)) == ["test_a", "test_b"]


async def test_a_hash_seed_fixes_the_hashing_of_the_run(tmp_path, pool):
    test = "def test_x():\n    import sys\n    assert not sys.flags.hash_randomization\n"
    project(tmp_path, {"test_it.py": test})
    report = await pool.run(replace(request(tmp_path, "test_it.py"), hash_seed=0))
    assert report.green


async def test_the_process_looks_to_its_tests_like_python_m_pytest(tmp_path, pool):
    test = """
import os, sys

def test_main():
    main = sys.modules["__main__"]
    assert main.__spec__.name == "pytest.__main__"
    assert sys.argv[0] == main.__file__

def test_path():
    assert sys.path[1:2] == [os.getcwd()] or sys.path[0] == os.getcwd()
    assert not any("worker" in entry for entry in sys.path)

def test_modules():
    assert not {"messages", "guard", "overlay", "supervisor"} & set(sys.modules)
"""
    report = await run_one(tmp_path, test)
    assert not report.failures
    assert {path.name for path in tmp_path.iterdir()} == {"__pycache__", "test_it.py"}


async def test_tests_that_xdist_distributes_are_reported_too(tmp_path, pool):
    project(tmp_path, {"test_it.py": "def test_a(): pass\ndef test_b(): assert 1 == 2\n"})
    run = replace(request(tmp_path, "test_it.py"), arguments=("-p", "xdist", "-n", "1"))
    report = await pool.run(run)
    assert report.status is RunStatus.COMPLETED, report
    assert outcomes(report) == {"test_a": Outcome.PASSED, "test_b": Outcome.FAILED}
    assert "assert 1 == 2" in failures(report)[0].message


def children() -> set[int]:
    """Processes below this one; those of `multiprocessing` and the like would be there before."""
    listing = Path("/proc/self/task").glob("*/children")
    return {int(pid) for each in listing for pid in each.read_text().split()}


def grandchildren() -> set[int]:
    """What the processes that are kept for the next runs have below them."""
    listing = [Path(f"/proc/{pid}/task").glob("*/children") for pid in children()]
    return {int(pid) for files in listing for each in files for pid in each.read_text().split()}


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


if sys.platform != "linux":
    pytest.skip("counts processes in /proc", allow_module_level=True)


@pytest.mark.skipif(sys.platform != "linux", reason="reads another process's processor time")
async def test_a_candidate_that_waits_is_not_taken_for_one_that_loops(tmp_path):
    project(tmp_path, {"calc.py": ADD, "test_calc.py": "import calc\ndef test_a(): calc.run()\n"})
    waits = "import time\ndef run(): time.sleep(1.2)\n"
    loops = "def run():\n    while True: pass\n"
    candidates = [Overlay(tmp_path / "calc.py", text.encode()) for text in (waits, loops)]
    run = request(tmp_path, "test_calc.py")
    run = replace(run, limits=replace(run.limits, wall_s=0.6))
    reports = [report async for report in WorkerPool(Trusting()).screen(run, candidates)]
    assert [report.status for report in reports] == [RunStatus.COMPLETED, RunStatus.TIMED_OUT]


async def test_a_run_that_is_in_no_hurry_lets_others_go_first(tmp_path, pool):
    project(tmp_path, {"test_it.py": "import os\n\ndef test_it():\n    assert os.nice(0) == 7\n"})
    limits = replace(LIMITS, niceness=7 - os.nice(0))
    report = await pool.run(request(tmp_path, "test_it.py", limits=limits))
    assert report.green, report
