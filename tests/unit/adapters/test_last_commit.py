"""What a file held when it was last committed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from lacuna_ls.adapters.last_commit import text_at_head

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def committed(folder: Path, text: str) -> Path:
    path = folder / "deep" / "shop.py"
    path.parent.mkdir()
    path.write_text(text)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return path


async def test_the_text_of_the_last_commit_is_found_below_the_top(tmp_path: Path) -> None:
    path = committed(tmp_path, "a = 1\n")
    path.write_text("a = 2\n")
    assert await text_at_head(path) == b"a = 1\n"


async def test_a_file_that_is_not_committed_has_none(tmp_path: Path) -> None:
    path = committed(tmp_path, "a = 1\n")
    assert await text_at_head(path.with_name("new.py")) is None


async def test_outside_of_a_repository_there_is_none(tmp_path: Path) -> None:
    assert await text_at_head(tmp_path / "shop.py") is None


async def test_what_the_repository_configures_does_not_run(tmp_path: Path) -> None:
    path = committed(tmp_path, "a = 1\n")
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    git(tmp_path, "config", "core.fsmonitor", str(trap))
    git(tmp_path, "config", "core.pager", str(trap))
    git(tmp_path, "config", "core.sshCommand", str(trap))
    assert await text_at_head(path) == b"a = 1\n"
    assert not (tmp_path / "sprung").exists()
