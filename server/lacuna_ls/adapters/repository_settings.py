"""The table that a repository's own files hold for Lacuna."""

import logging
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

_MOST_BYTES = 1 << 20


def repository_settings(root: Path) -> Mapping[str, Any]:
    """`lacuna.toml`, or `[tool.lacuna]` of `pyproject.toml`; empty if neither can be read.

    A file that is not TOML is somebody else's to report: it is noted in the log alone.
    """
    own = _table(root / "lacuna.toml")
    if own:
        return own
    tools = _table(root / "pyproject.toml").get("tool")
    table = tools.get("lacuna") if isinstance(tools, dict) else None
    return table if isinstance(table, dict) else {}


def _table(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.loads(file.read(_MOST_BYTES).decode("utf-8"))
    except OSError:
        return {}
    except (ValueError, RecursionError) as error:
        log.info("%s is not read: %s", path.name, type(error).__name__)
        return {}
