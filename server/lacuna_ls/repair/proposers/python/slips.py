"""Slips of syntax: what a line lacks, or has too much of, for the file to parse."""

import re
from collections.abc import Iterator, Sequence

from lacuna_ls.domain.text import Source, Span, TextEdit, encode
from lacuna_ls.repair.proposers.python.expressions import named
from lacuna_ls.repair.proposers.template import Splice
from lacuna_ls.syntax.nodes import Node, preorder

_COMPOUND = (
    "if ", "elif ", "else", "for ", "while ", "def ", "class ", "try", "except", "finally", "with ",
    "async ", "match ", "case ",
)  # fmt: skip
_CLOSING = (")", "]", "}", '"', "'")
# How Python ends what it says of a file that it cannot read.
_PLACE = re.compile(r"\([^()]+\.py, line (\d+)\)$", re.MULTILINE)
_STEP = "    "
_MOST_LINES = 8


def slips(root: Node, source: Source, messages: Sequence[str]) -> Iterator[Splice]:
    """Edits of one line near where the parser, or Python as the messages say, has stumbled."""
    for line in _suspects(root, source, messages):
        span = source.line_span(line)
        text = source.text(span)
        code = (
            text.partition("#")[0].rstrip()
            if "'" not in text and '"' not in text
            else text.rstrip()
        )
        if not code.strip():
            continue
        end = span.start + len(encode(code))
        if code.lstrip().startswith(_COMPOUND) and not code.endswith(":"):
            yield _inserted(end, ":", "add the colon", 1.0)
            for closing in _CLOSING[:3]:
                yield _inserted(
                    end, closing + ":", f"close the bracket with {closing}, and add the colon", 0.4
                )
        at_colon = end - 1 if code.endswith(":") else end
        for closing in _CLOSING:
            yield _inserted(at_colon, closing, f"add {named(closing)}", 0.7)
        if code.endswith(_CLOSING):
            yield _replaced(Span(end - 1, end), "", f"drop {named(code[-1])}", 0.6)
        yield from _compared(span.start, code)
        yield from _indented(line, source)


def _suspects(root: Node, source: Source, messages: Sequence[str]) -> tuple[int, ...]:
    """Lines where something is in error or missing, and those before them."""
    said = [int(n) - 1 for message in messages for n in _PLACE.findall(message)]
    lines = {line: None for n in said for line in (n, n - 1) if 0 <= line < len(source.line_starts)}
    for node in preorder(root) if root.has_error else ():
        if node.is_error or node.is_missing:
            for line in (
                source.line_at(node.start_byte),
                source.line_at(max(node.end_byte - 1, 0)),
            ):
                lines |= dict.fromkeys(each for each in (line, line - 1) if each >= 0)
    return tuple(lines)[:_MOST_LINES]


def _compared(start: int, code: str) -> Iterator[Splice]:
    """`==` for `=` in a condition."""
    if not code.lstrip().startswith(("if ", "elif ", "while ", "return ", "assert ")):
        return
    for number, character in enumerate(code):
        around = code[max(number - 1, 0) : number + 2]
        if character == "=" and not any(sign in around for sign in ("==", "<=", ">=", "!=")):
            at = start + len(encode(code[:number]))
            yield _replaced(Span(at, at + 1), "==", "compare with ==", 1.0)


def _indented(line: int, source: Source) -> Iterator[Splice]:
    """As the line before, one step more, or one step less."""
    text = source.text(source.line_span(line))
    own = text[: len(text) - len(text.lstrip())]
    start = source.line_starts[line]
    before = next((t for t in _lines_before(line, source) if t.strip()), "")
    other = before[: len(before) - len(before.lstrip())]
    deeper = other + _STEP if before.rstrip().endswith(":") else other
    for indent in dict.fromkeys((deeper, other, own + _STEP, own.removesuffix(_STEP))):
        if indent != own:
            span = Span(start, start + len(encode(own)))
            yield _replaced(span, indent, "indent the line as its block", 0.5)


def _lines_before(line: int, source: Source) -> Iterator[str]:
    for number in range(line - 1, -1, -1):
        yield source.text(source.line_span(number))


def _inserted(offset: int, new: str, summary: str, weight: float) -> Splice:
    return _replaced(Span(offset, offset), new, summary, weight)


def _replaced(span: Span, new: str, summary: str, weight: float) -> Splice:
    return Splice(TextEdit(span, encode(new)), summary, weight)
