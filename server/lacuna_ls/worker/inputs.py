"""Inputs like those that were seen: what the tests' calls have in common is kept to.

Nobody says what a function may be called with, but its callers show it: as in dynamic detection of
invariants (Ernst et al., "Dynamically discovering likely program invariants", 2001), a property
that all observed calls share is taken for a part of the contract. One that few of them could have
broken is weak: an input that breaks only such is made, too, and marked as an edge.
"""

import copy
import random
from functools import partial
from itertools import islice
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence

from . import canonical
from .capture import Call

# So many calls that could have broken a property make it one to rely on.
_ENOUGH = 3
_MAX_DEPTH = 3
_MAX_LENGTH = 200
# Values in all inputs that are made: about a second.
_MAX_NODES = 300_000

_Arguments = Dict[Any, Any]


class Mutant(NamedTuple):
    """A call that no test made, with the test of the one that it is like.

    `edge` if only few calls speak against its being one.
    """

    call: Call
    edge: bool


class _Property(NamedTuple):
    """`holds` of arguments; `None` where they cannot say. A `sure` one needs no witnesses."""

    holds: Callable[[_Arguments], Optional[bool]]
    sure: bool = False


class Contract:
    """What all of `calls` have in common."""

    def __init__(self, calls: Sequence[Call]) -> None:
        seen = [_arguments(call) for call in calls]
        self._strong: List[_Property] = []
        self._weak: List[_Property] = []
        for each in _properties(seen):
            verdicts = [each.holds(arguments) for arguments in seen]
            if False in verdicts:
                continue
            witnesses = sum(verdict is True for verdict in verdicts)
            (self._strong if each.sure or witnesses >= _ENOUGH else self._weak).append(each)

    def judged(self, call: Call) -> Optional[bool]:
        """True if the call keeps to it, False if it is at the edge, `None` if it is outside."""
        arguments = _arguments(call)
        if any(each.holds(arguments) is False for each in self._strong):
            return None
        return not any(each.holds(arguments) is False for each in self._weak)


def mutants(calls: Sequence[Call], count: int, seed: int) -> List[Mutant]:
    """Up to `count` calls that differ from one of `calls` in one argument, most like them first."""
    contract = Contract(calls)
    random_source = random.Random(seed)
    known = {_form(call).exact for call in calls}
    nodes = 0
    inside: List[Mutant] = []
    edge: List[Mutant] = []
    sources = [_mutations(call, random_source) for call in calls]
    tries = 20 * count
    while sources and tries > 0 and len(inside) < count and nodes < _MAX_NODES:
        for source in list(sources):
            call = next(source, None)
            tries -= 1
            if call is None:
                sources.remove(source)
                continue
            form = _form(call)
            nodes += form.nodes
            if form.exact in known:
                continue
            known.add(form.exact)
            kept = contract.judged(call)
            if kept is not None:
                (inside if kept else edge).append(Mutant(call, not kept))
    share = max(count // 4, count - len(inside))
    return [*inside[: count - min(len(edge), share)], *edge[:share]]


def _form(call: Call) -> canonical.Form:
    return canonical.form((call.positional, call.named))


def _arguments(call: Call) -> _Arguments:
    found: _Arguments = dict(enumerate(call.positional))
    found.update(call.named)
    return found


def _mutations(call: Call, source: random.Random) -> Iterator[Call]:
    """One value after the other is changed, in turn over the arguments."""
    keys = list(_arguments(call))
    values = {key: _mutated(_arguments(call)[key], source, _MAX_DEPTH) for key in keys}
    while values:
        for key in list(values):
            try:
                value = next(values[key])
            except StopIteration:
                del values[key]
                continue
            yield _replaced(call, key, value)
    # Then several at once.
    for _ in range(30):
        changed = call
        for key, old in _arguments(call).items():
            options = []
            for value in _mutated(old, source, _MAX_DEPTH):
                options.append(value)
                if len(options) >= 12:
                    break
            if options and source.random() < 0.7:
                changed = _replaced(changed, key, source.choice(options))
        if changed is not call:
            yield changed


def _replaced(call: Call, key: Any, value: Any) -> Call:
    if isinstance(key, int):
        positional = (*call.positional[:key], value, *call.positional[key + 1 :])
        return Call(positional, call.named, call.test_id)
    return Call(call.positional, {**call.named, key: value}, call.test_id)


def _mutated(value: Any, source: random.Random, depth: int) -> Iterator[Any]:
    kind = type(value)
    if kind is bool:
        yield not value
    elif kind is int:
        yield from _integers(value, source)
    elif kind is float:
        yield from (value + 1, value - 1, 0.0, -value, value / 2, value * 10, value + 0.5)
    elif kind in (str, bytes):
        yield from _texts(value, source)
    elif kind in (list, tuple) and depth > 0:
        for members in _sequences(list(value), source, depth):
            yield kind(members)
    elif kind in (set, frozenset) and depth > 0:
        for members in _sequences(list(value), source, depth):
            try:
                yield kind(members)
            except TypeError:
                continue
    elif kind is dict and depth > 0:
        yield from _dicts(value, source, depth)


def _integers(value: int, source: random.Random) -> Iterator[int]:
    yield from (value + 1, value - 1, 0, 1, 2, value + 2, value * 2, value * 2 + 1)
    yield from (-value, -1, value // 2, value * 10, value + 10)
    for _ in range(6):
        yield source.randint(-abs(value) - 3, 2 * abs(value) + 10)


def _texts(value: Any, source: random.Random) -> Iterator[Any]:
    yield value[::-1]
    yield value + value[:1]
    yield value[1:]
    yield value[:-1]
    yield value * 2
    yield value[:1]
    for _ in range(10):
        letters = [value[i : i + 1] for i in range(min(len(value), _MAX_LENGTH))]
        if not letters:
            break
        action = source.randrange(4)
        place = source.randrange(len(letters))
        if action == 0:
            letters[place] = source.choice(letters)
        elif action == 1:
            letters.insert(place, source.choice(letters))
        elif action == 2:
            del letters[place]
        else:
            source.shuffle(letters)
        yield value[:0].join(letters)
    yield value[:0]
    if type(value) is str:
        yield value.swapcase()
        yield " " + value
        yield value + "a"


def _sequences(members: List[Any], source: random.Random, depth: int) -> Iterator[List[Any]]:
    yield members[::-1]
    yield members + members[:1]
    yield members[1:]
    yield members[:-1]
    yield members[:1]
    yield members + members
    yield [*members[:1], *members]
    if members and all(type(m) in (int, float) for m in members):
        yield sorted(members)
        yield [-m for m in members]
    inner = [_mutated(member, source, depth - 1) for member in members[:6]]
    for _ in range(8):
        for place, options in enumerate(inner):
            value = next(options, None)
            if value is not None:
                yield [*members[:place], value, *members[place + 1 :]]
    for _ in range(8):
        if not members:
            break
        changed = list(members)
        place = source.randrange(len(changed))
        action = source.randrange(4)
        if action == 0:
            changed[place] = source.choice(members)
        elif action == 1:
            changed.insert(place, source.choice(members))
        elif action == 2:
            source.shuffle(changed)
        else:
            changed = [source.choice(members) for _ in range(source.randrange(1, 9))]
        yield changed[:_MAX_LENGTH]
    yield []


def _dicts(value: Dict[Any, Any], source: random.Random, depth: int) -> Iterator[Dict[Any, Any]]:
    items = list(value.items())
    yield dict(items[::-1])
    yield dict(items[1:])
    yield dict(items[:-1])
    yield dict(items[:1])
    for key, inner in items[:6]:
        for count, option in enumerate(_mutated(inner, source, depth - 1)):
            yield {**value, key: option}
            if count >= 3:
                break
        for count, option in enumerate(_mutated(key, source, depth - 1)):
            try:
                yield {**value, option: inner}
            except TypeError:
                break
            if count >= 1:
                break
    yield {}


def _properties(seen: Sequence[_Arguments]) -> Iterator[_Property]:
    """Candidates; those that do not hold of all calls are dropped by whoever asks."""
    keys = list(dict.fromkeys(key for arguments in seen for key in arguments))
    for key in keys:
        for path in (_itself, _members, _members_of_members):
            yield from _of_one(seen, key, path)
    for one in keys:
        for other in keys:
            if one != other:
                yield from _of_two(one, other)


def _itself(value: Any) -> Sequence[Any]:
    return (value,)


def _members(value: Any) -> Sequence[Any]:
    if isinstance(value, dict):
        return (*islice(value, _MAX_LENGTH), *islice(value.values(), _MAX_LENGTH))
    if isinstance(value, (list, tuple, set, frozenset)):
        return tuple(islice(value, _MAX_LENGTH))
    return ()


def _members_of_members(value: Any) -> Sequence[Any]:
    return tuple(inner for member in _members(value) for inner in _members(member))


def _of_one(
    seen: Sequence[_Arguments], key: Any, path: Callable[[Any], Sequence[Any]]
) -> Iterator[_Property]:
    values = [v for arguments in seen if key in arguments for v in path(arguments[key])]
    kinds = {type(value) for value in values}
    # A type that was never seen is never right, however few the calls are.
    yield _every(key, path, lambda v: type(v) in kinds, sure=True)
    numbers = [v for v in values if type(v) in (int, float)]
    if numbers:
        least, most = min(numbers), max(numbers)
        floor = next((f for f in (2, 1, 0, -1) if least >= f), None)
        if floor is not None:
            yield _every(key, path, lambda v: not _is_number(v) or v >= floor)
        ceiling = max(most, 4) * 10
        yield _every(key, path, lambda v: not _is_number(v) or v <= ceiling, sure=True)
    for at_least in (1, 2):
        yield _every(key, path, partial(_has_length, at_least))
    longest = 4 * max([len(v) for v in values if _is_sized(v)] or [0]) + 4
    yield _every(key, path, lambda v: not _is_sized(v) or len(v) <= longest, sure=True)
    widths = {len(v) for v in values if isinstance(v, tuple)}
    yield _every(key, path, lambda v: not isinstance(v, tuple) or len(v) in widths)
    letters = set("".join(v for v in values if isinstance(v, str)))
    for kind in _letter_kinds(letters):
        yield _every(key, path, partial(_is_all, kind))
    for ordered in (_ascending, _descending, _different):
        yield _every(key, path, ordered, counted=_is_short_list)
    yield _every(
        key, path, lambda v: len({len(m) for m in v if _is_sized(m)}) <= 1,
        counted=lambda v: isinstance(v, (list, tuple)) and sum(map(_is_sized, v)) > 1,
    )  # fmt: skip


def _every(
    key: Any,
    path: Callable[[Any], Sequence[Any]],
    holds: Callable[[Any], bool],
    counted: Callable[[Any], bool] = lambda value: True,
    sure: bool = False,
) -> _Property:
    def verdict(arguments: _Arguments) -> Optional[bool]:
        if key not in arguments:
            return None
        values = [value for value in path(arguments[key]) if counted(value)]
        return all(map(holds, values)) if values else None

    return _Property(verdict, sure)


def _of_two(one: Any, other: Any) -> Iterator[_Property]:
    def both(holds: Callable[[Any, Any], Optional[bool]]) -> _Property:
        def verdict(arguments: _Arguments) -> Optional[bool]:
            if one not in arguments or other not in arguments:
                return None
            return holds(arguments[one], arguments[other])

        return _Property(verdict)

    yield both(lambda a, b: len(a) == len(b) if _is_sized(a) and _is_sized(b) else None)
    yield both(lambda a, b: a <= len(b) if type(a) is int and _is_sized(b) else None)
    yield both(lambda a, b: a < len(b) if type(a) is int and _is_sized(b) else None)
    yield both(lambda a, b: a <= b if _is_number(a) and _is_number(b) else None)
    yield both(lambda a, b: a < b if _is_number(a) and _is_number(b) else None)
    yield both(lambda a, b: a in b if _may_hold(a, b) else None)


def _may_hold(a: Any, b: Any) -> bool:
    if isinstance(b, str):
        return isinstance(a, str)
    return isinstance(b, (list, tuple, dict)) and isinstance(a, (int, str, float))


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _is_sized(value: Any) -> bool:
    return isinstance(value, (str, bytes, list, tuple, set, frozenset, dict))


def _letter_kinds(letters: "set[str]") -> List[Callable[[str], bool]]:
    kinds: List[Callable[[str], bool]] = [
        str.isdigit, str.islower, str.isupper, str.isalpha, str.isalnum, str.isascii,
        lambda c: c.isalpha() or c == " ", lambda c: c.isalnum() or c in " _-",
        lambda c: not c.isspace(),
    ]  # fmt: skip
    if letters and len(letters) <= 8 and not any(c.isalnum() for c in letters):
        kinds.append(letters.__contains__)
    return kinds


def _is_short_list(value: Any) -> bool:
    """Long enough to have an order, and short enough to be compared with itself."""
    return isinstance(value, list) and 1 < len(value) <= _MAX_LENGTH


def _has_length(at_least: int, value: Any) -> bool:
    return not _is_sized(value) or len(value) >= at_least


def _is_all(kind: Callable[[str], bool], value: Any) -> bool:
    return not isinstance(value, str) or all(map(kind, value))


def _ascending(value: Any) -> bool:
    try:
        return bool(value == sorted(value))
    except TypeError:
        return False


def _descending(value: Any) -> bool:
    try:
        return bool(value == sorted(value, reverse=True))
    except TypeError:
        return False


def _different(value: Any) -> bool:
    return not any(member in value[:place] for place, member in enumerate(value))


def copied(call: Call) -> Call:
    """The call with arguments of its own."""
    positional, named = copy.deepcopy((call.positional, call.named))
    return Call(positional, named, call.test_id)
