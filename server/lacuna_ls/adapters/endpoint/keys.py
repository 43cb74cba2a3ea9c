"""Where the key of an endpoint is looked up: never in a setting, a file of a repository, or a log.

The variable that the user has named comes first. Else it is what the editor keeps (an editor with a
store for secrets gives it to the server in an environment variable of our own), or what the
system's keyring holds under `lacuna-ls` and the endpoint's host.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from lacuna_ls.adapters.endpoint.address import host_of

log = logging.getLogger(__name__)

EDITORS_VARIABLE = "LACUNA_MODEL_KEY"
SERVICE = "lacuna-ls"


@dataclass(frozen=True, slots=True)
class Key:
    """`source` says in words where it was found; `value` is empty where there is none."""

    value: str
    source: str

    def __repr__(self) -> str:
        return f"Key({self.source})"


def key_for(endpoint: str, variable: str, environment: Mapping[str, str]) -> Key:
    """The key for an endpoint. A variable that the user has named is the only place then."""
    if variable:
        value = environment.get(variable, "")
        return Key(value, f"{variable} is set" if value else f"{variable} is not set")
    if value := environment.get(EDITORS_VARIABLE, ""):
        return Key(value, "kept by the editor")
    if value := _from_keyring(host_of(endpoint)):
        return Key(value, "in the system's keyring")
    return Key("", "none")


def _from_keyring(host: str) -> str:
    """Empty without a keyring; asking a locked one is the system's own matter."""
    try:
        keyring: Any = import_module("keyring")
    except ImportError:
        return ""
    try:
        value = keyring.get_password(SERVICE, host)
    except Exception as error:  # noqa: BLE001 - each backend has errors of its own
        log.info("the keyring cannot be read: %s", type(error).__name__)
        return ""
    return value if isinstance(value, str) else ""
