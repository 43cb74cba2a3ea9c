"""The settings of pytest that say where tests are, read from a project's own files."""

import tomllib
from configparser import ConfigParser, Error
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lacuna_ls.ports.files import Files

# In the order in which pytest looks; the first file that has the table counts.
_INI = (
    ("pytest.ini", "pytest"),
    (".pytest.ini", "pytest"),
    ("pyproject.toml", ""),
    ("tox.ini", "pytest"),
    ("setup.cfg", "tool:pytest"),
)


@dataclass(frozen=True, slots=True)
class PytestConfig:
    """`python_files` are patterns of file names, `testpaths` folders relative to the root.

    `addopts` are the arguments that every run gets, split at blanks.
    """

    python_files: tuple[str, ...] = ()
    testpaths: tuple[str, ...] = ()
    addopts: tuple[str, ...] = ()


def read_pytest_config(root: Path, files: Files) -> PytestConfig:
    """The project's settings, empty where it has none or its files cannot be read."""
    for name, section in _INI:
        data = files.read(root / name)
        if data is None:
            continue
        text = data.decode("utf-8", "replace")
        table = _toml_table(text) if name.endswith(".toml") else _ini_table(text, section)
        if table is not None:
            names = "python_files", "testpaths", "addopts"
            return PytestConfig(*(_words(table.get(name)) for name in names))
    return PytestConfig()


def _toml_table(text: str) -> dict[str, Any] | None:
    try:
        pytest = tomllib.loads(text).get("tool", {}).get("pytest")
    except (tomllib.TOMLDecodeError, AttributeError, RecursionError):
        return None
    if not isinstance(pytest, dict):
        return None
    # pytest 9 takes its settings from `[tool.pytest]` itself.
    table = pytest.get("ini_options", pytest)
    return table if isinstance(table, dict) else None


def _ini_table(text: str, section: str) -> dict[str, Any] | None:
    parser = ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except (Error, ValueError):
        return None
    return dict(parser[section]) if parser.has_section(section) else None


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(value.split())
    if isinstance(value, list):
        return tuple(word for word in value if isinstance(word, str))
    return ()
