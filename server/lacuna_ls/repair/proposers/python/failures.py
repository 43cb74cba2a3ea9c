"""What the failures say: the values that the tests expect, and the errors that came up.

Read from the messages in which pytest explains an assertion; a message of another form says nothing.
"""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from lacuna_ls.repair.proposers.template import Context

_ASSERTED = re.compile(r"^assert (.+)$", re.MULTILINE)
_NOT_RAISED = re.compile(
    r"DID NOT RAISE (?:any of \()?(?:<class '(?:[\w.<>]+\.)?)?(\w+)|\b([A-Z]\w+) not raised\b"
)
_OPAQUE = re.compile(r"^assert (.+?) == (.+)$", re.MULTILINE)
EMPTY = ("None", "[]", "0", "False", "True", '""', "1", "-1")
# What unittest says; which side was expected it does not say.
_UNEQUAL = re.compile(r"\A(?!assert )(.+?) != (.+?)(?: : .*)?$", re.MULTILINE)
_UNTRUE = re.compile(r"\A(True|False) is not (true|false)\b")
_LONGEST = 30
_SCALARS = (bool, int, float, str, type(None))


def expected(context: Context) -> tuple[str, ...]:
    """Python literals that stand where a result should: `[]`, `-1`, `"none"`."""
    return tuple(dict.fromkeys(v for m in context.messages for v in _compared(m)[1]))


def is_plain(value: str) -> bool:
    """A constant that says "nothing to do", or a word; no list of numbers, no particular one."""
    return value in (*EMPTY, "()", "{}", "set()", "''", "0.0") or value[:1] in ("'", '"')


def got(context: Context) -> tuple[str, ...]:
    """Literals of what the code answered instead."""
    return tuple(dict.fromkeys(v for m in context.messages for v in _compared(m)[0]))


def missing_errors(context: Context) -> tuple[str, ...]:
    """Names of exceptions that should have come up."""
    found = (pair for message in context.messages for pair in _NOT_RAISED.findall(message))
    return tuple(dict.fromkeys(one or other for one, other in found))


def mentions(context: Context, *words: str) -> bool:
    return any(word in message for message in context.messages for word in words)


def answers(context: Context) -> tuple[tuple[Any, Any], ...]:
    """What the code answered and what the test expected, where both are literals."""
    sides = (side for message in context.messages for side in _sides(message))
    pairs = ((_value(left), _value(right)) for left, right in sides)
    return tuple((a[0], b[0]) for a, b in pairs if a and b)


def opaque_answers(context: Context) -> tuple[tuple[str, Any], ...]:
    """What the message shows of an answer that is no literal, and the literal that was expected."""
    shown = (found for message in context.messages for found in _OPAQUE.findall(message))
    pairs = ((left, _value(right)) for left, right in shown if not _value(left))
    return tuple((left, right[0]) for left, right in pairs if right)


def _sides(message: str) -> Iterator[tuple[str, str]]:
    for text in _ASSERTED.findall(message):
        try:
            tree = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if isinstance(tree, ast.Compare) and isinstance(tree.ops[0], ast.Eq):
            left = ast.get_source_segment(text, tree.left)
            right = ast.get_source_segment(text, tree.comparators[0])
            if left is not None and right is not None and len(tree.ops) == 1:
                yield left, right


def _value(text: str) -> tuple[Any, ...]:
    """A literal's value, alone; nothing if the text is none."""
    try:
        return (ast.literal_eval(text),)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return ()


@lru_cache(maxsize=64)
def _compared(message: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Literals on the left and on the right of the assertions; a bare `False` should be `True`."""
    left: list[str] = []
    right: list[str] = []
    for text in _ASSERTED.findall(message):
        try:
            tree = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        match tree:
            case ast.Compare(ops=[ast.Eq() | ast.Is()], comparators=[other]):
                left += _literal(tree.left)
                right += _literal(other)
            case ast.Constant(value=bool(value)):
                left.append(str(value))
                right.append(str(not value))
            case ast.UnaryOp(op=ast.Not(), operand=ast.Constant(value=bool(value))):
                left.append(str(value))
                right.append(str(not value))
    for sides in _UNEQUAL.findall(message):
        both = [literal for side in sides for literal in _written(side)]
        left += both
        right += both
    for shown, wanted in _UNTRUE.findall(message):
        left.append(shown)
        right.append(wanted.capitalize())
    return tuple(left), tuple(right)


def _written(text: str) -> list[str]:
    value = _value(text)
    return _literal(ast.Constant(value[0])) if value and isinstance(value[0], _SCALARS) else []


def _literal(node: ast.expr) -> list[str]:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return []
    text = repr(value)
    return [text.replace("'", '"') if text == "''" else text] if len(text) <= _LONGEST else []
