"""What the forked test process does: limits, contents in place of files, then pytest.

The verdict is that of `python -m pytest TARGETS` in the root. Nothing is added to pytest's
configuration but its cache folder: results of runs that the user did not start must not change
what `--last-failed` does in the terminal.
"""

import os
import sys
import types
from typing import Any, List, NamedTuple, Sequence

from . import guard
from .messages import TESTS, Done, NoFramework, Request, encode, frame, write_all


class Contents(NamedTuple):
    """`data` stands in place of the file at `path`."""

    path: str
    data: bytes


class Channel:
    """Frames from the process that was forked to run tests, and from no fork of it."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._pid = os.getpid()

    def send(self, message: Any) -> None:
        if os.getpid() == self._pid:
            write_all(self._fd, frame(TESTS, encode(message)))


def warm_up() -> None:
    """Import pytest and its installed plugins, nothing of the user's."""
    try:
        from _pytest.assertion.rewrite import AssertionRewritingHook
        from _pytest.config import default_plugins
    except ImportError:
        return
    for name in default_plugins:
        __import__("_pytest." + name)
    if "PYTEST_DISABLE_PLUGIN_AUTOLOAD" not in os.environ:
        _import_plugins()
    hook: Any = AssertionRewritingHook
    # It would warn that these plugins are there before it could rewrite their assertions, and
    # under `-W error` the warning is an error.
    hook._warn_already_imported = lambda self, name: None


def _import_plugins() -> None:
    from importlib.metadata import distributions

    for distribution in distributions():
        for entry in distribution.entry_points:
            if entry.group == "pytest11" and _is_installed(entry.value):
                try:
                    __import__(entry.value.partition(":")[0])
                except Exception:
                    continue  # pytest will report it in its own way


def _is_installed(module: str) -> bool:
    """Whether it lies in site-packages; an editable install is the user's own code."""
    import importlib.util

    try:
        spec = importlib.util.find_spec(module.partition(".")[0].partition(":")[0])
    except (ImportError, ValueError):
        return False
    folders = os.path.normpath(spec.origin or "").split(os.sep) if spec is not None else []
    return "site-packages" in folders or "dist-packages" in folders


def run(request: Request, overlays: Sequence[Contents], fd: int) -> None:
    """The tests as the terminal runs them."""
    channel = Channel(fd)
    guard.limit_run(request.cpu_s, request.memory_bytes, request.processes)
    if overlays:
        _see(overlays)
    _pytest(request, channel, [])


def screen(request: Request, overlays: Sequence[Contents], fd: int) -> None:
    """The tests up to the first red one, with a candidate in place; does not return."""
    channel = Channel(fd)
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    guard.limit_run(request.cpu_s, request.memory_bytes, request.processes)
    guard.limit_candidate(request.memory_bytes)
    _see(overlays)
    _pytest(request, channel, ["--exitfirst", "--tb=line"])
    os._exit(0)


def _see(overlays: Sequence[Contents]) -> None:
    from . import overlay

    overlay.install({os.path.realpath(o.path): o.data for o in overlays})


def _pytest(request: Request, channel: Channel, arguments: List[str]) -> None:
    # As `python -m` does, unless the user has switched it off.
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, request.root)
    try:
        import pytest
    except ModuleNotFoundError as error:
        if error.name != "pytest":
            raise
        channel.send(NoFramework(sys.executable))
        return
    from .pytest_plugin import Reporter

    arguments = [
        "-o", "cache_dir=" + os.path.join(request.scratch, "cache"),
        *request.arguments, *arguments, *request.targets,
    ]  # fmt: skip
    _be_pytest(arguments)
    reporter = Reporter(channel.send, request.root, request.doctests, request.trace)
    exit_code = pytest.main(arguments, plugins=[reporter])
    reporter.close()
    channel.send(Done(request.nonce, int(exit_code)))


def _be_pytest(arguments: List[str]) -> None:
    """`__main__` and `sys.argv` as tests see them under `python -m pytest`."""
    import importlib.util

    spec = importlib.util.find_spec("pytest.__main__")
    assert spec is not None
    main = types.ModuleType("__main__")
    main.__spec__ = spec
    main.__file__ = spec.origin
    main.__package__ = "pytest"
    sys.modules["__main__"] = main
    sys.argv[:] = [str(spec.origin), *arguments]
