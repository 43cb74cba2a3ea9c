"""The last word before an extraction is offered: the new texts, parsed and analysed again.

Only what is new is: the function, and the statements that hold the call. So the cost grows neither
with the file nor, but for the language's own compiler, with the host.
"""

from lacuna_ls.analysis.scopes import bindings_of
from lacuna_ls.analysis.selection import SelectedExpression
from lacuna_ls.analysis.semantics import Semantics
from lacuna_ls.analysis.structure import steps_of
from lacuna_ls.analysis.unit import UnitKind
from lacuna_ls.domain.text import Source, Span
from lacuna_ls.extraction.placement import indent_at
from lacuna_ls.extraction.plan import Plan
from lacuna_ls.extraction.rewrite import Rewrite
from lacuna_ls.syntax.nodes import span_of


def broken_promise(
    source: Source, semantics: Semantics, plan: Plan, written: Rewrite
) -> str | None:
    """What the result does not keep, in a sentence; `None` if it keeps everything."""
    contract = plan.contract
    helper = semantics.unit_in(written.function)
    if helper is None:
        return "The new function would not be valid syntax."
    if (helper.is_async, helper.is_generator) != (contract.is_async, contract.is_generator):
        return "The new function would be called in another way."
    owned = helper.bindings()
    free = {a.name for a in helper.accesses()} - owned.bound
    strange = free - contract.free - owned.global_names
    if strange:
        return f"The new function would not find `{min(strange)}`."
    return _changed_host(source, semantics, plan, written) or _invalid(
        source, semantics, plan, written
    )


def _changed_host(source: Source, semantics: Semantics, plan: Plan, written: Rewrite) -> str | None:
    """Names that the code left behind uses must still be found where they were."""
    before, call = plan.unit, written.call
    replaced = _statements_around(plan)
    indent = indent_at(source, replaced.start)
    head, tail = source.data[replaced.start : call.span.start], source.data[call.span.end :]
    text = indent + head + call.new + tail[: max(replaced.end - call.span.end, 0)]
    block = semantics.lowered_text(text)
    if block is None:
        return "The call would not be valid syntax."
    if before.kind is UnitKind.MODULE:
        return None
    around = [a for a in before.accesses() if not replaced.start <= a.offset < replaced.end]
    host = (*around, *(a for step in steps_of(block) for a in step.accesses))
    was, now = before.bindings().bound, bindings_of(host, before.parameters).bound
    lost = {access.name for access in host} & was - now
    return f"`{min(lost)}` would no longer be a local variable." if lost else None


def _statements_around(plan: Plan) -> Span:
    """The selected statements, or the statement that holds the expression."""
    selected = plan.selected
    if isinstance(selected, SelectedExpression):
        return span_of(selected.statement)
    return selected.code


def _invalid(source: Source, semantics: Semantics, plan: Plan, written: Rewrite) -> str | None:
    """What the language's compiler says, unless it does not know the code as it was either."""
    call, host = written.call, _compiled_span(plan, written.call.span)
    end = max(host.end, call.span.end)  # a comment may stand behind the last statement
    lead = indent_at(source, host.start)
    head, tail = source.data[host.start : call.span.start], source.data[call.span.end : end]
    texts = (written.function, lead + head + call.new + tail)
    if all(semantics.compiles(text) is not False for text in texts):
        return None
    was_valid = semantics.compiles(lead + source.data[host.start : end])
    return "The result would not compile." if was_valid else None


def _compiled_span(plan: Plan, call: Span) -> Span:
    """What is compiled together: the outermost function, or the statements of the module."""
    unit = plan.unit
    if unit.kind is UnitKind.MODULE:
        touched = [
            c for c in unit.node.children if c.end_byte > call.start and c.start_byte < call.end
        ]
        return Span(touched[0].start_byte, touched[-1].end_byte)
    return unit.enclosing[-1].span if unit.enclosing else span_of(unit.node)
