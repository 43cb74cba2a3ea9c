"""The real server process with its real engines, and an editor that remembers what it was told."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lacuna_ls.adapters.index_files import index_path, write_index
from lacuna_ls.lsp.client import CAPABILITIES, Client, OpenFile
from lacuna_ls.lsp.uris import uri_of
from lacuna_ls.model.corpus import build_index
from real_runs import project

COMMAND = (sys.executable, "-I", "-m", "lacuna_ls")
PATIENCE_S = 100.0


class Editor(Client):
    """A client; `publications` are the diagnostics as they came, `told` what was said, by method,
    `progressed` the notifications of progress, `refreshed` the lenses that it was told to ask for."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        super().__init__(process)
        self.publications: list[dict[str, Any]] = []
        self.told: list[tuple[str, str]] = []
        self.progressed: list[dict[str, Any]] = []
        self.questions: list[str] = []
        self.refreshed: list[str] = []
        self._news = asyncio.Event()

    async def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait for what the server will say."""
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                self._news.clear()
                await self._news.wait()

    def shown(self, method: str = "window/showMessage") -> list[str]:
        return [message for kind, message in self.told if kind == method]

    def logged(self, start: str) -> list[str]:
        """What the editor's log of the server says of one file."""
        return [line for line in self.shown("window/logMessage") if line.startswith(start)]

    async def tested(self, file: OpenFile) -> list[dict[str, Any]]:
        """Save; what is then shown in the file when its tests have run."""
        await self.save(file)
        return await self.diagnostics(file, timeout_s=PATIENCE_S)

    async def fixes(self, file: OpenFile, at: dict[str, Any]) -> list[dict[str, Any]]:
        """The menu's finished fixes: the first that come, none if the search ends without one."""
        ended = ("candidates tried)", "when run again", "with templates")
        async with asyncio.timeout(PATIENCE_S):
            while True:
                over = any(m.endswith(ended) for m in self.logged(f"{file.path.name}: "))
                menu = await self.code_actions(file, at, ["quickfix"])
                found = [action for action in menu if action["title"].startswith("Fix: ")]
                if found or over:
                    return found
                await asyncio.sleep(0.02)

    async def workspace(self, root: Path, files: Mapping[str, str | bytes]) -> Path:
        """One more folder in this editor's window, with a small project in it."""
        folder = project(root, files).resolve()
        event = {"added": [{"uri": uri_of(folder), "name": folder.name}], "removed": []}
        self.notify("workspace/didChangeWorkspaceFolders", {"event": event})
        return folder

    def leave(self) -> None:
        """Close all files, and end by an edit what their last save set off."""
        for file in self.files.values():
            self.change(file, file.text + "\n")
            self.notify("textDocument/didClose", {"textDocument": {"uri": file.uri}})
        self.files.clear()

    def _notified(self, method: str, params: Any) -> None:
        if method == "textDocument/publishDiagnostics":
            self.publications.append(params)
        elif method in ("window/showMessage", "window/logMessage"):
            self.told.append((method, params["message"]))
        elif method == "$/progress":
            self.progressed.append(params)
        super()._notified(method, params)
        self._news.set()

    def _answer(self, method: str, params: Any) -> Any:
        if method == "workspace/codeLens/refresh":
            self.refreshed.append(method)
            self._news.set()
        if method == "window/showMessageRequest":
            self.questions.append(params["message"])
            self._news.set()
        return super()._answer(method, params)


@asynccontextmanager
async def connected(
    root: Path,
    home: Path,
    *,
    capabilities: Mapping[str, Any] = CAPABILITIES,
    trusted: bool = True,
    environment: Mapping[str, str] | None = None,
    **options: Any,
) -> AsyncIterator[Editor]:
    """A server whose user lives in `home`, in the workspace `root`."""
    own = {**user(home), **(environment or {})}
    async with await Editor.start(COMMAND, environment=own, stderr=subprocess.DEVNULL) as editor:
        folders = [str(root)] if trusted else []
        options = {"interpreter": sys.executable, "trustedFolders": folders, **options}
        await editor.initialize(root, options=options, capabilities=capabilities)
        yield editor


def user(home: Path) -> dict[str, str]:
    """The environment of a user whose library index is there already, and holds nothing."""
    cache = home / "cache" / "lacuna-ls"
    cache.mkdir(parents=True, exist_ok=True)
    if not index_path(cache).exists():
        write_index(index_path(cache), build_index(()))
    return {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "VIRTUAL_ENV": "",
    }


def descendants(pid: int) -> set[int]:
    """The processes below `pid`, from `/proc`."""
    children: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                stat = Path(entry.path, "stat").read_bytes().rpartition(b")")[2].split()
            except OSError:
                continue
            children.setdefault(int(stat[1]), []).append(int(entry.name))
    found: set[int] = set()
    left = [pid]
    while left:
        below = children.get(left.pop(), [])
        found.update(below)
        left += below
    return found


def descriptors(pid: int) -> int:
    return sum(1 for _ in os.scandir(f"/proc/{pid}/fd"))
