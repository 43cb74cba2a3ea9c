"""The arguments with which tests call one function, copied at the call.

The function is replaced, in the module or class that holds it, by one that copies what it is given
and calls it. Calls that it makes of itself are not taken: what a wrong function asks of itself says
nothing about what its callers ask of it.
"""

import contextlib
import copy
import functools
import inspect
import os
import sys
import types
from importlib.machinery import SourceFileLoader
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple

from . import canonical, variants

_MAX_OF_A_TEST = 40
# Values in all arguments that are looked at: about a second.
_MAX_NODES = 300_000


class Call(NamedTuple):
    """Arguments of one call, and the test that made it. They belong to nobody else."""

    positional: Tuple[Any, ...]
    named: Dict[str, Any]
    test_id: str


def _loaders() -> Iterator[Any]:
    """Of modules, and of those that pytest is given itself, such as one with examples to run."""
    yield SourceFileLoader
    with contextlib.suppress(ImportError):
        from _pytest.assertion.rewrite import AssertionRewritingHook

        yield AssertionRewritingHook


class Capture:
    """Of the function `qualified_name` of the file at `path`, up to `enough` different calls.

    `call_limit` is a context in which each call of a test is made.
    """

    def __init__(
        self, path: str, qualified_name: str, enough: int, call_limit: Callable[[], Any]
    ) -> None:
        self.calls: List[Call] = []
        self.left_out = 0
        self.test_id = ""
        self._path = os.path.realpath(path)
        self._name = qualified_name
        self._enough = enough
        self._call_limit = call_limit
        self._known: Dict[str, int] = {}
        self._of_test: Dict[str, int] = {}
        self._placed: List[Tuple[types.ModuleType, Any, Any]] = []
        self._calls_of: Dict[int, int] = {}
        self._inside = False
        self._nodes = 0
        self._recursion_limit = 0

    @property
    def complete(self) -> bool:
        return len(self.calls) >= self._enough or self._nodes > _MAX_NODES

    def start(self) -> None:
        """Wrap the function in each module that is loaded from the file from now on."""
        for loader in _loaders():
            loader.exec_module = self._then_wrapped(loader.exec_module)
        # A recursive function takes two frames for each of its own.
        self._recursion_limit = sys.getrecursionlimit()
        sys.setrecursionlimit(2 * self._recursion_limit)

    def _then_wrapped(self, exec_module: Any) -> Any:
        def exec_then_wrap(this: Any, module: Any) -> None:
            exec_module(this, module)
            origin = getattr(module.__spec__, "origin", None)
            if origin is not None and os.path.realpath(origin) == self._path:
                self._wrap(module)

        return exec_then_wrap

    def stop(self) -> Any:
        """Put the function back; the module of which it was called most, `None` if there is none."""
        sys.setrecursionlimit(self._recursion_limit)
        name = self._name.rpartition(".")[2]
        for _, holder, kept in self._placed:
            setattr(holder, name, kept)
        if not self._placed:
            return None
        return max(self._placed, key=lambda each: self._calls_of.get(id(each[0]), 0))[0]

    def _wrap(self, module: types.ModuleType) -> None:
        place = variants.place_of(module, self._name)
        if place is None:
            return
        holder, kept = place
        function = variants.plain(kept)
        if function is None or isinstance(function, type):
            return
        wrapped = self._wrapped(module, function)
        if isinstance(kept, property):
            again: Any = property(wrapped, kept.fset, kept.fdel, kept.__doc__)
        elif isinstance(kept, (staticmethod, classmethod)):
            again = type(kept)(wrapped)
        else:
            again = wrapped
        setattr(holder, self._name.rpartition(".")[2], again)
        self._placed.append((module, holder, kept))

    def _wrapped(self, module: types.ModuleType, function: Any) -> Any:
        def take(positional: Any, named: Any) -> None:
            if not self._inside and not self.complete:
                self._take(module, positional, named)

        if inspect.iscoroutinefunction(function):

            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                take(args, kwargs)
                return await function(*args, **kwargs)
        else:

            def wrapper(*args: Any, **kwargs: Any) -> Any:  # type: ignore[misc]
                if self._inside:
                    return function(*args, **kwargs)
                take(args, kwargs)
                self._inside = True
                try:
                    with self._call_limit():
                        return function(*args, **kwargs)
                finally:
                    self._inside = False

        functools.update_wrapper(wrapper, function)
        for name in ("cache_clear", "cache_info", "cache_parameters"):
            if hasattr(function, name):
                setattr(wrapper, name, getattr(function, name))
        return wrapper

    def _take(self, module: types.ModuleType, positional: Any, named: Any) -> None:
        if self._of_test.get(self.test_id, 0) >= _MAX_OF_A_TEST:
            return
        self._inside = True
        try:
            found = canonical.form((positional, named))
            self._nodes += found.nodes
            if not found.whole:
                self.left_out += 1
            elif found.exact not in self._known:
                copied = copy.deepcopy((positional, named))
                self._known[found.exact] = len(self.calls)
                self._of_test[self.test_id] = self._of_test.get(self.test_id, 0) + 1
                self._calls_of[id(module)] = self._calls_of.get(id(module), 0) + 1
                self.calls.append(Call(*copied, test_id=self.test_id))
        except Exception:
            # What cannot be copied, such as an iterator, would be used up by the first who looks.
            self.left_out += 1
        finally:
            self._inside = False
