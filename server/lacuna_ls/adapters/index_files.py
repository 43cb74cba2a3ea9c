"""Index of the standard library on disk: built once by a child process, then memory-mapped.

The library is that of the interpreter that runs the server. A file's name carries everything that
shapes its content, so an index of another Python or another lexer is never read. It is written
beside its place and renamed, so that servers which build at the same time do not disturb each other.
"""

import asyncio
import contextlib
import os
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import platformdirs

from lacuna_ls.domain.errors import StoreError
from lacuna_ls.model.corpus import FORMAT_VERSION, CorpusIndex, build_index
from lacuna_ls.model.lexer import LEXER_VERSION

_LEFT_OUT = frozenset(
    {
        "test", "tests", "idle_test", "site-packages", "dist-packages", "idlelib", "lib2to3",
        "turtledemo", "encodings", "pydoc_data", "ensurepip", "__pycache__",
    }
)  # fmt: skip
_SEPARATOR = "\0"


def cache_folder() -> Path:
    return Path(platformdirs.user_cache_dir("lacuna-ls", appauthor=False))


async def library_index(folder: Path) -> CorpusIndex:
    """The standard library's index from `folder`, built there first if it is not.

    Cancelling kills the build.

    Raises:
        StoreError: it could not be built or read.
    """
    path = index_path(folder)
    if not path.is_file():
        await _build_in_child(folder)
    try:
        return await asyncio.to_thread(read_index, path)
    except (OSError, ValueError) as error:
        path.unlink(missing_ok=True)
        raise StoreError(f"The library index {path.name} could not be read: {error}") from error


def index_path(folder: Path) -> Path:
    python = f"{sys.implementation.cache_tag}-{sys.version_info.micro}"
    return folder / f"library-{python}-{LEXER_VERSION}-{FORMAT_VERSION}.index"


def library_sources() -> Iterator[Path]:
    """Python files of the standard library that show how code is written."""
    root = Path(sysconfig.get_path("stdlib"))
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in _LEFT_OUT)
        yield from (Path(folder, file) for file in sorted(files) if file.endswith(".py"))


def write_index(path: Path, index: CorpusIndex) -> None:
    """Lay an index down under its name, whole or not at all; older ones of this Python go.

    Raises:
        OSError: the folder cannot be written.
    """
    texts = _SEPARATOR.join(index.texts).encode("utf-8", "surrogatepass")
    header = np.array([index.tokens.size, index.positions.size, len(texts)], dtype=np.int64)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            for part in (header, index.tokens, index.positions):
                file.write(part.tobytes())
            file.write(texts)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    for other in path.parent.glob(f"library-{sys.implementation.cache_tag}-*.index"):
        if other != path:
            # Windows keeps what another server has mapped.
            with contextlib.suppress(PermissionError):
                other.unlink(missing_ok=True)


def read_index(path: Path) -> CorpusIndex:
    """Map an index into memory.

    Raises:
        OSError: it cannot be opened.
        ValueError: it is cut off or no index.
    """
    header = np.fromfile(path, dtype=np.int64, count=3)
    if header.size != 3 or header.min() < 0 or path.stat().st_size != 24 + int(header @ (4, 4, 1)):
        raise ValueError("not a whole index")
    token_count, position_count, _ = (int(size) for size in header)
    numbers = np.memmap(
        path, dtype=np.int32, mode="r", offset=24, shape=(token_count + position_count,)
    )
    with path.open("rb") as file:
        file.seek(24 + numbers.nbytes)
        texts = file.read()
    return CorpusIndex(
        numbers[:token_count],
        numbers[token_count:],
        tuple(texts.decode("utf-8", "surrogatepass").split(_SEPARATOR)) if texts else (),
    )


async def _build_in_child(folder: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", __name__, str(folder),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        _, complaint = await child.communicate()
    except asyncio.CancelledError:
        child.kill()
        await child.wait()
        raise
    if child.returncode != 0:
        last = complaint.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise StoreError(f"The library index could not be built: {last or child.returncode}")


def main(folder: Path) -> None:
    """Build the index for this interpreter; what the child process runs."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = (path.read_text("utf-8", "replace") for path in library_sources())
    write_index(index_path(folder), build_index(sources))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
