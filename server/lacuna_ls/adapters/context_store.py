"""What tests executed, on disk: one file a project, replaced atomically, in the cache folder.

It can be rebuilt, so whatever is wrong with a file or its folder is a line in the log.
"""

import contextlib
import logging
import os
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from lacuna_ls.adapters.index_files import cache_folder

log = logging.getLogger(__name__)

FORMAT_VERSION = 1
_MOST_BYTES = 32 << 20
_MOST_FILES = 32
_OF_A_WINDOW = (
    "_", "ALACRITTY", "CHROME", "COLOR", "COLUMNS", "DBUS", "DESKTOP", "DISPLAY", "ELECTRON", "EMACS",
    "GIO_", "GNOME", "INSIDE_EMACS", "INVOCATION", "JOURNAL", "KITTY", "LINES", "LS_COLORS", "NVIM",
    "OLDPWD", "PWD", "SHLVL", "SSH_", "SYSTEMD", "TERM", "TMUX", "VIM", "VSCODE", "VTE", "WAYLAND",
    "WEZTERM", "WINDOW", "XDG_",
)  # fmt: skip


class FileContextStore:
    """The port `ContextStore` over a folder, by default below the user's cache folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or cache_folder() / f"contexts-{FORMAT_VERSION}"

    def load(self, key: str) -> bytes | None:
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("what tests executed could not be read: %s", error.strerror)
            return None

    def save(self, key: str, data: bytes) -> None:
        if len(data) > _MOST_BYTES:
            log.warning("what tests executed is not kept: %d bytes", len(data))
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _replace(self._path(key), data)
            self._make_room()
        except OSError as error:
            log.warning("what tests executed could not be kept: %s", error.strerror)

    def installed(self, interpreter: Path) -> str:
        said = [str(interpreter), *map(_stamp, _places(interpreter)), *_variables()]
        return sha256("\0".join(said).encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def _path(self, key: str) -> Path:
        return self._folder / sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:32]

    def _make_room(self) -> None:
        """Leave the files that were written last."""
        files = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        for path in files[:-_MOST_FILES]:
            path.unlink(missing_ok=True)


def _replace(path: Path, data: bytes) -> None:
    """Write beside and rename: at any moment the old file or the new one is there."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def _places(interpreter: Path) -> Iterator[Path]:
    """The program, what makes its environment, and the folders whose entries are its packages."""
    yield interpreter
    prefix = interpreter.parent.parent
    yield prefix / "pyvenv.cfg"
    for packages in sorted(prefix.glob("lib*/python*/*-packages")):
        yield packages
        yield from sorted(packages.glob("*.pth"))


def _variables() -> Iterator[str]:
    """The environment without what differs from one window or login to the next."""
    for name in sorted(os.environ):
        if not name.startswith(_OF_A_WINDOW):
            yield f"{name}={os.environ[name]}"


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return "-"
    return f"{path}:{status.st_mtime_ns}:{status.st_size}"
