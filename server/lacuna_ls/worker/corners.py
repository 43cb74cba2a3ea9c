"""Inputs at the corners of what a function is called with: what two ways to write it differ in first.

Types stay as they were seen; values do not keep to what the calls have in common. So a rewrite is
held to the original's exceptions, too.
"""

import math
from typing import Any, Callable, Dict, Iterator, List, Sequence

from .capture import Call

_MODELS = 3
_MAX_CORNERS = 160


def corners(calls: Sequence[Call]) -> List[Call]:
    """Calls like the largest of the given ones, with one argument at a corner, or two the same."""
    found: List[Call] = []
    for call in list(calls)[:_MODELS]:
        arguments: Dict[Any, Any] = dict(enumerate(call.positional))
        arguments.update(call.named)
        for key, value in arguments.items():
            found += [_with(call, {key: each}) for each in _of(value)]
        for one, value in arguments.items():
            for other, shared in arguments.items():
                if one is not other and type(value) is type(shared):
                    found.append(_with(call, {one: shared}))
    return found[:_MAX_CORNERS]


def _with(call: Call, changed: Dict[Any, Any]) -> Call:
    positional = tuple(changed.get(index, value) for index, value in enumerate(call.positional))
    named = {name: changed.get(name, value) for name, value in call.named.items()}
    return Call(positional, named, call.test_id)


def _of(value: Any) -> Iterator[Any]:
    made: Any = _BY_TYPE.get(type(value))
    if made is not None:
        yield from made(value)


def _of_bool(value: bool) -> Iterator[Any]:
    yield not value


def _of_int(value: int) -> Iterator[Any]:
    yield from (0, 1, -1, 2, -value, value + 1, value - 1, 3 * value)


def _of_float(value: float) -> Iterator[Any]:
    yield from (0.0, -0.0, -value, math.nan, math.inf, -math.inf, value / 3)


def _of_text(value: str) -> Iterator[Any]:
    yield from ("", value[:1], value[:1] * 3, value[::-1], value.swapcase(), value + value[::-1])
    yield from (value + "\u00e9", "\u0130" + value, " " + value + " ", value + "\n", value * 2)


def _of_sequence(value: Any) -> Iterator[Any]:
    kind = type(value)
    yield kind()
    members = list(value)
    for made in (
        members[:1], members[:1] * 2, members[:2], members[::-1], members * 2, members[1:],
        members + members[:1], members[-1:] + members,
    ):  # fmt: skip
        yield kind(made)
    for place in sorted({0, len(members) - 1} if members else ()):
        for member in _of(members[place]):
            yield kind([*members[:place], member, *members[place + 1 :]])
            if isinstance(member, float):
                # The same object twice, which is equal to itself as a member only.
                yield kind([*members, member, member])


def _of_dict(value: Dict[Any, Any]) -> Iterator[Any]:
    yield {}
    yield dict(list(value.items())[::-1])
    yield dict(list(value.items())[:1])


_BY_TYPE: Dict[type, Callable[[Any], Iterator[Any]]] = {
    bool: _of_bool, int: _of_int, float: _of_float, str: _of_text, list: _of_sequence,
    tuple: _of_sequence, dict: _of_dict,
}  # fmt: skip
