"""One editor in a home of its own, on a copy of a small project, and what was seen in it."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lacuna_ls.cli.demo
from editors.programs import Programs

SCRIPTS = Path(__file__).with_name("scripts")
LONGEST_S = 240
# Behind characters that each position encoding counts differently.
_LABELS = '''"""What is printed on a box."""


def fits(label: str, width: int) -> bool:
    """Whether a label can be printed on one line."""
    return "é😀" != label and len(label) < width
'''
_TESTS_OF_LABELS = """from orchard.labels import fits


def test_a_short_label_fits():
    assert fits("fig", 5)


def test_a_label_of_the_full_width_fits():
    assert fits("apple", 5)


def test_a_long_label_does_not_fit():
    assert not fits("apricot", 5)
"""
_STARTED = """#!/bin/bash
exec "{server}" "$@" 2> >(tee -a "{log}" >&2)
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One feature of one editor, and how long it took: what was seen, or what was wrong."""

    editor: str
    feature: str
    ok: bool
    seconds: float
    seen: str = ""


@dataclass(slots=True)
class Session:
    """A home, a workspace, and the environment of the programs that run there.

    On the PATH is the server's command and not its Python; a folder's own Python is that of an
    activated environment, as users have it.
    """

    editor: str
    home: Path
    workspace: Path
    environment: dict[str, str]
    rows: list[Row] = field(default_factory=list)

    @property
    def rows_file(self) -> Path:
        return self.home / "rows.jsonl"

    @property
    def server_log(self) -> Path:
        return self.home / "server.log"

    def configure(self, path: str, text: str) -> Path:
        """A file of the user's, below the home."""
        file = self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    def note(self, feature: str, seconds: float, *, ok: bool, seen: str = "") -> None:
        self.rows.append(Row(self.editor, feature, ok, round(seconds, 3), seen))

    def run(self, command: Sequence[str | Path], **variables: str) -> None:
        """Run an editor to its end; its rows are then those that it has written."""
        with (self.home / "output.txt").open("ab") as output:
            try:
                done = subprocess.run(
                    command,
                    cwd=self.workspace,
                    env={**self.environment, **variables},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    timeout=LONGEST_S,
                    check=False,
                )
                status = f"ended with {done.returncode}" if done.returncode else ""
            except subprocess.TimeoutExpired:
                status = f"did not end in {LONGEST_S} s"
        self.ended(status)

    def ended(self, status: str = "") -> None:
        """Read the rows that the editor has written; `status` says what was wrong with its end."""
        self.note("ends", 0, ok=not status, seen=status)
        for line in self.written().splitlines():
            row: dict[str, Any] = json.loads(line)
            self.note(row["feature"], row["seconds"], ok=bool(row["ok"]), seen=str(row["seen"]))

    def written(self) -> str:
        """The rows that the editor has written so far, as it wrote them."""
        return self.rows_file.read_text("utf-8") if self.rows_file.exists() else ""

    def quiet(self, errors: str, *logs: str) -> None:
        """A row: no line of the logs, nor of what the server wrote to stderr, matches `errors`."""
        files = [file for log in logs for file in self.home.glob(log)]
        lines = [line for file in files for line in _lines(file) if re.search(errors, line)]
        lines += _lines(self.server_log)
        self.note("no error in its log", 0, ok=not lines, seen="; ".join(lines[:5]))


def session(
    editor: str,
    folder: Path,
    programs: Programs,
    project: Path | None = None,
    *,
    trusted: bool = True,
) -> Session:
    """A fresh one, on `project` or a small one of our own.

    Its workspace is trusted as the documentation says, unless the user is to be asked.
    """
    home = folder / "home"
    workspace = project or _orchard(folder / "wörk space")
    # Some editors take for a project what has a version control.
    subprocess.run(["git", "init", "--quiet", str(workspace)], check=True)
    (home / "bin").mkdir(parents=True)
    made = Session(editor, home, workspace, _environment(home, programs))
    server = home / "bin" / "lacuna-ls"
    server.write_text(_STARTED.format(server=programs.server, log=made.server_log))
    server.chmod(0o755)
    if trusted:
        command = [str(programs.server), "trust", str(workspace)]
        subprocess.run(command, env=made.environment, check=True, stdout=subprocess.DEVNULL)
    return made


def _orchard(folder: Path) -> Path:
    workspace = folder / "orchard"
    shutil.copytree(Path(lacuna_ls.cli.demo.__file__).parent / "demo_workspace", workspace)
    (workspace / "orchard" / "labels.py").write_text(_LABELS, "utf-8")
    (workspace / "tests" / "test_labels.py").write_text(_TESTS_OF_LABELS, "utf-8")
    return workspace


def _environment(home: Path, programs: Programs) -> dict[str, str]:
    return {
        "HOME": str(home),
        "PATH": os.pathsep.join([str(home / "bin"), "/usr/bin", "/bin"]),
        "VIRTUAL_ENV": str(programs.user_environment),
        # What can be rebuilt is: but a user's has been built.
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
        "LACUNA_EDITOR_ROWS": str(home / "rows.jsonl"),
        "LACUNA_EDITOR_SCRIPTS": str(SCRIPTS),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8", "replace").splitlines() if file.exists() else []
