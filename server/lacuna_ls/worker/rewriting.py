"""Pytest's rewriting of assertions, for plugins that are imported before pytest has begun.

Pytest rewrites the modules of installed plugins so that their failing assertions are explained. Its
own finder needs a session's configuration; this one finds the same modules and compiles them in the
same way, and writes nothing.
"""

import ast
import contextlib
import importlib.abc
import importlib.machinery
import sys
from typing import Any, FrozenSet, Iterator, Optional


@contextlib.contextmanager
def of_plugins() -> Iterator[None]:
    """What is imported meanwhile has its assertions rewritten, if it belongs to a plugin."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def is_rewritten(module: Any) -> bool:
    """Whether a session of pytest has rewritten the module as it was imported."""
    rewrite: Any = sys.modules.get("_pytest.assertion.rewrite")
    loader = getattr(getattr(module, "__spec__", None), "loader", None)
    return rewrite is not None and isinstance(loader, rewrite.AssertionRewritingHook)


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self) -> None:
        self._marked: Optional[FrozenSet[str]] = None

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if self._marked is None:
            # Pytest itself may be what is being imported.
            named = getattr(sys.modules.get("_pytest.config"), "_iter_rewritable_modules", None)
            if named is None:
                return None
            self._marked = frozenset()  # what is imported to find the names is no plugin
            self._marked = frozenset(_names_of_plugins(named))
        if name.partition(".")[0] not in self._marked:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or type(spec.loader) is not importlib.machinery.SourceFileLoader:
            return None
        spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname: str) -> Any:
        """Code that is not taken from the cache of the unchanged module, nor put there."""
        from _pytest.assertion import rewrite

        path = self.get_filename(fullname)
        source = self.get_data(path)
        tree = ast.parse(source, filename=path)
        rewrite.rewrite_asserts(tree, source, path)
        return compile(tree, path, "exec", dont_inherit=True)


def _names_of_plugins(named: Any) -> Iterator[str]:
    """Those that pytest marks: packages and modules of what announces a plugin."""
    from importlib.metadata import distributions

    for distribution in distributions():
        if any(entry.group == "pytest11" for entry in distribution.entry_points):
            yield from named(str(file) for file in distribution.files or ())
