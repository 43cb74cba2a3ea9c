"""Packages that the embedded model is measured on: source distributions, their own modules only.

Fetched by pip and kept in the user's cache folder. Nothing of them is installed or run by us; pip asks
a package's build backend, in an environment of its own, what it is called. Vendored copies of other
packages are removed: what others wrote is in the index, or is not this author's. So are tests,
documentation and build scripts: what is left is what a wheel would hold.
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from lacuna_ls.adapters.index_files import cache_folder

_REMOVED = frozenset(
    {
        "_vendor", "vendor", "_vendored", "vendored", "third_party", "extern", "_distutils",
        "test", "tests", "_tests", "doc", "docs", "example", "examples", "bench", "benchmark", "benchmarks",
        "script", "scripts", "tools", "tasks", "requirements", "build", ".github",
    }
)  # fmt: skip


def unpacked(requirement: str) -> Path:
    """The folder of a package `NAME==VERSION`, fetched once."""
    folder = cache_folder().resolve() / "benchmarks" / "sources" / requirement
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        name = requirement.partition("==")[0]
        command = ["download", "-q", "--no-deps", "--no-binary", name, "-d", temporary]
        subprocess.run([sys.executable, "-m", "pip", *command, requirement], check=True)
        whole = Path(temporary, "whole")
        _unpack(next(path for path in Path(temporary).iterdir() if path.is_file()), whole)
        (inner,) = whole.iterdir()
        _keep_modules(inner)
        shutil.move(inner, folder)
    return folder


def sources(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def _unpack(archive: Path, folder: Path) -> None:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as zipped:
            zipped.extractall(folder)
    else:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")


def _keep_modules(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_dir() and path.name in _REMOVED:
            shutil.rmtree(path)
    for path in folder.glob("*.py"):
        if path.name in ("setup.py", "noxfile.py", "conftest.py", "tasks.py"):
            path.unlink()
