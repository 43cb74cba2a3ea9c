"""Which Python a folder's tests run in: looked up by path, nothing is executed to find it."""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lacuna_ls.adapters.project_environments import (
    environments_of,
    python_in,
    runnable,
    version_in,
    version_named,
)

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
    conda = environment.get("CONDA_PREFIX")
    if environment.get("CONDA_DEFAULT_ENV", "base") != "base":
        yield from _environment(conda, "CONDA_PREFIX is set")
    levels = [level for level in (folder, *folder.parents) if level.is_relative_to(root)]
    for level in levels:
        for name in _LOCAL_FOLDERS:
            yield from _environment(level / name, f"{name} in {level.name}")
        yield from environments_of(level, environment)
    yield from version_named(environment.get("PYENV_VERSION", ""), environment)
    for level in levels:
        yield from version_in(level / ".python-version", environment)
    yield from _environment(conda, "CONDA_PREFIX is set")
    for name in ("python3", "python"):
        program = shutil.which(name, path=environment.get("PATH", os.defpath))
        if program is not None:
            if Path(program).parent.name == "shims":
                yield from version_in(Path(program).parents[1] / "version", environment)
            yield Path(program), f"{name} on the PATH"


def _chosen(root: Path, setting: str, environment: Mapping[str, str]) -> Path | None:
    path = root / Path(setting).expanduser()
    if path.is_dir():
        return python_in(path)
    if runnable(path):
        return path
    found = shutil.which(setting, path=environment.get("PATH", os.defpath))
    return Path(found) if found and not os.path.dirname(setting) else None  # noqa: PTH120


def _environment(folder: str | Path | None, reason: str) -> Iterator[tuple[Path, str]]:
    program = python_in(Path(folder)) if folder else None
    if program is not None:
        yield program, reason


def _inside(path: Path, root: Path) -> bool:
    """By its name or by what it links to: either is the repository's."""
    named = Path(os.path.normpath(path))
    return named.is_relative_to(root) or path.resolve().is_relative_to(root)
