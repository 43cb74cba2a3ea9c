"""Imports ahead of the runs: what a worker may hold that its forks then need not load.

Only installed modules, never the user's own code, and only where importing early cannot be told
from importing late: `learn` names what a run imported under such conditions, `prepare` repeats
that in the worker and looks for traces which an import left outside its own modules. What fails
either test is left to the runs.
"""

import importlib.machinery
import importlib.util
import logging
import os
import random
import signal
import sys
import threading
import types
import warnings
from itertools import chain
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Set, Tuple

from . import rewriting

_MAX_LEARNT = 2_000
_STDLIB = os.path.dirname(os.__file__)
_OWN = os.path.dirname(__file__) + os.sep
_Stamp = Optional[Tuple[int, int, int]]


def prepare(
    root: str, modules: Sequence[Tuple[str, str]], avoid: Sequence[str], *, forks: bool = True
) -> str:
    """Import pytest, its installed plugins and `modules`; the name of one that left traces, or "".

    Threads count as traces of a process that `forks`. After a name was returned this process is
    not fit for runs.
    """
    if "pytest" in avoid:
        return ""
    safe_path = getattr(sys.flags, "safe_path", False)
    if not safe_path:
        # What stands in the root goes before what is installed, as it does under `python -m`.
        sys.path.insert(0, root)
    spoilt_by = ""
    with rewriting.of_plugins():
        for name, origin in chain(_pytest_modules(), modules):
            if name in sys.modules or name in avoid:
                continue
            if not _imported_without_traces(name, origin, root) or (forks and not forks_safely()):
                spoilt_by = name
                break
    if not safe_path:
        sys.path.remove(root)
    _let_rewriter_be(frozenset(sys.modules))
    return spoilt_by


def _pytest_modules() -> Iterator[Tuple[str, str]]:
    """Pytest, its own plugins, and those that the environment or their entry points name."""
    yield "pytest", ""
    if "pytest" not in sys.modules:
        return
    from _pytest.config import default_plugins

    for name in default_plugins:
        yield "_pytest." + name, ""
    for name in filter(None, os.environ.get("PYTEST_PLUGINS", "").split(",")):
        yield name.strip(), ""
    if "PYTEST_DISABLE_PLUGIN_AUTOLOAD" in os.environ:
        return
    from importlib.metadata import distributions

    for distribution in distributions():
        for entry in distribution.entry_points:
            if entry.group == "pytest11":
                yield entry.value.partition(":")[0], ""


def _let_rewriter_be(ahead: "frozenset[str]") -> None:
    """Keep pytest from warning that what was imported ahead comes too late for its rewriting."""
    rewrite = sys.modules.get("_pytest.assertion.rewrite")
    if rewrite is None:
        return
    hook: Any = rewrite.AssertionRewritingHook
    warn = getattr(hook, "_lacuna_warn", hook._warn_already_imported)

    def warn_unless_ahead(self: Any, name: str) -> None:
        if name not in ahead:
            warn(self, name)

    hook._lacuna_warn, hook._warn_already_imported = warn, warn_unless_ahead


def _imported_without_traces(name: str, origin: str, root: str) -> bool:
    top = name.partition(".")[0]
    if top not in sys.modules and not _is_installed(top, root):
        return True
    before, known, finders = _traces(), set(sys.modules), list(sys.meta_path)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            __import__(name)
        except Exception:
            return False
    new = [module for key, module in list(sys.modules.items()) if key not in known]
    origins = [_origin(module) for module in new]
    if any(path is not None and not is_foreign(path, root) for path in origins):
        return False
    if origin and _origin(sys.modules.get(name)) != origin:
        return False
    if sys.meta_path[: len(finders)] != finders:
        return False
    return not warned and _traces() == before


def _is_installed(name: str, root: str) -> bool:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    return spec is not None and spec.origin is not None and is_foreign(spec.origin, root)


def _traces() -> Tuple[Any, ...]:
    """State outside modules that a test could see or that changes how later imports go."""
    handlers = [(h, type(h)) for h in logging.root.handlers]
    return (
        dict(os.environ),
        os.getcwd(),
        list(sys.path),
        [type(finder) for finder in sys.path_hooks],
        sys.stdout,
        sys.stderr,
        sys.excepthook,
        sys.displayhook,
        sys.gettrace(),
        sys.getprofile(),
        sys.getrecursionlimit(),
        random.getstate(),
        handlers,
        logging.root.level,
        logging.getLoggerClass(),
        [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)],
    )


def forks_safely() -> bool:
    """One thread, or only threads of libraries that end them before a fork (OpenBLAS does)."""
    if threading.active_count() > 1:
        return False
    if _native_threads() <= 1:
        return True
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    left = _native_threads()
    os.waitpid(pid, 0)
    return left <= 1


def _native_threads() -> int:
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return threading.active_count()


def _origin(module: Any) -> Optional[str]:
    spec = getattr(module, "__spec__", None)
    origin = getattr(spec, "origin", None) or getattr(module, "__file__", None)
    return origin if isinstance(origin, str) else None


def is_foreign(origin: str, root: str) -> bool:
    """Whether code at `origin` is not the user's own, as that of an editable install is."""
    if origin in ("built-in", "frozen"):
        return True
    path = os.path.normpath(origin)
    if path.startswith(root + os.sep):
        path = path[len(root) :]
    folders = path.split(os.sep)
    if "site-packages" in folders or "dist-packages" in folders:
        return True
    return path.startswith(_STDLIB + os.sep)


class World:
    """What a worker holds in memory, as it was on disk when it was read."""

    def __init__(self, root: str) -> None:
        self._own_folders = {root, *(path for path in sys.path if not _is_package_folder(path))}
        self._stamps: Dict[str, _Stamp] = {}
        self._tops: Set[str] = set()
        self._shadows: Set[Tuple[str, str]] = set()
        self.extend()

    def extend(self) -> None:
        """Take in what has been imported since."""
        for path in self._paths():
            if path not in self._stamps:
                self._stamps[path] = _stamp(path)
        new = {name.partition(".")[0] for name in sys.modules} - self._tops
        self._tops |= new
        self._shadows |= {
            shadow for shadow in self._shadowing() if shadow[1].partition(".")[0] in new
        }

    def changed(self) -> bool:
        """Whether any of that is another now, or something stands in front of it."""
        if any(_stamp(path) != stamp for path, stamp in self._stamps.items()):
            return True
        return self._shadowing() != self._shadows

    def _paths(self) -> Iterator[str]:
        yield sys.executable
        yield os.path.join(sys.prefix, "pyvenv.cfg")
        for module in list(sys.modules.values()):
            origin = _origin(module)
            if origin is not None and os.path.isabs(origin):
                yield origin
        for folder in filter(_is_package_folder, sys.path):
            # A package that comes or goes changes its folder; `.pth` files are read at the start.
            yield folder
            for name in _names_in(folder):
                if name.endswith(".pth"):
                    yield os.path.join(folder, name)

    def _shadowing(self) -> Set[Tuple[str, str]]:
        return {
            (folder, name)
            for folder in self._own_folders
            for name in _names_in(folder)
            if name.partition(".")[0] in self._tops
        }


def _is_package_folder(path: str) -> bool:
    return path.endswith("-packages") or path.startswith(_STDLIB)


def _names_in(folder: str) -> List[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _stamp(path: str) -> _Stamp:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


class Learner:
    """Notes what a run imports, as a finder that never finds anything.

    A module qualifies if it is imported by name while the environment is as it was at the start,
    by anybody up to the end of the collection and by installed code after it; if nothing of the
    user's is imported on its behalf; and if nobody has replaced a function of the standard
    library, which modules take at their import.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._environment = dict(os.environ)
        self._open = True
        self._collected = False
        self._roots: List[str] = []
        self._on_behalf: Dict[str, List[str]] = {}
        self._library = {
            name: dict(vars(module))
            for name, module in list(sys.modules.items())
            if isinstance(module, types.ModuleType) and _in_library(module)
        }

    def start(self) -> None:
        """Come before all finders that are there, that of pytest's rewriting above all."""
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """See `importlib.abc.MetaPathFinder`."""
        importers, by_user = self._importers()
        self._on_behalf[name] = importers
        if importers or (by_user and self._collected):
            return
        self._open = self._open and self._same_environment()
        if self._open:
            self._roots.append(name)

    def collected(self) -> None:
        """The tests themselves follow."""
        self._collected = True

    def learnt(self) -> List[Tuple[str, str]]:
        """The qualified modules with their origins, in the order of their import."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        origins = {name: _origin(sys.modules.get(name)) for name in self._on_behalf}
        own = {
            name
            for name, path in origins.items()
            if (path and not is_foreign(path, self._root))
            or rewriting.is_rewritten(sys.modules.get(name))
        }
        spoilt = {importer for name in own for importer in self._on_behalf[name]}
        found = []
        for name in dict.fromkeys(self._roots):
            origin = origins[name]
            if origin is not None and name not in own and name not in spoilt:
                found.append((name, origin))
        if not found or self._library_replaced():
            return []
        return found[:_MAX_LEARNT]

    def _importers(self) -> Tuple[List[str], bool]:
        """Installed modules whose own code is being executed now; whether the user's code is."""
        found, by_user = [], False
        frame: Any = sys._getframe(2)
        while frame is not None:
            path = frame.f_code.co_filename
            if not path.startswith(("<frozen", _OWN)):
                foreign = is_foreign(path, self._root)
                by_user = by_user or not foreign
                if foreign and frame.f_code.co_name == "<module>":
                    found.append(str(frame.f_globals.get("__name__")))
            frame = frame.f_back
        return found, by_user

    def _same_environment(self) -> bool:
        now = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
        start = {k: v for k, v in self._environment.items() if not k.startswith("PYTEST_")}
        return now == start

    def _library_replaced(self) -> bool:
        for name, before in self._library.items():
            module = sys.modules.get(name)
            if module is None:
                return True
            now = vars(module)
            for key, value in before.items():
                if callable(value) and not key.endswith("hook") and _replaced(value, now.get(key)):
                    return True
        return False


def _in_library(module: types.ModuleType) -> bool:
    origin = _origin(module)
    if origin is None or module.__name__ in ("__main__", "warnings"):
        return False  # pytest itself puts other functions there
    return origin in ("built-in", "frozen") or (
        origin.startswith(_STDLIB + os.sep) and "site-packages" not in origin
    )


def _replaced(before: Callable[..., Any], now: Any) -> bool:
    """Pytest's own replacements, such as that of `pdb.set_trace`, do not count."""
    if now is before or now is None:
        return False
    return not str(getattr(now, "__module__", "")).startswith("_pytest")
