"""Structure: operands swapped, dropped or wrapped, sibling functions, branches exchanged."""

from collections.abc import Iterator
from itertools import pairwise

from lacuna_ls.domain.text import Span, TextEdit, encode
from lacuna_ls.repair.proposers.python.bodies import parameters
from lacuna_ls.repair.proposers.python.expressions import (
    Binding,
    grouped,
    insert,
    named,
    replace,
)
from lacuna_ls.repair.proposers.template import Context, Rule, Splice
from lacuna_ls.syntax.nodes import Node

_SIBLINGS: tuple[tuple[str, ...], ...] = (
    ("min", "max"),
    ("any", "all"),
    ("sum", "len", "max", "min"),
    ("append", "extend"),
    ("add", "discard"),
    ("lstrip", "rstrip", "strip"),
    ("lower", "upper"),
    ("islower", "isupper"),
    ("isdigit", "isalpha", "isalnum"),
    ("startswith", "endswith"),
    ("index", "rindex"),
    ("find", "rfind"),
    ("split", "rsplit"),
    ("partition", "rpartition"),
    ("keys", "values", "items"),
    ("floor", "ceil", "trunc"),
    ("int", "float", "round"),
    ("popleft", "pop"),
    ("sorted", "list", "reversed"),
    ("union", "intersection", "difference"),
    ("bisect_left", "bisect_right"),
)
_MOST_FUNCTIONS = 3
_FADING = 0.7
_ORDERED = frozenset({"-", "/", "//", "%", "**", "<<", ">>"})
_WRAPPERS = ("abs", "len", "set", "sorted", "list", "int", "str", "sum")
_METHODS = ("lower()", "upper()", "strip()", "copy()")
_SLICES = ("[1:]", "[:-1]", "[::-1]")
_VALUES = frozenset({"attribute", "binary_operator", "call", "identifier", "subscript"})
_COMPREHENSIONS = frozenset({"list_comprehension", "parenthesized_expression"})


def swapped(first: Node, second: Node, context: Context, at_least: Binding) -> TextEdit:
    between = context.source.data[first.end_byte : second.start_byte]
    left, right = grouped(second, context, at_least), grouped(first, context, at_least)
    new = encode(left) + between + encode(right)
    return TextEdit(Span(first.start_byte, second.end_byte), new)


def operands(node: Node, context: Context) -> Iterator[Splice]:
    """`b - a` for `a - b`; one operand for both."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = node.child_by_field_name("operator")
    if left is None or right is None or operator is None:
        return
    if context.text(operator) in _ORDERED:
        edit = swapped(left, right, context, Binding.ATOM)
        yield Splice(edit, "swap the operands")
    yield from _dropped(node, left, right, context)


def conditions(node: Node, context: Context) -> Iterator[Splice]:
    """One condition of an `and` or `or` for both."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is not None and right is not None:
        yield from _dropped(node, left, right, context)


def _dropped(node: Node, left: Node, right: Node, context: Context) -> Iterator[Splice]:
    after = Span(left.end_byte, node.end_byte)
    before = Span(node.start_byte, right.start_byte)
    yield Splice(TextEdit(after, b""), f"drop {named(context.source.text(after).strip())}")
    yield Splice(TextEdit(before, b""), f"drop {named(context.source.text(before).strip())}")


def elements(node: Node, context: Context) -> Iterator[Splice]:
    """Neighbours exchanged in a call, a tuple or a list of names."""
    what = "arguments" if node.type == "argument_list" else "elements"
    values = [c for c in node.named_children if c.type not in ("keyword_argument", "comment")]
    if len(values) > 5:
        return
    # Most often a text to be shown with what follows.
    weight = _FADING if values and values[0].type == "string" else 1.0
    for first, second in pairwise(values):
        if "splat" not in first.type + second.type:
            edit = swapped(first, second, context, Binding.LOOSE)
            yield Splice(edit, f"swap the {what}", weight)


def branches(node: Node, context: Context) -> Iterator[Splice]:
    """`b if c else a` for `a if c else b`."""
    if node.named_child_count != 3:
        return
    first, condition, second = node.named_children
    between = context.source.data[first.end_byte : condition.start_byte]
    test = context.source.data[condition.start_byte : second.start_byte]
    new = encode(context.text(second)) + between + test + encode(context.text(first))
    span = Span(first.start_byte, second.end_byte)
    yield Splice(TextEdit(span, new), "exchange the branches")


def sibling(node: Node, context: Context) -> Iterator[Splice]:
    function = node.child_by_field_name("function")
    if function is None:
        return
    name = function.child_by_field_name("attribute") or function
    if name.type != "identifier":
        return
    written = context.text(name)
    others = dict.fromkeys(o for family in _SIBLINGS if written in family for o in family)
    for rank, other in enumerate(other for other in others if other != written):
        new, old = named(other), named(written)
        yield replace(name, other, f"use {new} instead of {old}", _FADING**rank)


def unwrapped(node: Node, context: Context) -> Iterator[Splice]:
    """`x` for `f(x)` and for `x.m()`."""
    function = node.child_by_field_name("function")
    arguments = node.child_by_field_name("arguments")
    if function is None or arguments is None or arguments.type != "argument_list":
        return
    values = arguments.named_children
    receiver = function.child_by_field_name("object")
    if len(values) == 1 and function.type == "identifier" and "splat" not in values[0].type:
        text = grouped(values[0], context, Binding.ATOM)
        yield replace(node, text, f"drop {named(context.text(function) + '()')}")
    if receiver is not None and not values:
        span = Span(receiver.end_byte, node.end_byte)
        yield Splice(TextEdit(span, b""), f"drop {named(context.source.text(span))}")


def wrapped(node: Node, context: Context) -> Iterator[Splice]:
    """`f(x)`, `x.m()` and a slice for a value that is returned, passed or compared."""
    for value in _values(node):
        text = context.text(value)
        for rank, function in enumerate(_WRAPPERS):
            new = f"{function}({text})"
            if not text.startswith(f"{function}("):
                yield replace(value, new, f"use {named(new)}", 1.4 * 0.93**rank)
        for rank, function in enumerate(_of_one_argument(node, context)):
            new = f"{function}({text})"
            yield replace(value, new, f"use {named(new)}", 0.93**rank)
        if value.type == "binary_operator":
            continue
        for method in _METHODS:
            yield insert(value.end_byte, f".{method}", f"use {named(f'{text}.{method}')}", 0.7)
        for part in _SLICES:
            yield insert(value.end_byte, part, f"use {named(text + part)}", 0.7)


def _of_one_argument(node: Node, context: Context) -> tuple[str, ...]:
    """The file's own functions that take one argument, the nearest first; none that the node is in."""
    found = context.once("unary", context.root, lambda: tuple(_unary(context)))
    others = [(f, name) for f, name in found if not f.start_byte <= node.start_byte < f.end_byte]
    others.sort(key=lambda each: abs(each[0].start_byte - node.start_byte))
    return tuple(name for _, name in others[:_MOST_FUNCTIONS])


def _unary(context: Context) -> Iterator[tuple[Node, str]]:
    for statement in context.root.named_children:
        function = statement.child_by_field_name("definition") or statement
        name = function.child_by_field_name("name")
        if function.type != "function_definition" or name is None:
            continue
        if len(parameters(function, context)) == 1:
            yield function, context.text(name)


def _values(node: Node) -> list[Node]:
    """The operands, arguments or results that stand directly in `node`."""
    if node.type in ("for_statement", "for_in_clause", "assignment"):
        children = [node.child_by_field_name("right")]
    else:
        children = list(node.named_children)
    wrapped_too = _VALUES | _COMPREHENSIONS if node.type == "return_statement" else _VALUES
    return [child for child in children if child is not None and child.type in wrapped_too]


RULES = (
    Rule("operand", 0.4, frozenset({"binary_operator"}), operands),
    Rule("operand", 0.4, frozenset({"boolean_operator"}), conditions),
    Rule("swap", 0.5, frozenset({"argument_list", "expression_list", "tuple", "list"}), elements),
    Rule("swap", 0.5, frozenset({"conditional_expression"}), branches),
    Rule("sibling", 0.9, frozenset({"call"}), sibling),
    Rule("wrapper", 0.3, frozenset({"call"}), unwrapped),
    Rule(
        "wrapper",
        0.2,
        frozenset(
            {
                "argument_list", "assignment", "comparison_operator", "for_in_clause",
                "for_statement", "return_statement",
            }
        ),
        wrapped,
        heaviest=1.4,
    ),
)  # fmt: skip
