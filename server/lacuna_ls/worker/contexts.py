"""Which code each test executes: the code objects of the user's own files, and the files it opens.

What runs while tests are collected or for a fixture of a wider scope than one test runs for all
tests of the process; so such a process runs one file of tests. `sys.monitoring` (3.12 and later)
tells once of a code object; before that, `sys.settrace` hears of calls and follows no frame.

A test is *not proven* where this is not all that it depends on: it starts a process, takes its
inputs at random, or somebody else traces it.
"""

import os
import sys
import threading
from typing import Any, Callable, Dict, FrozenSet, Iterator, List, Sequence, Set, Tuple

import pytest

from .ahead import is_foreign
from .records import Executed

_SUFFIXES = (".py", ".pyw")
_PROCESSES = frozenset(
    ("subprocess.Popen", "os.system", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn",
     "os.exec", "pty.spawn")
)  # fmt: skip
_STARTED_UNHEARD = ("multiprocessing.popen_spawn_posix", "multiprocessing.popen_forkserver")
_LISTINGS = frozenset(("os.listdir", "os.scandir"))
_WRITING = os.O_WRONLY | os.O_RDWR
_FRAMEWORK = frozenset(("_pytest", "pluggy"))
_PASSED_OVER = frozenset(
    ("os", "pathlib", "glob", "fnmatch", "shutil", "contextlib", "io", "codecs", "importlib",
     "tempfile", "tokenize", "linecache", "inspect", "traceback", "logging", "functools",
     "collections", "_lacuna_worker", "zipfile", "configparser", "types")
)  # fmt: skip
_MOST_NAMED = 1_000
_MOST_OPENED = 1_000
_STARTS_A_PROCESS = "it starts a process"
_TRACED = "something else traces it"


class _Context:
    """What was seen while one test, or what all tests share, was running."""

    def __init__(self) -> None:
        self.code: Dict[int, Any] = {}
        self.opened: Set[str] = set()
        self.unproven = ""


class Recorder:
    """Hears from now on, up to `close`."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._cwd = os.getcwd()
        self._real: Dict[str, str] = {}
        self._numbers: Dict[Tuple[str, int, str], int] = {}
        self._shared = _Context()
        self._current = self._shared
        self._listening = True
        monitoring = getattr(sys, "monitoring", None)
        free = [t for t in (4, 3) if monitoring.get_tool(t) is None] if monitoring else []
        self._ears: Any = _Monitoring(self._heard, monitoring, free[0]) if free else _Settrace(self)
        sys.addaudithook(self._audited)
        self._ears.start()

    def test_begins(self) -> None:
        self._current = _Context()
        self._ears.again()

    def test_ends(self) -> Tuple[_Context, List[Tuple[str, int, str]], List[int]]:
        """The test's context, the code that is named for the first time, the numbers of its code."""
        context, self._current = self._current, self._shared
        self._check(context)
        new, numbers = self._numbered(context)
        self._ears.again()
        return context, new, numbers

    def for_all(self) -> Callable[[], None]:
        """What runs up to a call of the result runs for all tests."""
        before, self._current = self._current, self._shared
        self._ears.again()

        def end() -> None:
            self._current = before

        return end

    def close(self) -> Tuple[_Context, List[Tuple[str, int, str]], List[int]]:
        """Hear no more; what all tests share."""
        if not self._ears.alive():
            self._shared.unproven = _TRACED
        self._ears.stop()
        self._listening = False
        for module in list(sys.modules.values()):
            path = getattr(module, "__file__", None)
            if isinstance(path, str) and not path.endswith((*_SUFFIXES, ".pyc")) and self.own(path):
                self._shared.opened.add(self.own(path))
        new, numbers = self._numbered(self._shared)
        return self._shared, new, numbers

    def own(self, filename: str) -> str:
        """The real path of a file of the user's, else empty."""
        known = self._real.get(filename)
        if known is None:
            real = (
                "" if filename[:1] == "<" else os.path.realpath(os.path.join(self._cwd, filename))
            )
            if not real.startswith(self._root + os.sep) or is_foreign(real, self._root):
                real = ""
            known = self._real[filename] = real
        return known

    def calls(self, frame: Any, event: str, argument: Any) -> None:
        """A trace function that is for calls alone."""
        code = frame.f_code
        own = self._real.get(code.co_filename)
        # Most code is not the user's; what takes long here makes each of its calls take longer.
        if own != "":
            self._heard(code)

    def _heard(self, code: Any) -> None:
        own = self._real.get(code.co_filename)
        if own is None:
            own = self.own(code.co_filename)
        if own:
            self._current.code[id(code)] = code

    def _numbered(self, context: _Context) -> Tuple[List[Tuple[str, int, str]], List[int]]:
        new: List[Tuple[str, int, str]] = []
        numbers: Set[int] = set()
        for code in list(context.code.values()):
            path = self.own(code.co_filename)
            if not path.endswith(_SUFFIXES):
                context.opened.add(path)  # such as a template that was compiled
                continue
            key = path, max(code.co_firstlineno - 1, 0), code.co_name
            if key not in self._numbers:
                self._numbers[key] = len(self._numbers)
                new.append(key)
            numbers.add(self._numbers[key])
        return new, sorted(numbers)

    def _check(self, context: _Context) -> None:
        if not context.unproven and not self._ears.alive():
            context.unproven = _TRACED
        if not context.unproven and any(name in sys.modules for name in _STARTED_UNHEARD):
            context.unproven = _STARTS_A_PROCESS

    def _audited(self, event: str, arguments: Tuple[Any, ...]) -> None:
        if not self._listening:
            return
        if event == "open":
            self._opens(*arguments)
        elif event in _PROCESSES:
            self._current.unproven = _STARTS_A_PROCESS
        elif event in _LISTINGS:
            self._note(arguments[0] if arguments[0] is not None else ".")

    def _opens(self, path: Any, mode: Any, flags: Any) -> None:
        if isinstance(mode, str) and mode[:1] in "wax":
            return
        if mode is None and isinstance(flags, int) and flags & _WRITING:
            return
        self._note(path)

    def _note(self, path: Any) -> None:
        if isinstance(path, int):
            return
        name = os.fsdecode(path)
        if name.endswith(".pyc") or "__pycache__" in name:
            return
        # Not kept by name: it depends on the folder that the process is in.
        real = os.path.realpath(name)
        inside = real == self._root or real.startswith(self._root + os.sep)
        if inside and not is_foreign(real, self._root) and not _by_framework():
            self._current.opened.add(real)


def _by_framework() -> bool:
    """Whether pytest or the import system looks at a file, and not the code under test."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib._bootstrap"):
            return True
        top = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if top not in _PASSED_OVER:
            return top in _FRAMEWORK
        frame = frame.f_back
    return True


class _Settrace:
    def __init__(self, recorder: Recorder) -> None:
        self._calls = recorder.calls  # one object, so that it can be told from others
        self._before: Any = None

    def start(self) -> None:
        self._before = sys.gettrace()
        threading.settrace(self._calls)
        sys.settrace(self._calls)

    def again(self) -> None:
        """Each call is heard."""

    def alive(self) -> bool:
        # greenlets have trace functions of their own
        return sys.gettrace() is self._calls and "greenlet" not in sys.modules

    def stop(self) -> None:
        if sys.gettrace() is self._calls:
            sys.settrace(self._before)
            threading.settrace(self._before)


class _Monitoring:
    def __init__(self, heard: Callable[[Any], None], monitoring: Any, tool: int) -> None:
        self._heard = heard
        self._monitoring = monitoring
        self._tool = tool

    def start(self) -> None:
        monitoring, events = self._monitoring, self._monitoring.events
        monitoring.use_tool_id(self._tool, "lacuna")
        for event in (events.PY_START, events.PY_RESUME):
            monitoring.register_callback(self._tool, event, self._on_start)
        monitoring.set_events(self._tool, events.PY_START | events.PY_RESUME)
        self.again()

    def again(self) -> None:
        self._monitoring.restart_events()

    def alive(self) -> bool:
        events = self._monitoring.events
        wanted: int = events.PY_START | events.PY_RESUME
        return bool(self._monitoring.get_events(self._tool) == wanted)

    def stop(self) -> None:
        self._monitoring.set_events(self._tool, 0)
        self._monitoring.free_tool_id(self._tool)

    def _on_start(self, code: Any, offset: int) -> Any:
        self._heard(code)
        return self._monitoring.DISABLE


class Contexts:
    """The plugin that sends an `Executed` for each test, and one for all of them."""

    def __init__(
        self, send: Callable[[Any], None], own_id: Callable[[str], str], root: str
    ) -> None:
        self._send = send
        self._own_id = own_id
        self._recorder = Recorder(root)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        self._recorder.test_begins()
        yield
        context, new, numbers = self._recorder.test_ends()
        if not context.unproven and _is_generated(item):
            context.unproven = "its inputs are drawn at random"
        self._tell(self._own_id(item.nodeid), context, new, numbers)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        if fixturedef.scope == "function":
            yield
            return
        end = self._recorder.for_all()
        yield
        end()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: Any, nextitem: Any) -> Iterator[None]:
        if nextitem is not None and nextitem.parent is item.parent:
            yield
            return
        end = self._recorder.for_all()
        yield
        end()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        self._tell("", *self._recorder.close())

    def _tell(
        self, test_id: str, context: _Context, new: List[Tuple[str, int, str]], numbers: List[int]
    ) -> None:
        for start in range(0, len(new), _MOST_NAMED):
            self._send(Executed(test_id, new[start : start + _MOST_NAMED], [], [], ""))
        if len(context.opened) > _MOST_OPENED:
            context.opened.clear()
            context.unproven = "it reads more files than are kept account of"
        self._send(Executed(test_id, [], numbers, sorted(context.opened), context.unproven))


class Only:
    """Leaves tests out, as if there were none, but those of some ids, or all of some files.

    `ids` is asked once all tests are there; if it names none, nothing is left out.
    """

    def __init__(self, ids: Callable[[], Sequence[str]], own_id: Callable[[str], str]) -> None:
        self._ids = ids
        self._own_id = own_id

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: List[Any]) -> None:
        wanted = frozenset(self._ids())
        if wanted:
            items[:] = [item for item in items if self._is_one_of(wanted, item)]

    def _is_one_of(self, wanted: FrozenSet[str], item: Any) -> bool:
        own = self._own_id(item.nodeid)
        return own in wanted or own.partition("::")[0] in wanted


def _is_generated(item: Any) -> bool:
    """Whether Hypothesis or its like chooses the inputs."""
    return hasattr(getattr(item, "function", None), "hypothesis")
