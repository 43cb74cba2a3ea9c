"""Larger inputs of the shape that tests have: the same calls with more in them.

Nobody says which argument is the size of a problem. So each container, text and number is made
larger, all of them at once and one at a time, in several ways: repeated, filled with values like those
that were seen, and filled with numbers that lie apart, which is what a search that finds nothing
takes longest for. What the function does not take is dropped by whoever calls it.
"""

import random
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from .capture import Call

REPEATED, LIKE, APART, INNER, NUMBER = "repeated", "like", "apart", "inner", "number"
_CONTAINERS = (list, tuple, str, set, frozenset, dict)
_MAX_SIZE = 60_000


class Growth(NamedTuple):
    """A way to make the call with this index larger: the arguments of these keys, in this manner."""

    call: int
    keys: Tuple[Any, ...]
    manner: str


def growths(calls: Sequence[Call]) -> List[Growth]:
    """All ways for the given calls, those that make the most of a call first."""
    found: List[Growth] = []
    for index, call in enumerate(calls):
        arguments = _arguments(call)
        holders = [key for key, value in arguments.items() if type(value) in _CONTAINERS and value]
        nested = [key for key in holders if _is_nested(arguments[key])]
        numbers = [key for key, value in arguments.items() if type(value) is int and abs(value) > 1]
        for keys in _sets(holders):
            found += [Growth(index, keys, manner) for manner in (REPEATED, LIKE, APART)]
        for keys in _sets(nested):
            found.append(Growth(index, keys, INNER))
        if not holders or numbers:
            found += [Growth(index, keys, NUMBER) for keys in _sets(numbers)]
    return found


def grown(calls: Sequence[Call], growth: Growth, factor: float, seed: int) -> Optional[Call]:
    """The call made larger by about `factor`; `None` where that cannot be done."""
    source = random.Random("{} {}".format(seed, growth))
    call = calls[growth.call]
    changed: Dict[Any, Any] = {}
    for key in growth.keys:
        seen = [arguments[key] for arguments in map(_arguments, calls) if key in arguments]
        value = _larger(_arguments(call)[key], growth.manner, factor, source, seen)
        if value is None:
            return None
        changed[key] = value
    positional = tuple(changed.get(index, value) for index, value in enumerate(call.positional))
    named = {name: changed.get(name, value) for name, value in call.named.items()}
    made = Call(positional, named, call.test_id)
    return made if size(made) <= _MAX_SIZE or growth.manner == NUMBER else None


def size(call: Call) -> int:
    """How much the arguments hold; the largest number, where they hold nothing."""
    arguments = list(_arguments(call).values())
    held = sum(_held(value, 3) for value in arguments)
    numbers = [abs(value) for value in arguments if type(value) is int]
    return held or max(numbers, default=0)


def _held(value: Any, depth: int) -> int:
    if type(value) not in _CONTAINERS:
        return 0
    if isinstance(value, str) or not depth:
        return len(value)
    members = value.values() if isinstance(value, dict) else value
    return len(value) + sum(_held(member, depth - 1) for member in members)


def _arguments(call: Call) -> Dict[Any, Any]:
    found: Dict[Any, Any] = dict(enumerate(call.positional))
    found.update(call.named)
    return found


def _sets(keys: Sequence[Any]) -> Iterator[Tuple[Any, ...]]:
    if keys:
        yield tuple(keys)
    if len(keys) > 1:
        for key in keys:
            yield (key,)


def _is_nested(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and any(
        type(member) in _CONTAINERS and member for member in value
    )


def _larger(
    value: Any, manner: str, factor: float, source: random.Random, seen: Sequence[Any]
) -> Any:
    if manner == NUMBER:
        return int(value * factor)
    if manner == INNER:
        inner = [_larger(m, REPEATED, factor, source, [m]) if m else m for m in value]
        return None if None in inner else type(value)(inner)
    length = int(len(value) * factor)
    if isinstance(value, str):
        if manner == APART:
            return None
        if manner == REPEATED:
            return (
                (value * (length // len(value) + 1))[:length] if factor % 1 else value * int(factor)
            )
        return "".join(source.choice(value) for _ in range(length))
    if isinstance(value, dict):
        return _larger_dict(value, length, source) if manner == LIKE else None
    members = list(value)
    if manner == REPEATED:
        made = (members * (length // len(members) + 1))[:length]
    elif manner == LIKE:
        made = [_like(members, factor, source) for _ in range(length)]
    else:
        apart = _apart(members, length, source)
        if apart is None:
            return None
        made = apart
    if all(_ascending(each) for each in seen):
        made.sort()
    try:
        return type(value)(made)
    except TypeError:
        return None


def _like(members: List[Any], factor: float, source: random.Random) -> Any:
    model = source.choice(members)
    kind = type(model)
    if kind is int:
        numbers = [m for m in members if type(m) is int]
        low, high = min(numbers), max(numbers)
        wider = int((high - low + 1) * factor)
        return (
            source.randint(low, low + wider)
            if low >= 0
            else source.randint(low - wider, high + wider)
        )
    if kind is float:
        floats = [m for m in members if type(m) is float]
        return source.uniform(min(floats), max(floats) + abs(max(floats)) * factor)
    if kind is str and model:
        letters = "".join(m for m in members if type(m) is str)
        return "".join(source.choice(letters) for _ in range(len(model)))
    if kind in (list, tuple) and model:
        return kind(_like(list(model), 1.0, source) for _ in model)
    return model


def _apart(members: List[Any], length: int, source: random.Random) -> Optional[List[Any]]:
    """Numbers in no order, all above those that were seen, each as far from the next."""
    if not all(type(m) in (int, float) for m in members):
        return None
    step = max(max(members) - min(members), 1)
    start = abs(max(members, key=abs)) + step
    kind: Any = float if any(type(m) is float for m in members) else int
    made = [kind(start + step * number) for number in range(length)]
    source.shuffle(made)
    return made


def _larger_dict(value: Dict[Any, Any], length: int, source: random.Random) -> Dict[Any, Any]:
    made = dict(value)
    items = list(value.items())
    for number in range(length - len(made)):
        key, inner = source.choice(items)
        if type(key) is str:
            made[key + str(number)] = inner
        elif type(key) is int:
            made[max(abs(k) for k in value if type(k) is int) + number + 1] = inner
        else:
            break
    return made


def _ascending(value: Any) -> bool:
    try:
        return all(value[i] <= value[i + 1] for i in range(len(value) - 1))
    except TypeError:
        return False
