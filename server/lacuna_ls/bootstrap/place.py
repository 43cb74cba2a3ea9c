"""The machine as the features see it: its clock, its files, the Python that runs a file's tests."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lacuna_ls.adapters.interpreters import interpreter_for, program_on_path
from lacuna_ls.adapters.workspace_files import RunFiles, WorkspaceFiles
from lacuna_ls.domain.errors import RunnerError
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.syntax.languages import by_path

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SystemClock:
    def monotonic_s(self) -> float:
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class FilesNow:
    """The `Files` of the folders and settings that hold now: `now` gives those for a path."""

    now: Callable[[Path], RunFiles]

    def read(self, path: Path) -> bytes | None:
        return self.now(path).read(path)

    def signature(self, path: Path) -> tuple[int, int] | None:
        return self.now(path).signature(path)

    def changed_at_ns(self, path: Path) -> int | None:
        return self.now(path).changed_at_ns(path)

    def source_files(self, root: Path, suffixes: frozenset[str]) -> Iterator[Path]:
        return self.now(root).source_files(root, suffixes)


@lru_cache(maxsize=1)
def run_files(roots: tuple[Path, ...]) -> RunFiles:
    return RunFiles(roots)


def files_for(server: LacunaServer, path: Path) -> WorkspaceFiles:
    return _workspace_files(server.roots, server.settings_in(server.root_of(path)).ignore)


@lru_cache(maxsize=16)
def _workspace_files(roots: tuple[Path, ...], ignore: tuple[str, ...]) -> WorkspaceFiles:
    return WorkspaceFiles(roots, ignore)


def interpreter_of(root: Path, path: Path, setting: str) -> Path:
    language = by_path(path)
    if language is not None and language.interpreter is not None:
        # Where there is none the runner says so, once there is something to run.
        return program_on_path(language.interpreter, root) or Path(language.interpreter)
    found = interpreter_for(root, path, setting)
    if found is None:
        raise RunnerError(
            f"lacuna.interpreter is {setting!r}, where no Python is"
            if setting
            else "found no Python to run tests with; lacuna.interpreter can name one"
        )
    log.info("tests of %s run in %s", root.name, found.reason)
    return found.path
