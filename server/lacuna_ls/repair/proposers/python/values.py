"""Values: off by one, constants, initial values."""

from collections.abc import Iterator
from difflib import SequenceMatcher

from lacuna_ls.domain.text import Span, TextEdit, encode
from lacuna_ls.repair.proposers.python import failures
from lacuna_ls.repair.proposers.python.expressions import Binding, binding, insert, named, replace
from lacuna_ls.repair.proposers.template import Context, Rule, Splice
from lacuna_ls.syntax.nodes import Node, ancestors, span_of

# Expressions that may be a count or a position.
_COUNTABLE = frozenset(
    {"attribute", "binary_operator", "call", "identifier", "subscript", "unary_operator"}
)
_LITERALS = frozenset({"string", "integer", "float", "true", "false", "none", "list", "tuple"})
_STRING_PREFIXES = "rRbBuU"
_FEW = 10
_LONGEST = 60
_CLOSE = 0.6
# Characters that are written for one another.
_RELATED = ("([{<", ")]}>", ",;:|", "+-*", "/\\", "'\"", "_- .", "01", "yn", "TF")


def shifted(node: Node, context: Context, weight: float = 1.0) -> Iterator[Splice]:
    """`node + 1` and `node - 1`; but `a` for `a + 1`, whose constant has a rule of its own."""
    if node.type not in _COUNTABLE or _is_text(node, context) or _is_negative(node):
        return
    if _ends_in_constant(node, context):
        left = node.named_children[0]
        if context.text(node.named_children[-1]) == "1":
            yield replace(node, context.text(left), f"use {named(context.text(left))}", weight)
        return
    text = context.text(node)
    for sign, what in (("+", "add 1 to"), ("-", "take 1 from")):
        summary = f"{what} {named(text)}"
        if binding(node, context) >= Binding.SUM:
            yield insert(node.end_byte, f" {sign} 1", summary, weight)
        else:
            yield replace(node, f"({text}) {sign} 1", summary, weight)


def _ends_in_constant(node: Node, context: Context) -> bool:
    operator = node.child_by_field_name("operator")
    right = node.child_by_field_name("right")
    if operator is None or right is None or right.type != "integer":
        return False
    return context.text(operator) in ("+", "-")


def _is_negative(node: Node) -> bool:
    """`-1` is a constant."""
    operand = node.child_by_field_name("argument")
    return operand is not None and operand.type == "integer"


def _is_text(node: Node, context: Context) -> bool:
    """An operand that joins strings is no number."""
    return node.type == "binary_operator" and any(c.type == "string" for c in node.children)


def compared(node: Node, context: Context) -> Iterator[Splice]:
    operators = {context.text(operator) for operator in node.children_by_field_name("operators")}
    operands = node.named_children
    if operators & {"is", "is not", "in", "not in"} or any(
        operand.type in _LITERALS - {"integer"} for operand in operands
    ):
        return
    for operand in reversed(operands):
        yield from shifted(operand, context)


def indexed(node: Node, context: Context) -> Iterator[Splice]:
    for index in node.children_by_field_name("subscript"):
        if index.type == "slice":
            yield from _bounds(index, context)
        else:
            yield from shifted(index, context)


def _bounds(node: Node, context: Context) -> Iterator[Splice]:
    colons = [child for child in node.children if child.type == ":"]
    for child in node.named_children:
        yield from shifted(child, context)
    if not colons:
        return
    start_given = node.children[0].type != ":"
    stop_given = any(
        child.is_named and child.start_byte > colons[0].start_byte
        and (len(colons) == 1 or child.start_byte < colons[1].start_byte)
        for child in node.children
    )  # fmt: skip
    if start_given:
        yield replace(node.children[0], "", "drop the start of the slice", 0.6)
    else:
        yield insert(colons[0].start_byte, "1", "start the slice at 1")
    if not stop_given:
        yield insert(colons[0].end_byte, "-1", "end the slice before the last", 0.8)


def ranged(node: Node, context: Context) -> Iterator[Splice]:
    """The bounds of `range(...)`."""
    function = node.child_by_field_name("function")
    arguments = node.child_by_field_name("arguments")
    if function is None or arguments is None or context.text(function) != "range":
        return
    bounds = arguments.named_children
    for bound in bounds[:2]:
        yield from shifted(bound, context, 1.2)
    if len(bounds) == 1:
        yield insert(bounds[0].start_byte, "1, ", "start the range at 1")
    if len(bounds) <= 2:
        yield from _both_ends(bounds, context)
    if len(bounds) == 2 and context.text(bounds[0]) != "0":
        yield replace(bounds[0], "0", "start the range at 0", 0.9)


def _both_ends(bounds: list[Node], context: Context) -> Iterator[Splice]:
    """The range one further on."""
    last = bounds[-1]
    if last.type not in _COUNTABLE or "splat" in bounds[0].type:
        return
    further = [s for s in shifted(last, context) if s.summary.startswith("add")]
    for splice in further:
        if len(bounds) == 1:
            first = TextEdit(Span(last.start_byte, last.start_byte), b"1, ")
            yield Splice(splice.edit, "count from 1", 0.9, (first,))
        elif bounds[0].type == "integer" and context.text(bounds[0]).isdecimal():
            start = str(int(context.text(bounds[0])) + 1)
            first = TextEdit(span_of(bounds[0]), encode(start))
            yield Splice(splice.edit, f"count from {start}", 0.7, (first,))


def returned(node: Node, context: Context) -> Iterator[Splice]:
    value = node.named_child(0) if node.named_child_count else None
    if value is not None and value.type != "attribute":
        yield from shifted(value, context, 0.6)


def integer(node: Node, context: Context) -> Iterator[Splice]:
    try:
        value = int(context.text(node), 0)
    except ValueError:
        return
    near = dict.fromkeys((value + 1, value - 1, 0, 1, 2))
    far = dict.fromkeys((-value, 10))
    if _is_negated(node):
        # `-0` is nothing that anybody writes.
        near.pop(0, None)
    for rank, other in enumerate((*near, *(o for o in far if o not in near))):
        if other != value and (other >= 0 or not _behind_sign(node)):
            weight = 0.9**rank if other in near else 0.5
            # A number that is no count of a few things is seldom meant to be another such number.
            if value > _FEW and abs(other - value) > 1:
                weight *= 0.4
            yield replace(node, str(other), f"use {other} instead of {value}", weight)
    if value == 1 and node.parent is not None and _is_negated(node):
        yield replace(node.parent, "0", "use 0 instead of -1")


def _is_negated(node: Node) -> bool:
    return node.parent is not None and node.parent.type == "unary_operator"


def _behind_sign(node: Node) -> bool:
    return node.parent is not None and node.parent.type in ("unary_operator", "binary_operator")


def decimal(node: Node, context: Context) -> Iterator[Splice]:
    for other in ("0.0", "1.0", "0.5", "2.0"):
        if other != context.text(node):
            yield replace(node, other, f"use {other}", 0.7)


def truth(node: Node, context: Context) -> Iterator[Splice]:
    other = "False" if node.type == "true" else "True"
    yield replace(node, other, f"use {other}")


def initial(node: Node, context: Context) -> Iterator[Splice]:
    """The first value of a variable: another empty or neutral one."""
    value = node.child_by_field_name("right") or node.child_by_field_name("value")
    if value is None:
        return
    text = context.text(value)
    neutral = (
        "0",
        "1",
        '""',
        "[]",
        "{}",
        "set()",
        "None",
        "True",
        "False",
        'float("inf")',
        'float("-inf")',
        "-1",
    )
    if text not in (*neutral, "''"):
        return
    for other in neutral:
        if other != text and not (other == '""' and text == "''"):
            yield replace(value, other, f"start with {other}", 0.5)


def string(node: Node, context: Context) -> Iterator[Splice]:
    """Another string of the same function; one character less; other case."""
    if not _plain(node):
        return
    text = context.text(node)
    quote = text.lstrip(_STRING_PREFIXES)[0]
    prefix, body = text[: text.index(quote)], text[text.index(quote) + 1 : -1]
    for other in _like(body, context):
        yield replace(node, other, f"use {named(other)}", 1.2)
    for rank, other in enumerate(_strings_nearby(node, context)):
        if other != text:
            yield replace(node, other, f"use {named(other)}", 0.8 * 0.9**rank)
    variants: list[str] = []
    if len(body) == 1:
        variants.append("")
        variants += [c for group in _RELATED if body in group for c in group if c not in "\\'\""]
    if len(body) > 1 and "\\" not in body:
        variants += [body[:-1], body[1:], body.strip()]
    if body == "":
        variants.append(" ")
    variants += [body.lower(), body.upper()] if "\\" not in body else []
    for variant in dict.fromkeys(variants):
        if variant != body:
            new = f"{prefix}{quote}{variant}{quote}"
            yield replace(node, new, f"use {named(new)}", 0.6)


def _like(body: str, context: Context) -> Iterator[str]:
    """Strings that a failing test expects and that differ little from what is written."""
    for answer, expected in failures.answers(context):
        if not isinstance(expected, str) or answer != body or len(expected) > _LONGEST:
            continue
        close = SequenceMatcher(None, body.lower(), expected.lower()).ratio() >= _CLOSE
        if close and expected != body and not set(expected) & set('\\"\n\r'):
            yield f'"{expected}"'


def unquoted(node: Node, context: Context) -> Iterator[Splice]:
    """A variable for its name in quotes, and as bytes where bytes are asked for."""
    if not _plain(node) or not node.children:
        return
    name = context.text(node)[1:-1]
    if any(name in scope.names for scope in context.scopes_at(node.start_byte)):
        for method in ("", ".encode()", ".lower()"):
            yield replace(node, name + method, f"use {named(name + method)}", 1.0)


def encoded(node: Node, context: Context) -> Iterator[Splice]:
    """`x.encode()` and `x.decode()` where the failure asks for the other of text and bytes."""
    if not failures.mentions(context, "encod", "bytes", "decod"):
        return
    for value in node.named_children:
        if value.type in (*_COUNTABLE, "string"):
            for method in (".encode()", ".decode()"):
                yield insert(value.end_byte, method, f"use {named(context.text(value) + method)}")


def _plain(node: Node) -> bool:
    """A string on one line that is neither documentation nor formatted nor part of another."""
    parent = node.parent
    if parent is None or parent.type in ("expression_statement", "concatenated_string"):
        return False
    if node.start_point.row != node.end_point.row or not node.children:
        return False
    opening = node.children[0]
    return opening.end_byte - opening.start_byte <= 2 and not any(
        child.type == "interpolation" for child in node.children
    )


def _strings_nearby(node: Node, context: Context) -> tuple[str, ...]:
    function = next((a for a in ancestors(node) if a.type == "function_definition"), None)
    if function is None:
        return ()
    found: dict[str, None] = {}
    stack = [function]
    while stack:
        inner = stack.pop()
        if inner.type == "string":
            if _plain(inner):
                found[context.text(inner)] = None
            continue
        stack.extend(reversed(inner.children))
    return tuple(found)[:6]


RULES = (
    Rule("off_by_one", 0.7, frozenset({"comparison_operator"}), compared),
    Rule("off_by_one", 0.8, frozenset({"subscript"}), indexed),
    Rule("off_by_one", 0.9, frozenset({"call"}), ranged, heaviest=1.2),
    Rule("off_by_one", 0.5, frozenset({"return_statement"}), returned),
    Rule("constant", 0.8, frozenset({"integer"}), integer),
    Rule("constant", 0.4, frozenset({"float"}), decimal),
    Rule("constant", 0.8, frozenset({"true", "false"}), truth),
    Rule("constant", 0.5, frozenset({"assignment", "default_parameter"}), initial),
    Rule("constant", 0.5, frozenset({"string"}), string, heaviest=1.2),
    Rule("constant", 0.6, frozenset({"string"}), unquoted),
    Rule("type", 0.9, frozenset({"argument_list", "return_statement", "assignment"}), encoded),
)
