"""A lock between processes, on a file: let go by the system when its holder ends, however it ends."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait for the lock on `path`, which is made if it is not there and left where it is.

    Raises:
        OSError: the file cannot be opened.
    """
    with path.open("a+b") as file:
        if sys.platform == "win32":
            _lock_on_windows(file.fileno())
        else:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


if sys.platform == "win32":

    def _lock_on_windows(descriptor: int) -> None:
        """`LK_LOCK` gives up after ten seconds; the lock goes when the file is closed."""
        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
            except OSError:
                continue
            return
