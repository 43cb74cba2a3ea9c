"""Where a new function goes, and how far it is indented."""

import re
from dataclasses import dataclass

from lacuna_ls.analysis.spelling import Spelling
from lacuna_ls.analysis.unit import Unit, UnitKind
from lacuna_ls.domain.text import Source
from lacuna_ls.extraction.plan import Plan
from lacuna_ls.syntax.nodes import Node

_INDENT = re.compile(rb"[ \t\f]*")


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the new function goes. `lead` and `trail` are the blank lines around it."""

    offset: int
    indent: bytes
    lead: bytes
    trail: bytes


def placement(source: Source, plan: Plan) -> Placement:
    """After the host as a sibling method, else in the module, before or after the host.

    After, only where nothing can call the host in between: it is a plain function of the module.
    """
    unit, selected, newline = plan.unit, plan.selected.span, source.line_end()
    below = _line_end(source, max(unit.node.end_byte, selected.end))
    if plan.contract.receiver is not None:
        indent = indent_at(source, unit.statement.start_byte)
        return Placement(below, indent, newline * 2, b"")
    outermost = _outermost(unit, selected.start)
    if outermost == unit.node and unit.kind is UnitKind.FUNCTION and _calls_below(source, unit):
        return Placement(below, b"", newline * 3, b"")
    above = min(
        _above_comments(source, outermost.start_byte, unit.spelling.comment), selected.start
    )
    return Placement(above, b"", _missing_blank_lines(source, above, newline), newline * 3)


def _outermost(unit: Unit, start: int) -> Node:
    if unit.kind is not UnitKind.MODULE:
        return unit.outermost
    return _first_of_line(next(c for c in unit.node.named_children if c.end_byte > start))


def _first_of_line(statement: Node) -> Node:
    """Above which a function can stand: no other statement ends on its line."""
    before = statement.prev_named_sibling
    while before is not None and before.end_point.row == statement.start_point.row:
        statement, before = before, before.prev_named_sibling
    return statement


def _calls_below(source: Source, unit: Unit) -> bool:
    """Whether the host calls functions of the module that are defined further down."""
    spelling, end = unit.spelling, unit.node.end_byte
    called = set(spelling.called.findall(source.data, unit.node.start_byte, end))
    return any(_defined_after(source.data, end, name, spelling) for name in called)


def _defined_after(data: bytes, offset: int, name: bytes, spelling: Spelling) -> bool:
    """Looks for the words first: a regular expression would take a hundred times longer."""
    words = spelling.definition + name
    found = data.find(words, offset)
    while found >= 0:
        line = data[data.rfind(b"\n", 0, found) + 1 : found + len(words) + 1]
        if spelling.defined.fullmatch(line):
            return True
        found = data.find(words, found + 1)
    return False


def _line_end(source: Source, offset: int) -> int:
    return source.line_span(source.line_at(offset)).end


def _missing_blank_lines(source: Source, offset: int, newline: bytes) -> bytes:
    """What makes two blank lines above a definition of the module."""
    line = source.line_at(offset)
    blank = 0
    while blank < min(line, 2) and not len(source.line_span(line - blank - 1)):
        blank += 1
    return newline * (2 - blank) if line else b""


def _above_comments(source: Source, offset: int, comment: bytes) -> int:
    """Start of the comment block that stands right on top, unless it heads the whole file."""
    line = source.line_at(offset)
    first = line
    while first > 0 and source.data.startswith(comment, source.line_starts[first - 1]):
        first -= 1
    return source.line_starts[first] if first > 0 else offset


def indent_at(source: Source, offset: int) -> bytes:
    start = source.line_starts[source.line_at(offset)]
    match = _INDENT.match(source.data, start, offset)
    assert match is not None
    return match.group()


def indent_unit(source: Source, unit: Unit) -> bytes:
    """One level of indentation as the host has it; four blanks where it cannot be seen."""
    if unit.kind is not UnitKind.MODULE:
        outer = indent_at(source, unit.statement.start_byte)
        inner = indent_at(source, unit.body.start_byte)
        if inner.startswith(outer) and len(inner) > len(outer):
            return inner[len(outer) :]
    return b"    "
