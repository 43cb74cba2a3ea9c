"""Between URIs and paths, and the rule that a path must lie inside the workspace.

`file` URIs of both worlds are understood on both: `file:///c%3A/x` and `file://host/share` become
Windows paths only where the server runs on Windows.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from urllib.parse import quote, unquote_to_bytes, urlsplit

from lacuna_ls.domain.errors import OutsideWorkspaceError

# A cell is a document of its own; its URI is that of the notebook, but for scheme and fragment.
_CELL = re.compile(r"vscode-notebook-cell://[^/]*(?=/)|vscode-notebook-cell:(?=/)")
_DRIVE = re.compile(r"/[A-Za-z]:(?=/|$)")


def path_of(uri: str) -> Path | None:
    """The path that a `file` URI names; `None` for other schemes, NUL and what is no URI."""
    pure = pure_path_of(uri, windows=os.name == "nt")
    return None if pure is None else Path(pure)


def home_of(uri: str) -> Path | None:
    """The file that a document is kept in: its own, or the notebook that it is a cell of."""
    cell = _CELL.match(uri)
    return path_of("file://" + uri[cell.end() :].partition("#")[0] if cell else uri)


def pure_path_of(uri: str, *, windows: bool) -> PurePath | None:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme.lower() != "file" or parts.query or parts.fragment:
        return None
    text = os.fsdecode(unquote_to_bytes(parts.path))
    if "\0" in text or not text.startswith("/"):
        return None
    if not windows:
        return PurePosixPath(text) if parts.netloc in ("", "localhost") else None
    if parts.netloc and parts.netloc != "localhost":
        return PureWindowsPath(f"//{parts.netloc}{text}")
    if not _DRIVE.match(text):
        return None
    return PureWindowsPath(text[1].upper() + text[2:] + ("/" if len(text) == 3 else ""))


def uri_of(path: PurePath) -> str:
    """The `file` URI of an absolute path."""
    text = os.fsencode(path.as_posix())
    if isinstance(path, PureWindowsPath):
        if text.startswith(b"//"):
            return "file:" + quote(text, safe="/")
        return f"file:///{chr(text[0]).lower()}%3A" + quote(text[2:], safe="/")
    return "file://" + quote(text, safe="/")


def inside(path: Path, roots: Iterable[Path]) -> Path:
    """The real path, links followed.

    Raises:
        OutsideWorkspaceError: it lies in none of `roots`, which are real paths.
    """
    try:
        real = path.resolve()
    except (OSError, RuntimeError) as error:
        raise OutsideWorkspaceError(f"{path.name} cannot be resolved") from error
    if not any(real.is_relative_to(root) for root in roots):
        raise OutsideWorkspaceError(f"{path.name} lies outside the workspace")
    return real
