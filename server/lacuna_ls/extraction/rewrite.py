"""The text of an extraction: the new function, the call, and where each goes.

Two edits: the selection becomes the call, and the function is inserted beside its host. Every byte
outside stays. Lines inside string literals are never re-indented.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lacuna_ls.analysis.selection import SelectedExpression, SelectedStatements
from lacuna_ls.analysis.spelling import Spelling
from lacuna_ls.analysis.writing import Signature, Writing
from lacuna_ls.domain.text import Source, Span, TextEdit, decode, encode
from lacuna_ls.extraction.contract import Contract, RefusedError, Result
from lacuna_ls.extraction.hints import hints, result_hint, type_parameters
from lacuna_ls.extraction.naming import free_name
from lacuna_ls.extraction.placement import indent_at, indent_unit, placement
from lacuna_ls.extraction.plan import Plan
from lacuna_ls.syntax.nodes import Node, preorder


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Edits to the old text, in its order; they do not touch each other.

    `rename_at` is the offset, in the new text, of the name in the first call. `calls` and `function`
    are what the edits are made of, the function without the blank lines around it; its head is on
    `definition_line` of it, below any decorators.
    """

    edits: tuple[TextEdit, ...]
    rename_at: int
    calls: tuple[TextEdit, ...]
    function: bytes
    definition_line: int


def rewrite(
    source: Source, writing: Writing, plan: Plan, name: str, again: Sequence[Plan] = ()
) -> Rewrite:
    """The edits for a plan; in `again` stands the same code, which becomes a call of it as well.

    Raises:
        RefusedError: the selection is indented in a way that cannot be moved.
    """
    signature = _signature(source, writing, plan, name)
    place = placement(source, plan)
    inner = place.indent + indent_unit(source, plan.unit)
    head = writing.head(signature)
    lines = [place.indent + encode(line) for line in head]
    lines += [inner + line for line in _body(source, writing, plan, inner)]
    text = source.line_end().join(lines)
    call = TextEdit(plan.selected.span, _call(source, writing, plan, signature))
    calls = (call, *(_call_again(source, writing, each, signature, call) for each in again))
    function = TextEdit(Span(place.offset, place.offset), place.lead + text + place.trail)
    edits = (call, function, *calls[1:])
    start = _moved_to(call.span.start, edits)
    rename_at = start + call.new.index(encode(f"{name}("))
    return Rewrite(_joined(edits), rename_at, calls, text, len(head) - 1)


def _signature(source: Source, writing: Writing, plan: Plan, name: str) -> Signature:
    contract = plan.contract
    known = hints(source, plan)
    parameters = tuple((p, known.get(p)) for p in contract.parameters)
    result = result_hint(source, writing, plan, known)
    return Signature(
        name=name,
        parameters=parameters,
        receiver=contract.receiver,
        is_async=contract.is_async,
        is_generator=contract.is_generator,
        result_hint=result,
        generic=type_parameters(plan, (result, *(hint for _, hint in parameters))),
    )


def _body(source: Source, writing: Writing, plan: Plan, inner: bytes) -> list[bytes]:
    """The lines of the body; `inner` is their indentation, which all but the first of a piece have."""
    contract, selected = plan.contract, plan.selected
    if isinstance(selected, SelectedExpression):
        text = f"{selected.before}{source.text(selected.span)}{selected.after}"
        return [encode(writing.returned(text))]
    folded = _folded(writing, selected, contract)
    changes = (folded,) if folded else _changes(writing, contract)
    lines = [_moved(source, plan.unit.spelling, selected, inner, changes)]
    if contract.declared_global:
        lines.insert(0, encode(writing.declared_global(contract.declared_global)))
    if contract.early:
        lines.append(encode(writing.falls_through(contract.early, contract.outputs)))
    elif contract.outputs and not folded:
        lines.append(encode(writing.returned(", ".join(contract.outputs))))
    return lines


def _folded(writing: Writing, selected: SelectedStatements, contract: Contract) -> TextEdit | None:
    """What turns a last assignment of the one result into its return."""
    only = contract.outputs[0] if len(contract.outputs) == 1 and not contract.early else None
    assigned = selected.last_assignment
    if assigned is None or assigned.name != only:
        return None
    return TextEdit(assigned.target, encode(writing.returned("")))


def _changes(writing: Writing, contract: Contract) -> tuple[TextEdit, ...]:
    """What differs between the selected text and the body, besides indentation."""
    if contract.early is None:
        return ()
    return tuple(e for each in contract.returns for e in writing.early_return(contract.early, each))


def _call(source: Source, writing: Writing, plan: Plan, signature: Signature) -> bytes:
    contract, selected = plan.contract, plan.selected
    text = writing.call(signature)
    if contract.early:
        text = _early_call(source, writing, plan, text)
    elif contract.result is Result.RETURNED:
        text = writing.returned(f"({text})" if contract.is_generator else text)
    elif contract.result is Result.ASSIGNED:
        text = writing.assigned(contract.outputs, text)
    elif isinstance(selected, SelectedExpression):
        return _in_place(source, selected, contract, encode(text))
    if contract.kept_global:
        text = f"{writing.declared_global(contract.kept_global)}; {text}"
    return encode(text)


def _call_again(
    source: Source, writing: Writing, plan: Plan, signature: Signature, first: TextEdit
) -> TextEdit:
    """Statements become the first call, results that they do not need included."""
    if isinstance(plan.selected, SelectedStatements):
        return TextEdit(plan.selected.code, first.new)
    return TextEdit(plan.selected.span, _call(source, writing, plan, signature))


def _early_call(source: Source, writing: Writing, plan: Plan, call: str) -> str:
    """The lines that call, and return where they have to."""
    span, contract = plan.selected.span, plan.contract
    assert contract.early is not None
    line = source.line_span(source.line_at(span.start))
    behind = source.data[span.end : source.line_span(source.line_at(span.end)).end]
    if source.data[line.start : span.start].strip() or behind.strip():
        raise RefusedError("A return on some paths only needs lines of its own.")
    base, unit = (
        decode(i) for i in (indent_at(source, span.start), indent_unit(source, plan.unit))
    )
    host = plan.unit.node.text or b""
    fresh = tuple(free_name(host, name, writing.reserved) for name in ("is_done", "result"))
    lines = writing.early_call(contract.early, call, contract.outputs, (fresh[0], fresh[1]))
    newline = decode(source.line_end())
    text = newline.join(f"{base}{unit * depth}{line}" for depth, line in lines)
    return text.removeprefix(base)


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


def _in_place(
    source: Source, selected: SelectedExpression, contract: Contract, text: bytes
) -> bytes:
    """Parentheses for an await, and blanks where the neighbours were told apart by brackets."""
    if contract.is_async:
        text = b"(" + text + b")" if selected.is_tightly_bound else text
    before = source.data[selected.span.start - 1 : selected.span.start]
    after = source.data[selected.span.end : selected.span.end + 1]
    lead = b" " if before.isalnum() or before == b"_" else b""
    trail = b" " if after.isalnum() or after == b"_" else b""
    return lead + text + trail


def _moved(
    source: Source,
    spelling: Spelling,
    selected: SelectedStatements,
    inner: bytes,
    changes: Sequence[TextEdit],
) -> bytes:
    """The selected text at its new indentation, without the indentation of its first line."""
    span = selected.span
    data = source.data

    def changed(start: int, stop: int) -> bytes:
        """A part of the text. A change in front of a line end belongs to the line that it ends."""
        if not changes:
            return data[start:stop]
        pieces: list[bytes] = []
        position = start
        for edit in changes:
            if start < edit.span.end <= stop:
                pieces += (data[position : edit.span.start], edit.new)
                position = edit.span.end
        return b"".join((*pieces, data[position:stop]))

    base = indent_at(source, span.start)
    _refuse_mixed_indentation(source, spelling, selected, base)
    frozen = _lines_in_strings(source, spelling, selected.nodes)
    first, last = source.line_at(span.start), source.line_at(span.end)
    pieces = [changed(span.start, min(_line_stop(source, first), span.end))]
    for line in range(first + 1, last + 1):
        start = source.line_starts[line]
        text = changed(start, min(_line_stop(source, line), span.end))
        if line in frozen or not text.strip():
            pieces.append(text)
        elif text.startswith(base):
            pieces.append(inner + text[len(base) :])
        elif text.lstrip().startswith(spelling.comment):
            pieces.append(inner + text.lstrip())
        else:
            pieces.append(text)
    return b"".join(pieces)


def _refuse_mixed_indentation(
    source: Source, spelling: Spelling, selected: SelectedStatements, base: bytes
) -> None:
    lines = source.data[selected.code.start : selected.code.end].splitlines()[1:]
    if all(line.startswith(base) or not line.strip() for line in lines):
        return
    for root in selected.nodes:
        for node in preorder(root):
            if node.parent is not None and node.parent.type in spelling.suite_nodes:
                indent = indent_at(source, node.start_byte)
                if not indent.startswith(base):
                    line = source.line_at(node.start_byte) + 1
                    raise RefusedError(f"Line {line} mixes tabs and blanks in its indentation.")


def _line_stop(source: Source, line: int) -> int:
    starts = source.line_starts
    return starts[line + 1] if line + 1 < len(starts) else len(source.data)


def _lines_in_strings(
    source: Source, spelling: Spelling, nodes: tuple[Node, ...]
) -> frozenset[int]:
    """Lines that begin inside a string literal."""
    lines: set[int] = set()
    text = source.data[nodes[0].start_byte : nodes[-1].end_byte]
    if not spelling.verbatim.search(text):
        return frozenset()
    for root in nodes:
        for node in preorder(root):
            if node.type in spelling.string_nodes and node.end_point.row > node.start_point.row:
                first, last = source.line_at(node.start_byte), source.line_at(node.end_byte - 1)
                lines.update(range(first + 1, last + 1))
    return frozenset(lines)
