"""Contents that imports see in place of files, the disk left as it is.

Two ways lead from a source file to code. Plain imports go through `importlib`'s `SourceLoader`,
which compiles what `get_data` gives unless `path_stats` vouches for a cached `.pyc`; test modules
go through pytest's assertion rewriter, which reads and caches for itself. Both are taught here,
in a process that is forked for one run. `linecache` gets the contents too, so that tracebacks and
doctests show the lines that ran.
"""

import ast
import linecache
import os
import shutil
import sys
from importlib.machinery import SourceFileLoader
from typing import Any, Callable, Dict, Mapping


def install(contents: Mapping[str, bytes], unseen: Callable[[str], None]) -> None:
    """Show `contents`, by real path, to every import that follows in this process.

    `unseen` is told of each Python that is started, to which they are not shown.
    """
    sys.addaudithook(lambda event, arguments: _watch_programs(unseen, event, arguments))
    # A `.pyc` of contents that are on no disk must not be left behind.
    sys.dont_write_bytecode = True
    files = _Files(contents)
    _teach_loader(files)
    _teach_rewriter(files)
    for path, data in contents.items():
        lines = _decoded(data).splitlines(True)
        linecache.cache[path] = (len(data), None, lines, path)


def _watch_programs(unseen: Callable[[str], None], event: str, arguments: Any) -> None:
    if event not in ("subprocess.Popen", "os.exec", "os.posix_spawn"):
        return
    program, words = arguments[0], arguments[1]
    first = words if isinstance(words, (str, bytes)) else next(iter(words or ()), "")
    for name in (program, first):
        if name and _is_python(os.fsdecode(name)):
            unseen(os.fsdecode(name))


def _is_python(program: str) -> bool:
    """By name, or a script that begins with the name of one."""
    path = shutil.which(program) or program
    if os.path.basename(os.path.realpath(path)).startswith(("python", "pypy")):
        return True
    try:
        with open(path, "rb") as file:
            first = file.readline(200)
    except (OSError, ValueError):
        return False
    return first.startswith(b"#!") and b"python" in first


class _Files:
    """Contents by any spelling of their path."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents
        self._real: Dict[str, str] = {}

    def get(self, path: Any) -> "bytes | None":
        name = os.fspath(path)
        real = self._real.get(name)
        if real is None:
            real = self._real[name] = os.path.realpath(name)
        return self._contents.get(real)


def _teach_loader(files: _Files) -> None:
    loader: Any = SourceFileLoader
    get_data, path_stats = loader.get_data, loader.path_stats

    def get_data_overlaid(self: Any, path: str) -> bytes:
        data = files.get(path)
        return get_data(self, path) if data is None else data

    def path_stats_overlaid(self: Any, path: str) -> Any:
        if files.get(path) is not None:
            # `get_code` then neither reads nor writes a `.pyc`.
            raise OSError("shown in place of a file")
        return path_stats(self, path)

    loader.get_data, loader.path_stats = get_data_overlaid, path_stats_overlaid


def _teach_rewriter(files: _Files) -> None:
    try:
        from _pytest.assertion import rewrite
    except ImportError:
        return
    hook: Any = rewrite.AssertionRewritingHook
    exec_module = hook.exec_module

    def exec_module_overlaid(self: Any, module: Any) -> None:
        origin = module.__spec__.origin
        data = files.get(origin)
        if data is None:
            exec_module(self, module)
            return
        tree = ast.parse(data, filename=origin)
        rewrite.rewrite_asserts(tree, data, origin, self.config)
        exec(compile(tree, origin, "exec", dont_inherit=True), module.__dict__)

    hook.exec_module = exec_module_overlaid


def _decoded(data: bytes) -> str:
    from importlib.util import decode_source

    try:
        return decode_source(data)
    except (SyntaxError, UnicodeDecodeError):
        return data.decode("utf-8", "replace")
