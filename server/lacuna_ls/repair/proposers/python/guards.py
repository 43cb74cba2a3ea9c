"""Missing conditions: base cases, early returns, statements that should run only sometimes.

What a guard asks is built from the function's own names and comparisons, and what it returns from
what the failing tests expect, what the function returns elsewhere, and the empty values: never
from one test's inputs.
"""

import re
from collections import Counter
from collections.abc import Iterator

from lacuna_ls.repair.proposers.python import atoms, failures
from lacuna_ls.repair.proposers.python.bodies import (
    LOOPS,
    Kind,
    asserts,
    body_of,
    first_of,
    kind_of,
    own_nodes,
    parameters,
    statements,
)
from lacuna_ls.repair.proposers.python.expectations import raised, signs, wanted_errors
from lacuna_ls.repair.proposers.python.expressions import Binding, grouped, insert, named, replace
from lacuna_ls.repair.proposers.python.lines import added_before, shifted, step_of
from lacuna_ls.repair.proposers.template import Context, Rule, Splice
from lacuna_ls.syntax.nodes import Node, preorder

_OF_ANY = (("not {}", 1.0), ("{} is None", 0.5))
_OF_NUMBERS = (
    ("{} < 0", 0.7), ("{} == 0", 0.7), ("{} <= 0", 0.6), ("{} == 1", 0.6), ("{} <= 1", 0.6),
    ("{} < 2", 0.5),
)  # fmt: skip
_OF_CONTAINERS = (("len({}) == 1", 0.5), ("len({}) < 2", 0.5), ("len({}) <= 1", 0.4))
_CRASHES_AT_THE_EDGE = (
    "index out of range", "division by zero", "empty", "NoneType", "recursion", "pop from",
)  # fmt: skip
_AT_THE_EDGE = 2.0
_MOST_PARAMETERS = 4
_IN_PARALLEL = 2.5
_CONDITIONED = frozenset({"expression_statement", "return_statement"})


def early_return(function: Node, context: Context) -> Iterator[Splice]:
    """`if not xs: return []` in front of all that a function does."""
    body = body_of(function)
    if not body or asserts(function):
        return
    text = context.text(function)
    urgency = _AT_THE_EDGE if failures.mentions(context, *_CRASHES_AT_THE_EDGE) else 1.0
    endings = tuple(_endings(function, context))
    for name in parameters(function, context)[:_MOST_PARAMETERS]:
        for condition, plain in _conditions(name, kind_of(name, function, context)):
            if f"if {condition}:" in text:
                continue
            likely = plain * signs(condition, context)
            errors = tuple(_raised(condition, context))
            same = (f"return {name}", 0.5 if condition == f"{name} is None" else 0.3)
            for ending, weight in (*errors, *endings, same):
                lines = (f"if {condition}:", f"{step_of(body[0], context)}{ending}")
                edit = added_before(body[0], lines, context)
                if edit is not None:
                    summary = f"{ending} if {condition}"
                    yield Splice(edit, summary, urgency * likely * weight)


def _conditions(name: str, kind: Kind) -> Iterator[tuple[str, float]]:
    for condition, weight in _OF_ANY:
        yield condition.format(name), weight if kind is not Kind.NUMBER else weight / 2
    if kind is not Kind.CONTAINER:
        for condition, weight in _OF_NUMBERS:
            yield condition.format(name), weight
    if kind is not Kind.NUMBER:
        for condition, weight in _OF_CONTAINERS:
            yield condition.format(name), weight


def _endings(function: Node, context: Context) -> Iterator[tuple[str, float]]:
    """Ways to leave: with the value that the tests expect, one of the function's, an empty one."""
    found: dict[str, float] = {}
    expected = failures.expected(context)
    for value in expected:
        if failures.is_plain(value):
            found.setdefault(f"return {value}", 1.5)
    for node in own_nodes(function):
        result = first_of(node) if node.type == "return_statement" else None
        if result is not None and failures.is_plain(context.text(result)):
            found.setdefault(f"return {context.text(result)}", 0.5)
    for text in failures.EMPTY:
        found.setdefault(f"return {text}", 0.1 if expected else 0.3)
    yield from found.items()


def _raised(condition: str, context: Context) -> Iterator[tuple[str, float]]:
    for wanted in wanted_errors(context):
        statement, likely = raised(wanted, condition)
        yield statement, likely * (6.0 if wanted.missed else 2.0)


def skipped(loop: Node, context: Context) -> Iterator[Splice]:
    """`if ...: continue` and `if ...: break` in front of what a loop does."""
    body = statements(loop.child_by_field_name("body"))
    if not body or asserts(loop):
        return
    for condition, weight in _of_place(body[0], context):
        for way, share in (("continue", 1.0), ("break", 0.7)):
            lines = (f"if {condition}:", f"{step_of(body[0], context)}{way}")
            edit = added_before(body[0], lines, context)
            if edit is not None:
                yield Splice(edit, f"{way} if {named(condition)}", weight * share)


def conditioned(node: Node, context: Context) -> Iterator[Splice]:
    """`if a == b:` around one statement of a loop or a branch."""
    block = node.parent
    owner = block.parent if block is not None else None
    if owner is None or owner.type not in (*LOOPS, "if_statement", "else_clause", "elif_clause"):
        return
    step = step_of(node, context)
    for condition, weight in (*_not_yet_in(node, context), *_of_place(node, context)):
        edit = shifted(node, step, context, (f"if {condition}:",))
        if edit is not None:
            yield Splice(edit, f"only if {named(condition)}", weight)


def _not_yet_in(node: Node, context: Context) -> Iterator[tuple[str, float]]:
    """`x not in found` for `found.append(x)`."""
    call = first_of(node)
    function = call.child_by_field_name("function") if call is not None else None
    arguments = call.child_by_field_name("arguments") if call is not None else None
    receiver = function.child_by_field_name("object") if function is not None else None
    if receiver is not None and arguments is not None and arguments.named_child_count == 1:
        element = arguments.named_children[0]
        yield f"{context.text(element)} not in {context.text(receiver)}", 1.0


def _of_place(node: Node, context: Context) -> Iterator[tuple[str, float]]:
    seen: dict[str, float] = {}
    for condition, weight in (*atoms.of_names(node, context), *atoms.variants(node, context)):
        seen.setdefault(condition, weight)
    yield from seen.items()


def joined(node: Node, context: Context) -> Iterator[Splice]:
    """One more condition of an `if`, a `while` or a comprehension, by `and` and by `or`."""
    condition = node.child_by_field_name("condition")
    if node.type == "if_clause":
        condition = first_of(node)
    elif node.type == "conditional_expression":
        condition = node.named_child(1)
    elif node.type == "return_statement":
        condition = first_of(node)
        if condition is None or condition.type not in ("comparison_operator", "boolean_operator"):
            return
    if condition is None:
        return
    present = {context.text(n) for n in preorder(condition) if n.type == "comparison_operator"}
    parallel = _parallel(condition, context)
    for atom, weight in _of_place(condition, context):
        if atom in present:
            continue
        for word in ("or", "and"):
            likely = _IN_PARALLEL if (word, _form(atom)) in parallel else 1.0
            yield _with_atom(condition, word, atom, weight * likely, context)


def _parallel(condition: Node, context: Context) -> frozenset[tuple[str, str]]:
    """The forms that two or more operands of an `and` or `or` share, each with that word."""
    operands: list[Node] = []
    words: set[str] = set()
    waiting = [condition]
    while waiting:
        node = waiting.pop()
        operator = node.child_by_field_name("operator")
        if node.type == "boolean_operator" and operator is not None:
            words.add(context.text(operator))
            waiting += node.named_children
        elif node.type == "parenthesized_expression":
            waiting += node.named_children
        else:
            operands.append(node)
    forms = Counter(_form(context.text(node)) for node in operands)
    return frozenset((word, form) for word in words for form in forms if forms[form] > 1)


def _form(condition: str) -> str:
    """The condition without its names and layout: equal for `a + b > c` and `b+c > a`."""
    return re.sub(r"[^\W\d]\w*", "_", "".join(condition.split()))


def _with_atom(condition: Node, word: str, atom: str, weight: float, context: Context) -> Splice:
    summary = f"add {named(f'{word} {atom}')}"
    operator = condition.child_by_field_name("operator")
    loose = condition.type not in ("comparison_operator", "call", "identifier", "not_operator")
    if condition.type == "boolean_operator" and operator is not None:
        loose = word == "and" and context.text(operator) == "or"
    if loose:
        return replace(condition, f"({context.text(condition)}) {word} {atom}", summary, weight)
    return insert(condition.end_byte, f" {word} {atom}", summary, weight)


def filtered(node: Node, context: Context) -> Iterator[Splice]:
    """`if ...` at the end of a comprehension that takes everything."""
    clauses = [c for c in node.named_children if c.type in ("for_in_clause", "if_clause")]
    if not clauses or clauses[-1].type == "if_clause":
        return
    target = clauses[-1].child_by_field_name("left")
    if target is None or target.type != "identifier":
        return
    name = context.text(target)
    conditions = [
        (name, 0.6),
        (f"{name} > 0", 0.6),
        (f"{name} % 2 == 0", 0.4),
        (f"{name} % 2", 0.4),
    ]
    conditions += atoms.variants(node, context)
    for condition, weight in conditions:
        yield insert(
            clauses[-1].end_byte, f" if {condition}", f"only if {named(condition)}", weight
        )


def alternative(node: Node, context: Context) -> Iterator[Splice]:
    """`x if x else 0` for a value that can be empty when it is returned or worked on."""
    value = first_of(node)
    if value is None or value.type not in ("call", "binary_operator", "subscript"):
        return
    names = [n for n in preorder(value) if n.type == "identifier"]
    given = dict.fromkeys(
        context.text(n) for n in names
        if n.parent is None or n.parent.child_by_field_name("function") != n
    )  # fmt: skip
    expected = [v for v in failures.expected(context) if failures.is_plain(v)]
    for name in list(given)[:3]:
        for other in dict.fromkeys((*expected, "None", "0", "[]")):
            weight = 1.0 if other in expected else 0.3
            text = f"{grouped(value, context, Binding.BITWISE)} if {name} else {other}"
            yield replace(value, text, f"return {other} if not {name}", weight)


RULES = (
    Rule("guard", 0.35, frozenset({"function_definition"}), early_return, heaviest=9.0),
    Rule("guard", 0.2, frozenset(LOOPS), skipped),
    Rule("condition", 0.3, _CONDITIONED, conditioned),
    Rule(
        "condition",
        0.3,
        frozenset(
            {
                "if_statement", "elif_clause", "while_statement", "if_clause",
                "conditional_expression", "return_statement",
            }
        ),
        joined,
        heaviest=_IN_PARALLEL,
    ),
    Rule(
        "condition",
        0.2,
        frozenset({"list_comprehension", "set_comprehension", "generator_expression"}),
        filtered,
    ),
    Rule("guard", 0.2, frozenset({"return_statement"}), alternative),
)  # fmt: skip
