"""From a selection in a document to a new function, or to the reason why not.

Nothing is executed. The result is parsed again and its contract is computed again: an extraction
that would bind a name differently is refused, never offered.
"""

import builtins
import keyword
from dataclasses import dataclass

from lacuna_ls.analysis.selection import SelectedStatements
from lacuna_ls.analysis.semantics import Semantics, semantics_of
from lacuna_ls.analysis.unit import Unit, UnitKind
from lacuna_ls.domain.text import Span, TextEdit
from lacuna_ls.extraction.check import broken_promise
from lacuna_ls.extraction.contract import (
    Contract,
    Refusal,
    RefusedError,
    contract_of_statements,
)
from lacuna_ls.extraction.naming import free_name, proposed_name
from lacuna_ls.extraction.region import region_of
from lacuna_ls.extraction.rewrite import rewrite
from lacuna_ls.syntax.document import Document, edit_document
from lacuna_ls.syntax.nodes import Node

RESERVED = frozenset((*dir(builtins), *keyword.kwlist, *keyword.softkwlist))


@dataclass(frozen=True, slots=True)
class Extraction:
    """Edits to the document, and what to call the result.

    `span` is what moves; `rename_at` is the offset, after the edits, of the new name in the call.
    """

    edits: tuple[TextEdit, ...]
    name: str
    span: Span
    rename_at: int


def extract(document: Document, span: Span, name: str | None = None) -> Extraction | Refusal | None:
    """Turn the selection into a function called `name`, or a name that the code suggests.

    `None`: not applicable, because nothing is selected or the language is not analysed.
    """
    semantics = semantics_of(document.language) if document.language else None
    tree = document.tree
    if semantics is None or tree is None or not document.data[span.start : span.end].strip():
        return None
    try:
        return _extract(document, semantics, tree.root_node, span, name)
    except RefusedError as refused:
        return Refusal(str(refused))


def _extract(
    document: Document, semantics: Semantics, root: Node, span: Span, name: str | None
) -> Extraction:
    selected = semantics.selected(root, document.data, span)
    if selected is None:
        raise RefusedError("The selection is neither whole statements nor one whole expression.")

    def line_of(offset: int) -> int:
        return document.source.line_at(offset) + 1

    if not isinstance(selected, SelectedStatements):
        raise RefusedError("Only whole statements can be extracted.")
    unit = _unit(semantics, selected.nodes[0])
    if unit.kind is not UnitKind.FUNCTION:
        raise RefusedError("Only code inside a function can be extracted.")
    traits = semantics.traits_of(selected.nodes, unit)
    region = region_of(unit, selected.code)
    contract = contract_of_statements(region, traits, line_of)
    chosen = _name(document, selected.span, contract, name)
    written = rewrite(document.source, unit, selected, contract, chosen)
    edits = tuple(sorted((written.call, written.function), key=lambda e: e.span))
    changed = edit_document(document, document.version, edits[::-1])
    problem = broken_promise(changed, semantics, unit, contract, chosen, written)
    if problem:
        raise RefusedError(problem)
    return Extraction(edits, chosen, selected.span, written.rename_at)


def _unit(semantics: Semantics, node: Node) -> Unit:
    unit = semantics.unit_at(node)
    if unit is None:
        raise RefusedError("The code around the selection has a syntax error.")
    if unit.kind is UnitKind.CLASS:
        raise RefusedError("The statements of a class body define its attributes.")
    return unit


def _name(document: Document, span: Span, contract: Contract, name: str | None) -> str:
    if name is not None:
        return free_name(document.data, name, RESERVED)
    return proposed_name(document.data, span, contract.outputs, RESERVED)
