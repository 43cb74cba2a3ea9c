"""Operators: comparison, arithmetic, boolean, and the conditions that they make."""

from collections.abc import Iterator

from lacuna_ls.domain.text import Span, TextEdit
from lacuna_ls.repair.proposers.python.expressions import Binding, grouped, replace
from lacuna_ls.repair.proposers.template import Context, Rule, Splice
from lacuna_ls.syntax.nodes import Node, span_of

# What else is written where an operator stands, most often meant first.
_COMPARISONS: dict[str, tuple[str, ...]] = {
    "<": ("<=", ">", ">=", "==", "!="),
    "<=": ("<", ">=", ">", "==", "!="),
    ">": (">=", "<", "<=", "==", "!="),
    ">=": (">", "<=", "<", "==", "!="),
    "==": ("!=", ">=", "<=", "<", ">", "in"),
    "!=": ("==", "<", ">", "<=", ">=", "not in"),
    "is": ("is not", "=="),
    "is not": ("is", "!="),
    "in": ("not in", "=="),
    "not in": ("in", "!="),
}
_ARITHMETIC: dict[str, tuple[str, ...]] = {
    "+": ("-", "*", "//"),
    "-": ("+", "%", "*", "//"),
    "*": ("+", "**", "//", "/", "-"),
    "/": ("//", "*", "%"),
    "//": ("/", "%", "*", "-"),
    "%": ("//", "/", "-", "*"),
    "**": ("*", "+"),
    "<<": (">>",),
    ">>": ("<<",),
    "&": ("|", "^"),
    "|": ("&", "^"),
    "^": ("**", "&", "|"),
}
_FADING = 0.8
_CONDITIONS = frozenset(
    {"if_statement", "elif_clause", "while_statement", "conditional_expression"}
)


def comparison(node: Node, context: Context) -> Iterator[Splice]:
    for operator in node.children_by_field_name("operators"):
        others = _COMPARISONS.get(" ".join(context.text(operator).split()), ())
        for rank, other in enumerate(others):
            yield replace(operator, other, f"compare with {other}", _FADING**rank)


def arithmetic(node: Node, context: Context) -> Iterator[Splice]:
    operator = node.child_by_field_name("operator")
    if operator is not None:
        yield from _computed(operator, context, "")


def _computed(operator: Node, context: Context, suffix: str) -> Iterator[Splice]:
    written = context.text(operator)
    for rank, other in enumerate(_ARITHMETIC.get(written.removesuffix(suffix), ())):
        new = other + suffix
        yield replace(operator, new, f"use {new} instead of {written}", _FADING**rank)


def augmented(node: Node, context: Context) -> Iterator[Splice]:
    operator = node.child_by_field_name("operator")
    if operator is None:
        return
    yield from _computed(operator, context, "=")
    yield Splice(TextEdit(span_of(operator), b"="), "assign instead of updating", 0.4)


def assignment(node: Node, context: Context) -> Iterator[Splice]:
    """`total = x` where `total += x` was meant."""
    left = node.child_by_field_name("left")
    right = node.child_by_field_name("right")
    if left is None or right is None or node.child_by_field_name("type") is not None:
        return
    if left.type not in ("identifier", "attribute", "subscript") or right.type == "assignment":
        return
    sign = next((child for child in node.children if child.type == "="), None)
    if sign is not None:
        yield Splice(TextEdit(span_of(sign), b"+="), "add instead of assigning", 0.5)


def boolean(node: Node, context: Context) -> Iterator[Splice]:
    operator = node.child_by_field_name("operator")
    if operator is not None:
        other = "or" if context.text(operator) == "and" else "and"
        yield replace(operator, other, f"use {other} instead of {context.text(operator)}")


def sign(node: Node, context: Context) -> Iterator[Splice]:
    """`-x` as `x`; `~x` as `not x` and as `x`."""
    operand = node.child_by_field_name("argument")
    operator = node.child_by_field_name("operator")
    if operand is None or operator is None:
        return
    before_operand = Span(operator.start_byte, operand.start_byte)
    yield Splice(TextEdit(before_operand, b""), f"drop the {context.text(operator)}")
    if context.text(operator) == "~":
        yield Splice(TextEdit(before_operand, b"not "), "use not")


def dropped_not(node: Node, context: Context) -> Iterator[Splice]:
    operand = node.child_by_field_name("argument")
    if operand is not None:
        span = Span(node.start_byte, operand.start_byte)
        yield Splice(TextEdit(span, b""), "drop the not")


def negated_condition(node: Node, context: Context) -> Iterator[Splice]:
    """A condition without an operator of its own that could be turned around."""
    position = {"conditional_expression": 1, "if_clause": 0}.get(node.type)
    if position is None:
        condition = node.child_by_field_name("condition")
    else:
        condition = node.named_child(position)
    if condition is None or condition.type in ("not_operator", "comparison_operator"):
        return
    text = grouped(condition, context, Binding.NOT)
    yield replace(condition, f"not {text}", "negate the condition")


def negated_return(node: Node, context: Context) -> Iterator[Splice]:
    value = node.named_child(0) if node.named_child_count else None
    if value is not None and value.type in ("call", "boolean_operator", "parenthesized_expression"):
        text = grouped(value, context, Binding.NOT)
        yield replace(value, f"not {text}", "negate the result", 0.5)


RULES = (
    Rule("comparison", 1.0, frozenset({"comparison_operator"}), comparison),
    Rule("arithmetic", 0.8, frozenset({"binary_operator"}), arithmetic),
    Rule("arithmetic", 0.8, frozenset({"augmented_assignment"}), augmented),
    Rule("arithmetic", 0.4, frozenset({"assignment"}), assignment),
    Rule("boolean", 0.9, frozenset({"boolean_operator"}), boolean),
    Rule("sign", 0.5, frozenset({"unary_operator"}), sign),
    Rule("negation", 0.6, frozenset({"not_operator"}), dropped_not),
    Rule("negation", 0.5, _CONDITIONS | {"if_clause"}, negated_condition),
    Rule("negation", 0.4, frozenset({"return_statement"}), negated_return),
)
