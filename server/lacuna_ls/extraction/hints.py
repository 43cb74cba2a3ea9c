"""Type hints of the host that mean the same at the new function, right beside it."""

import re

from lacuna_ls.analysis.selection import SelectedStatements
from lacuna_ls.analysis.writing import Writing
from lacuna_ls.domain.text import Source
from lacuna_ls.extraction.contract import Result
from lacuna_ls.extraction.plan import Plan
from lacuna_ls.syntax.nodes import span_of


def hints(source: Source, plan: Plan) -> dict[str, str]:
    """The hints of parameters of the host."""
    found = {}
    for parameter in plan.unit.annotated:
        text = source.text(span_of(parameter.annotation))
        if _says_the_same(plan, text):
            found[parameter.name] = text
    return found


def result_hint(source: Source, writing: Writing, plan: Plan, known: dict[str, str]) -> str | None:
    """The type of the result where the host says it; the host's own where that is returned."""
    unit, contract = plan.unit, plan.contract
    host = "" if unit.returns is None else source.text(span_of(unit.returns))
    if contract.is_generator or contract.early or not _says_the_same(plan, host):
        return None
    if contract.result is Result.NOTHING:
        return writing.nothing_hint
    if contract.result is Result.ASSIGNED:
        return known.get(contract.outputs[0]) if len(contract.outputs) == 1 else None
    is_whole = isinstance(plan.selected, SelectedStatements) or plan.selected.is_returned
    return host if is_whole and not unit.is_generator else None


def _says_the_same(plan: Plan, hint: str) -> bool:
    beside = plan.contract.receiver is not None or plan.unit.outermost == plan.unit.statement
    simple = _SIMPLE_HINT.fullmatch(hint) is not None
    return beside and simple and not _mentions(hint, plan.unit.parameters)


_SIMPLE_HINT = re.compile(r"""[\w.,| \[\]"']+""")


def _mentions(text: str, names: tuple[str, ...]) -> bool:
    return any(word in names for word in re.findall(r"\w+", text))
