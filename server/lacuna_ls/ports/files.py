"""Reading the workspace."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol


class Files(Protocol):
    """Paths are real paths inside the workspace's roots."""

    def read(self, path: Path) -> bytes | None:
        """Contents, `None` if the file cannot be read or is above the size limit."""
        ...

    def signature(self, path: Path) -> tuple[int, int] | None:
        """Modification time in ns and size: equal means unchanged. `None` if there is no file."""
        ...

    def changed_at_ns(self, path: Path) -> int | None:
        """When contents or place last changed, since the epoch, by the clock of its file system."""
        ...

    def source_files(self, root: Path, suffixes: frozenset[str]) -> Iterator[Path]:
        """Files below `root` that ignore rules and secret filters let through."""
        ...
