"""Where it is kept what tests executed, beyond a session."""

from pathlib import Path
from typing import Protocol


class ContextStore(Protocol):
    """Texts by key. What cannot be read is as if it had never been written; so is what cannot be."""

    def load(self, key: str) -> bytes | None:
        """What was last kept under `key`, whole, or nothing."""
        ...

    def save(self, key: str, data: bytes) -> None:
        """Replace what is kept under `key`."""
        ...

    def installed(self, interpreter: Path) -> str:
        """A stamp of an interpreter, its packages and its environment: equal means unchanged."""
        ...
