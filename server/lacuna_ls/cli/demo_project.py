"""The demo on the user's own project: tests run where they lie, edits stay in the editor's memory."""

import asyncio
import subprocess
import sys
import time
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from lacuna_ls.adapters.trust_store import TrustStore
from lacuna_ls.adapters.workspace_files import WorkspaceFiles
from lacuna_ls.cli.demo_screen import console, difference, note, show
from lacuna_ls.cli.demo_steps import COMMAND, STEPS, fixes_at, until
from lacuna_ls.lsp.client import Client, OpenFile
from lacuna_ls.lsp.uris import uri_of
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_path, languages
from lacuna_ls.test_runs.selection import targets_of

MAX_FILES = 5
BUDGET_S = 50.0
NOT_SHOWN = {"ok": None, "outcome": "not shown on a project of your own"}


def run_there(workspace: Path, *, trust: bool) -> tuple[int, dict[str, Any]]:
    """Exit status and steps. Nothing runs unless the folder is trusted, for good or by `trust`."""
    root = workspace.resolve()
    if not root.is_dir():
        print(f"{root} is not a folder", file=sys.stderr)
        return 2, {}
    if not trust and not TrustStore().trusted(root):
        print(
            f"{root} is not trusted, and its tests are code. Add --trust for this time, "
            f"or run: lacuna-ls trust {root}",
            file=sys.stderr,
        )
        return 2, {}
    return asyncio.run(_show(root))


async def _show(root: Path) -> tuple[int, dict[str, Any]]:
    screen = console()
    deadline = time.monotonic() + BUDGET_S
    chosen = await asyncio.to_thread(tested_files, root)
    report: dict[str, Any] = {name: dict(NOT_SHOWN) for name in STEPS}
    if not chosen:
        screen.print(f"No file of {root.name} has tests that Lacuna would run on save.")
        return 0, report
    screen.print(f"{root.name}: the files changed last that have tests. None of them is written.")
    async with await Client.start(COMMAND, stderr=subprocess.DEVNULL) as client:
        await client.initialize(root, options={"trustedFolders": [str(root)]})
        red: list[tuple[OpenFile, list[dict[str, Any]]]] = []
        for path in chosen:
            file = client.open(path)
            shown = await _tested(client, file, deadline)
            show(screen, _verdict(path, root, shown, client.messages))
            if shown:
                red.append((file, shown))
        if not red:
            screen.print("Nothing is failing in these files.")
            return 0, report
        report["failing_test"] = {
            "ok": True,
            "diagnostics": [d["message"] for _, shown in red for d in shown],
        }
        report["fix"] = await _fix(client, screen, red, deadline)
    return 0, report


def tested_files(root: Path) -> tuple[Path, ...]:
    """Sources below `root` whose tests would run on save, changed last first."""
    files = WorkspaceFiles([root])
    suffixes = frozenset(s for lang in languages() if lang.test_runner for s in lang.suffixes)
    sources = sorted(files.source_files(root, suffixes), key=lambda path: -_changed_ns(files, path))
    return tuple(islice((p for p in sources if _has_tests(p, root, files)), MAX_FILES))


def _changed_ns(files: WorkspaceFiles, path: Path) -> int:
    signature = files.signature(path)
    return signature[0] if signature else 0


def _has_tests(path: Path, root: Path, files: WorkspaceFiles) -> bool:
    data = files.read(path)
    language = by_path(path)
    if data is None or language is None:
        return False
    targets = targets_of(path, root, open_document(uri_of(path), 0, language, data), files).paths
    return any(target != path.relative_to(root).as_posix() for target in targets)


async def _tested(client: Client, file: OpenFile, deadline: float) -> list[dict[str, Any]] | None:
    """What a save would show; `None` if time ran out. The file is not written: it did not change."""
    client.notify("textDocument/didSave", {"textDocument": {"uri": file.uri}})
    left_s = max(deadline - time.monotonic(), 0.1)
    try:
        return await client.diagnostics(file, timeout_s=left_s)
    except TimeoutError:
        return None


def _verdict(
    path: Path, root: Path, shown: list[dict[str, Any]] | None, messages: list[str]
) -> Text:
    """What a save of this file shows, or else what the server said last of its tests."""
    name = path.relative_to(root).as_posix()
    if shown is None:
        return note("open", f"{name}: its tests take too long for a demo")
    if shown:
        line = shown[0]["range"]["start"]["line"] + 1
        return note("red", f"{name}:{line}  {shown[0]['message'].splitlines()[0]}")
    said = [message for message in messages if message.startswith(f"{path.name}: ")]
    return note("quiet", said[-1] if said else " ".join([name, *messages[-1:]]))


async def _fix(
    client: Client,
    screen: Console,
    red: list[tuple[OpenFile, list[dict[str, Any]]]],
    deadline: float,
) -> dict[str, Any]:
    """The first verified fix among the red files, applied in memory only."""
    file, shown = red[-1]
    menu = await until(partial(fixes_at, client, file, shown[0]["range"]), deadline)
    if not menu:
        show(screen, note("fix", "no change of one token makes the tests pass"))
        return {"ok": None, "outcome": "none found"}
    before = file.text
    await client.apply(menu[0])
    show(screen, note("fix", f"{file.path.name}: {menu[0]['title']}"))
    show(screen, difference(before, file.text))
    return {"ok": True, "title": menu[0]["title"], "text": file.text}
