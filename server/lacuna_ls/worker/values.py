"""Values as text: bounded in length and depth, and exact where a literal can say it."""

import builtins
import re
import reprlib
import time
import types
from itertools import islice
from typing import Any, Callable, Iterable, List, Optional, Set

MAX_TEXT = 80
_MAX_LITERAL = 4000
_MAX_LITERAL_NODES = 400
_SLOW_S = 0.02
_ADDRESS = re.compile(" at 0x[0-9A-Fa-f]+")
_INHERITED: Any = object.__repr__
_SCALARS = (type(None), bool, int, float, complex, str, bytes)
_CONTAINERS = (list, tuple, set, frozenset, dict)
# Names for code say nothing about a path that a run took.
_CODE = (
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    type,
)


def is_scalar(value: Any) -> bool:
    """Whether it can neither change nor run code of the user's when it is shown."""
    return type(value) in _SCALARS


def is_code(value: Any) -> bool:
    return isinstance(value, _CODE)


class Shown(reprlib.Repr):
    """Reprs of at most `MAX_TEXT` characters on one line.

    Nothing is sorted, for that would compare the user's objects. A type whose repr took long once
    is shown by its name from then on.
    """

    def __init__(self, clock_s: Callable[[], float] = time.perf_counter) -> None:
        super().__init__()
        self._clock_s = clock_s
        self.maxlevel = 3
        self.maxstring = self.maxother = MAX_TEXT - 20
        self.maxlong = 40
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = self.maxfrozenset = 6
        self._slow: Set[type] = set()

    def text(self, value: Any) -> str:
        try:
            text = self.repr(value)
        except Exception:
            text = "<{}>".format(type(value).__name__)
        text = " ".join(text.split("\n"))
        return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 3] + "..."

    def repr1(self, x: Any, level: int) -> str:
        if type(x) in _SCALARS or type(x) in _CONTAINERS:
            return super().repr1(x, level)
        return self.repr_instance(x, level)

    def repr_dict(self, x: Any, level: int) -> str:
        if level <= 0 and x:
            return "{...}"
        shown = islice(x.items(), self.maxdict)
        pairs = [
            "{}: {}".format(self.repr1(k, level - 1), self.repr1(v, level - 1)) for k, v in shown
        ]
        return "{" + ", ".join(_and_more(pairs, len(x))) + "}"

    def repr_set(self, x: Any, level: int) -> str:
        if not x:
            return "set()"
        return "{" + ", ".join(self._some(x, level)) + "}"

    def repr_frozenset(self, x: Any, level: int) -> str:
        return "frozenset({" + ", ".join(self._some(x, level)) + "})"

    def repr_instance(self, x: Any, level: int) -> str:
        kind = type(x)
        if kind in self._slow or level <= 0:
            return "<{}>".format(kind.__name__)
        if kind.__repr__ is _INHERITED:
            return self._fields(x, level)
        started_s = self._clock_s()
        text = _ADDRESS.sub("", builtins.repr(x))
        if self._clock_s() - started_s > _SLOW_S:
            self._slow.add(kind)
        return text if len(text) <= self.maxother else text[: self.maxother - 3] + "..."

    def _fields(self, x: Any, level: int) -> str:
        """What an object without a repr of its own holds; its address would say nothing."""
        try:
            fields = object.__getattribute__(x, "__dict__")
        except AttributeError:
            fields = {}
        shown = islice(dict(fields).items(), self.maxdict)
        pairs = ["{}={}".format(name, self.repr1(value, level - 1)) for name, value in shown]
        return "{}({})".format(type(x).__name__, ", ".join(_and_more(pairs, len(fields))))

    def _some(self, x: Iterable[Any], level: int) -> List[str]:
        members = list(x)
        shown = [self.repr1(member, level - 1) for member in members[: self.maxset]]
        return _and_more(shown, len(members))


def literal(value: Any) -> Optional[str]:
    """A literal that `ast.literal_eval` makes an equal value of; `None` if there is none, or none
    that is short.
    """  # noqa: D205
    if not _is_literal(value):
        return None
    try:
        text = builtins.repr(value)
    except (ValueError, RecursionError):  # a number of more digits than Python prints
        return None
    return text if len(text) <= _MAX_LITERAL else None


def _is_literal(value: Any) -> bool:
    left, size = [value], 0
    while left:
        each = left.pop()
        size += 1 + (len(each) if isinstance(each, (str, bytes)) else 0)
        if size > _MAX_LITERAL or len(left) > _MAX_LITERAL_NODES:
            return False
        kind = type(each)
        if kind in (float, complex):
            if each - each != 0:  # neither infinity nor NaN has a literal
                return False
        elif kind is dict:
            left += islice(each, _MAX_LITERAL_NODES + 1)
            left += islice(each.values(), _MAX_LITERAL_NODES + 1)
        elif kind in (list, tuple, set):
            left += islice(each, _MAX_LITERAL_NODES + 1)
        elif kind not in _SCALARS:
            return False
    return True


def _and_more(shown: List[str], count: int) -> List[str]:
    return [*shown, "..."] if count > len(shown) else shown
