"""Which Python a folder's tests run in: looked up by path, nothing is executed to find it."""

import base64
import hashlib
import os
import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

_PROGRAMS = ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe")
_LOCAL_FOLDERS = (".venv", "venv")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """`reason` says in words where it was found.

    `from_workspace` is true if the program lies in the workspace: it is the repository's then, and
    must not be started before the workspace is trusted.
    """

    path: Path
    reason: str
    from_workspace: bool


def interpreter_for(
    root: Path, path: Path, setting: str = "", environment: Mapping[str, str] = os.environ
) -> Interpreter | None:
    """The interpreter for `path`, a file or folder in the workspace `root`; `None` if there is none.

    `setting` is the user's own choice and is taken as it is: a program, or an environment's folder.
    """
    folder = path if path.is_dir() else path.parent
    for program, reason in _found(folder, root, setting, environment):
        return Interpreter(program, reason, _inside(program, root))
    return None


def program_on_path(
    name: str, root: Path, environment: Mapping[str, str] = os.environ
) -> Path | None:
    """A program that the user has on the PATH; none that lies in the workspace `root`."""
    folders = environment.get("PATH", os.defpath).split(os.pathsep)
    own = [each for each in folders if Path(each).is_absolute() and not _inside(Path(each), root)]
    found = shutil.which(name, path=os.pathsep.join(own))
    return None if found is None or _inside(Path(found), root) else Path(found)


def _found(
    folder: Path, root: Path, setting: str, environment: Mapping[str, str]
) -> Iterator[tuple[Path, str]]:
    if setting:
        # A wrong setting is an error to show, not a reason to take another interpreter.
        chosen = _chosen(root, setting, environment)
        if chosen is not None:
            yield chosen, "set by lacuna.interpreter"
        return
    yield from _environment(environment.get("VIRTUAL_ENV"), "VIRTUAL_ENV is set")
    levels = [level for level in (folder, *folder.parents) if level.is_relative_to(root)]
    for level in levels:
        for name in _LOCAL_FOLDERS:
            yield from _environment(level / name, f"{name} in {level.name}")
        yield from _of_tools(level, environment)
    yield from _environment(environment.get("CONDA_PREFIX"), "CONDA_PREFIX is set")
    for name in ("python3", "python"):
        program = shutil.which(name, path=environment.get("PATH", os.defpath))
        if program is not None:
            yield Path(program), f"{name} on the PATH"


def _chosen(root: Path, setting: str, environment: Mapping[str, str]) -> Path | None:
    path = root / Path(setting).expanduser()
    if path.is_dir():
        return _program(path)
    if _runnable(path):
        return path
    found = shutil.which(setting, path=environment.get("PATH", os.defpath))
    return Path(found) if found and not os.path.dirname(setting) else None  # noqa: PTH120


def _of_tools(level: Path, environment: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Environments that a project manager keeps for the project in `level`."""
    if (level / "uv.lock").is_file() and (name := environment.get("UV_PROJECT_ENVIRONMENT")):
        yield from _environment(level / name, "the environment of uv")
    if (level / "poetry.lock").is_file():
        for folder in _poetry_folders(level, environment):
            yield from _environment(folder, "the environment of poetry")
    if (level / ".pdm-python").is_file():
        yield from _of_pdm(level)
    for name in (".conda", "env", "conda"):
        if (level / name / "conda-meta").is_dir():
            yield from _environment(level / name, f"the conda environment {name}")


def _poetry_folders(level: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    """Poetry names an environment by the project, a hash of its path, and the Python version."""
    name = _project_name(level / "pyproject.toml")
    if name is None:
        return
    cache = environment.get("POETRY_CACHE_DIR") or platformdirs.user_cache_path("pypoetry")
    folder = environment.get("POETRY_VIRTUALENVS_PATH") or Path(cache) / "virtualenvs"
    sanitized = re.sub(r'[ $`!*@"\\\r\n\t]', "_", name.lower())[:42]
    digest = hashlib.sha256(os.path.normcase(level.resolve()).encode()).digest()
    prefix = f"{sanitized}-{base64.urlsafe_b64encode(digest).decode()[:8]}-py"
    try:
        found = [each for each in Path(folder).iterdir() if each.name.startswith(prefix)]
    except OSError:
        return
    yield from sorted(found, key=lambda each: each.stat().st_mtime_ns, reverse=True)


def _of_pdm(level: Path) -> Iterator[tuple[Path, str]]:
    """What `.pdm-python` names, if it is an environment of this project or one that pdm keeps.

    The file lies in the repository, so it may not name just any program.
    """
    try:
        named = Path((level / ".pdm-python").read_text("utf-8").strip())
    except (OSError, UnicodeDecodeError):
        return
    kept = platformdirs.user_data_path("pdm", appauthor=False) / "venvs"
    ours = any(Path(os.path.normpath(named)).is_relative_to(each) for each in (level, kept))
    if ours and named.is_absolute() and _runnable(named):
        yield named, "the environment of pdm"


def _project_name(pyproject: Path) -> str | None:
    try:
        tables = tomllib.loads(pyproject.read_text("utf-8"))
        name = tables.get("project", {}).get("name") or tables["tool"]["poetry"]["name"]
    except (
        OSError,
        UnicodeDecodeError,
        tomllib.TOMLDecodeError,
        LookupError,
        TypeError,
        AttributeError,
    ):
        return None
    return name if isinstance(name, str) else None


def _environment(folder: str | Path | None, reason: str) -> Iterator[tuple[Path, str]]:
    program = _program(Path(folder)) if folder else None
    if program is not None:
        yield program, reason


def _program(environment: Path) -> Path | None:
    """The interpreter of a virtual or conda environment; its own link, which carries its packages."""
    return next((p for name in _PROGRAMS if _runnable(p := environment / name)), None)


def _runnable(path: Path) -> bool:
    try:
        return path.is_file() and os.access(path, os.X_OK)
    except (OSError, ValueError):
        return False


def _inside(path: Path, root: Path) -> bool:
    """By its name or by what it links to: either is the repository's."""
    named = Path(os.path.normpath(path))
    return named.is_relative_to(root) or path.resolve().is_relative_to(root)
