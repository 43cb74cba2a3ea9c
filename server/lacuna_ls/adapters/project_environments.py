"""Environments that project managers keep for a folder, found by their own files.

What lies in the repository may choose among the environments that the user has, by name; it cannot
name just any program. Nothing is executed. Sources: the documentation of each tool on where it
keeps environments (poetry `env`, pdm `venv`, uv projects, conda `environments.txt`, pyenv
`.python-version`), and poetry's `EnvManager.generate_env_name`.
"""

import base64
import hashlib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import platformdirs

_PROGRAMS = ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe")
_MOST_BYTES = 1 << 20
_NAME = re.compile(r"(?!\.)[\w.+-]+")
_CONDA_FOLDERS = (".conda", "env", "conda")
_CONDA_FILES = ("environment.yml", "environment.yaml")

Found = Iterator[tuple[Path, str]]


def environments_of(level: Path, environment: Mapping[str, str]) -> Found:
    """Programs, with why: those of the environments kept for the project in `level`."""
    if (level / "uv.lock").is_file() and (name := environment.get("UV_PROJECT_ENVIRONMENT")):
        yield from _with_python(level / name, "the environment of uv")
    project = _toml(level / "pyproject.toml")
    if (level / "poetry.lock").is_file() or _table(project, "tool", "poetry"):
        for folder in _of_poetry(level, project, environment):
            yield from _with_python(folder, "the environment of poetry")
    if (level / ".pdm-python").is_file():
        yield from _of_pdm(level)
    for name in _CONDA_FOLDERS:
        if (level / name / "conda-meta").is_dir():
            yield from _with_python(level / name, f"the conda environment {name}")
    for file in _CONDA_FILES:
        for folder in _of_conda(level / file, environment):
            yield from _with_python(folder, f"the conda environment {folder.name}")


def version_in(file: Path, environment: Mapping[str, str]) -> Found:
    """The first Python of pyenv's or uv's that a `.python-version` or pyenv's own file names."""
    for name in _text(file).splitlines():
        yield from version_named(name, environment)


def version_named(names: str, environment: Mapping[str, str]) -> Found:
    """Those of pyenv and uv that have this name, as in `PYENV_VERSION`; one as good as the next."""
    for name in (name.strip() for name in names.split(":")):
        if _NAME.fullmatch(name):
            for folder in _versions(name, environment):
                yield from _with_python(folder, f"pyenv's or uv's {folder.name}")


def python_in(environment: Path) -> Path | None:
    """The interpreter of a virtual or conda environment; its own link, which carries its packages."""
    return next((p for name in _PROGRAMS if runnable(p := environment / name)), None)


def runnable(path: Path) -> bool:
    try:
        return path.is_file() and os.access(path, os.X_OK)
    except (OSError, ValueError):
        return False


def _of_poetry(level: Path, project: Any, environment: Mapping[str, str]) -> Iterator[Path]:
    """Poetry names an environment by the project, a hash of its path, and the Python version.

    Which of several `poetry env use` has chosen stands in `envs.toml` beside them.
    """
    name = _table(project, "project").get("name") or _table(project, "tool", "poetry").get("name")
    if not isinstance(name, str):
        return
    cache = environment.get("POETRY_CACHE_DIR") or platformdirs.user_cache_path("pypoetry")
    kept = Path(environment.get("POETRY_VIRTUALENVS_PATH") or Path(cache) / "virtualenvs")
    sanitized = re.sub(r'[ $`!*@"\\\r\n\t]', "_", name.lower())[:42]
    digest = hashlib.sha256(os.path.normcase(level.resolve()).encode()).digest()
    base = f"{sanitized}-{base64.urlsafe_b64encode(digest).decode()[:8]}"
    used = _table(_toml(kept / "envs.toml"), base).get("minor")
    if isinstance(used, str) and _NAME.fullmatch(used):
        yield kept / f"{base}-py{used}"
    yield from _newest_first(kept, f"{base}-py")


def _newest_first(folder: Path, prefix: str) -> list[Path]:
    try:
        found = [each for each in folder.iterdir() if each.name.startswith(prefix)]
        return sorted(found, key=lambda each: each.stat().st_mtime_ns, reverse=True)
    except OSError:
        return []


def _of_pdm(level: Path) -> Found:
    """What `.pdm-python` names, if it is an environment of this project or one that pdm keeps."""
    named = Path(_text(level / ".pdm-python").strip())
    kept = platformdirs.user_data_path("pdm", appauthor=False) / "venvs"
    ours = any(Path(os.path.normpath(named)).is_relative_to(each) for each in (level, kept))
    if ours and named.is_absolute() and runnable(named):
        yield named, "the environment of pdm"


def _of_conda(file: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    """The environment that an `environment.yml` names, among those that conda knows of."""
    named = re.search(r"(?m)^name:[ \t]*['\"]?([\w.+-]+)", _text(file))
    if named is None:
        return
    home = Path(environment.get("HOME") or Path.home())
    for line in _text(home / ".conda" / "environments.txt").splitlines():
        folder = Path(line.strip())
        if folder.is_absolute() and folder.name == named[1] and (folder / "conda-meta").is_dir():
            yield folder


def _versions(name: str, environment: Mapping[str, str]) -> Iterator[Path]:
    """The folders of a version, the newest of those that a prefix such as `3.12` stands for."""
    home = Path(environment.get("HOME") or Path.home())
    pyenv = Path(environment.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    uv = Path(environment.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python")
    yield pyenv / name
    for folder, prefix in ((pyenv, name), (uv, name), (uv, f"cpython-{name}")):
        yield from sorted(_of_prefix(folder, prefix), key=_numbers, reverse=True)


def _of_prefix(folder: Path, prefix: str) -> list[Path]:
    try:
        return [
            each for each in folder.iterdir() if re.match(rf"{re.escape(prefix)}[.-]", each.name)
        ]
    except OSError:
        return []


def _numbers(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", folder.name)]


def _with_python(folder: Path, reason: str) -> Found:
    program = python_in(folder)
    if program is not None:
        yield program, reason


def _text(path: Path) -> str:
    """What a file says; nothing if it is none, or is larger than any that these tools write."""
    try:
        if path.is_file() and path.stat().st_size <= _MOST_BYTES:
            return path.read_text("utf-8")
    except (OSError, ValueError):
        pass
    return ""


def _toml(path: Path) -> Any:
    try:
        return tomllib.loads(_text(path))
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _table(value: Any, *names: str) -> dict[str, Any]:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
