"""The last word before an extraction is offered: the new texts, parsed and analysed again.

The new function and its host are each parsed alone, so the cost does not grow with the file.
"""

from lacuna_ls.analysis.scopes import bindings_of
from lacuna_ls.analysis.semantics import Semantics
from lacuna_ls.analysis.structure import steps_of
from lacuna_ls.analysis.unit import Unit, UnitKind
from lacuna_ls.domain.text import Source, Span
from lacuna_ls.extraction.contract import Contract
from lacuna_ls.extraction.rewrite import Rewrite
from lacuna_ls.syntax.document import parse
from lacuna_ls.syntax.languages import Language
from lacuna_ls.syntax.nodes import Node, covering, preorder

_HEADER = b"if 1:\n"


def broken_promise(
    source: Source,
    language: Language,
    semantics: Semantics,
    before: Unit,
    contract: Contract,
    written: Rewrite,
) -> str | None:
    """What the result does not keep, in a sentence; `None` if it keeps everything."""
    function = _parsed(written.function, language)
    definition = next((n for n in preorder(function) if n.type == "function_definition"), None)
    helper = None if function.has_error or definition is None else semantics.unit_of(definition)
    if helper is None:
        return "The new function would not be valid syntax."
    if (helper.is_async, helper.is_generator) != (contract.is_async, contract.is_generator):
        return "The new function would be called in another way."
    owned = helper.bindings()
    free = {a.name for a in helper.accesses()} - owned.bound
    strange = free - contract.free - owned.global_names
    if strange:
        return f"The new function would not find `{min(strange)}`."
    return _changed_host(source, language, semantics, before, written)


def _changed_host(
    source: Source, language: Language, semantics: Semantics, before: Unit, written: Rewrite
) -> str | None:
    """Names that the code left behind uses must still be found where they were."""
    piece = _host_span(source, before, written.call.span)
    start = source.line_starts[source.line_at(piece.start)]
    call = written.call
    end = max(piece.end, call.span.end)  # a comment may stand behind the last statement
    text = source.data[start : call.span.start] + call.new + source.data[call.span.end : end]
    root = _parsed(text, language)
    if root.has_error:
        return "The call would not be valid syntax."
    if before.kind is UnitKind.MODULE:
        return None
    at = call.span.start - start + _header_length(text)
    block = semantics.lowered((_statement_at(root, at),))
    if block is None:
        return "The call would not be valid syntax."
    around = [a for a in before.accesses() if not _holds(call.span, a.offset)]
    host = (*around, *(a for step in steps_of(block) for a in step.accesses))
    was, now = before.bindings().bound, bindings_of(host, before.parameters).bound
    lost = {access.name for access in host} & was - now
    return f"`{min(lost)}` would no longer be a local variable." if lost else None


def _statement_at(root: Node, offset: int) -> Node:
    """The statement that holds `offset`, of those that stand in a suite."""
    node = covering(root, Span(offset, offset + 1))
    while node.parent is not None and node.parent.type not in ("block", "module"):
        node = node.parent
    return node


def _holds(span: Span, offset: int) -> bool:
    return span.start <= offset < span.end


def _host_span(source: Source, unit: Unit, call: Span) -> Span:
    if unit.kind is not UnitKind.MODULE:
        return Span(unit.statement.start_byte, unit.node.end_byte)
    touched = [
        c for c in unit.node.named_children if c.end_byte > call.start and c.start_byte < call.end
    ]
    return Span(min(c.start_byte for c in touched), max(c.end_byte for c in touched))


def _parsed(text: bytes, language: Language) -> Node:
    """The tree of statements at any indentation."""
    header = _HEADER[: _header_length(text)]
    return parse(header + text, language).root_node


def _header_length(text: bytes) -> int:
    return len(_HEADER) if text[:1] in (b" ", b"\t") else 0
