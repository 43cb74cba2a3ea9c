"""What a test process recorded, from the arrays of its messages.

The process can be made to say anything: what has not the expected form raises ValueError or
TypeError, and text is stripped of what an editor should not show.
"""

import re
from pathlib import Path
from typing import Any

from lacuna_ls.domain.facts import (
    Argument,
    BlockPass,
    Caller,
    CapturedCall,
    FunctionFacts,
    LineFacts,
    SeenValue,
)

# Control characters, and characters that reorder or hide text.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_MAX_TEXT = 200


def function_facts(path: Any, record: Any) -> FunctionFacts:
    """The facts in a `messages.FunctionRecord` as it comes off the wire."""
    name, line, calls, blocks_total, lines, blocks, captured = record
    return FunctionFacts(
        path=Path(str(path)),
        name=_text(name),
        line=_number(line),
        calls=_number(calls),
        blocks_total=_number(blocks_total),
        lines=tuple(_line(each) for each in lines),
        blocks=tuple(_block(each) for each in blocks),
        captured=tuple(_call(each) for each in captured),
    )


def _line(record: Any) -> LineFacts:
    line, count, values, branches, raised = record
    return LineFacts(
        _number(line),
        _number(count),
        tuple(SeenValue(_text(n), _text(f), _text(t), _number(c)) for n, f, t, c in values),
        tuple((_number(following), _number(often)) for following, often in branches),
        _text(raised),
    )


def _block(record: Any) -> BlockPass:
    number, first, last, values = record
    shown = tuple((_text(name), _text(text)) for name, text in values)
    return BlockPass(_number(number), _number(first), _number(last), shown)


def _call(record: Any) -> CapturedCall:
    number, arguments, returned, returned_literal, raised, (path, line, function) = record
    return CapturedCall(
        _number(number),
        tuple(Argument(_text(n), _text(t), _maybe(exact)) for n, t, exact in arguments),
        None if returned is None else _text(returned),
        _maybe(returned_literal),
        None if raised is None else _text(raised),
        Caller(Path(str(path)), _number(line), _text(function)),
    )


def _number(value: Any) -> int:
    number = int(value)
    if number < 0:
        raise ValueError("a negative number of something")
    return number


def _maybe(value: Any) -> str | None:
    return None if value is None else str(value)


def _text(value: Any) -> str:
    text = _UNSEEN.sub("", str(value)).encode("utf-8", "replace").decode()
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 3] + "..."
