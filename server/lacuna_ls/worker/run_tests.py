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
from .confinement import Confinement
from .messages import TESTS, Done, Loaded, NoFramework, Request, Unseen, encode, frame, write_all

_MAX_LOADED = 10_000


class Contents(NamedTuple):
    """`data` stands in place of the file at `path`."""

    path: str
    data: bytes


class Channel:
    """Frames from the process that was forked to run tests, and from no fork of it."""

    def __init__(self, fd: int, mute: bool = False) -> None:
        self._fd = fd
        self._pid = 0 if mute else os.getpid()

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


def import_installed(modules: Sequence[str]) -> None:
    """Import what lies in site-packages or the standard library, so that forks need not."""
    for name in modules:
        if _is_installed(name):
            try:
                __import__(name)
            except Exception:
                continue  # whoever needs it will say so in its own way


def _import_plugins() -> None:
    from importlib.metadata import distributions

    import_installed(
        [
            entry.value.partition(":")[0]
            for distribution in distributions()
            for entry in distribution.entry_points
            if entry.group == "pytest11"
        ]
    )


def _is_installed(module: str) -> bool:
    """Whether it is not the user's own code, as an editable install is."""
    import importlib.util

    try:
        spec = importlib.util.find_spec(module.partition(".")[0])
    except (ImportError, ValueError):
        return False
    origin = spec.origin if spec is not None else None
    return origin is not None and _is_foreign(origin)


def _is_foreign(origin: str) -> bool:
    folders = os.path.normpath(origin).split(os.sep)
    return (
        origin in ("built-in", "frozen")
        or "site-packages" in folders
        or "dist-packages" in folders
        or os.path.dirname(os.__file__)
        == os.path.commonpath([os.path.dirname(os.__file__), origin])
    )


def run(request: Request, overlays: Sequence[Contents], place: Confinement, fd: int) -> None:
    """The tests as the terminal runs them."""
    channel = Channel(fd)
    guard.limit_run(request.cpu_s, request.memory_bytes, request.threads)
    if overlays:
        place.enter(request.memory_bytes)
        _see(overlays, channel)
    if request.facts:
        # Nobody asked for this run: it leaves nothing that the next report of coverage would take.
        os.environ["COVERAGE_FILE"] = os.path.join(request.scratch, "coverage")
    _pytest(request, channel, [], candidate=bool(overlays or request.facts))


def rehearse(request: Request, overlays: Sequence[Contents], place: Confinement, fd: int) -> None:
    """Collect the user's tests and name the installed modules which that took; does not return."""
    channel = Channel(fd)
    _silence()
    guard.limit_run(request.cpu_s, request.memory_bytes, request.threads)
    place.enter(request.memory_bytes)
    before = set(sys.modules)
    _see(overlays, Channel(fd, mute=True))
    _pytest(request, Channel(fd, mute=True), ["--collect-only"], candidate=True)
    loaded = [name for name, module in sys.modules.items() if name not in before and module]
    channel.send(Loaded([name for name in loaded if _is_installed(name)][:_MAX_LOADED]))
    os._exit(0)


def screen(request: Request, overlays: Sequence[Contents], place: Confinement, fd: int) -> None:
    """The tests up to the first red one, with a candidate in place; does not return."""
    channel = Channel(fd)
    _silence()
    guard.limit_run(request.cpu_s, request.memory_bytes, request.threads)
    place.enter(request.memory_bytes)
    _see(overlays, channel)
    _pytest(request, channel, ["--exitfirst", "--tb=line"], candidate=True, leave=True)
    os._exit(0)


def _silence() -> None:
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    os.close(sink)


def _see(overlays: Sequence[Contents], channel: Channel) -> None:
    from . import overlay

    contents = {os.path.realpath(o.path): o.data for o in overlays}
    overlay.install(contents, lambda program: channel.send(Unseen(program)))


def _pytest(
    request: Request,
    channel: Channel,
    arguments: List[str],
    *,
    candidate: bool,
    leave: bool = False,
) -> None:
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
    from .pytest_plugin import InOneProcess, Leave, Reporter

    arguments = [
        "-o", "cache_dir=" + os.path.join(request.scratch, "cache"),
        *request.arguments, *arguments, *request.targets,
    ]  # fmt: skip
    _be_pytest(arguments)
    reporter = Reporter(channel.send, request.root, request.doctests, request.trace, request.facts)
    plugins: List[Any] = [reporter]
    if candidate:
        plugins.append(InOneProcess())
    if leave:
        plugins.append(Leave(channel.send, request.nonce))
    exit_code = pytest.main(arguments, plugins=plugins)
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
