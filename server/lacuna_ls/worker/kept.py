"""What the modules of a workspace keep from one call of their functions to the next."""

import inspect
import os
import re
import sys
import types
from typing import Any, Iterator, List, Optional, Sequence, Set

_CONSTANTS = (int, float, complex, str, bytes, bool, type(None), type(...), range, re.Pattern)
_CONTAINERS = (list, dict, set, tuple, frozenset, bytearray)
_CODE = (
    types.BuiltinFunctionType, types.ModuleType, types.MethodDescriptorType,
    types.WrapperDescriptorType, types.GetSetDescriptorType, types.MemberDescriptorType,
)  # fmt: skip
_STANDARD: Set[str] = set(getattr(sys, "stdlib_module_names", ())) | {"typing", "enum", "abc"}
_MOST = 20000


class _Unknown(Exception):  # noqa: N818 -- no error
    """Something that may keep anything."""


class Kept:
    """The values that modules under `root` hold, and those that tests are parametrized with."""

    def __init__(self, root: str, items: Sequence[Any]) -> None:
        self._inside = os.path.realpath(root) + os.sep
        self._given = [getattr(getattr(item, "callspec", None), "params", {}) for item in items]
        self._known: Set[str] = set()
        self._modules: List[types.ModuleType] = []

    def seen(self) -> Optional[List[str]]:
        """All of it as text, equal as long as nothing has changed; `None` if it cannot be told."""
        found: List[str] = []
        try:
            for module in self._of_workspace():
                for name, value in list(vars(module).items()):
                    if not _is_dunder(name) and name != "@pytest_ar":
                        found += (name, *_texts(value, set()))
            for given in self._given:
                found += _texts(given, set())
        except (_Unknown, RecursionError):
            return None
        return found

    def _of_workspace(self) -> List[types.ModuleType]:
        for name in set(sys.modules) - self._known:
            self._known.add(name)
            module = sys.modules[name]
            file = getattr(module, "__file__", None)
            if not file or name == "__main__" or os.sep + "site-packages" + os.sep in file:
                continue
            if os.path.realpath(file).startswith(self._inside):
                self._modules.append(module)
        return self._modules


def _texts(value: Any, around: Set[int]) -> Iterator[str]:
    """Raises `_Unknown` for what is neither code nor a plain value."""
    if type(value) in _CONSTANTS:
        yield repr(value)
        return
    yield str(id(value))
    if id(value) in around:
        return
    if len(around) > _MOST:
        raise _Unknown
    around.add(id(value))
    if type(value) in _CONTAINERS:
        for each in _plain(value):
            yield from _texts(each, around)
    elif isinstance(value, types.FunctionType):
        given = {"": value.__defaults__, **(value.__kwdefaults__ or {})}
        attributes = {k: v for k, v in vars(value).items() if k != "pytestmark"}
        nonlocals = inspect.getclosurevars(value).nonlocals
        for name, each in (*given.items(), *attributes.items(), *nonlocals.items()):
            yield name
            yield from _texts(each, around)
    elif isinstance(value, type):
        if value.__module__.partition(".")[0] not in _STANDARD | {"builtins"}:
            for name, each in list(vars(value).items()):
                if not _is_dunder(name):
                    yield name
                    yield from _texts(each, around)
    elif isinstance(value, (staticmethod, classmethod)):
        yield from _texts(value.__func__, around)
    elif isinstance(value, property):
        for each in (value.fget, value.fset, value.fdel):
            yield from _texts(each, around)
    elif hasattr(value, "cache_info") and hasattr(value, "__wrapped__"):
        yield repr(value.cache_info())
        yield from _texts(value.__wrapped__, around)
    elif not (isinstance(value, _CODE) or type(value).__module__ in ("typing", "__future__")):
        raise _Unknown


def _plain(container: Any) -> Iterator[Any]:
    """What a container holds, in an order that stays."""
    if isinstance(container, dict):
        yield from container.keys()
        yield from container.values()
    elif isinstance(container, bytearray):
        yield bytes(container)
    else:
        yield from container


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")
