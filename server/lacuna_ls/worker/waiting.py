"""A session that is begun ahead of its run, up to the first thing that could be told from outside.

An audit hook (PEP 578) hears of what the interpreter is about to do before it is done. As long as
that stays within the process and is none of the user's code, the session goes on; before anything
else it stops, in the middle of whatever it does, and waits for the word to go on as if nothing had
been. What it has read by then is looked at again at that moment.

What no hook tells of is kept out by replacing it for the time: reading a clock, which a plugin may
do to see how long a run takes, and starting a thread in versions that do not tell.
"""

import contextlib
import importlib.util
import os
import sys
import threading
import time
from typing import Any, Callable, Dict, FrozenSet, Iterator, List, Optional, Tuple

from . import ahead

# What pytest looks for by asking whether it is there, which no audit event tells.
CONFIGURATION = frozenset({
    "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "pyproject.toml", "tox.ini",
    "setup.cfg", "setup.py", "conftest.py", "__init__.py",
})  # fmt: skip
# Events of what stays within the process; all others are waited before.
_WITHIN = frozenset({
    "builtins.id", "code.__new__", "compile", "function.__new__", "gc.get_objects",
    "gc.get_referents", "gc.get_referrers", "glob.glob", "glob.glob/2", "marshal.load",
    "marshal.loads", "object.__delattr__", "object.__getattr__", "object.__setattr__",
    "os.putenv", "os.unsetenv", "os.walk", "pathlib.Path.glob", "pathlib.Path.rglob",
    "pickle.find_class", "socket.gethostname", "sys._current_frames", "sys._getframe",
    "sys._getframemodulename", "sys.addaudithook", "sys.set_asyncgen_hooks_finalizer",
    "sys.set_asyncgen_hooks_firstiter", "sys.unraisablehook",
})  # fmt: skip
_CODE = (".py", ".pyc", ".so", ".pyd", ".dylib", ".dll", ".zip", ".egg", ".whl")
# Kept in memory by the kernel; another at each look.
_OF_THE_SYSTEM = ("/proc/", "/sys/", "/dev/")
_CLOCKS = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC
_UNNAMED = getattr(os, "O_TMPFILE", 0)
_OWN = os.path.dirname(__file__) + os.sep


class Waiting:
    """The session's side; `go_on` waits for the word, and does not return if it does not come."""

    def __init__(self, root: str, targets: List[str], go_on: "Callable[[Waiting], None]") -> None:
        self._root = root
        self._go_on = go_on
        self._going = False
        self._looking = False
        self._read: Dict[str, Any] = {}
        self._listed: Dict[str, Any] = {}
        self._beside = {folder: _names(folder) for folder in _own_folders(root, targets)}
        self._configuration = {
            folder: _configuration(folder) for folder in (*self._beside, *_above(root))
        }
        self._replaced: List[Tuple[Dict[str, Any], str, Any, Any]] = []
        self._known: FrozenSet[str] = frozenset()

    def begin(self) -> None:
        """Stop, from now on, before the first thing that could be told."""
        self._known = frozenset(sys.modules)
        self._replace_clocks()
        sys.addaudithook(self._hook())

    def reach(self) -> None:
        """Wait here, unless that has been done."""
        if self._going:
            return
        self._looking = self._going = True
        self._put_back()
        self._go_on(self)

    def current(self) -> bool:
        """Whether all that the session has seen so far is still as it was."""
        return (
            all(_stamp(path) == stamp for path, stamp in self._read.items())
            and all(_names(folder) == names for folder, names in self._listed.items())
            and all(_names(folder) == names for folder, names in self._beside.items())
            and all(_configuration(f) == stamps for f, stamps in self._configuration.items())
        )

    def _hook(self) -> Callable[[str, Tuple[Any, ...]], None]:
        within, hear = _WITHIN, self._hear
        waiting = self

        def hook(event: str, arguments: Tuple[Any, ...]) -> None:
            if waiting._going or event in within or waiting._looking:
                return
            hear(event, arguments)

        return hook

    def _hear(self, event: str, arguments: Tuple[Any, ...]) -> None:
        self._looking = True
        try:
            within = self._stays_within(event, arguments)
        finally:
            self._looking = False
        if not within:
            self.reach()

    def _stays_within(self, event: str, arguments: Tuple[Any, ...]) -> bool:
        if event == "open":
            return self._opens(*arguments)
        if event in ("os.listdir", "os.scandir"):
            return self._lists(arguments[0])
        if event == "exec":
            return self._is_foreign(getattr(arguments[0], "co_filename", ""))
        if event == "import":
            return not isinstance(arguments[1], str) or self._is_foreign(arguments[1])
        return event == "os.remove" and _tries_out_folders()

    def _opens(self, path: Any, mode: Any, flags: Any) -> bool:
        if not isinstance(path, (str, bytes)):
            return True  # a descriptor, opened before
        name = os.path.abspath(os.fsdecode(path))
        if name == os.devnull:
            return True
        if _writes(mode, flags):
            # A folder can be opened so for a file without a name only.
            return os.path.isdir(name) or _tries_out_folders()
        if name.startswith(_OF_THE_SYSTEM):
            return True
        stamp = self._read.setdefault(name, _stamp(name))
        if name.endswith(".pyc"):
            with contextlib.suppress(ValueError):
                source = importlib.util.source_from_cache(name)
                self._read.setdefault(source, _stamp(source))
        return stamp is None or not name.endswith(_CODE) or self._is_foreign(name)

    def _lists(self, folder: Any) -> bool:
        if not isinstance(folder, int):
            name = os.path.abspath(os.fsdecode(folder or "."))
            if not ahead.is_foreign(name + os.sep, self._root):
                self._listed.setdefault(name, _names(name))
        return True

    def _is_foreign(self, path: str) -> bool:
        """Whether it is no code of the user's; what is made of strings is of who makes it."""
        return path.startswith(("<", _OWN)) or not path or ahead.is_foreign(path, self._root)

    def _replace_clocks(self) -> None:
        """Reading one is waited before, unless the library or pytest does it for itself."""
        start = getattr(threading, "_start_new_thread", None)
        if start is not None:
            self._set(vars(threading), "_start_new_thread", self._before(start, always=True))
        reading = {}
        for name in _CLOCKS:
            clock = getattr(time, name)
            reading[id(clock)] = self._before(clock)
        for module in [time, *sys.modules.values()]:
            path = getattr(module, "__file__", None)
            if module is time or (isinstance(path, str) and not _is_of_the_library(path)):
                for name, value in list(vars(module).items()):
                    if id(value) in reading:
                        self._set(vars(module), name, reading[id(value)])

    def _set(self, variables: Dict[str, Any], name: str, value: Any) -> None:
        self._replaced.append((variables, name, variables[name], value))
        variables[name] = value

    def _before(self, function: Any, *, always: bool = False) -> Any:
        def waited(*arguments: Any, **named: Any) -> Any:
            if always or not _is_of_the_library(sys._getframe(1).f_code.co_filename):
                self.reach()
            return function(*arguments, **named)

        return waited

    def _put_back(self) -> None:
        for variables, name, value, stand_in in self._replaced:
            if variables.get(name) is stand_in:
                variables[name] = value
        taken = {id(stand_in): value for _, _, value, stand_in in self._replaced}
        for key in set(sys.modules) - self._known:
            # What was imported meanwhile may have taken them.
            variables = getattr(sys.modules.get(key), "__dict__", {})
            for name, value in list(variables.items()):
                if id(value) in taken:
                    variables[name] = taken[id(value)]


def _writes(mode: Any, flags: Any) -> bool:
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return bool(isinstance(flags, int) and flags & _WRITING)


def _tries_out_folders() -> bool:
    """`tempfile` looks for a folder to write in by writing, once in each process."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if code.co_name == "_get_default_tempdir" and code.co_filename.endswith("tempfile.py"):
            return True
        frame = frame.f_back
    return False


def _is_of_the_library(path: str) -> bool:
    return path.startswith(("<frozen", _OWN)) or "-packages" not in path or _is_of_pytest(path)


def _is_of_pytest(path: str) -> bool:
    folders = path.replace(os.sep, "/")
    return any("-packages/" + name + "/" in folders for name in ("_pytest", "pytest", "pluggy"))


def _own_folders(root: str, targets: List[str]) -> Iterator[str]:
    """The root and all folders on the way to the targets."""
    yield root
    for target in targets:
        folder = os.path.join(root, target.partition("::")[0])
        while len(folder) > len(root):
            yield folder
            folder = os.path.dirname(folder)


def _above(root: str) -> Iterator[str]:
    folder = os.path.dirname(root)
    while folder != os.path.dirname(folder):
        yield folder
        folder = os.path.dirname(folder)
    yield folder


def _names(folder: str) -> Optional[FrozenSet[str]]:
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return None


def _configuration(folder: str) -> Tuple[Any, ...]:
    return tuple(_stamp(os.path.join(folder, name)) for name in sorted(CONFIGURATION))


def _stamp(path: str) -> Any:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
