"""Writing one Python expression inside another."""

from enum import IntEnum

from lacuna_ls.domain.text import Span, TextEdit, encode
from lacuna_ls.repair.proposers.template import Context, Splice
from lacuna_ls.syntax.nodes import Node, span_of

_ATOMS = frozenset(
    {
        "attribute", "call", "concatenated_string", "dictionary", "dictionary_comprehension",
        "false", "float", "generator_expression", "identifier", "integer", "list",
        "list_comprehension", "none", "parenthesized_expression", "set", "set_comprehension",
        "string", "subscript", "true", "tuple",
    }
)  # fmt: skip
_SUMS = frozenset({"+", "-", "*", "/", "//", "%", "@", "**"})


class Binding(IntEnum):
    """How tightly an expression holds together, loosest first."""

    LOOSE = 0
    NOT = 1
    COMPARISON = 2
    BITWISE = 3
    SUM = 4
    ATOM = 5


def grouped(node: Node, context: Context, at_least: Binding) -> str:
    """The node's text, in parentheses if it holds together less tightly than its place asks."""
    text = context.text(node)
    return text if binding(node, context) >= at_least else f"({text})"


def binding(node: Node, context: Context) -> Binding:
    if node.type in _ATOMS:
        return Binding.ATOM
    if node.type == "binary_operator":
        operator = node.child_by_field_name("operator")
        sums = operator is not None and context.text(operator) in _SUMS
        return Binding.SUM if sums else Binding.BITWISE
    return _BINDINGS.get(node.type, Binding.LOOSE)


def replace(node: Node, new: str, summary: str, weight: float = 1.0) -> Splice:
    return Splice(TextEdit(span_of(node), encode(new)), summary, weight)


def insert(offset: int, new: str, summary: str, weight: float = 1.0) -> Splice:
    return Splice(TextEdit(Span(offset, offset), encode(new)), summary, weight)


def named(text: str, limit: int = 32) -> str:
    """Code as it stands in a title: one line, cut short."""
    line = " ".join(text.split())
    return f"`{line}`" if len(line) <= limit else f"`{line[: limit - 1]}…`"


_BINDINGS = {
    "not_operator": Binding.NOT,
    "comparison_operator": Binding.COMPARISON,
    "unary_operator": Binding.SUM,
    "await": Binding.SUM,
}
