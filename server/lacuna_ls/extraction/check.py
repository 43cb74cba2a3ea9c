"""The last word before an extraction is offered: the new texts, compiled and analysed again.

Only what is new is: the function, and the function that holds the call.
"""

from collections.abc import Callable
from enum import Enum, auto

from lacuna_ls.analysis.piece import Piece
from lacuna_ls.analysis.selection import SelectedExpression
from lacuna_ls.analysis.semantics import Semantics
from lacuna_ls.analysis.unit import UnitKind
from lacuna_ls.domain.text import Source, Span
from lacuna_ls.extraction.placement import indent_at
from lacuna_ls.extraction.plan import Plan
from lacuna_ls.extraction.region import unseen_names
from lacuna_ls.extraction.rewrite import Rewrite
from lacuna_ls.syntax.nodes import span_of


class Witness(Enum):
    """Who has taken the new texts for valid: the language's own compiler, or the grammar alone."""

    COMPILER = auto()
    GRAMMAR = auto()


def checked(source: Source, semantics: Semantics, plan: Plan, written: Rewrite) -> Witness | str:
    """Who says that the result keeps everything; or what it does not keep, in a sentence."""
    call = written.calls[0]
    host = _host_span(source, plan, call.span)
    end = max(host.end, call.span.end)  # a comment may stand behind the last statement
    lead = indent_at(source, host.start)
    head = lead + source.data[host.start : call.span.start]
    after = head + call.new + source.data[call.span.end : end]
    line = _host_line(source, plan, host)
    was = lead + source.data[host.start : end]
    owned = _owned(plan)

    def pieces(asked_of: Ask) -> tuple[Piece | None, Piece | None]:
        function = asked_of(written.function, written.definition_line, owned)
        return function, asked_of(after, line, plan.unit.bindings().bound)

    witness = Witness.COMPILER
    function, caller = pieces(semantics.compiled)
    if function is None or caller is None:
        if semantics.compiled(was, None, owned) is not None:
            return "The result would not be valid syntax."
        # The interpreter that runs this does not know the code as it was either.
        witness = Witness.GRAMMAR
        function, caller = pieces(semantics.parsed)
    if function is None or caller is None:
        return "The result would not be valid syntax."
    return _strange_function(plan, function) or _strange_caller(caller) or witness


Ask = Callable[[bytes, int | None, frozenset[str]], Piece | None]


def _owned(plan: Plan) -> frozenset[str]:
    """Names that mean something else, or nothing, in a function elsewhere."""
    selected = plan.selected
    inner = selected.inner if isinstance(selected, SelectedExpression) else frozenset[str]()
    return unseen_names(plan.unit) | inner


def _strange_function(plan: Plan, function: Piece) -> str | None:
    contract = plan.contract
    if (function.is_async, function.is_generator) != (contract.is_async, contract.is_generator):
        return "The new function would be called in another way."
    strange = function.outside - contract.free
    return f"The new function would not find `{min(strange)}`." if strange else None


def _strange_caller(caller: Piece) -> str | None:
    """Names that the code left behind uses must still be found where they were."""
    lost = caller.outside
    return f"`{min(lost)}` would no longer be a local variable." if lost else None


def _host_span(source: Source, plan: Plan, call: Span) -> Span:
    """What is compiled together: the outermost function, or the lines of the module."""
    unit = plan.unit
    if unit.kind is UnitKind.MODULE:
        first = source.line_span(source.line_at(call.start)).start
        last = source.line_span(source.line_at(call.end)).end
        touched = [c for c in unit.node.children if c.end_byte > first and c.start_byte < last]
        return Span(touched[0].start_byte, touched[-1].end_byte)
    return unit.enclosing[-1].span if unit.enclosing else span_of(unit.node)


def _host_line(source: Source, plan: Plan, host: Span) -> int | None:
    """The line of the unit's own definition, in the text that is compiled."""
    if plan.unit.kind is UnitKind.MODULE:
        return None
    return source.data.count(b"\n", host.start, plan.unit.node.start_byte)
