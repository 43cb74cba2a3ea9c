"""Smaller calls than one given: the steps by which a counterexample is made easy to read.

As in the shrinking of QuickCheck and Hypothesis: parts are left out, halves taken, numbers drawn to
nought. Which of the smaller calls still fail is for whoever can run them to say.
"""

import ast
from collections.abc import Iterator
from functools import partial
from itertools import chain, islice, zip_longest
from typing import Any

_MAX_PARTS = 12
_MAX_FLOAT = 1e15


def smaller(code: str, count: int) -> tuple[str, ...]:
    """Up to `count` calls with one argument made smaller, boldest first, in turn over them.

    Empty if an argument is no literal.
    """
    call = ast.parse(code, mode="eval").body
    assert isinstance(call, ast.Call)
    holders = [*call.args, *(keyword.value for keyword in call.keywords)]
    try:
        values = [ast.literal_eval(holder) for holder in holders]
    except ValueError:
        return ()
    ways = [map(partial(_with, call, index), _smaller(v)) for index, v in enumerate(values)]
    found = dict.fromkeys(each for each in chain(*zip_longest(*ways)) if each is not None)
    found.pop(ast.unparse(call), None)
    return tuple(islice(found, count))


def _with(call: ast.Call, index: int, value: Any) -> str:
    literal = ast.parse(repr(value), mode="eval").body
    positional = len(call.args)
    arguments = [literal if place == index else each for place, each in enumerate(call.args)]
    keywords = [
        ast.keyword(each.arg, literal if positional + place == index else each.value)
        for place, each in enumerate(call.keywords)
    ]
    return ast.unparse(ast.Call(call.func, arguments, keywords))


def _smaller(value: Any) -> Iterator[Any]:
    match value:
        case bool():
            if value:
                yield False
        case int():
            yield from _numbers(value)
        case float():
            if value and abs(value) < _MAX_FLOAT:
                yield 0.0
                yield from (each for each in (float(int(value)),) if each not in (value, 0.0))
        case str() | bytes():
            yield from _shorter(value)
            yield from _plainer(value)
        case list() | tuple():
            yield from _shorter(value)
            kind = type(value)
            yield from map(kind, _all_at_once(value))
            for index, member in enumerate(value[:_MAX_PARTS]):
                for less in _smaller(member):
                    yield kind([*value[:index], less, *value[index + 1 :]])
        case dict():
            for key in list(value)[:_MAX_PARTS]:
                yield {k: v for k, v in value.items() if k != key}
            for key, held in list(value.items())[:_MAX_PARTS]:
                for less in _smaller(held):
                    yield {**value, key: less}
        case set():
            for member in list(value)[:_MAX_PARTS]:
                yield value - {member}


def _all_at_once(members: Any) -> Iterator[list[Any]]:
    """Members that are there more than once are made smaller together."""
    twice = [each for place, each in enumerate(members) if each in members[:place]]
    for member in twice[:_MAX_PARTS]:
        for less in _smaller(member):
            yield [less if each == member else each for each in members]


def _numbers(value: int) -> Iterator[int]:
    for less in (0, 1, value // 2, value - 1 if value > 0 else value + 1, -value):
        if (abs(less), less < 0) < (abs(value), value < 0):
            yield less


def _shorter(value: Any) -> Iterator[Any]:
    size = len(value)
    if not size:
        return
    yield value[:0]
    if size > 2:
        yield value[: size // 2]
        yield value[size // 2 :]
    for index in range(min(size, _MAX_PARTS)):
        yield value[:index] + value[index + 1 :]


def _plainer(value: Any) -> Iterator[Any]:
    plain = "a" if isinstance(value, str) else b"a"
    for index in range(min(len(value), _MAX_PARTS)):
        if value[index : index + 1] > plain:
            yield value[:index] + plain + value[index + 1 :]
