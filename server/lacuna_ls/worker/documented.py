"""Calls in the documentation of a function, with what it is said to give for them.

Examples as of `doctest`, and lines such as `f([1, 2]) -> 3`, as far as literals can say them.
"""

import ast
import inspect
import re
from typing import Any, Iterator, NamedTuple, Optional, Tuple

from .capture import Call

_MAX_CALL = 2_000
_MAX_BRACKETS = 12
_GIVES = re.compile(
    r"\s*(?:==|=>|->|=|\u279e|\u2192|\u21d2|should (?:be|return)|returns?|is)\s*:?\s*"
)
_PROMPT = re.compile(r">>>\s*$")


class Example(NamedTuple):
    """`expected` is what stands beside the call, in a tuple of one; `None` if nothing does."""

    call: Call
    expected: Optional[Tuple[Any]]


def examples(function: Any, name: str) -> Iterator[Example]:
    """Those of calls of `name`, a function without a receiver."""
    text = inspect.getdoc(function) or ""
    for match in re.finditer(r"\b{}\(".format(re.escape(name)), text):
        found = _call_at(text, match.start())
        if found is None:
            continue
        node, end = found
        call = _literal_call(node)
        if call is None:
            continue
        try:
            inspect.signature(function).bind(*call.positional, **call.named)
        except (TypeError, ValueError):
            continue
        yield Example(call, _expected(text, match.start(), end))


def call_of(code: str) -> Optional[Call]:
    """The call that the code is, with literals for arguments."""
    found = _call_at(code, 0)
    return None if found is None else _literal_call(found[0])


def _literal_call(node: ast.Call) -> Optional[Call]:
    try:
        positional = tuple(ast.literal_eval(argument) for argument in node.args)
        named = {str(k.arg): ast.literal_eval(k.value) for k in node.keywords}
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return Call(positional, named, "")


def _call_at(text: str, start: int) -> Optional[Tuple[ast.Call, int]]:
    """The call that begins there, up to one of the next closing brackets, and its end."""
    end = start
    for _ in range(_MAX_BRACKETS):
        end = text.find(")", end) + 1
        if not end or end - start > _MAX_CALL:
            return None
        try:
            node = ast.parse(text[start:end].strip(), mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue
        return (node, end) if isinstance(node, ast.Call) else None
    return None


def _expected(text: str, start: int, end: int) -> Optional[Tuple[Any]]:
    line_start = text.rfind("\n", 0, start) + 1
    rest, _, following = text[end:].partition("\n")
    if _PROMPT.search(text[line_start:start]) and not rest.strip():
        return _literal(following.partition("\n")[0])
    gives = _GIVES.match(rest)
    return _literal(rest[gives.end() :]) if gives else None


def _literal(text: str) -> Optional[Tuple[Any]]:
    """The value that the text begins with, a comment or a full stop left aside."""
    for candidate in (text, text.partition("#")[0], text.strip().partition(" ")[0]):
        try:
            return (ast.literal_eval(candidate.strip(" \t.,;")),)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            continue
    return None
