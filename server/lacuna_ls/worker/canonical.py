"""Values as text that two values share only if nobody could tell them apart.

Exact: the types, recursively; floats by their bits; the order of a dict; which containers are the
same object. Loose: numbers by their value to ten digits, and no identity. No method of the
user's is called for an ordinary object; a type that holds its state elsewhere is asked for what
it would be pickled as.
"""

import hashlib
import re
import types
from collections import deque
from typing import Any, Dict, List, NamedTuple

MAX_NODES = 20_000
_MAX_DEPTH = 60
_MAX_TEXT = 2_000
_ADDRESS = re.compile(" at 0x[0-9A-Fa-f]+")
_CODE = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.ModuleType,
    type,
)


class Lazy(NamedTuple):
    """What an iterator gave: its first items, and how it went on ("" if there may be more)."""

    kind: str
    items: List[Any]
    end: str


class Form(NamedTuple):
    """Digests of a value; `whole` is false if it was too large to be looked at to its end.

    `nodes` is how many values in it were looked at.
    """

    exact: str
    loose: str
    whole: bool
    nodes: int


def form(value: Any, beside: Any = None) -> Form:
    """The forms of `value`; the exact one tells which containers of `beside` appear in it."""
    exact = _Writer(loose=False)
    if beside is not None:
        exact.write(beside)
    start = len(exact.parts)
    exact.write(value)
    loose = _Writer(loose=True)
    loose.write(value)
    return Form(
        digest("".join(exact.parts[start:])),
        digest("".join(loose.parts)),
        exact.nodes < MAX_NODES,
        exact.nodes,
    )


def digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def without_address(text: str) -> str:
    return _ADDRESS.sub("", text)


def type_name(kind: type) -> str:
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return "{}.{}".format(kind.__module__, kind.__qualname__)


class _Writer:
    def __init__(self, loose: bool) -> None:
        self.parts: List[str] = []
        self.nodes = 0
        self._loose = loose
        self._seen: Dict[int, int] = {}
        # Objects made on the way stay, so that no other is given their identity.
        self._kept: List[Any] = []

    def write(self, value: Any, depth: int = 0) -> None:
        self.nodes += 1
        if self.nodes >= MAX_NODES or depth > _MAX_DEPTH:
            self.parts.append("...")
            return
        kind = type(value)
        if value is None or kind is bool:
            self.parts.append(repr(value))
        elif kind in (int, float, complex):
            self.parts.append(self._number(value))
        elif kind in (str, bytes):
            text = repr(value)
            self.parts.append(text if len(text) <= _MAX_TEXT else kind.__name__ + digest(text))
        elif issubclass(kind, _CODE):
            self.parts.append(_named(value))
        elif kind is Lazy:
            self._group("lazy " + value.kind, [*value.items, value.end], depth)
        elif kind is tuple:
            self._group("", value, depth)
        else:
            self._with_identity(value, depth)

    def _number(self, value: Any) -> str:
        if not self._loose:
            kind = type(value)
            if kind is float:
                return value.hex()  # type: ignore[no-any-return]
            if kind is complex:
                return "({},{})".format(value.real.hex(), value.imag.hex())
            return _integer(value)
        if type(value) is int and abs(value) > 10**15:
            return _integer(value)
        return "{:.10g}".format(value + 0)

    def _with_identity(self, value: Any, depth: int) -> None:
        number = self._seen.get(id(value))
        if number is not None:
            self.parts.append("@" if self._loose else "@{}".format(number))
            return
        self._seen[id(value)] = len(self._seen)
        self._kept.append(value)
        self._contents(value, depth)
        if self._loose:
            del self._seen[id(value)]

    def _contents(self, value: Any, depth: int) -> None:
        kind = type(value)
        name = type_name(kind)
        if issubclass(kind, dict):
            self.parts.append(name + "{")
            for key in dict.keys(value):
                self.write(key, depth + 1)
                self.parts.append(":")
                self.write(dict.__getitem__(value, key), depth + 1)
                self.parts.append(",")
            self.parts.append("}")
        elif issubclass(kind, (list, tuple, deque)):
            # `list.__iter__` and its like: a subclass may give something else.
            self._group(name, list(_base(value).__iter__(value)), depth)
        elif issubclass(kind, (set, frozenset)):
            members = []
            for member in _base(value).__iter__(value):
                inner = _Writer(self._loose)
                inner.nodes = self.nodes
                inner.write(member, depth + 1)
                self.nodes = inner.nodes
                members.append("".join(inner.parts))
            self.parts.append("{}{{{}}}".format(name, ",".join(sorted(members))))
        elif issubclass(kind, BaseException):
            self._group(name, value.args, depth)
            return
        elif _is_ordinary(kind):
            self.parts.append(name)
        else:
            self._reduced(value, name, depth)
            return
        self._fields(value, depth)

    def _group(self, name: str, members: Any, depth: int) -> None:
        self.parts.append(name + "(")
        for member in members:
            self.write(member, depth + 1)
            self.parts.append(",")
        self.parts.append(")")

    def _fields(self, value: Any, depth: int) -> None:
        fields = _fields(value)
        for field in sorted(fields):
            self.parts.append(";{}=".format(field))
            self.write(fields[field], depth + 1)

    def _reduced(self, value: Any, name: str, depth: int) -> None:
        try:
            state = value.__reduce_ex__(2)
            if isinstance(state, str):
                self.parts.append(name + state)
                return
            state = tuple(list(part) if hasattr(part, "__next__") else part for part in state)
            self._kept.append(state)
            self._group(name, state, depth)
        except Exception:
            self.parts.append(name + without_address(repr(value)))


def _integer(value: int) -> str:
    # A long one takes long to be written in decimal, and Python refuses the longest.
    return digest(hex(value)) if value.bit_length() > 8 * _MAX_TEXT else str(value)


def _is_ordinary(kind: Any) -> bool:
    """Whether its objects hold their state in their fields."""
    reduces: Any = object
    return bool(
        kind.__reduce_ex__ is reduces.__reduce_ex__ and kind.__reduce__ is reduces.__reduce__
    )


def _base(value: Any) -> Any:
    for base in (list, tuple, deque, set, frozenset):
        if isinstance(value, base):
            return base
    raise TypeError(type(value).__name__)


def _named(value: Any) -> str:
    module = getattr(value, "__module__", None)
    return "{}.{}".format(module, getattr(value, "__qualname__", getattr(value, "__name__", "")))


def _fields(value: Any) -> Dict[str, Any]:
    try:
        fields = dict(object.__getattribute__(value, "__dict__"))
    except AttributeError:
        fields = {}
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            try:
                fields[str(slot)] = object.__getattribute__(value, slot)
            except AttributeError:
                continue
    fields.pop("__weakref__", None)
    fields.pop("__dict__", None)
    return fields
