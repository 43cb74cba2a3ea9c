"""From a selection in a document to a new function, or to the reason why not.

Nothing is executed. The result is parsed again and its contract is computed again: an extraction
that would bind a name differently is refused, never offered.
"""

import builtins
import keyword
from dataclasses import dataclass, replace

from lacuna_ls.analysis.selection import SelectedExpression, SelectedStatements
from lacuna_ls.analysis.semantics import Semantics, semantics_of
from lacuna_ls.analysis.unit import Unit, UnitKind
from lacuna_ls.domain.text import Span, TextEdit, encode
from lacuna_ls.extraction.check import broken_promise
from lacuna_ls.extraction.contract import (
    Contract,
    Refusal,
    RefusedError,
    contract_of_statements,
    refuse_hazards,
)
from lacuna_ls.extraction.duplicates import Analysed, Selected, duplicates
from lacuna_ls.extraction.expression import contract_of_expression
from lacuna_ls.extraction.module_level import contract_of_module_statements
from lacuna_ls.extraction.naming import free_name, proposed_name
from lacuna_ls.extraction.region import region_around, region_of
from lacuna_ls.extraction.rewrite import Rewrite, rewrite
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.nodes import Node, span_of

RESERVED = frozenset((*dir(builtins), *keyword.kwlist, *keyword.softkwlist))


@dataclass(frozen=True, slots=True)
class Extraction:
    """Edits to the document, and what to call the result.

    `span` is what moves; `rename_at` is the offset, after the edits, of the new name in the call.
    `duplicates` is how many runs of the same statements were replaced besides.
    """

    edits: tuple[TextEdit, ...]
    name: str
    span: Span
    rename_at: int
    duplicates: int = 0


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


def extract_with_duplicates(
    document: Document, span: Span, name: str | None = None
) -> Extraction | None:
    """As `extract`, and the same statements elsewhere become calls too; `None` if there are none."""
    semantics = semantics_of(document.language) if document.language else None
    tree = document.tree
    if semantics is None or tree is None or not document.data[span.start : span.end].strip():
        return None
    try:
        return _extract_all(document, semantics, tree.root_node, span, name)
    except RefusedError:
        return None


def _extract_all(
    document: Document, semantics: Semantics, root: Node, span: Span, name: str | None
) -> Extraction | None:
    def analysed(selected: Selected) -> Analysed:
        return _contract(document, semantics, root, selected)

    selected = semantics.selected(root, document.data, span)
    if selected is None:
        return None
    found = analysed(selected)
    unit, selected, contract = found
    others = duplicates(semantics, root, document.data, found, analysed)
    runs = sorted([(unit, selected), *others], key=lambda run: run[1].span)
    if len(runs) == 1:
        return None
    first, again = runs[0], runs[1:]
    chosen = _name(document, unit, selected, contract, name)
    spans = [run.code for _, run in again if isinstance(run, SelectedStatements)]
    written = rewrite(document.source, *first, contract, chosen, spans)
    for (host, _), at in zip(runs, (first[1].span, *spans), strict=True):
        call = replace(written, call=TextEdit(at, written.call.new))
        _refuse_broken(document, semantics, host, contract, call)
    return Extraction(written.edits, chosen, selected.span, written.rename_at, len(again))


def _extract(
    document: Document, semantics: Semantics, root: Node, span: Span, name: str | None
) -> Extraction:
    selected = semantics.selected(root, document.data, span)
    if selected is None:
        raise RefusedError("The selection is neither whole statements nor one whole expression.")
    unit, selected, contract = _contract(document, semantics, root, selected)
    chosen = _name(document, unit, selected, contract, name)
    written = rewrite(document.source, unit, selected, contract, chosen)
    _refuse_broken(document, semantics, unit, contract, written)
    return Extraction(written.edits, chosen, selected.span, written.rename_at)


def _refuse_broken(
    document: Document, semantics: Semantics, unit: Unit, contract: Contract, written: Rewrite
) -> None:
    assert document.language is not None
    problem = broken_promise(document.source, document.language, semantics, unit, contract, written)
    if problem:
        raise RefusedError(problem)


def _contract(
    document: Document,
    semantics: Semantics,
    root: Node,
    selected: Selected,
) -> Analysed:
    """The unit around, what of it really moves, and how."""

    def line_of(offset: int) -> int:
        return document.source.line_at(offset) + 1

    first = selected.node if isinstance(selected, SelectedExpression) else selected.nodes[0]
    unit = semantics.unit_at(first)
    if unit is None:
        raise RefusedError("The code around the selection has a syntax error.")
    if isinstance(selected, SelectedExpression):
        region = region_around(unit, selected.span)
        traits = semantics.traits_of((first,), unit)
        return unit, selected, contract_of_expression(region, selected, traits, line_of)
    if unit.kind is UnitKind.CLASS:
        raise RefusedError("The statements of a class body define its attributes.")
    traits = semantics.traits_of(selected.nodes, unit)
    if unit.kind is UnitKind.FUNCTION:
        if traits.returns:
            selected = semantics.with_final_return(selected, document.data)
        region = region_of(unit, selected.code)
        return unit, selected, contract_of_statements(region, traits, line_of)
    refuse_hazards(traits, line_of)
    block = semantics.lowered(selected.nodes)
    if block is None:
        raise RefusedError("The selection has a syntax error.")
    unit = replace(unit, block=block)
    region = region_of(unit, selected.code)
    contract = contract_of_module_statements(region, selected, root, document.data, line_of)
    return unit, selected, contract


def _name(
    document: Document,
    unit: Unit,
    selected: Selected,
    contract: Contract,
    name: str | None,
) -> str:
    if name is not None:
        return free_name(document.data, name, RESERVED)
    code, outputs = document.source.text(selected.span), contract.outputs
    if isinstance(selected, SelectedExpression) and selected.assigned_to:
        code, outputs = f"{selected.assigned_to} = {code}", (selected.assigned_to,)
    named = unit.node.child_by_field_name("name") if unit.kind is UnitKind.FUNCTION else None
    host = document.source.text(span_of(named)) if named else ""
    return proposed_name(document.data, encode(code), outputs, host, RESERVED)
