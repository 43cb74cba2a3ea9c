"""A candidate's functions in the place of those that have been loaded.

A function object finds its code when it is called. So a process that has imported a file and
collected its tests can, in each fork, give the functions that a candidate changes the candidate's
code, instead of importing everything once more. That is the same as a fresh import where the
candidate differs in the bodies of functions only and the function is alive; for any other
candidate `Loaded.swap` says no. What was computed from the old code while it was imported stays:
that can hide a fix or show one that is none, so what passes is confirmed in a fresh process.
"""

import __future__

import ast
import gc
import os
import types
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

_Key = Tuple[str, int]
_FUTURE = 0
for _name in __future__.all_feature_names:
    _FUTURE |= getattr(__future__, _name).compiler_flag


class Loaded:
    """The functions of one loaded file. Made before objects are frozen (`gc.freeze`)."""

    def __init__(self, path: str, data: bytes) -> None:
        """`data` is what was loaded from `path`.

        Raises:
            SyntaxError: and what else `compile` raises, if it could not have been.
        """
        self._path = path
        self._data = data
        self._lines = data.splitlines(True)
        tree = ast.parse(data, path)
        self._spans = [_lines_of(statement) for statement in tree.body]
        self._flags = compile(tree, path, "exec", dont_inherit=True).co_flags & _FUTURE
        self._replaced: List[Tuple[Any, types.CodeType]] = []
        self._alive: Dict[_Key, List[Any]] = {}
        self._unchanged: Dict[int, Optional[types.CodeType]] = {}
        name, real = os.path.basename(path), os.path.realpath(path)
        for found in gc.get_objects():
            if type(found) is types.FunctionType:
                code = found.__code__
                file = code.co_filename
                if file.endswith(name) and os.path.realpath(file) == real:
                    self._alive.setdefault((code.co_name, code.co_firstlineno), []).append(found)

    def swap(self, data: bytes) -> bool:
        """Make the functions, as they were loaded, those of `data`; False if that is not to be had."""
        planned = self._plan(data)
        if planned is None:
            return False
        for function, code in planned:
            self._replaced.append((function, function.__code__))
            function.__code__ = code
        return True

    def restore(self) -> None:
        """The functions have the code with which they were loaded."""
        while self._replaced:
            function, code = self._replaced.pop()
            function.__code__ = code

    def _plan(self, data: bytes) -> "Optional[List[Tuple[Any, types.CodeType]]]":
        if data == self._data:
            return []
        changed = self._changed_statement(data)
        if changed is None:
            return None
        first, last, lines = changed
        if first not in self._unchanged:
            self._unchanged[first] = self._compiled(first, self._lines[first:last])
        old = self._unchanged[first]
        new = self._compiled(first, lines)
        if old is None or new is None:
            return None
        planned: List[Tuple[Any, types.CodeType]] = []
        return planned if self._pair(old, new, planned) else None

    def _changed_statement(self, data: bytes) -> "Optional[Tuple[int, int, Sequence[bytes]]]":
        """The one statement of the module that holds all that is changed: its lines, and the new."""
        lines = data.splitlines(True)
        head = _same(self._lines, lines)
        tail = min(
            _same(self._lines[::-1], lines[::-1]),
            len(self._lines) - head,
            len(lines) - head,
        )
        changed_until = len(self._lines) - tail
        for first, last in self._spans:
            # Lines that are added right behind a statement can only be of it.
            if first <= head and changed_until <= last and head <= last:
                return first, last, lines[first : last + len(lines) - len(self._lines)]
        return None

    def _compiled(self, first: int, lines: Sequence[bytes]) -> Optional[types.CodeType]:
        source = b"\n" * first + b"".join(lines)
        try:
            tree = ast.parse(source, self._path)
            if len(tree.body) != 1:
                return None
            code: types.CodeType = compile(tree, self._path, "exec", self._flags, dont_inherit=True)
            return code
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    def _pair(self, old: types.CodeType, new: types.CodeType, planned: List[Any]) -> bool:
        """Plan for what differs below two pieces of code that make functions; whether all can be."""
        if _own(old) != _own(new):
            return False
        for one, other in zip(_inner(old), _inner(new)):  # noqa: B905 -- Python 3.9
            if _equal(one, other):
                continue
            alive = self._alive.get((one.co_name, one.co_firstlineno), [])
            if not alive:
                if not self._pair(one, other, planned):
                    return False
                continue
            if one.co_freevars != other.co_freevars:
                return False
            planned += [(function, other) for function in alive]
        return True


def _lines_of(statement: ast.stmt) -> Tuple[int, int]:
    """The lines of a statement, decorators included, counted from zero, the end excluded."""
    decorators = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    return first - 1, statement.end_lineno or statement.lineno


def _same(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    """How many lines are equal from the beginning."""
    count = 0
    for a, b in zip(one, other):  # noqa: B905
        if a != b:
            break
        count += 1
    return count


def _inner(code: types.CodeType) -> List[types.CodeType]:
    return [const for const in code.co_consts if isinstance(const, types.CodeType)]


def _own(code: types.CodeType) -> Tuple[Any, ...]:
    """All of a piece of code but its line numbers and what is inside other code."""
    return (
        code.co_name, code.co_code, code.co_names, code.co_varnames, code.co_freevars,
        code.co_cellvars, code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount,
        code.co_flags, getattr(code, "co_exceptiontable", b""), tuple(_constants(code)),
    )  # fmt: skip


def _constants(code: types.CodeType) -> Iterator[Any]:
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield types.CodeType, const.co_name
        else:
            # As they are written: 0, 0.0 and False are equal and not the same.
            yield type(const), repr(const)


def _equal(one: types.CodeType, other: types.CodeType) -> bool:
    inner = zip(_inner(one), _inner(other))  # noqa: B905
    return _own(one) == _own(other) and all(_equal(a, b) for a, b in inner)
