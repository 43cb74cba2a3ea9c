"""The same code elsewhere in the file, which the new function can stand for as well.

Two runs of statements, or two expressions, are the same if their text is, indentation aside, and if
each by itself would become the same function: then every name in them is found in the same place.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from lacuna_ls.analysis.selection import SelectedStatements
from lacuna_ls.analysis.semantics import Semantics
from lacuna_ls.analysis.spelling import Spelling
from lacuna_ls.analysis.unit import Unit, UnitKind
from lacuna_ls.domain.text import Span
from lacuna_ls.extraction.contract import Contract, RefusedError, Result
from lacuna_ls.extraction.plan import Plan, Selected
from lacuna_ls.syntax.nodes import Node, span_of

# A call is hardly shorter than what is shorter than this.
FEWEST_BYTES = 25


def same_text(data: bytes, plan: Plan) -> tuple[Span, ...]:
    """Where the code of `plan` may stand once more, from its text alone."""
    contract, code = plan.contract, plan.selected.code
    if plan.unit.kind is not UnitKind.FUNCTION or contract.early:
        return ()
    if len(code) < FEWEST_BYTES:
        return ()
    return tuple(_same_text(data, code, plan.unit.spelling))


def duplicates(
    semantics: Semantics,
    root: Node,
    data: bytes,
    plan: Plan,
    spans: Iterable[Span],
    planned: Callable[[Selected], Plan],
) -> Iterator[Plan]:
    """Which of `spans` the function of `plan` can replace, in the order of the source.

    `planned` says what would become of a selection, or raises RefusedError.
    """
    unit, selected, contract = plan.unit, plan.selected, plan.contract
    taken = [selected.code]
    for span in spans:
        other = semantics.selected(root, data, span)
        if other is None or not _alike(selected, other) or any(map(other.code.overlaps, taken)):
            continue
        if other.code != span:
            continue
        try:
            again = planned(other)
        except RefusedError:
            continue
        host = again.unit
        same_class = _span_of_class(host) == _span_of_class(unit)
        reachable = contract.receiver is None or same_class
        if host.kind is UnitKind.FUNCTION and reachable and _serves(contract, again.contract):
            taken.append(again.selected.code)
            yield again


def _alike(selected: Selected, other: Selected) -> bool:
    """Whether both are as many statements, or expressions."""
    if isinstance(selected, SelectedStatements) and isinstance(other, SelectedStatements):
        return len(other.nodes) == len(selected.nodes)
    return type(selected) is type(other)


def _span_of_class(unit: Unit) -> Span | None:
    """Tells classes apart in whichever tree they are."""
    return None if unit.enclosing_class is None else span_of(unit.enclosing_class)


def _serves(contract: Contract, other: Contract) -> bool:
    """Whether the function of one contract does for the other, which may need fewer results.

    A result that is not needed is assigned all the same, as the replaced statements did.
    """
    unneeded = other.result is Result.NOTHING and contract.result is Result.ASSIGNED
    if set(other.outputs) <= set(contract.outputs) and (
        unneeded or other.result is contract.result
    ):
        other = replace(other, outputs=contract.outputs, result=contract.result)
    return other == contract


def _same_text(data: bytes, code: Span, spelling: Spelling) -> Iterator[Span]:
    """Where the lines of `code` stand once more, at whatever indentation, in the order of the text."""
    text = data[code.start : code.end]
    if spelling.long_string.search(text):
        pattern = re.escape(text)
    else:
        lines = [re.escape(line.strip()) for line in text.splitlines()]
        pattern = rb"[ \t\f]*\r?\n[ \t\f]*".join(lines)
    for match in re.finditer(rb"(?<![\w.])" + pattern, data):
        if match.start() != code.start:
            yield Span(*match.span())
