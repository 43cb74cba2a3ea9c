"""Interpreters of this machine besides the one that runs the tests, and environments of theirs."""

import shutil
import subprocess
import sysconfig
from collections.abc import Sequence
from functools import cache
from itertools import chain
from pathlib import Path

VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
TOO_OLD = ("2.7", "3.7", "3.8")
# What pytest needs, in Python alone; before 3.11 it needs more than is installed here.
PYTEST = ("pytest", "_pytest", "py.py", "pluggy", "iniconfig", "packaging", "pygments")
SERVED_BY_OURS = ("3.11", "3.12", "3.13", "3.14")


@cache
def interpreter(version: str) -> Path | None:
    """A Python of this version, on the PATH or among those of pyenv."""
    pyenv = shutil.which("pyenv")
    kept = (
        Path(pyenv).resolve().parents[1].glob(f"versions/{version}.*/bin/python") if pyenv else ()
    )
    for program in chain([shutil.which(f"python{version}")], map(str, kept)):
        if program and _says(program, "'%d.%d' % sys.version_info[:2]") == version:
            return Path(_says(program, "sys.executable"))
    return None


def environment(folder: Path, python: Path, packages: Sequence[str] = ()) -> Path:
    """The interpreter of a new environment in `folder`, with links to `packages` of ours."""
    version = _says(str(python), "'%d.%d' % sys.version_info[:2]")
    site = folder / "lib" / f"python{version}" / "site-packages"
    site.mkdir(parents=True)
    base = _says(str(python), "sys.base_prefix")
    (folder / "pyvenv.cfg").write_text(
        f"home = {base}/bin\ninclude-system-site-packages = false\nversion = {version}\n"
    )
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(python)
    ours = Path(sysconfig.get_path("purelib"))
    for name in packages:
        for found in chain([ours / name], ours.glob(f"{name}-*.dist-info")):
            (site / found.name).symlink_to(found)
    return folder / "bin" / "python"


def has_module(python: Path, name: str) -> bool:
    return _says(str(python), f"__import__({name!r}).__name__") == name


def _says(program: str, expression: str) -> str:
    command = [program, "-c", f"import sys; print({expression})"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    return told.stdout.strip()
