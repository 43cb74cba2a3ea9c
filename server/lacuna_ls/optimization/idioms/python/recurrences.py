"""Recursion on a whole number whose value is a sum of the values before it: a loop with a few names.

`f(n) = a f(n - 1) + b f(n - 2) + ... + c`, with constants as its first values. The loop is for what the
recursion ends for; below it the function goes on as it did, until the stack is full.
"""

import re

from lacuna_ls.optimization.idiom import Idiom, Site, parameters
from lacuna_ls.optimization.pattern import Match, text_of
from lacuna_ls.optimization.splicing import margin_of, spliced
from lacuna_ls.syntax.nodes import Node, preorder

_STEP = "    "
_MOST = 5
_LESS = re.compile(r"(\w+)-(\d+)")


def _looped(match: Match, site: Site) -> str | None:
    function = site.function
    name, body = function.child_by_field_name("name"), function.child_by_field_name("body")
    names = [text_of(each) for each in parameters(function)]
    if name is None or body is None or len(names) != 1 or "range" in site.rebound:
        return None
    last = _last_return(body)
    if last is None:
        return None
    own, n = text_of(name), names[0]
    calls = [node for node in preorder(last) if node.type == "call"]
    steps = [_less(call, own, n) for call in calls]
    first = _first_values(body, last, n)
    if len(calls) < 2 or None in steps or first is None:
        return None
    order = max(step or 0 for step in steps)
    if not _is_sum(last.named_children[0], n) or order > _MOST or len(first) < order:
        return None
    slots = [site.fresh(f"value_{number}") for number in range(order)]
    known = sorted(first)[-order:]
    if known != list(range(known[0], known[0] + order)):
        return None
    changes = [(call, slots[order - (step or 0)]) for call, step in zip(calls, steps, strict=True)]
    new = spliced((last.named_children[0],), changes, site)
    margin, index, every = margin_of(last, site), site.fresh("i"), ", ".join(slots)
    values = ", ".join(first[each] for each in known)
    return spliced((function,), [(last, (
        f"if {n} < {known[0]}:\n"
        f"{margin}{_STEP}{text_of(last)}\n"
        f"{margin}{every} = {values}\n"
        f"{margin}for {index} in range({known[-1] + 1}, {n} + 1):\n"
        f"{margin}{_STEP}{every} = {', '.join((*slots[1:], new))}\n"
        f"{margin}return {slots[-1]}"
    ))], site)  # fmt: skip


def _last_return(body: Node) -> Node | None:
    """What the function ends with, alone or as the last `else`."""
    last = body.named_children[-1]
    if last.type == "if_statement" and last.children[-1].type == "else_clause":
        inner = last.children[-1].child_by_field_name("body")
        last = last if inner is None or len(inner.named_children) != 1 else inner.named_children[0]
    return last if last.type == "return_statement" and last.named_children else None


def _less(call: Node, own: str, n: str) -> int | None:
    """By how much less than `n` the function asks itself for."""
    parts = _LESS.fullmatch(text_of(call.children[1])[1:-1].replace(" ", ""))
    if text_of(call.children[0]) != own or parts is None or parts[1] != n or parts[2] == "0":
        return None
    return int(parts[2])


def _is_sum(value: Node, n: str) -> bool:
    """Only sums, differences and products with whole numbers; `n` itself only in the calls."""
    for node in preorder(value):
        if node.type == "binary_operator" and node.children[1].type not in ("+", "-", "*"):
            return False
        if node.type in (
            "attribute",
            "subscript",
            "conditional_expression",
            "boolean_operator",
            "lambda",
        ):
            return False
        inside = any(up.type == "argument_list" for up in _parents(node, value))
        if (
            node.type == "identifier"
            and not inside
            and (node.parent is None or node.parent.type != "call")
        ):
            return False
    return True


def _parents(node: Node, top: Node) -> list[Node]:
    found = []
    parent = node.parent
    while parent is not None and node != top:
        found.append(parent)
        if parent == top:
            break
        parent = parent.parent
    return found


def _first_values(body: Node, last: Node, n: str) -> dict[int, str] | None:
    """The values that the function returns at once, by the number; `None` if it does anything else."""
    found: dict[int, str] = {}
    statements = list(body.named_children)
    if (
        statements
        and statements[0].type == "expression_statement"
        and text_of(statements[0])[:1] in "'\"r"
    ):
        statements = statements[1:]
    for statement in statements:
        if statement == last:
            continue
        if statement.type != "if_statement":
            return None
        otherwise = [child for child in statement.children if child.type == "else_clause"]
        if any(last not in preorder(child) for child in otherwise):
            return None
        clauses = [statement, *(c for c in statement.children if c.type == "elif_clause")]
        for clause in clauses:
            condition, inner = (
                clause.child_by_field_name(key) for key in ("condition", "consequence")
            )
            if condition is None or inner is None or len(inner.named_children) != 1:
                return None
            given = inner.named_children[0]
            if given.type != "return_statement" or len(given.named_children) != 1:
                return None
            value = given.named_children[0]
            numbers = _numbers(text_of(condition), n)
            if numbers is None or value.type != "integer":
                return None
            for number in numbers:
                found.setdefault(number, text_of(value))
    return found


def _numbers(condition: str, n: str) -> list[int] | None:
    """For which numbers a condition holds, as far as it says so one by one."""
    parts = [re.sub(r"[()\s]", "", each) for each in re.split(r"\bor\b", condition)]
    found = [re.fullmatch(rf"{re.escape(n)}==(\d+)|(\d+)=={re.escape(n)}", part) for part in parts]
    return (
        None if None in found else [int(each[1] or each[2]) for each in found if each is not None]
    )


RECURRENCES = (Idiom("a loop in place of the recursion", "", _looped, 2000),)
