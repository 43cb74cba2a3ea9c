"""Which files `lacuna-ls check` was given, and the project that each belongs to.

A file's project is the nearest folder above it that holds what projects begin with. Its tests run
there, as those of a folder that is open in an editor.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lacuna_ls.adapters.workspace_files import RunFiles
from lacuna_ls.syntax.languages import by_path, languages

_PROJECT_FILES = (
    ".git",
    "lacuna.toml",
    "package.json",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "tox.ini",
)


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A source file and its project, real paths; `named` if it was given itself, not its folder."""

    path: Path
    root: Path
    named: bool


@dataclass(frozen=True, slots=True)
class Given:
    """What is to be checked; `wrong` says of each path that cannot be why, in a sentence."""

    files: tuple[GivenFile, ...]
    wrong: tuple[str, ...]

    @property
    def roots(self) -> tuple[Path, ...]:
        return tuple(dict.fromkeys(file.root for file in self.files))


def given_files(paths: Sequence[str], here: Path) -> Given:
    """The files that `paths` mean, seen from the folder `here`: those of folders, too."""
    files: dict[Path, GivenFile] = {}
    wrong: list[str] = []
    for name in paths:
        try:
            path = (here / name).resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            wrong.append(f"{name}: there is no such file or folder")
            continue
        if path.is_dir():
            for file in _below(path, here):
                files.setdefault(file.path, file)
        elif not path.is_file() or path.suffix not in _suffixes():
            wrong.append(f"{name}: not a source file of a language whose tests can run here")
        else:
            files[path] = GivenFile(path, project_of(path, here), named=True)
    return Given(tuple(files.values()), tuple(wrong))


def project_of(path: Path, here: Path) -> Path:
    """The project of a file, or of a folder: at worst `here` if that is above it, or its folder."""
    folder = path if path.is_dir() else path.parent
    for level in (folder, *folder.parents):
        if any(os.path.lexists(level / name) for name in _PROJECT_FILES):
            return level
    here = here.resolve()
    return here if folder.is_relative_to(here) else folder


def shown_path(path: Path, here: Path) -> str:
    """The path as it is printed: relative to `here` where it lies below it, with slashes."""
    here = here.resolve()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()


def _below(folder: Path, here: Path) -> Iterator[GivenFile]:
    # From the project's top, because its ignore rules hold further down, too.
    top = project_of(folder, here)
    for path in RunFiles([top]).source_files(top, _suffixes()):
        if path.is_relative_to(folder):
            real = path.resolve()
            yield GivenFile(real, project_of(real, here), named=False)


@cache
def _suffixes() -> frozenset[str]:
    tested = (language for language in languages() if language.test_runner is not None)
    return frozenset(suffix for language in tested for suffix in language.suffixes)


def is_source(path: Path) -> bool:
    """Whether the name is that of a source file, which no report may replace."""
    return by_path(path) is not None
