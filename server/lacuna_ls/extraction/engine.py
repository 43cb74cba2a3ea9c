"""From a selection in a document to a new function, or to the reason why not.

Nothing is executed. The result is parsed again and its contract is computed again: an extraction
that would bind a name differently is refused, never offered.
"""

from dataclasses import dataclass, replace

from lacuna_ls.analysis.selection import SelectedExpression
from lacuna_ls.analysis.semantics import Semantics, semantics_of
from lacuna_ls.analysis.unit import UnitKind
from lacuna_ls.domain.text import Span, TextEdit, encode
from lacuna_ls.extraction.check import broken_promise
from lacuna_ls.extraction.contract import (
    Refusal,
    RefusedError,
    contract_of_statements,
    refuse_hazards,
)
from lacuna_ls.extraction.duplicates import duplicates
from lacuna_ls.extraction.expression import contract_of_expression
from lacuna_ls.extraction.module_level import contract_of_module_statements
from lacuna_ls.extraction.naming import free_name, proposed_name
from lacuna_ls.extraction.plan import Plan, Selected
from lacuna_ls.extraction.region import region_around, region_of
from lacuna_ls.extraction.rewrite import Rewrite, rewrite
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.nodes import Node, span_of


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
    def planned(selected: Selected) -> Plan:
        return _plan(document, semantics, root, selected)

    selected = semantics.selected(root, document.data, span)
    if selected is None:
        return None
    plan = planned(selected)
    others = duplicates(semantics, root, document.data, plan, planned)
    plans = sorted([plan, *others], key=lambda each: each.selected.span)
    if len(plans) == 1:
        return None
    chosen = _name(document, semantics, plan, name)
    spans = [each.selected.code for each in plans[1:]]
    written = rewrite(document.source, semantics.writing, plans[0], chosen, spans)
    for each, at in zip(plans, (plans[0].selected.span, *spans), strict=True):
        call = replace(written, call=TextEdit(at, written.call.new))
        _refuse_broken(document, semantics, each, call)
    return Extraction(written.edits, chosen, plan.selected.span, written.rename_at, len(spans))


def _extract(
    document: Document, semantics: Semantics, root: Node, span: Span, name: str | None
) -> Extraction:
    selected = semantics.selected(root, document.data, span)
    if selected is None:
        raise RefusedError("The selection is neither whole statements nor one whole expression.")
    plan = _plan(document, semantics, root, selected)
    chosen = _name(document, semantics, plan, name)
    written = rewrite(document.source, semantics.writing, plan, chosen)
    _refuse_broken(document, semantics, plan, written)
    return Extraction(written.edits, chosen, plan.selected.span, written.rename_at)


def _refuse_broken(document: Document, semantics: Semantics, plan: Plan, written: Rewrite) -> None:
    problem = broken_promise(document.source, semantics, plan, written)
    if problem:
        raise RefusedError(problem)


def _plan(document: Document, semantics: Semantics, root: Node, selected: Selected) -> Plan:

    def line_of(offset: int) -> int:
        return document.source.line_at(offset) + 1

    moved = selected.parts if isinstance(selected, SelectedExpression) else selected.nodes
    unit = semantics.unit_at(moved[0])
    if unit is None:
        raise RefusedError("The code around the selection has a syntax error.")
    if isinstance(selected, SelectedExpression):
        region = region_around(unit, selected.span)
        traits = semantics.traits_of(moved, unit)
        return Plan(unit, selected, contract_of_expression(region, selected, traits, line_of))
    if unit.kind is UnitKind.CLASS:
        raise RefusedError("The statements of a class body define its attributes.")
    traits = semantics.traits_of(selected.nodes, unit)
    if unit.kind is UnitKind.FUNCTION:
        if traits.returns:
            selected = semantics.with_final_return(selected, document.data)
        region = region_of(unit, selected.code)
        return Plan(unit, selected, contract_of_statements(region, traits, line_of))
    refuse_hazards(traits, line_of)
    block = semantics.lowered(selected.nodes)
    if block is None:
        raise RefusedError("The selection has a syntax error.")
    unit = replace(unit, block=block)
    region = region_of(unit, selected.code)
    contract = contract_of_module_statements(region, selected, root, document.data, line_of)
    return Plan(unit, selected, contract)


def _name(document: Document, semantics: Semantics, plan: Plan, name: str | None) -> str:
    reserved = semantics.writing.reserved
    unit, selected, contract = plan.unit, plan.selected, plan.contract
    if name is not None:
        return free_name(document.data, name, reserved)
    code, outputs = document.source.text(selected.span), contract.outputs
    if isinstance(selected, SelectedExpression) and selected.assigned_to:
        code, outputs = f"{selected.assigned_to} = {code}", (selected.assigned_to,)
    named = unit.node.child_by_field_name("name") if unit.kind is UnitKind.FUNCTION else None
    host = document.source.text(span_of(named)) if named else ""
    return proposed_name(document.data, encode(code), outputs, host, reserved)
