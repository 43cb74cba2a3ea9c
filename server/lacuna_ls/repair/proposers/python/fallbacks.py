"""What a failing conversion, a forgotten `await` and an order of loops or branches ask for."""

import re
from collections.abc import Iterator

from lacuna_ls.domain.text import Span, TextEdit, encode
from lacuna_ls.repair.proposers.python import failures
from lacuna_ls.repair.proposers.python.bodies import LOOPS, function_around, own_nodes, statements
from lacuna_ls.repair.proposers.python.expressions import insert, named
from lacuna_ls.repair.proposers.python.lines import indent_of, shifted, step_of
from lacuna_ls.repair.proposers.template import Context, Rule, Splice
from lacuna_ls.syntax.nodes import Node, ancestors

_REFUSED = ("invalid literal for", "could not convert string to float")
_CONVERSION = re.compile(r"\b(?:int|float|complex)\(")
_CONVERTING = frozenset({"return_statement", "expression_statement"})
_FALLBACKS = ("None", "0", "False", "-1", '""', "[]")


def caught(node: Node, context: Context) -> Iterator[Splice]:
    """A conversion that refused its text, with a value to return instead, or the next turn."""
    if not failures.mentions(context, *_REFUSED) or not _CONVERSION.search(context.text(node)):
        return
    lines = shifted(node, step_of(node, context), context, ("try:",))
    if lines is None:
        return
    in_loop = any(a.type in LOOPS for a in _within_function(node))
    endings = [f"return {value}" for value in (*failures.expected(context), *_FALLBACKS)]
    if in_loop:
        endings = ["continue", *endings]
    indent, end = indent_of(node, context), context.source.line_end()
    for rank, ending in enumerate(dict.fromkeys(endings)):
        handler = (f"{indent}except ValueError:", f"{indent}{step_of(node, context)}{ending}")
        new = lines.new if lines.new.endswith((b"\n", b"\r")) else lines.new + end
        edit = TextEdit(lines.span, new + b"".join(encode(line) + end for line in handler))
        yield Splice(edit, f"{named(ending)} on a ValueError", 0.9**rank)


def _within_function(node: Node) -> Iterator[Node]:
    for around in ancestors(node):
        if around.type == "function_definition":
            return
        yield around


def awaited(node: Node, context: Context) -> Iterator[Splice]:
    """`await f()` for `f()` in an `async def`, where the failure speaks of a coroutine."""
    function = function_around(node)
    parent = node.parent
    if function is None or parent is None or parent.type == "await":
        return
    if function.children[0].type != "async" or not failures.mentions(context, "coroutine"):
        return
    written = named(f"await {context.text(node)}")
    if parent.type in ("attribute", "subscript", "call"):
        edit = TextEdit(
            Span(node.start_byte, node.end_byte), encode(f"(await {context.text(node)})")
        )
        yield Splice(edit, f"use {written}")
    else:
        yield insert(node.start_byte, "await ", f"use {written}")


def nested_otherwise(node: Node, context: Context) -> Iterator[Splice]:
    """The inner of two loops as the outer one; the same of a comprehension's."""
    inner = _inner_loop(node)
    if inner is None:
        return
    outer_head, inner_head = _head(node), _head(inner)
    bound = {context.text(n) for n in _targets(node)}
    asked = inner.child_by_field_name("right")
    if outer_head is None or inner_head is None or asked is None:
        return
    if bound & {context.text(n) for n in own_nodes(asked) if n.type == "identifier"}:
        return
    data = context.source.data
    first = TextEdit(outer_head, data[inner_head.start : inner_head.end])
    second = TextEdit(inner_head, data[outer_head.start : outer_head.end])
    yield Splice(first, "swap the loops", also=(second,))


def _inner_loop(node: Node) -> Node | None:
    if node.type == "for_in_clause":
        following = node.next_named_sibling
        return following if following is not None and following.type == node.type else None
    body = statements(node.child_by_field_name("body"))
    return body[0] if len(body) == 1 and body[0].type == "for_statement" else None


def _head(loop: Node) -> Span | None:
    """From the loop's variable to the end of what it runs over."""
    left, right = loop.child_by_field_name("left"), loop.child_by_field_name("right")
    return Span(left.start_byte, right.end_byte) if left is not None and right is not None else None


def _targets(loop: Node) -> Iterator[Node]:
    left = loop.child_by_field_name("left")
    return (n for n in own_nodes(left) if n.type == "identifier") if left is not None else iter(())


def asked_first(node: Node, context: Context) -> Iterator[Splice]:
    """The branch of an `elif` before the one above it."""
    above = node.prev_named_sibling
    while above is not None and above.type == "comment":
        above = above.prev_named_sibling
    owner = above if above is not None and above.type == "elif_clause" else node.parent
    if owner is None or owner.type not in ("elif_clause", "if_statement"):
        return
    first, second = _branch(owner), _branch(node)
    if first is not None and second is not None:
        data = context.source.data
        edit = TextEdit(first, data[second.start : second.end])
        other = TextEdit(second, data[first.start : first.end])
        condition = node.child_by_field_name("condition")
        asked = named(context.text(condition)) if condition is not None else "that"
        yield Splice(edit, f"ask for {asked} earlier", also=(other,))


def _branch(clause: Node) -> Span | None:
    """From a condition to the end of what is done then."""
    condition = clause.child_by_field_name("condition")
    body = clause.child_by_field_name("consequence")
    if condition is None or body is None:
        return None
    return Span(condition.start_byte, body.end_byte)


RULES = (
    Rule("fallback", 0.9, _CONVERTING, caught),
    Rule("await", 3.0, frozenset({"call"}), awaited),
    Rule("order", 0.4, frozenset({"for_statement", "for_in_clause"}), nested_otherwise),
    Rule("order", 0.4, frozenset({"elif_clause"}), asked_first),
)
