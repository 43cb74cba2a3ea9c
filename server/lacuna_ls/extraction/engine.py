"""From a selection in a document to a new function, or to the reason why not.

Nothing is executed. The result is parsed again and its contract is computed again: an extraction
that would bind a name differently is refused, never offered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lacuna_ls.analysis.selection import SelectedExpression
from lacuna_ls.analysis.semantics import Semantics, semantics_of
from lacuna_ls.analysis.unit import UnitKind
from lacuna_ls.domain.text import Span, TextEdit, encode
from lacuna_ls.extraction.check import Witness, checked
from lacuna_ls.extraction.class_body import contract_of_class_statements
from lacuna_ls.extraction.contract import (
    Refusal,
    RefusedError,
    contract_of_statements,
    refuse_hazards,
)
from lacuna_ls.extraction.duplicates import duplicates, same_text
from lacuna_ls.extraction.expression import contract_of_expression
from lacuna_ls.extraction.module_level import contract_of_module_statements
from lacuna_ls.extraction.naming import free_name, proposed_name
from lacuna_ls.extraction.plan import Plan, Selected
from lacuna_ls.extraction.region import region_around, region_of
from lacuna_ls.extraction.rewrite import Rewrite, rewrite
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.excerpt import root_of_part
from lacuna_ls.syntax.nodes import Node, covering, span_of

# Characters of the user's code in a reason.
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Extraction:
    """Edits to the document, and what to call the result.

    `span` is what moves; `rename_at` is the offset, after the edits, of the new name in the call.
    `duplicates` is how many runs of the same statements were replaced besides. `compiled` is false
    where the code is newer than the Python that runs this, and the grammar alone has judged it.
    """

    edits: tuple[TextEdit, ...]
    name: str
    span: Span
    rename_at: int
    duplicates: int = 0
    compiled: bool = True


def extract(
    document: Document, span: Span, name: str | None = None, root: Node | None = None
) -> Extraction | Refusal | None:
    """Turn the selection into a function called `name`, or a name that the code suggests.

    `root` is that of `root_around`, where it is at hand. `None`: not applicable, because nothing is
    selected or the language is not analysed.
    """
    semantics = _semantics(document, span)
    root = root or (root_around(document, span) if semantics else None)
    if semantics is None or root is None:
        return None
    try:
        plan = _planned(document, semantics, root, span)
        chosen = _name(document, semantics, plan, name)
        written = rewrite(document.source, semantics.writing, plan, chosen)
        compiled = _is_compiled(document, semantics, plan, written)
    except RefusedError as refused:
        return Refusal(str(refused))
    span = plan.selected.span
    return Extraction(written.edits, chosen, span, written.rename_at, compiled=compiled)


def expression_at(document: Document, offset: int) -> Span | None:
    """The expression that the cursor is at; `None` where there is none but a name or a constant."""
    semantics = semantics_of(document.language) if document.language else None
    root = root_around(document, Span(offset, offset))
    if semantics is None or root is None:
        return None
    return semantics.expression_at(root, document.data, offset)


def extract_with_duplicates(
    document: Document, span: Span, name: str | None = None
) -> Extraction | None:
    """As `extract`, and the same code elsewhere becomes calls too; `None` if there is none."""
    semantics = _semantics(document, span)
    root = root_around(document, span) if semantics else None
    if semantics is None or root is None:
        return None
    try:
        plan = _planned(document, semantics, root, span)
        spans = same_text(document.data, plan)
        return _extract_all(document, semantics, plan, spans, name) if spans else None
    except RefusedError:
        return None


def root_around(document: Document, span: Span) -> Node | None:
    """A tree that tells what the engine asks about `span`: of a part of the file where that will do."""
    semantics = semantics_of(document.language) if document.language else None
    if semantics is None:
        return None
    part = semantics.excerpt(document.data, span)
    root = None if part is None else root_of_definition(document, semantics, part)
    if root is not None and semantics.is_in_definition(root, span):
        return root
    tree = document.tree
    return None if tree is None else tree.root_node


def root_of_definition(document: Document, semantics: Semantics, part: Span) -> Node | None:
    """A tree of whole statements of the file, which `part` has to be; `None` where it has errors."""
    root = root_of_part(document, part)
    if root is not None and root.has_error:
        text = document.data[part.start : part.end]
        root = root_of_part(document, part, semantics.joined(text))
    return None if root is None or root.has_error else root


def _semantics(document: Document, span: Span) -> Semantics | None:
    if document.language is None or not document.data[span.start : span.end].strip():
        return None
    return semantics_of(document.language)


def _planned(document: Document, semantics: Semantics, root: Node, span: Span) -> Plan:
    selected = semantics.selected(root, document.data, span)
    if selected is None:
        raise RefusedError(_cut(document, root, span))
    return _plan(document, semantics, root, selected)


def _cut(document: Document, root: Node, span: Span) -> str:
    """What the selection is a part of, with its line."""
    data = document.data[span.start : span.end]
    start = span.start + len(data) - len(data.lstrip())
    node = covering(root, Span(start, span.start + max(len(data.rstrip()), 1)))
    text = document.source.text(span_of(node)).splitlines()
    reason = "The selection is neither whole statements nor one whole expression"
    if len(text) != 1 or len(text[0]) > _LONGEST_SHOWN:
        return f"{reason}."
    line = document.source.line_at(node.start_byte) + 1
    return f"{reason}: it cuts `{text[0]}` on line {line}."


def _extract_all(
    document: Document,
    semantics: Semantics,
    plan: Plan,
    spans: Sequence[Span],
    name: str | None,
) -> Extraction | None:
    """`plan`, and what the same text at `spans` becomes, wherever it would be the same function."""
    tree = document.tree
    assert tree is not None
    root = tree.root_node

    def planned(selected: Selected) -> Plan:
        return _plan(document, semantics, root, selected)

    others = duplicates(semantics, root, document.data, plan, spans, planned)
    plans = sorted([plan, *others], key=lambda each: each.selected.span)
    if len(plans) == 1:
        return None
    chosen = _name(document, semantics, plan, name)
    written = rewrite(document.source, semantics.writing, plans[0], chosen, plans[1:])
    compiled = [
        _is_compiled(document, semantics, each, replace(written, calls=(call,)))
        for each, call in zip(plans, written.calls, strict=True)
    ]
    span = plan.selected.span
    return Extraction(written.edits, chosen, span, written.rename_at, len(plans) - 1, all(compiled))


def _is_compiled(document: Document, semantics: Semantics, plan: Plan, written: Rewrite) -> bool:
    """Whether the compiler has taken what is new.

    Raises:
        RefusedError: it does not keep what it has to.
    """
    outcome = checked(document.source, semantics, plan, written)
    if not isinstance(outcome, Witness):
        raise RefusedError(outcome)
    return outcome is Witness.COMPILER


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
    traits = semantics.traits_of(selected.nodes, unit)
    if unit.kind is UnitKind.CLASS:
        region = region_of(unit, selected.code)
        return Plan(unit, selected, contract_of_class_statements(region, traits, line_of))
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
    contract = contract_of_module_statements(region, selected, root, document.data, traits, line_of)
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
    return proposed_name(document.data, encode(code), outputs, host, reserved, unit.spelling)
