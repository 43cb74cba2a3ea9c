"""Where the sources of installed packages lie: looked up by path, nothing is executed to find them.

Links out of an environment are not followed: what a repository's own points to elsewhere stays unread.
"""

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

MOST_BYTES = 9 << 20
"""Of source, over all packages: an index of about 25 MB, built in some four seconds."""

_LARGEST_FILE = 300_000
_FOLDERS = ("site-packages", "dist-packages")
_LEFT_OUT = frozenset(
    {
        "test", "tests", "testing", "_vendor", "vendor", "_vendored", "vendored", "third_party",
        "extern", "migrations", "locale", "__pycache__",
    }
)  # fmt: skip
_VERSION = re.compile(r"python(3\.\d+)")


def installed_sources(python: Path, modules: Collection[str]) -> list[Path]:
    """Source files of packages that an interpreter can import, by their top-level names.

    Files of one package stand together; what would exceed `MOST_BYTES` is left out, the largest
    packages first.
    """
    folders = list(_package_folders(python))
    packages: list[tuple[int, list[Path]]] = []
    for module in sorted(set(modules)):
        found = next((sources for folder in folders if (sources := _sources(folder, module))), [])
        if found:
            packages.append((sum(size for _, size in found), [path for path, _ in found]))
    chosen: list[Path] = []
    left = MOST_BYTES
    for size, paths in sorted(packages):
        if size > left:
            break
        chosen += paths
        left -= size
    return sorted(chosen)


def _package_folders(python: Path) -> Iterator[Path]:
    """Real paths of an environment's package folders; none that lies outside of it."""
    prefix = python.parent.parent.resolve()
    versions = {match[1] for name in _names(python) if (match := _VERSION.search(name))}
    libraries = sorted(prefix.glob("lib*/python3*"), reverse=True)
    # Debian keeps the packages of all its versions in `python3`.
    exact = [each for each in libraries if each.name.removeprefix("python") in {*versions, "3"}]
    own = exact if versions else libraries
    folders = [library / name for library in own for name in _FOLDERS]
    # Windows: an environment has its program in `Scripts`, an installation at its root.
    root = prefix if python.parent.name.lower() in ("scripts", "bin") else python.parent.resolve()
    folders += [root / "Lib" / name for name in _FOLDERS]
    for folder in dict.fromkeys(each.resolve() for each in folders):
        if folder.is_relative_to(prefix):
            yield folder


def _names(python: Path) -> list[str]:
    """A program's own name, and the name of what it links to."""
    try:
        return [python.name, python.resolve().name]
    except OSError:
        return [python.name]


def _sources(folder: Path, module: str) -> list[tuple[Path, int]]:
    """The files of a top-level module with their sizes; empty if it is not in this folder."""
    single = folder / f"{module}.py"
    candidates = _walked(folder / module) if (folder / module).is_dir() else [single]
    found: list[tuple[Path, int]] = []
    for path in candidates:
        try:
            size = path.lstat().st_size
        except OSError:
            continue
        if size <= _LARGEST_FILE and not path.is_symlink():
            found.append((path, size))
    return found


def _walked(package: Path) -> Iterator[Path]:
    if package.is_symlink():
        return
    for folder, names, files in os.walk(package):
        names[:] = sorted(name for name in names if name not in _LEFT_OUT)
        yield from (Path(folder, file) for file in sorted(files) if file.endswith(".py"))
