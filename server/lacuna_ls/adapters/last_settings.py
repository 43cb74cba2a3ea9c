"""What the user's editor had set for the model in its last session: for `lacuna-ls doctor`.

Settings live in the editor, where a terminal cannot see them. No key is among them: a key is in no
setting. The file is the user's own, and decides nothing for the server.
"""

import json
import logging
from pathlib import Path
from typing import Any

import platformdirs

from lacuna_ls.settings import Settings, read_settings

log = logging.getLogger(__name__)

_FILE = "last_settings.json"


def keep_settings(settings: Settings, folder: Path | None = None) -> None:
    """Write what is set now. Where that cannot be, the doctor has to be told."""
    path = (folder or platformdirs.user_data_path("lacuna-ls")) / _FILE
    table = {
        "model": {
            "endpoint": settings.model_endpoint,
            "name": settings.model_name,
            "chatName": settings.model_chat_name,
            "apiKeyEnvironmentVariable": settings.model_key_variable,
        },
        "interpreter": settings.interpreter,
    }
    text = json.dumps(table, indent=1)
    try:
        if path.is_file() and path.read_text("utf-8") == text:
            return
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(text, "utf-8")
    except OSError as error:
        log.info("the settings are not kept for the doctor: %s", error.strerror)


def last_settings(folder: Path | None = None) -> Settings | None:
    """What `keep_settings` wrote last; `None` if nothing can be read. Checked like any settings."""
    path = (folder or platformdirs.user_data_path("lacuna-ls")) / _FILE
    try:
        table: Any = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return read_settings(table)[0]
