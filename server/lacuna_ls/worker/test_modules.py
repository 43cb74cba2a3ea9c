"""Test modules, loaded from their files as `unittest` and pytest name them."""

import importlib
import importlib.util
import inspect
import os
import sys
import unittest
from types import ModuleType
from typing import Any, List, Tuple


def load(path: str) -> ModuleType:
    """The module in the file at `path`; whatever its code raises is raised.

    It is named from the nearest folder above it that is no package, and that folder is put on the
    path.
    """
    folder, names = _named(path)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    name = ".".join(names)
    parent = importlib.import_module(".".join(names[:-1])) if len(names) > 1 else None
    known = sys.modules.get(name)
    if known is not None and _is_from(known, path):
        return known
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError("{} is no module of Python's".format(path), name=name, path=path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    if parent is not None:
        setattr(parent, names[-1], module)
    return module


def only_for_pytest(module: ModuleType) -> bool:
    """Whether it has tests of its own, functions or plain classes, that only pytest collects."""
    for name, value in list(vars(module).items()):
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if name.startswith("test") and inspect.isfunction(value):
            return True
        if name.startswith("Test") and inspect.isclass(value) and _has_tests(value):
            return True
    return False


def _has_tests(class_: Any) -> bool:
    if issubclass(class_, unittest.TestCase):
        return False
    return any(name.startswith("test") and callable(value) for name, value in vars(class_).items())


def _named(path: str) -> Tuple[str, List[str]]:
    folder, file = os.path.split(path)
    stem = os.path.splitext(file)[0]
    names = [] if stem == "__init__" else [stem]
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, name = os.path.split(folder)
        names.insert(0, name)
    return folder, names or [stem]


def _is_from(module: ModuleType, path: str) -> bool:
    origin = getattr(module, "__file__", None)
    return isinstance(origin, str) and os.path.realpath(origin) == os.path.realpath(path)
