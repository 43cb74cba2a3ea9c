"""Indexes of foreign code on disk: built once by a child process, then memory-mapped.

One is of the standard library of the interpreter that runs the server, the others are of what the
workspace's files import. A file's name carries everything that shapes its content, so an index of
another Python, another lexer or another version of a dependency is never read. It is written beside
its place and renamed; of servers that want the same index one builds it and the others wait, for a
lock that goes with the process that holds it.
"""

import asyncio
import contextlib
import hashlib
import os
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import platformdirs

from lacuna_ls.adapters.file_lock import locked
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
_HEADER = 5
_MOST_DEPENDENCY_INDEXES = 8


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
        await _build_in_child(path, await asyncio.to_thread(lambda: list(library_sources())))
    return await _read(path)


async def dependency_index(folder: Path, sources: Sequence[Path]) -> CorpusIndex:
    """The index of these files, by their paths, sizes and times, built first if it is not there.

    Raises:
        StoreError: it could not be built or read.
    """
    path = await asyncio.to_thread(dependencies_path, folder, sources)
    if path.is_file():
        with contextlib.suppress(OSError):
            os.utime(path)
    else:
        await _build_in_child(path, sources)
    return await _read(path)


def index_path(folder: Path) -> Path:
    python = f"{sys.implementation.cache_tag}-{sys.version_info.micro}"
    return folder / f"library-{python}-{LEXER_VERSION}-{FORMAT_VERSION}.index"


def dependencies_path(folder: Path, sources: Sequence[Path]) -> Path:
    digest = hashlib.sha256(f"{LEXER_VERSION} {FORMAT_VERSION}".encode())
    for source in sources:
        with contextlib.suppress(OSError):
            status = source.stat()
            digest.update(os.fsencode(source))
            digest.update(f"\0{status.st_mtime_ns} {status.st_size}\0".encode())
    return folder / f"dependencies-{digest.hexdigest()[:20]}.index"


def library_sources() -> Iterator[Path]:
    """Python files of the standard library that show how code is written."""
    root = Path(sysconfig.get_path("stdlib"))
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in _LEFT_OUT)
        yield from (Path(folder, file) for file in sorted(files) if file.endswith(".py"))


def write_index(path: Path, index: CorpusIndex) -> None:
    """Lay an index down under its name, whole or not at all; those it supersedes go.

    Raises:
        OSError: the folder cannot be written.
    """
    texts = _SEPARATOR.join(index.texts).encode("utf-8", "surrogatepass")
    files = _SEPARATOR.join(index.files).encode("utf-8", "surrogatepass")
    numbers = (index.tokens, index.positions, index.starts)
    sizes = [*(part.size for part in numbers), len(texts), len(files)]
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            for part in (np.array(sizes, dtype=np.int64), *numbers):
                file.write(part.tobytes())
            file.write(texts)
            file.write(files)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    for other in _superseded(path):
        # Windows keeps what another server has mapped.
        with contextlib.suppress(OSError):
            other.unlink(missing_ok=True)


def _superseded(path: Path) -> list[Path]:
    """What an older lexer made for this Python, and all but the dependencies used last."""
    library = path.parent.glob(f"library-{sys.implementation.cache_tag}-*.index")
    if path.name.startswith("library-"):
        return [other for other in library if other != path]
    used: list[tuple[float, Path]] = []
    for other in path.parent.glob("dependencies-*.index"):
        with contextlib.suppress(OSError):
            used.append((other.stat().st_mtime, other))
    newest_first = [other for _, other in sorted(used, reverse=True) if other != path]
    return newest_first[_MOST_DEPENDENCY_INDEXES - 1 :]


def read_index(path: Path) -> CorpusIndex:
    """Map an index into memory.

    Raises:
        OSError: it cannot be opened.
        ValueError: it is cut off or no index.
    """
    header = np.fromfile(path, dtype=np.int64, count=_HEADER)
    start = _HEADER * header.itemsize
    if (
        header.size != _HEADER
        or header.min() < 0
        or path.stat().st_size != start + int(header @ (4, 4, 4, 1, 1))
    ):
        raise ValueError("not a whole index")
    tokens, positions, starts, text_bytes, _ = (int(size) for size in header)
    numbers = np.memmap(
        path, dtype=np.int32, mode="r", offset=start, shape=(tokens + positions + starts,)
    )
    with path.open("rb") as file:
        file.seek(start + numbers.nbytes)
        texts, files = file.read(text_bytes), file.read()
    return CorpusIndex(
        numbers[:tokens],
        numbers[tokens : tokens + positions],
        _split(texts),
        _split(files),
        numbers[tokens + positions :],
    )


def _split(data: bytes) -> tuple[str, ...]:
    return tuple(data.decode("utf-8", "surrogatepass").split(_SEPARATOR)) if data else ()


async def _read(path: Path) -> CorpusIndex:
    return await asyncio.to_thread(_read_or_remove, path)


def _read_or_remove(path: Path) -> CorpusIndex:
    try:
        return read_index(path)
    except (OSError, ValueError) as error:
        path.unlink(missing_ok=True)
        raise StoreError(f"The index {path.name} could not be read: {error}") from error


async def _build_in_child(path: Path, sources: Sequence[Path]) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", __name__, str(path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    names = os.fsencode(_SEPARATOR.join(map(str, sources)))
    try:
        _, complaint = await child.communicate(names)
    except asyncio.CancelledError:
        child.kill()
        await child.wait()
        raise
    if child.returncode != 0:
        last = complaint.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise StoreError(f"The index {path.name} could not be built: {last or child.returncode}")


def _texts(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Files that are gone meanwhile are left out."""
    for path in paths:
        with contextlib.suppress(OSError):
            yield path, path.read_text("utf-8", "replace")


def main(path: Path, sources: Iterable[Path]) -> None:
    """Build an index, unless another server has meanwhile; what the child process runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path.with_name("indexes.lock")):
        if not path.is_file():
            write_index(path, build_index(_texts(sources)))


if __name__ == "__main__":
    given = os.fsdecode(sys.stdin.buffer.read()).split(_SEPARATOR)
    main(Path(sys.argv[1]), [Path(name) for name in given if name])
