"""The text of an extraction: the new function, the call, and where each goes.

Two edits: the selection becomes the call, and the function is inserted beside its host. Every byte
outside stays. Lines inside string literals are never re-indented.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lacuna_ls.analysis.selection import SelectedExpression, SelectedStatements
from lacuna_ls.analysis.unit import Unit, UnitKind
from lacuna_ls.domain.text import Source, Span, TextEdit
from lacuna_ls.extraction.contract import Contract, RefusedError, Result
from lacuna_ls.syntax.nodes import Node, preorder, span_of

_INDENT = re.compile(rb"[ \t\f]*")
_STRINGS = ("string",)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Edits to the old text, in its order; they do not touch each other.

    `rename_at` is the offset, in the new text, of the name in the call. `call` and `function` are
    what the edits are made of, the function without the blank lines around it.
    """

    edits: tuple[TextEdit, ...]
    rename_at: int
    call: TextEdit
    function: bytes


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the new function goes. `lead` and `trail` are the blank lines around it."""

    offset: int
    indent: bytes
    lead: bytes
    trail: bytes


def rewrite(
    source: Source,
    unit: Unit,
    selected: SelectedStatements | SelectedExpression,
    contract: Contract,
    name: str,
    again: Sequence[Span] = (),
) -> Rewrite:
    """The edits for a contract; at `again` stand the same statements, which become the same call.

    Raises:
        RefusedError: the selection is indented in a way that cannot be moved.
    """
    newline = source.line_end()
    unit_indent = _indent_unit(source, unit)
    place = _placement(source, unit, selected.span, contract, newline)
    inner = place.indent + unit_indent
    if isinstance(selected, SelectedStatements):
        body = [inner + _moved(source, selected, inner)]
    else:
        body = [inner + b"return " + _expression_text(source, selected, inner, newline)]
    head = _head(source, unit, selected, contract, name, place.indent)
    globals_ = contract.declared_global
    declared = [inner + b"global " + _names(globals_)] if globals_ else []
    tail = [inner + b"return " + _names(contract.outputs)] if contract.outputs else []
    text = newline.join((*head, *declared, *body, *tail))
    call = TextEdit(selected.span, _call(source, selected, contract, name, newline))
    function = TextEdit(Span(place.offset, place.offset), place.lead + text + place.trail)
    edits = (call, function, *(TextEdit(span, call.new) for span in again))
    start = _moved_to(call.span.start, edits)
    return Rewrite(_joined(edits), start + call.new.index(name.encode() + b"("), call, text)


def _joined(edits: Iterable[TextEdit]) -> tuple[TextEdit, ...]:
    """The edits in order, one where two meet: an editor may apply what touches in any order."""
    joined: list[TextEdit] = []
    for edit in sorted(edits, key=lambda e: e.span):
        if joined and joined[-1].span.end == edit.span.start:
            last = joined.pop()
            joined.append(TextEdit(Span(last.span.start, edit.span.end), last.new + edit.new))
        else:
            joined.append(edit)
    return tuple(joined)


def _moved_to(offset: int, edits: Iterable[TextEdit]) -> int:
    """Where the text that begins at `offset` begins after the edits; what is inserted there is first."""
    before = [e for e in edits if e.span.end <= offset]
    return offset + sum(len(e.new) - len(e.span) for e in before)


def _names(names: tuple[str, ...]) -> bytes:
    return ", ".join(names).encode()


def _call(
    source: Source,
    selected: SelectedStatements | SelectedExpression,
    contract: Contract,
    name: str,
    newline: bytes,
) -> bytes:
    reach = f"{contract.receiver.name}." if contract.receiver else ""
    text = f"{reach}{name}({', '.join(contract.parameters)})".encode()
    if contract.is_async:
        text = b"await " + text
    if contract.is_generator:
        text = b"yield from " + text
    if contract.result is Result.RETURNED:
        text = b"return " + text
    elif contract.result is Result.ASSIGNED:
        text = _names(contract.outputs) + b" = " + text
    elif isinstance(selected, SelectedExpression):
        text = _in_place(source, selected, contract, text)
    if contract.kept_global:
        text = b"global " + _names(contract.kept_global) + b"; " + text
    return text


def _in_place(
    source: Source, selected: SelectedExpression, contract: Contract, text: bytes
) -> bytes:
    """Parentheses for an await, and blanks where the neighbours were told apart by brackets."""
    if contract.is_async:
        text = b"(" + text + b")" if _binds_tighter(selected.node) else text
    before = source.data[selected.span.start - 1 : selected.span.start]
    after = source.data[selected.span.end : selected.span.end + 1]
    lead = b" " if before.isalnum() or before == b"_" else b""
    trail = b" " if after.isalnum() or after == b"_" else b""
    return lead + text + trail


def _binds_tighter(node: Node) -> bool:
    parent = node.parent
    return parent is not None and parent.type in ("attribute", "subscript", "call", "await")


def _head(
    source: Source,
    unit: Unit,
    selected: SelectedStatements | SelectedExpression,
    contract: Contract,
    name: str,
    indent: bytes,
) -> list[bytes]:
    lines = []
    if contract.receiver and contract.receiver.decorator:
        lines.append(indent + b"@" + contract.receiver.decorator.encode())
    hints = _hints(source, unit, contract)
    parameters = [f"{p}{hints.get(p, '')}" for p in contract.parameters]
    if contract.receiver:
        parameters.insert(0, contract.receiver.name)
    keyword = "async def" if contract.is_async else "def"
    arrow = _result_hint(source, unit, selected, contract, hints)
    lines.append(indent + f"{keyword} {name}({', '.join(parameters)}){arrow}:".encode())
    return lines


def _result_hint(
    source: Source,
    unit: Unit,
    selected: SelectedStatements | SelectedExpression,
    contract: Contract,
    hints: dict[str, str],
) -> str:
    """` -> T` where the host says what the result is; its own result's if that is returned."""
    host = "" if unit.returns is None else source.text(span_of(unit.returns))
    known = _says_the_same(unit, contract, host)
    if not known or contract.is_generator:
        return ""
    if contract.result is Result.NOTHING:
        return " -> None"
    if contract.result is Result.ASSIGNED:
        hint = hints.get(contract.outputs[0], "")[2:]
        return f" -> {hint}" if hint and len(contract.outputs) == 1 else ""
    is_whole = isinstance(selected, SelectedStatements) or selected.is_returned
    return "" if unit.is_generator or not is_whole else f" -> {host}"


def _hints(source: Source, unit: Unit, contract: Contract) -> dict[str, str]:
    """Annotations that mean the same at the new function as at the old one, right beside it."""
    hints = {}
    for parameter in unit.annotated:
        text = source.text(span_of(parameter.annotation))
        if _says_the_same(unit, contract, text):
            hints[parameter.name] = f": {text}"
    return hints


def _says_the_same(unit: Unit, contract: Contract, hint: str) -> bool:
    beside = contract.receiver is not None or unit.outermost == unit.statement
    simple = _SIMPLE_HINT.fullmatch(hint) is not None
    return beside and simple and not _mentions(hint, unit.parameters)


_SIMPLE_HINT = re.compile(r"""[\w.,| \[\]"']+""")


def _mentions(text: str, names: tuple[str, ...]) -> bool:
    return any(word in names for word in re.findall(r"\w+", text))


def _placement(
    source: Source, unit: Unit, selected: Span, contract: Contract, newline: bytes
) -> Placement:
    """After the host as a sibling method, else in the module, before or after the host.

    After, only where nothing can call the host in between: it is a plain function of the module.
    """
    below = _line_end(source, max(unit.node.end_byte, selected.end))
    if contract.receiver is not None:
        indent = _indent_at(source, unit.statement.start_byte)
        return Placement(below, indent, newline * 2, b"")
    outermost = _outermost(unit, selected.start)
    if outermost == unit.node and unit.kind is UnitKind.FUNCTION and _calls_below(source, unit):
        return Placement(below, b"", newline * 3, b"")
    above = min(_above_comments(source, outermost.start_byte), selected.start)
    return Placement(above, b"", _missing_blank_lines(source, above, newline), newline * 3)


def _outermost(unit: Unit, start: int) -> Node:
    if unit.kind is not UnitKind.MODULE:
        return unit.outermost
    return next(c for c in unit.node.named_children if c.end_byte > start)


def _calls_below(source: Source, unit: Unit) -> bool:
    """Whether the host calls functions of the module that are defined further down."""
    called = set(_CALLED.findall(source.data, unit.node.start_byte, unit.node.end_byte))
    return any(m.group(1) in called for m in _DEFINED.finditer(source.data, unit.node.end_byte))


_CALLED = re.compile(rb"(?<![\w.])([A-Za-z_]\w*)\(")
_DEFINED = re.compile(rb"^(?:async )?def ([A-Za-z_]\w*)", re.MULTILINE)


def _line_end(source: Source, offset: int) -> int:
    return source.line_span(source.line_at(offset)).end


def _missing_blank_lines(source: Source, offset: int, newline: bytes) -> bytes:
    """What makes two blank lines above a definition of the module."""
    line = source.line_at(offset)
    blank = 0
    while blank < min(line, 2) and not len(source.line_span(line - blank - 1)):
        blank += 1
    return newline * (2 - blank) if line else b""


def _above_comments(source: Source, offset: int) -> int:
    """Start of the comment block that stands right on top, unless it heads the whole file."""
    line = source.line_at(offset)
    first = line
    while first > 0 and source.data.startswith(b"#", source.line_starts[first - 1]):
        first -= 1
    return source.line_starts[first] if first > 0 else offset


def _indent_at(source: Source, offset: int) -> bytes:
    start = source.line_starts[source.line_at(offset)]
    match = _INDENT.match(source.data, start, offset)
    assert match is not None
    return match.group()


def _indent_unit(source: Source, unit: Unit) -> bytes:
    """One level of indentation as the host has it; four blanks where it cannot be seen."""
    if unit.kind is not UnitKind.MODULE:
        outer = _indent_at(source, unit.statement.start_byte)
        inner = _indent_at(source, unit.body.start_byte)
        if inner.startswith(outer) and len(inner) > len(outer):
            return inner[len(outer) :]
    return b"    "


def _moved(source: Source, selected: SelectedStatements, inner: bytes) -> bytes:
    """The selected text at its new indentation, without the indentation of its first line."""
    span = selected.span
    data = source.data
    base = _indent_at(source, span.start)
    _refuse_mixed_indentation(source, selected, base)
    frozen = _lines_in_strings(source, selected.nodes)
    first, last = source.line_at(span.start), source.line_at(span.end)
    pieces = [data[span.start : min(_line_stop(source, first), span.end)]]
    for line in range(first + 1, last + 1):
        start = source.line_starts[line]
        text = data[start : min(_line_stop(source, line), span.end)]
        if line in frozen or not text.strip():
            pieces.append(text)
        elif text.startswith(base):
            pieces.append(inner + text[len(base) :])
        elif text.lstrip().startswith(b"#"):
            pieces.append(inner + text.lstrip())
        else:
            pieces.append(text)
    return b"".join(pieces)


def _refuse_mixed_indentation(source: Source, selected: SelectedStatements, base: bytes) -> None:
    lines = source.data[selected.code.start : selected.code.end].split(b"\n")[1:]
    if all(line.startswith(base) or not line.strip() for line in lines):
        return
    for root in selected.nodes:
        for node in preorder(root):
            if node.parent is not None and node.parent.type == "block":
                indent = _indent_at(source, node.start_byte)
                if not indent.startswith(base):
                    line = source.line_at(node.start_byte) + 1
                    raise RefusedError(f"Line {line} mixes tabs and blanks in its indentation.")


def _line_stop(source: Source, line: int) -> int:
    starts = source.line_starts
    return starts[line + 1] if line + 1 < len(starts) else len(source.data)


_LONG_STRING = re.compile(rb"""\"{3}|'{3}|\\[\r\n]""")


def _lines_in_strings(source: Source, nodes: tuple[Node, ...]) -> frozenset[int]:
    """Lines that begin inside a string literal."""
    lines: set[int] = set()
    text = source.data[nodes[0].start_byte : nodes[-1].end_byte]
    if not _LONG_STRING.search(text):
        return frozenset()
    for root in nodes:
        for node in preorder(root):
            if node.type in _STRINGS and node.end_point.row > node.start_point.row:
                first, last = source.line_at(node.start_byte), source.line_at(node.end_byte - 1)
                lines.update(range(first + 1, last + 1))
    return frozenset(lines)


def _expression_text(
    source: Source, selected: SelectedExpression, inner: bytes, newline: bytes
) -> bytes:
    data = source.data[selected.span.start : selected.span.end]
    node = selected.node
    closed = ("parenthesized_expression", "list", "dictionary", "set", "string")
    if (b"\n" in data or b"\r" in data) and not (
        node.type in closed or node.type.endswith("_comprehension")
    ):
        return b"(" + data + b")"
    return data
