"""Conditions that a function could also ask for, built from what it mentions."""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import combinations

from lacuna_ls.domain.text import decode
from lacuna_ls.repair.proposers.python.bodies import (
    function_around,
    loop_names,
    own_nodes,
    parameters,
)
from lacuna_ls.repair.proposers.template import Context
from lacuna_ls.syntax.nodes import Node, preorder

_OPPOSITE = {
    "==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">",
    "in": "not in", "not in": "in", "is": "is not", "is not": "is",
}  # fmt: skip
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_MOST_SOURCES = 6
_MOST_NAMES = 5
_LONGEST = 40


def variants(node: Node, context: Context) -> Iterator[tuple[str, float]]:
    """The comparisons of the function around `node`, a little changed: text and weight.

    Two names are exchanged, a number is the next one, or the comparison is turned around.
    """
    function = function_around(node)
    if function is None:
        return
    found = context.once("comparisons", function, lambda: _comparisons(function, context))
    nearest = sorted(found, key=lambda n: abs(n.start_byte - node.start_byte))
    for comparison in nearest[:_MOST_SOURCES]:
        found_there = partial(_variants, comparison, function, context)
        yield from context.once("variants", comparison, found_there)


def _comparisons(function: Node, context: Context) -> tuple[Node, ...]:
    found = (n for n in own_nodes(function) if n.type == "comparison_operator")
    return tuple(
        n for n in found if n.end_byte - n.start_byte <= _LONGEST
        and n.start_point.row == n.end_point.row
    )  # fmt: skip


def _variants(node: Node, function: Node, context: Context) -> tuple[tuple[str, float], ...]:
    return tuple(_changed(node, function, context))


def _changed(node: Node, function: Node, context: Context) -> Iterator[tuple[str, float]]:
    names = _names(node, context)
    near = tuple(
        dict.fromkeys((*names, *loop_names(node, context), *parameters(function, context)))
    )
    for first, second in combinations(near[:_MOST_NAMES], 2):
        if first in names or second in names:
            yield _renamed(node, {first: second, second: first}, context), 1.0
    for number in (n for n in preorder(node) if n.type == "integer"):
        text = context.text(number)
        if text.isdecimal():
            for other in (int(text) + 1, int(text) - 1):
                if other >= 0:
                    yield _spliced(node, number, str(other), context), 0.8
    for text in turned(node, context):
        yield text, 0.5
    yield context.text(node), 0.4


def turned(comparison: Node, context: Context) -> Iterator[str]:
    """The opposite of a comparison of two values."""
    yield from _with_operator(comparison, _OPPOSITE, context)


def mirrored(comparison: Node, context: Context) -> Iterator[str]:
    """Greater for less."""
    yield from _with_operator(comparison, _MIRRORED, context)


def _with_operator(node: Node, others: Mapping[str, str], context: Context) -> Iterator[str]:
    operators = node.children_by_field_name("operators")
    if len(operators) == 1:
        written = " ".join(context.text(operators[0]).split())
        if written in others:
            yield _spliced(node, operators[0], others[written], context)


def of_names(node: Node, context: Context) -> Iterator[tuple[str, float]]:
    """Comparisons of the variables of the loops around, with each other and with parameters."""
    function = function_around(node)
    loops = loop_names(node, context)[:3]
    given = parameters(function, context)[:4] if function is not None else ()
    for first, second in combinations(loops, 2):
        for rank, operator in enumerate(("==", "!=", "<", ">")):
            yield f"{second} {operator} {first}", 0.85**rank
    for name in loops:
        yield f"not {name}", 0.4
        yield name, 0.4
        yield f"{name} > 0", 0.4
        for other in given:
            for rank, operator in enumerate(("==", "!=", "<", ">", "<=", ">=", "in", "not in")):
                yield f"{name} {operator} {other}", 0.5 * 0.9**rank
    for first, second in combinations(given, 2) if not loops else ():
        for rank, operator in enumerate(("==", "!=", "<", ">", "in", "not in")):
            yield f"{first} {operator} {second}", 0.5 * 0.9**rank


def _names(node: Node, context: Context) -> tuple[str, ...]:
    """Variables of an expression: no function that is called, no attribute."""
    found: dict[str, None] = {}
    for inner in preorder(node):
        parent = inner.parent
        if inner.type != "identifier" or parent is None:
            continue
        called = parent.child_by_field_name("function") == inner
        if not called and parent.child_by_field_name("attribute") != inner:
            found[context.text(inner)] = None
    return tuple(found)


def _renamed(node: Node, names: dict[str, str], context: Context) -> str:
    parts: list[str] = []
    position = node.start_byte
    for inner in preorder(node):
        new = names.get(context.text(inner)) if inner.type == "identifier" else None
        attribute = inner.parent is not None and (
            inner.parent.child_by_field_name("attribute") == inner
        )
        if new is not None and not attribute:
            parts += (decode(context.source.data[position : inner.start_byte]), new)
            position = inner.end_byte
    return "".join((*parts, decode(context.source.data[position : node.end_byte])))


def _spliced(node: Node, part: Node, new: str, context: Context) -> str:
    text = context.source.data
    before, after = text[node.start_byte : part.start_byte], text[part.end_byte : node.end_byte]
    return decode(before) + new + decode(after)
