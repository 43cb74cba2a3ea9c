"""Statements that are missing, are too many, or stand in the wrong place."""

from collections.abc import Iterator
from itertools import pairwise

from lacuna_ls.domain.text import Span, TextEdit
from lacuna_ls.repair.proposers.python import failures
from lacuna_ls.repair.proposers.python.bodies import (
    LOOPS,
    Kind,
    assigned,
    body_of,
    first_of,
    function_around,
    kind_of,
    loop_names,
    own_nodes,
    parameters,
    statements,
)
from lacuna_ls.repair.proposers.python.expressions import insert, named, replace
from lacuna_ls.repair.proposers.python.lines import (
    added_after,
    indent_of,
    outdented,
    own_lines,
    removed,
    shifted,
    step_of,
)
from lacuna_ls.repair.proposers.template import Context, Rule, Splice
from lacuna_ls.syntax.nodes import Node, preorder

_REMOVABLE = frozenset(
    {"expression_statement", "if_statement", "delete_statement", "break_statement",
     "continue_statement", "for_statement", "return_statement"}
)  # fmt: skip
_STEPS = ("{} -= 1", "{} += 1", "{} //= 2", "{} //= 10", "{} = {}.next")
_COLLECTIONS = {"[]": "append", "list()": "append", "set()": "add"}
_COUNTS = frozenset({"0", "1", "0.0", '""', "''"})
_ENDS = ("return_statement", "raise_statement")
_LONGEST = 32


def deleted(block: Node, context: Context) -> Iterator[Splice]:
    """One statement less, or two that follow each other."""
    body = statements(block)
    removable = [n for n in body if n.type in _REMOVABLE and not _documents(n)]
    for node in removable:
        edit = removed(node, context) if len(body) > 1 else _passed(node, context)
        if edit is not None:
            yield Splice(edit, f"drop {named(context.text(node))}")
    if len(body) < 3:
        return
    for first, second in pairwise(body):
        one, two = removed(first, context), removed(second, context)
        if first in removable and second in removable and one is not None and two is not None:
            edit = TextEdit(Span(one.span.start, two.span.end), b"")
            yield Splice(edit, f"drop {named(context.text(first))} and the next statement", 0.6)


def _documents(node: Node) -> bool:
    inner = first_of(node)
    return inner is not None and inner.type == "string"


def _passed(node: Node, context: Context) -> TextEdit | None:
    if own_lines(node, context) is None or node.type == "return_statement":
        return None
    return TextEdit(Span(node.start_byte, node.end_byte), b"pass")


def moved_out(block: Node, context: Context) -> Iterator[Splice]:
    """The last statement of a loop or a branch, done after it."""
    body = statements(block)
    owner = block.parent
    if len(body) < 2 or owner is None or owner.type not in (*LOOPS, "if_statement", "else_clause"):
        return
    last = body[-1]
    if _after_block(owner) is None:
        edit = _outdented(last, context)
        if edit is not None:
            yield Splice(edit, f"move {named(context.text(last))} out of the block")


def _after_block(owner: Node) -> Node | None:
    """The `else` or `elif` that a block's end leads to, or what makes the block not the last."""
    sibling = owner.next_named_sibling
    return (
        sibling if sibling is not None and sibling.type in ("else_clause", "elif_clause") else None
    )


def _outdented(node: Node, context: Context) -> TextEdit | None:
    own = own_lines(node, context)
    text = outdented(node, step_of(node, context), context)
    block = node.parent
    if own is None or text is None or block is None or block.end_byte > own.end:
        return None
    alternatives = block.parent.children_by_field_name("alternative") if block.parent else []
    return None if alternatives and block.parent is not None else TextEdit(own, text)


def moved_in(node: Node, context: Context) -> Iterator[Splice]:
    """A statement that follows a loop or a branch, done as its last."""
    previous = node.prev_named_sibling
    if previous is None or previous.type not in (*LOOPS, "if_statement"):
        return
    last = next((c for c in reversed(previous.named_children) if c.type != "comment"), None)
    block = last if last is not None and last.type == "block" else None
    if last is not None and block is None:
        block = last.child_by_field_name("body") or last.child_by_field_name("consequence")
    inner = statements(block)
    if not inner:
        return
    by = indent_of(inner[0], context).removeprefix(indent_of(node, context))
    edit = shifted(node, by, context)
    if edit is not None and by:
        yield Splice(edit, f"move {named(context.text(node))} into the block")


def exchanged(block: Node, context: Context) -> Iterator[Splice]:
    """Two statements that follow each other, the other way round."""
    for first, second in pairwise(statements(block)):
        one, two = own_lines(first, context), own_lines(second, context)
        if one is None or two is None or one.end != two.start or _documents(first):
            continue
        data = context.source.data
        if data[one.start : two.end].endswith((b"\n", b"\r")):
            new = data[two.start : two.end] + data[one.start : one.end]
            edit = TextEdit(Span(one.start, two.end), new)
            summary = f"do {named(context.text(second))} before {named(context.text(first))}"
            yield Splice(edit, summary)


def stepped(loop: Node, context: Context) -> Iterator[Splice]:
    """The step of a `while` whose condition nothing in its body can change; or what does change."""
    condition = loop.child_by_field_name("condition")
    body = statements(loop.child_by_field_name("body"))
    function = function_around(loop)
    if condition is None or not body or function is None:
        return
    changed = dict.fromkeys(_changed(loop, context))
    asked = {context.text(node): node for node in preorder(condition) if _is_variable(node)}
    stuck = not changed.keys() & asked.keys()
    for name in asked:
        if name in changed or kind_of(name, function, context) is Kind.CONTAINER:
            continue
        for rank, step in enumerate(_STEPS):
            new = step.format(name, name)
            edit = added_after(body[-1], (new,), context)
            if edit is not None:
                yield Splice(edit, f"add {named(new)}", (1.0 if stuck else 0.3) * 0.9**rank)
    for name, node in asked.items() if stuck else ():
        for other in changed:
            for part in (f"[{other}:]", f"[:{other}]", f"[{other}]"):
                yield insert(node.end_byte, part, f"ask for {named(name + part)}", 0.7)
            yield replace(node, other, f"ask for {named(other)}", 0.7)


def _is_variable(node: Node) -> bool:
    """A name that is read, and neither called nor an attribute's."""
    parent = node.parent
    if node.type != "identifier" or parent is None:
        return False
    return not any(parent.child_by_field_name(f) == node for f in ("function", "attribute"))


def _changed(loop: Node, context: Context) -> Iterator[str]:
    """Names that are assigned below a node, or whose methods are called."""
    for node in own_nodes(loop):
        target = node.child_by_field_name("left")
        if node.type in ("assignment", "augmented_assignment", "for_statement") and target:
            yield from (context.text(n) for n in preorder(target) if n.type == "identifier")
        if node.type == "call":
            function = node.child_by_field_name("function")
            receiver = function.child_by_field_name("object") if function is not None else None
            if receiver is not None and receiver.type == "identifier":
                yield context.text(receiver)


def accumulated(block: Node, context: Context) -> Iterator[Splice]:
    """`found.append(x)` and `total += x` at the end of what a loop does."""
    body = statements(block)
    function = function_around(block)
    if not body or function is None or not any(a.type in LOOPS for a in _around(block, function)):
        return
    loops = loop_names(body[0], context)[:2]
    for name, value in dict(assigned(function, context)).items():
        for line, weight in _updates(name, value, loops):
            edit = added_after(body[-1], (line,), context)
            if edit is not None and line not in context.text(block):
                yield Splice(edit, f"add {named(line)}", weight)


def _around(block: Node, function: Node) -> Iterator[Node]:
    node = block.parent
    while node is not None and node != function:
        yield node
        node = node.parent


def _updates(name: str, value: str, loops: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    if value in _COLLECTIONS:
        for loop_name in loops:
            yield f"{name}.{_COLLECTIONS[value]}({loop_name})", 1.0
    elif value in _COUNTS:
        if value[0] not in "\"'":
            yield f"{name} += 1", 1.0
            yield f"{name} -= 1", 0.3
        for loop_name in loops:
            yield f"{name} += {loop_name}", 0.8
            if value == "1":
                yield f"{name} *= {loop_name}", 0.8
    elif value.isidentifier() or value.endswith("]"):
        for loop_name in loops:
            yield f"{name} = {loop_name}", 0.5


def returned(function: Node, context: Context) -> Iterator[Splice]:
    """`return found` at the end of a function that has none there."""
    body = body_of(function)
    if not body or body[-1].type in (*_ENDS, "assert_statement"):
        return
    last = body[-1]
    inner = first_of(last) if last.type == "expression_statement" else None
    urgency = 3.0 if failures.mentions(context, "None") else 1.0
    if inner is not None and inner.type not in ("assignment", "augmented_assignment", "string"):
        edit = TextEdit(Span(last.start_byte, last.start_byte), b"return ")
        yield Splice(edit, f"return {named(context.text(inner))}", urgency * 1.2)
    names = dict.fromkeys(name for name, _ in assigned(function, context))
    values = [(name, 1.0) for name in reversed(names)]
    values += [(name, 0.5) for name in parameters(function, context)]
    values += [(value, 0.6) for value in failures.expected(context) if len(value) < _LONGEST]
    values += [(value, 0.3) for value in ("True", "False", "[]", "0", '""')]
    for value, weight in values:
        edit_after = added_after(last, (f"return {value}",), context)
        if edit_after is not None and _is_name_or_plain(value):
            yield Splice(edit_after, f"return {named(value)} at the end", urgency * weight)


def _is_name_or_plain(value: str) -> bool:
    return value.isidentifier() or value in ("[]", "0", '""', "-1", "{}", "1")


def copied(function: Node, context: Context) -> Iterator[Splice]:
    """`xs = list(xs)` in front, so that the caller keeps what it gave."""
    body = body_of(function)
    own = own_lines(body[0], context) if body else None
    if own is None or body[0].type == "assert_statement":
        return
    for name in parameters(function, context)[:3]:
        if kind_of(name, function, context) is not Kind.NUMBER:
            line = f"{name} = {name}.copy()"
            text = indent_of(body[0], context) + line
            new = text.encode("utf-8", "surrogatepass") + context.source.line_end()
            yield Splice(TextEdit(Span(own.start, own.start), new), f"add {named(line)}")


RULES = (
    Rule("deletion", 0.25, frozenset({"block"}), deleted),
    Rule("place", 0.6, frozenset({"block"}), moved_out),
    Rule("place", 0.4, frozenset({"expression_statement", "return_statement", "if_statement"}), moved_in),
    Rule("place", 0.2, frozenset({"block"}), exchanged),
    Rule("step", 1.0, frozenset({"while_statement"}), stepped),
    Rule("update", 0.4, frozenset({"block"}), accumulated),
    Rule("return", 0.5, frozenset({"function_definition"}), returned, heaviest=3.6),
    Rule("copy", 0.15, frozenset({"function_definition"}), copied),
)  # fmt: skip
