"""Another text of a module put in the place of the one that is loaded, in a fork of the process.

Only the statements at the top that differ are executed, in the module that is there: so what the
tests have built (instances of its classes above all) belongs to the variant as much as to the
original. A class that differs is changed in place.
"""

import ast
import types
from typing import Any, Dict, List, Optional, Tuple

_OWN_OF_A_CLASS = ("__dict__", "__weakref__", "__module__", "__qualname__", "__firstlineno__")


def difference(path: str, original: bytes, variant: bytes) -> Optional[types.CodeType]:
    """The variant's own statements, compiled; `None` if it has none.

    Raises:
        SyntaxError, ValueError: the variant is not valid Python.
    """
    if original == variant:
        return None
    before = {text for _, text in _statements(ast.parse(original, path), original)}
    tree = ast.parse(variant, path)
    tree.body = [
        node for node, text in _statements(tree, variant) if _is_future(node) or text not in before
    ]
    return compile(tree, path, "exec", dont_inherit=True)


def apply(module: types.ModuleType, code: types.CodeType) -> None:
    """Have `module`, which was loaded from the original, be the variant with this `difference`.

    Whatever the variant's own statements raise is raised.
    """
    names = module.__dict__
    replaced = dict(names)
    exec(code, names)
    for name, old in replaced.items():
        new = names.get(name)
        if new is old:
            continue
        if isinstance(old, type) and isinstance(new, type) and _grown_in(old, module):
            if _become(old, new):
                names[name] = old
        elif isinstance(old, types.FunctionType) and isinstance(new, types.FunctionType):
            _take_code(old, new)


def callable_of(module: types.ModuleType, qualified_name: str) -> Any:
    """The function as it is called with all of its arguments, `None` if there is none.

    A method is given its receiver, a class method its class.
    """
    found = place_of(module, qualified_name)
    return None if found is None else plain(found[1])


def place_of(module: types.ModuleType, qualified_name: str) -> Optional[Tuple[Any, Any]]:
    """What holds the function, and the attribute itself as it is kept there."""
    holder: Any = module
    *above, name = qualified_name.split(".")
    for each in above:
        holder = vars(holder).get(each)
        if not isinstance(holder, type):
            return None
    kept = vars(holder).get(name)
    return None if kept is None else (holder, kept)


def plain(kept: Any) -> Any:
    """The callable in an attribute of a class or module."""
    if isinstance(kept, (staticmethod, classmethod)):
        return kept.__func__
    if isinstance(kept, property):
        return kept.fget
    return kept if callable(kept) else None


def _statements(tree: ast.Module, text: bytes) -> List[Tuple[ast.stmt, bytes]]:
    """Those at the top with their lines, which are cheaper to compare than trees."""
    lines = text.splitlines(keepends=True)
    found = []
    for node in tree.body:
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(each.lineno for each in decorators)])
        found.append((node, b"".join(lines[first - 1 : node.end_lineno])))
    return found


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _grown_in(kind: type, module: types.ModuleType) -> bool:
    return kind.__module__ == module.__name__


def _become(old: type, new: type) -> bool:
    """Give `old` what `new` has; whether that could be done."""
    fresh: Dict[str, Any] = dict(vars(new))
    try:
        for name in [n for n in vars(old) if n not in fresh and n not in _OWN_OF_A_CLASS]:
            delattr(old, name)
        for name, value in fresh.items():
            if name in _OWN_OF_A_CLASS or isinstance(value, types.MemberDescriptorType):
                continue
            inner = vars(old).get(name)
            if isinstance(value, type) and isinstance(inner, type) and _become(inner, value):
                continue
            setattr(old, name, value)
    except (AttributeError, TypeError):
        return False
    for function in map(_function_in, fresh.values()):
        for cell in getattr(function, "__closure__", None) or ():
            # `super()` finds the class in a cell.
            try:
                if cell.cell_contents is new:
                    cell.cell_contents = old
            except ValueError:
                continue
    return True


def _function_in(value: Any) -> Any:
    return plain(value) if not isinstance(value, type) else None


def _take_code(old: Any, new: Any) -> None:
    """What others have imported by name is the variant, too."""
    if old.__closure__ or new.__closure__:
        return
    old.__code__, old.__defaults__ = new.__code__, new.__defaults__
    old.__kwdefaults__ = new.__kwdefaults__
