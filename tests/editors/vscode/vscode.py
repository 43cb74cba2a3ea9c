"""VS Code itself, with the packaged extension, in a browser that is driven by keys.

    python tests/editors/vscode/vscode.py [--json FILE] [--keep FOLDER]

Prints a row for every feature: editor, feature, ok, seconds. What is missing is installed first.
Exit status: 0 all was seen, 1 something was not, 3 VS Code cannot be had here.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import lacuna_ls.cli.demo
from editors.programs import KEPT, ROOT, Programs, UnavailableError
from editors.projects import PROJECTS, unpacked
from editors.session import Row

HERE = Path(__file__).parent
LONGEST_S = 500
_STARTED_S = 60
# A function that its tests do not know well enough.
_RANKING = {
    "orchard/ranking.py": """def second(xs):
    return sorted(set(xs))[1]
""",
    "tests/test_ranking.py": """from orchard.ranking import second


def test_second():
    assert second([3, 1, 2]) == 2
    assert second([5, 4]) == 5
    assert second([9, 7, 7]) == 9
""",
}
_SETTINGS = {
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
    "telemetry.telemetryLevel": "off",
    "extensions.ignoreRecommendations": True,
    "chat.commandCenter.enabled": False,
    # A browser saves by itself, the desktop does not.
    "files.autoSave": "off",
    # Lines are inserted with their indentation.
    "editor.autoIndent": "none",
    # However busy the machine is: what is tested is that it is found, not how fast.
    "lacuna.actions.timeBudgetSeconds": 60,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the rows there as data")
    parser.add_argument(
        "--keep", metavar="FOLDER", type=Path, help="leave profile and pictures there"
    )
    parser.add_argument(
        "--vsix", metavar="FILE", type=Path, help="drive that one, not this checkout's"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lacuna-vscode-") as folder:
        try:
            drawn = rows((options.keep or Path(folder)).resolve(), options.vsix)
        except UnavailableError as error:
            sys.stderr.write(f"VS Code is not driven here: {error}\n")
            return 3
    for row in drawn:
        told = "ok  " if row.ok else "FAIL"
        line = f"{row.editor} {row.feature:<70} {told} {row.seconds:7.2f}  {row.seen[:120]}"
        sys.stdout.write(f"{line}\n")
    if options.json is not None:
        options.json.write_text(
            json.dumps([asdict(row) for row in drawn], indent=2) + "\n", "utf-8"
        )
    return 0 if all(row.ok for row in drawn) else 1


def rows(folder: Path, vsix: Path | None = None) -> list[Row]:
    """All that is to be seen in VS Code; `folder` is left with profile, logs and pictures.

    Raises:
        UnavailableError: VS Code or its browser cannot be installed.
    """
    programs = _programs()
    profile = Profile(folder, programs, vsix or package(folder))
    workspace = folder / "orchard"
    shutil.copytree(Path(lacuna_ls.cli.demo.__file__).parent / "demo_workspace", workspace)
    for name, text in _RANKING.items():
        (workspace / name).write_text(text, "utf-8")
    projects = folder / "projects.json"
    asked = [{**asdict(each), "root": str(unpacked(each, folder / each.name))} for each in PROJECTS]
    projects.write_text(json.dumps(asked), "utf-8")
    with profile.serving() as address:
        return [
            *_driven("walk.mjs", programs, address, workspace, folder),
            *_driven("moments.mjs", programs, address, projects, folder),
            _quiet(folder / "data" / "logs"),
        ]


def _quiet(logs: Path) -> Row:
    """No request has failed, and nothing else is wrong by the extension's own log."""
    lines = [
        line
        for file in logs.rglob("Lacuna.log")
        for line in file.read_text("utf-8", "replace").splitlines()
        if "[error]" in line
    ]
    return Row("VS Code", "no error in its logs", not lines, 0, "; ".join(lines[:5]))


def vscode(folder: Path, found: Programs) -> list[Row]:
    """As the runner of all editors calls it."""
    return rows(folder)


def _programs() -> Path:
    place = KEPT / "vscode"
    done = subprocess.run([HERE / "install.sh", place], check=False)
    if done.returncode != 0:
        raise UnavailableError("code-server, Chromium or what they need cannot be installed")
    return place


def package(folder: Path) -> Path:
    """The .vsix of this checkout."""
    folder.mkdir(parents=True, exist_ok=True)
    script = ROOT / "client-vscode" / "scripts" / "package.mjs"
    subprocess.run(["node", script, folder], check=True, stdout=subprocess.DEVNULL)
    (vsix,) = folder.glob("*.vsix")
    return vsix


class Profile:
    """A user who has just installed VS Code and the extension."""

    def __init__(self, folder: Path, programs: Path, vsix: Path) -> None:
        self._folder = folder
        self._program = [
            "node",
            str(programs / "node_modules" / "code-server" / "out" / "node" / "entry.js"),
            f"--user-data-dir={folder / 'data'}",
            f"--extensions-dir={folder / 'extensions'}",
        ]
        home = folder / "home"
        home.mkdir(parents=True)
        self._environment = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "LACUNA_EDITOR_ROWS": str(folder / "rows.jsonl"),
            # What can be rebuilt a user has after the first day, too.
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
            **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
        }
        # What may run code is the machine's where VS Code's server is: the user's own is not asked.
        python = {"lacuna.interpreter": sys.executable}
        for place, chosen in (("User", _SETTINGS), ("Machine", python)):
            settings = folder / "data" / place / "settings.json"
            settings.parent.mkdir(parents=True, exist_ok=True)
            settings.write_text(json.dumps(chosen), "utf-8")
        self._run(["--install-extension", str(vsix)])

    def _run(self, arguments: Sequence[str]) -> None:
        command = [*self._program, *arguments]
        subprocess.run(
            command, env=self._environment, check=True, capture_output=True, timeout=LONGEST_S
        )

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Its address, while it runs."""
        port = _free_port()
        command = [
            *self._program,
            "--auth=none",
            f"--bind-addr=127.0.0.1:{port}",
            "--disable-telemetry",
            "--disable-update-check",
            "--disable-getting-started-override",
        ]
        with (self._folder / "code-server.log").open("ab") as log:
            process = subprocess.Popen(
                command, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
            try:
                address = f"http://127.0.0.1:{port}"
                _wait_for(address)
                yield address
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, 9)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wait_for(address: str) -> None:
    end = time.monotonic() + _STARTED_S
    while True:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def _driven(script: str, programs: Path, address: str, subject: Path, folder: Path) -> list[Row]:
    """Rows are written as they are seen: those of a script that hangs are there, too."""
    file = folder / "rows.jsonl"
    file.unlink(missing_ok=True)
    environment = {**os.environ, "LACUNA_EDITOR_ROWS": str(file)}
    command: list[str | Path] = ["node", HERE / script, programs, address, subject, folder]
    begun = time.monotonic()
    try:
        done = subprocess.run(command, env=environment, timeout=LONGEST_S, check=False)
        wrong = f"ended with {done.returncode}" if done.returncode else ""
    except subprocess.TimeoutExpired:
        wrong = f"did not end in {LONGEST_S} s"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    found: list[dict[str, Any]] = [json.loads(line) for line in lines]
    drawn = [
        Row("VS Code", r["feature"], r["ok"], round(r["seconds"], 3), r["seen"]) for r in found
    ]
    elapsed_s = round(time.monotonic() - begun, 3)
    return [*drawn, Row("VS Code", f"{script} comes to its end", not wrong, elapsed_s, wrong)]


if __name__ == "__main__":
    sys.exit(main())
