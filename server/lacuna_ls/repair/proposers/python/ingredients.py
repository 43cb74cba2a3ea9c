"""Expressions put in the place of others: parts that the function has elsewhere or never uses.

The parts of a fix tend to stand in the same function already (Martinez, Weimer, Monperrus, "Do the
fix ingredients already exist?", 2014), and a parameter that nothing reads tends to be what is
missing.
"""

from collections.abc import Iterator

from lacuna_ls.domain.text import TextEdit, encode
from lacuna_ls.repair.proposers.python.bodies import (
    first_of,
    function_around,
    own_nodes,
    parameters,
)
from lacuna_ls.repair.proposers.python.expressions import Binding, grouped, insert, named, replace
from lacuna_ls.repair.proposers.template import Context, Rule, Splice
from lacuna_ls.syntax.nodes import Node, span_of

_PLACES = frozenset(
    {
        "argument_list", "binary_operator", "comparison_operator", "return_statement", "subscript",
        "assignment", "augmented_assignment", "attribute", "for_statement", "for_in_clause", "if_clause",
    }
)  # fmt: skip
_PARTS = frozenset({"call", "subscript", "attribute", "binary_operator", "integer", "string"})
_REPLACED = frozenset(
    {"identifier", "call", "subscript", "attribute", "integer", "string", "binary_operator"}
)
_MOST_PARTS = 12
_LONGEST = 28
_OF_UNREAD = ("{}", "str({})", "len({})", "abs({})", "bin({})", "int({})", "{}[0]", "sorted({})")
_WHOLE = ("sum", "max", "min", "len")
_KEYS = (
    "len({x})", "len(set({x}))", "abs({x})", "sum({x})", "{x}[0]", "{x}[1]", "{x}[-1]", "{x}.lower()",
    "str({x})", "int({x})",
)  # fmt: skip
_ORDERED = frozenset({"sorted", "sort", "min", "max"})


def transplanted(node: Node, context: Context) -> Iterator[Splice]:
    """Another expression of the same function in the place of this one."""
    parent = node.parent
    function = function_around(node)
    if parent is None or function is None or parent.type not in _PLACES or _is_written(node):
        return
    text = context.text(node)
    for rank, part in enumerate(_parts(function, context)):
        if part == text or (node.type in ("integer", "string") and part[0] in "\"'0123456789"):
            continue
        inside = part in text or text in part
        safe = part if parent.type in _LOOSE else _closed(part)
        what = f"use {named(part)} instead of {named(text)}"
        yield replace(node, safe, what, 0.95**rank * (0.6 if inside else 1.0))


_LOOSE = frozenset(
    {"argument_list", "return_statement", "subscript", "assignment", "for_statement"}
)


def _closed(part: str) -> str:
    return f"({part})" if any(f" {sign} " in part for sign in "+-*/%") else part


def _is_written(node: Node) -> bool:
    """The target of an assignment or a loop, what is called, and the name of an attribute."""
    parent = node.parent
    assert parent is not None
    written = ("left", "function") if parent.type != "binary_operator" else ()
    return any(parent.child_by_field_name(f) == node for f in (*written, "attribute", "name"))


def _parts(function: Node, context: Context) -> tuple[str, ...]:
    return context.once("parts", function, lambda: _parts_of(function, context))


def _parts_of(function: Node, context: Context) -> tuple[str, ...]:
    found: dict[str, int] = {}
    for node in own_nodes(function):
        if node.type in _PARTS - {"integer", "string"}:
            text = context.text(node)
            parent = node.parent
            called = parent is not None and parent.child_by_field_name("function") == node
            if len(text) <= _LONGEST and "\n" not in text and "\r" not in text and not called:
                found[text] = found.get(text, 0) + 1
    for name in parameters(function, context):
        found.setdefault(f"len({name})", 1)
    return tuple(sorted(found, key=lambda text: (-found[text], len(text))))[:_MOST_PARTS]


def unread(node: Node, context: Context) -> Iterator[Splice]:
    """A parameter or a variable that nothing reads, in the place of what is read instead."""
    parent = node.parent
    if parent is None or parent.type not in _PLACES or _is_written(node):
        return
    for name in _unread(node, context):
        for rank, form in enumerate(_OF_UNREAD):
            new = form.format(name)
            yield replace(
                node, new, f"use {named(new)} instead of {named(context.text(node))}", 0.85**rank
            )
        if node.type in ("identifier", "call", "subscript", "attribute"):
            for part in (f"[:{name}]", f"[{name}:]", f"[{name}]"):
                yield insert(node.end_byte, part, f"use {named(context.text(node) + part)}")


def _unread(node: Node, context: Context) -> tuple[str, ...]:
    names = (n for scope in context.scopes_at(node.start_byte)[:-1] for n in scope.unread)
    return tuple(
        dict.fromkeys(n for n in names if not n.startswith("_") and n not in ("self", "cls"))
    )


def sliced(node: Node, context: Context) -> Iterator[Splice]:
    """`xs[i:]` and `xs[:i]` for `xs`, with a name of the function."""
    parent = node.parent
    function = function_around(node)
    if parent is None or function is None or _is_written(node):
        return
    if parent.type not in (
        "argument_list",
        "for_statement",
        "for_in_clause",
        "return_statement",
        "assignment",
    ):
        return
    for name in context.once("counts", function, lambda: _counting(function, context)):
        if name != context.text(node):
            for part in (f"[{name}:]", f"[:{name}]"):
                yield insert(node.end_byte, part, f"use {named(context.text(node) + part)}")


def _counting(function: Node, context: Context) -> tuple[str, ...]:
    names = (n for n in own_nodes(function) if n.type == "identifier" and _counts(n, context))
    return tuple(dict.fromkeys(context.text(n) for n in names))[:4]


def _counts(node: Node, context: Context) -> bool:
    """The name is added to, sliced with or counts a range."""
    parent = node.parent
    if parent is None:
        return False
    if parent.type in ("augmented_assignment", "slice"):
        return True
    if parent.type == "subscript":
        return parent.child_by_field_name("value") != node
    return parent.type == "for_statement" and "range(" in context.text(parent).partition("\n")[0]


def aggregated(node: Node, context: Context) -> Iterator[Splice]:
    """`sum(xs)` for `xs[0]`."""
    value = node.child_by_field_name("value")
    if value is not None and node.named_child_count == 2:
        for name in _WHOLE:
            new = f"{name}({context.text(value)})"
            yield replace(node, new, f"use {named(new)}")


def uncalled(node: Node, context: Context) -> Iterator[Splice]:
    """`xs` for `xs.m(...)`; `sorted(xs)` for `xs.sort()` where its result is wanted."""
    function = node.child_by_field_name("function")
    receiver = function.child_by_field_name("object") if function is not None else None
    arguments = node.child_by_field_name("arguments")
    if function is None or receiver is None or arguments is None or node.parent is None:
        return
    if node.parent.type == "expression_statement":
        return
    text = grouped(receiver, context, Binding.ATOM)
    yield replace(
        node, text, f"drop {named(context.text(node)[len(context.text(receiver)) :])}", 0.6
    )
    method = function.child_by_field_name("attribute")
    in_place = (
        {"sort": "sorted", "reverse": "reversed"}.get(context.text(method)) if method else None
    )
    if in_place is not None:
        given = context.text(arguments)[1:-1].strip()
        call = f"{in_place}({text}{', ' + given if given else ''})"
        yield replace(
            node, f"list({call})" if in_place == "reversed" else call, f"use {named(call)}", 2.0
        )


def inner_operand(node: Node, context: Context) -> Iterator[Splice]:
    """`a * c` for `a ** b * c`."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None or left.type != "binary_operator":
        return
    inner, operator = left.child_by_field_name("right"), left.child_by_field_name("operator")
    first = left.child_by_field_name("left")
    outer = node.child_by_field_name("operator")
    if inner is None or operator is None or first is None or outer is None:
        return
    start, rest = context.text(first), context.text(right)
    for sign, what in ((context.text(operator), outer), (context.text(outer), operator)):
        dropped = f"{context.text(what)} {context.text(inner)}"
        yield replace(node, f"{start} {sign} {rest}", f"drop {named(dropped)}")


def on_both_sides(node: Node, context: Context) -> Iterator[Splice]:
    """`set(a) == set(b)` for `a == b`."""
    operands = node.named_children
    if len(operands) != 2 or not all(o.type in _REPLACED - {"integer"} for o in operands):
        return
    first, second = operands
    for form in (
        "set({})",
        "sorted({})",
        "len({})",
        "abs({})",
        "str({})",
        "int({})",
        "{}.lower()",
        "{}.strip()",
        "type({})",
    ):
        left, right = (form.format(grouped(o, context, Binding.ATOM)) for o in operands)
        yield Splice(
            TextEdit(span_of(first), encode(left)),
            f"compare {named(left)} with {named(right)}",
            1.0,
            (TextEdit(span_of(second), encode(right)),),
        )


def keyed(node: Node, context: Context) -> Iterator[Splice]:
    """A `key` by which to sort or to choose, and `reverse`."""
    function = node.child_by_field_name("function")
    arguments = node.child_by_field_name("arguments")
    if function is None or arguments is None or arguments.type != "argument_list":
        return
    if context.text(function).rpartition(".")[2] not in _ORDERED:
        return
    given = context.text(arguments)
    comma = ", " if arguments.named_child_count else ""
    end = arguments.end_byte - 1
    if "reverse" not in given and context.text(function).endswith(("sorted", "sort")):
        yield insert(end, f"{comma}reverse=True", "sort the other way round", 2.0)
    if "key" in given:
        return
    for rank, form in enumerate(_KEYS):
        key = form.format(x="x")
        for text, weight in (
            (key, 1.0),
            (f"-{key}", 0.9),
            (f"({key}, x)", 0.8),
            (f"(-{key}, x)", 0.8),
        ):
            if text.startswith(("-", "(-")) and not key.startswith(
                ("len", "abs", "sum", "x[", "int")
            ):
                continue
            new = f"{comma}key=lambda x: {text}"
            yield insert(end, new, f"order by {named(text)}", weight * 0.95**rank)


def of_the_file(node: Node, context: Context) -> Iterator[Splice]:
    """A function of the file around a value that is returned or passed."""
    scopes = context.scopes_at(node.start_byte)
    for value in node.named_children:
        if value.type not in _REPLACED:
            continue
        for name in sorted(scopes[-1].functions)[:6]:
            new = f"{name}({context.text(value)})"
            yield replace(value, new, f"use {named(new)}")


def inverted(function: Node, context: Context) -> Iterator[Splice]:
    """`True` for `False` and the other way round, wherever the function returns one."""
    edits: list[TextEdit] = []
    for node in own_nodes(function):
        value = first_of(node) if node.type == "return_statement" else None
        if value is not None and value.type in ("true", "false"):
            edits.append(TextEdit(span_of(value), b"False" if value.type == "true" else b"True"))
    if len({edit.new for edit in edits}) == 2:
        yield Splice(edits[0], "return True for False, and False for True", 1.0, tuple(edits[1:]))


RULES = (
    Rule("ingredient", 0.3, _REPLACED, transplanted),
    Rule("ingredient", 0.7, _REPLACED, unread),
    Rule("slice", 0.3, frozenset({"identifier"}), sliced),
    Rule("whole", 0.3, frozenset({"subscript"}), aggregated),
    Rule("wrapper", 0.4, frozenset({"call"}), uncalled, heaviest=2.0),
    Rule("operand", 0.4, frozenset({"binary_operator"}), inner_operand),
    Rule("wrapper", 0.35, frozenset({"comparison_operator"}), on_both_sides),
    Rule("key", 0.4, frozenset({"call"}), keyed, heaviest=2.0),
    Rule("wrapper", 0.25, frozenset({"argument_list", "return_statement"}), of_the_file),
    Rule("truth", 0.8, frozenset({"function_definition"}), inverted),
)  # fmt: skip
