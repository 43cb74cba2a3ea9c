"""What the user's editor had set in its last session: for commands in a terminal.

Settings live in the editor, where a terminal cannot see them. The model is the user's everywhere, an
interpreter that of the folders it was set in. No key is among them: a key is in no setting. The file
is the user's own, and decides nothing for the server.
"""

import json
import logging
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs

from lacuna_ls.settings import Settings, read_settings

log = logging.getLogger(__name__)

_FILE = "last_settings.json"
_MOST_FOLDERS = 100


def keep_settings(
    settings: Settings, roots: Iterable[Path] = (), folder: Path | None = None
) -> None:
    """Write what is set now, in these roots. Where that cannot be, the doctor has to be told."""
    path = (folder or platformdirs.user_data_path("lacuna-ls")) / _FILE
    now = {str(root): settings.interpreter for root in roots}
    others = {root: set_ for root, set_ in _interpreters(_table(path)).items() if root not in now}
    known = [(root, set_) for root, set_ in (others | now).items() if set_]
    table = {
        "model": {
            "endpoint": settings.model_endpoint,
            "name": settings.model_name,
            "chatName": settings.model_chat_name,
            "apiKeyEnvironmentVariable": settings.model_key_variable,
        },
        "interpreters": dict(known[-_MOST_FOLDERS:]),
    }
    text = json.dumps(table, indent=1)
    try:
        if path.is_file() and path.read_text("utf-8") == text:
            return
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(text, "utf-8")
    except OSError as error:
        log.info("the settings are not kept for the doctor: %s", error.strerror)


def last_settings(target: Path, folder: Path | None = None) -> Settings | None:
    """What was set last, as it holds for a folder or file; checked like any settings.

    `None` if nothing can be read.
    """
    table = _table((folder or platformdirs.user_data_path("lacuna-ls")) / _FILE)
    if table is None:
        return None
    inside = [
        (len(Path(root).parts), set_)
        for root, set_ in _interpreters(table).items()
        if target.is_relative_to(root)
    ]
    settings, _ = read_settings({"model": table.get("model")})
    own, _ = read_settings({"interpreter": max(inside)[1] if inside else None})
    return replace(settings, interpreter=own.interpreter)


def _table(path: Path) -> dict[str, Any] | None:
    try:
        table: Any = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return table if isinstance(table, dict) else None


def _interpreters(table: dict[str, Any] | None) -> dict[str, str]:
    found = (table or {}).get("interpreters")
    if not isinstance(found, dict):
        return {}
    return {root: set_ for root, set_ in found.items() if isinstance(set_, str)}
