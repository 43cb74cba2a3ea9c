"""The server's own record of which folders may run code."""

from pathlib import Path
from typing import Protocol


class TrustStore(Protocol):
    """Paths are compared after `resolve()`; a folder inside a trusted folder is trusted."""

    def trusted(self, path: Path) -> bool: ...

    def grant(self, folder: Path) -> None: ...

    def withdraw(self, folder: Path) -> None: ...
