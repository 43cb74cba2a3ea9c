"""Type hints of the host that mean the same at the new function, right beside it."""

import re
from collections.abc import Iterable

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


def type_parameters(plan: Plan, written: Iterable[str | None]) -> tuple[str, ...]:
    """The host's type parameters that the function uses, or that hints of it mention."""
    used = set(plan.contract.generic)
    texts = [hint for hint in written if hint]
    for name, _ in plan.unit.generic:
        if any(_mentions(hint, (name,)) for hint in texts):
            used.add(name)
    bounds = " ".join(text.partition(":")[2] for name, text in plan.unit.generic if name in used)
    used |= {name for name, _ in plan.unit.generic if _mentions(bounds, (name,))}
    beside = _is_beside(plan)
    kept = [text for name, text in plan.unit.generic if name in used]
    return tuple(text if beside else text.partition(":")[0] for text in kept)


def _says_the_same(plan: Plan, hint: str) -> bool:
    simple = _SIMPLE_HINT.fullmatch(hint) is not None
    generic = {name for name, _ in plan.unit.generic}
    values = tuple(name for name in plan.unit.parameters if name not in generic)
    return _is_beside(plan) and simple and not _mentions(hint, values)


def _is_beside(plan: Plan) -> bool:
    """Whether the new function stands among the same definitions as its host."""
    return plan.contract.receiver is not None or plan.unit.outermost == plan.unit.statement


_SIMPLE_HINT = re.compile(r"""[\w.,| \[\]"']+""")


def _mentions(text: str, names: tuple[str, ...]) -> bool:
    return any(word in names for word in re.findall(r"\w+", text))
