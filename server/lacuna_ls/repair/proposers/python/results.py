"""Results that are right but for their form: another type, order, case or rounding.

A conversion is proposed where it makes, of what the code answered in a failing assertion, what the
test expects there. The values are literals that the failure's message shows; nothing of the user's
code runs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lacuna_ls.repair.proposers.python import failures
from lacuna_ls.repair.proposers.python.expressions import Binding, grouped, named, replace
from lacuna_ls.repair.proposers.template import Context, Rule, Splice
from lacuna_ls.syntax.nodes import Node

# What a message shows of objects that hold values and are not compared by them.
_LAZY = ("generator object", "map object", "filter object", "zip object", "reverse iterator",
    "list_reverseiterator", "enumerate object", "dict_keys", "dict_values", "dict_items", "range(")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Conversion:
    """`{}` in `text` is the expression. `convert` does the same to a value, or raises."""

    text: str
    convert: Callable[[Any], Any]
    tight: bool = False


_CONVERSIONS = (
    _Conversion("list({})", list),
    _Conversion("tuple({})", tuple),
    _Conversion("sorted({})", sorted),
    _Conversion("set({})", set),
    _Conversion("int({})", int),
    _Conversion("str({})", str),
    _Conversion("float({})", float),
    _Conversion("bool({})", bool),
    _Conversion("{}[::-1]", lambda value: value[::-1], tight=True),
    _Conversion("abs({})", abs),
    _Conversion("-{}", lambda value: -value, tight=True),
    _Conversion("len({})", len),
    _Conversion("sum({})", sum),
    _Conversion("max({})", max),
    _Conversion("min({})", min),
    _Conversion("round({})", round),
    _Conversion("round({}, 1)", lambda value: round(value, 1)),
    _Conversion("round({}, 2)", lambda value: round(value, 2)),
    _Conversion("round({}, 3)", lambda value: round(value, 3)),
    _Conversion("round({}, 4)", lambda value: round(value, 4)),
    _Conversion("sorted({}, reverse=True)", lambda value: sorted(value, reverse=True)),
    _Conversion("tuple(sorted({}))", lambda value: tuple(sorted(value))),
    _Conversion("sorted(set({}))", lambda value: sorted(set(value))),
    _Conversion("list(dict.fromkeys({}))", lambda value: list(dict.fromkeys(value))),
    _Conversion("dict({})", dict),
    _Conversion('"".join({})', "".join),
    _Conversion('" ".join({})', " ".join),
    _Conversion('", ".join({})', ", ".join),
    _Conversion('"\\n".join({})', "\n".join),
    _Conversion('"".join(map(str, {}))', lambda value: "".join(map(str, value))),
    _Conversion('" ".join(map(str, {}))', lambda value: " ".join(map(str, value))),
    _Conversion("list(map(str, {}))", lambda value: list(map(str, value))),
    _Conversion("list(map(int, {}))", lambda value: list(map(int, value))),
    _Conversion("list(map(list, {}))", lambda value: list(map(list, value))),
    _Conversion("list(map(tuple, {}))", lambda value: list(map(tuple, value))),
    _Conversion("{}[0]", lambda value: value[0], tight=True),
    _Conversion("{}[-1]", lambda value: value[-1], tight=True),
    _Conversion("{}[1:]", lambda value: value[1:], tight=True),
    _Conversion("{}[:-1]", lambda value: value[:-1], tight=True),
    _Conversion("[{}]", lambda value: [value]),
    _Conversion("{}.lower()", lambda value: value.lower(), tight=True),
    _Conversion("{}.upper()", lambda value: value.upper(), tight=True),
    _Conversion("{}.title()", lambda value: value.title(), tight=True),
    _Conversion("{}.capitalize()", lambda value: value.capitalize(), tight=True),
    _Conversion("{}.strip()", lambda value: value.strip(), tight=True),
    _Conversion("{}.split()", lambda value: value.split(), tight=True),
    _Conversion("{}.decode()", lambda value: value.decode(), tight=True),
    _Conversion("{}.encode()", lambda value: value.encode(), tight=True),
)
_CONTAINERS = (list, tuple, set, dict, str)
_REFUSED = (TypeError, ValueError, LookupError, AttributeError, OverflowError)


def converted(node: Node, context: Context) -> Iterator[Splice]:
    """`return tuple(found)` where the failing test shows a list and expects that tuple."""
    value = node.named_child(0) if node.named_child_count else None
    if value is None or value.type in ("none", "true", "false", "integer", "string"):
        return
    for conversion in context.once("conversions", context.root, lambda: _fitting(context)):
        tight = Binding.ATOM if conversion.tight else Binding.LOOSE
        text = grouped(value, context, tight)
        if value.type == "expression_list":
            text = f"({context.text(value)})"
        new = conversion.text.format(text)
        yield replace(value, new, f"return {named(new)}")


def _fitting(context: Context) -> tuple[_Conversion, ...]:
    """Conversions that make of at least one answer what was expected."""
    pairs = failures.answers(context)
    fitting = [c for c in _CONVERSIONS if any(_makes(c, *pair) for pair in pairs)]
    return (*fitting, *_of_lazy(context))


def _makes(conversion: _Conversion, answer: Any, expected: Any) -> bool:
    try:
        made = conversion.convert(answer)
    except _REFUSED:
        return False
    return type(made) is type(expected) and bool(made == expected)


def _of_lazy(context: Context) -> Iterator[_Conversion]:
    for shown, expected in failures.opaque_answers(context):
        kind = type(expected)
        if kind in _CONTAINERS and any(word in shown for word in _LAZY):
            text = '"".join({})' if kind is str else f"{kind.__name__}({{}})"
            yield from (c for c in _CONVERSIONS if c.text == text)


RULES = (Rule("result", 2.5, frozenset({"return_statement"}), converted),)
