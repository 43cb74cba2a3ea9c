"""`lacuna-ls check`, as scripts run it: what it prints, what it leaves, how it ends."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.real_server import COMMAND, user
from real_runs import project

SHOP = '''"""Prices, in cents."""


def price(count, discount=False):
    return count * 3 + 1 if discount else count * 4


def is_bulk(count):
    return count > 12
'''
TEST_SHOP = """from shop import is_bulk, price


def test_price():
    assert price(2) == 8


def test_a_dozen_is_bulk():
    assert is_bulk(12)


def test_eleven_are_not():
    assert not is_bulk(11)
"""
FILES = {"pyproject.toml": "", "shop.py": SHOP, "test_shop.py": TEST_SHOP}
FOUND = "shop.py:8:5: test_a_dozen_is_bulk: assert False"
NEVER_ENDS = """import os, pathlib, time

def test_forever():
    pathlib.Path("pid").write_text(str(os.getpid()))
    time.sleep(600)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return project(tmp_path / "shop", FILES).resolve()


def check(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **user(root.parent / "home")}
    command = [*COMMAND, "check", "--interpreter", sys.executable, *arguments]
    return subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )


def test_nothing_of_an_untrusted_folder_runs(root):
    (root / "conftest.py").write_text("open('executed', 'w')\n")
    done = check(root, "shop.py", "--fix", "--write")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "is not trusted" in done.stderr
    assert not (root / "executed").exists()
    assert (root / "shop.py").read_text() == SHOP


def test_what_fails_is_printed_as_compilers_do_and_trust_is_for_this_time_only(root):
    done = check(root, "shop.py", "--trust")
    assert done.returncode == 1
    first, *rest = done.stdout.splitlines()
    assert first == FOUND
    assert "    test_shop.py:9: called from test_a_dozen_is_bulk" in rest
    assert rest[-1].startswith("2 passed, 1 failed in 1 file of tests, ")
    assert "\x1b" not in done.stdout
    assert check(root, "shop.py").returncode == 2


def test_a_fix_is_shown_as_a_patch_with_its_evidence_and_nothing_is_written(root):
    done = check(root, "shop.py", "--trust", "--fix", "--json")
    best = json.loads(done.stdout)["fixes"][0]
    assert (best["path"], best["rank"], best["tests_passed"], best["tests_total"]) == (
        "shop.py",
        1,
        3,
        3,
    )
    assert best["title"] == "Fix: compare with >= (3 of 3 tests pass)"
    assert best["tests"] == ["test_shop.py::test_a_dozen_is_bulk"]
    assert (done.returncode, (root / "shop.py").read_text()) == (1, SHOP)
    subprocess.run(
        ["git", "apply", "-"], input=best["patch"], cwd=root, text=True, check=True, timeout=100
    )
    assert (root / "shop.py").read_text() == SHOP.replace("> 12", ">= 12")


def test_what_is_written_is_the_best_fix_and_the_tests_have_the_last_word(root):
    (root / "shop.py").chmod(0o750)
    done = check(root, ".", "--trust", "--fix", "--write", "--sarif", "found.sarif")
    assert done.returncode == 0
    assert "shop.py: Fix: compare with >= (3 of 3 tests pass), written" in done.stdout
    assert (root / "shop.py").read_text() == SHOP.replace("> 12", ">= 12")
    assert (root / "shop.py").stat().st_mode & 0o777 == 0o750
    assert (root / "test_shop.py").read_text() == TEST_SHOP
    assert json.loads((root / "found.sarif").read_text())["runs"][0]["results"] == []
    assert {path.name for path in root.iterdir()} - {".pytest_cache", "__pycache__"} == {
        *FILES,
        "found.sarif",
    }


async def test_an_interrupt_ends_the_tests_too(root):
    project(root, {"test_shop.py": NEVER_ENDS})
    os.mkfifo(root / "pid")
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("check", "--trust", "--interpreter", sys.executable, "shop.py"),
        cwd=root,
        env={**os.environ, **user(root.parent / "home")},
        stderr=subprocess.DEVNULL,
        # A shell that starts the tests in the background has them ignore interrupts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    pid = int(await asyncio.to_thread((root / "pid").read_text))
    process.send_signal(signal.SIGINT)
    assert await process.wait() == 130
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gone.py",), "gone.py: there is no such file or folder"),
        (("pyproject.toml",), "pyproject.toml: not a source file"),
        (("empty",), "there is no source file in what was given"),
        (("shop.py", "--write"), "--write needs --fix"),
        (("--json", "shop.py", "shop.py"), "which shop.py is not"),
    ],
)
def test_what_cannot_be_checked_is_said_and_nothing_is_written(root, arguments, said):
    (root / "empty").mkdir()
    done = check(root, "--trust", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert (root / "shop.py").read_text() == SHOP
