"""Sums of a polynomial over a range of integers, in closed form.

By Faulhaber's formula: the sum of i^k for i below n is a polynomial in n of degree k + 1, with the
Bernoulli numbers in its coefficients. They are found here by the recurrence that defines them.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import comb, lcm

from lacuna_ls.optimization.idiom import Idiom, Site
from lacuna_ls.optimization.pattern import Match, text_of
from lacuna_ls.optimization.requirements import plain, private
from lacuna_ls.optimization.splicing import uses
from lacuna_ls.syntax.nodes import Node

_MAX_DEGREE = 8

Polynomial = tuple[Fraction, ...]
"""Coefficients, that of the constant first."""


def _closed(match: Match, site: Site) -> str | None:
    """`for i in range(a, b): t += p(i)` with integer coefficients, whatever `b` is."""
    index = match.text("i")
    *before, last = match.bound["body"]
    total = _total(last)
    known: dict[str, Polynomial] = {index: (Fraction(0), Fraction(1))}
    for statement in before:
        assigned = _assigned(statement, known)
        if assigned is None or assigned[0] in (index, total):
            return None
        known[assigned[0]] = assigned[1]
    added = _added(last, total)
    limits_read = [n for end in ("a", "b") for n in uses(match.bound[end], total)]
    polynomial = None if added is None else _polynomial(added, known)
    if polynomial is None or limits_read or any(_used_outside(match, site, name) for name in known):
        return None
    if len(polynomial) < 2 or any(each.denominator != 1 for each in polynomial):
        return None
    summed = _summed(polynomial)
    scale = lcm(*(each.denominator for each in summed))
    whole = [int(each * scale) for each in summed]
    limits = f"range({match.text('a')}, {match.text('b')})"
    span, margin = site.fresh("limits"), site.margin(match)
    upper, lower = (_horner(whole, f"{span}.{end}") for end in ("stop", "start"))
    return (
        f"{span} = {limits}\n"
        f"{margin}if {span}:\n"
        f"{margin}    {total} += ({upper} - {lower}) // {scale}"
    )


def _used_outside(match: Match, site: Site, name: str) -> bool:
    span = match.span
    return any(
        not (span.start <= node.start_byte and node.end_byte <= span.end)
        for node in uses((site.function,), name)
    )


def _total(statement: Node) -> str:
    """The name that the statement gives another value; empty if it gives none."""
    node = statement.named_children[0] if statement.type == "expression_statement" else statement
    left = node.child_by_field_name("left")
    return text_of(left) if left is not None and left.type == "identifier" else ""


def _assigned(statement: Node, known: Mapping[str, Polynomial]) -> tuple[str, Polynomial] | None:
    node = statement.named_children[0] if statement.type == "expression_statement" else statement
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if node.type != "assignment" or left is None or right is None or left.type != "identifier":
        return None
    value = _polynomial(right, known)
    return None if value is None else (text_of(left), value)


def _added(statement: Node, total: str) -> Node | None:
    """What the statement adds to the total, if that is all that it does."""
    node = statement.named_children[0] if statement.type == "expression_statement" else statement
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None or text_of(left) != total:
        return None
    if node.type == "augmented_assignment":
        return right if "+=" in (child.type for child in node.children) else None
    if node.type != "assignment" or right.type != "binary_operator":
        return None
    one, operator, other = right.children
    return other if operator.type == "+" and text_of(one) == total else None


def _polynomial(node: Node, known: Mapping[str, Polynomial]) -> Polynomial | None:
    if node.type == "parenthesized_expression":
        return _polynomial(node.named_children[0], known)
    if node.type == "integer":
        try:
            return (Fraction(int(text_of(node))),)
        except ValueError:
            return None
    if node.type == "identifier":
        return known.get(text_of(node))
    if node.type != "binary_operator":
        return None
    left, operator, right = node.children
    one, other = _polynomial(left, known), _polynomial(right, known)
    if one is None or other is None:
        return None
    found = _combined(operator.type, one, other)
    return found if found is not None and len(found) <= _MAX_DEGREE + 1 else None


def _combined(operator: str, one: Polynomial, other: Polynomial) -> Polynomial | None:
    if operator in ("+", "-"):
        sign = 1 if operator == "+" else -1
        size = max(len(one), len(other))
        return tuple(_at(one, k) + sign * _at(other, k) for k in range(size))
    if operator == "*":
        return _product(one, other)
    if operator == "**" and len(other) == 1 and 0 <= other[0] <= _MAX_DEGREE:
        found: Polynomial = (Fraction(1),)
        for _ in range(int(other[0])):
            found = _product(found, one)
        return found
    return None


def _at(polynomial: Polynomial, power: int) -> Fraction:
    return polynomial[power] if power < len(polynomial) else Fraction(0)


def _product(one: Polynomial, other: Polynomial) -> Polynomial:
    found = [Fraction(0)] * (len(one) + len(other) - 1)
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            found[i + j] += a * b
    return tuple(found)


def _summed(polynomial: Polynomial) -> Polynomial:
    """The polynomial S with S(n) - S(m) the sum of the given one over m <= i < n."""
    found = [Fraction(0)] * (len(polynomial) + 1)
    bernoulli = _bernoulli(len(polynomial))
    for power, coefficient in enumerate(polynomial):
        for k in range(power + 1):
            share = comb(power + 1, k) * bernoulli[k] / (power + 1)
            found[power + 1 - k] += coefficient * share
    return tuple(found)


def _bernoulli(count: int) -> list[Fraction]:
    """The first of them, with B1 = -1/2."""
    found = [Fraction(1)]
    for m in range(1, count):
        found.append(-sum((comb(m + 1, k) * found[k] for k in range(m)), Fraction(0)) / (m + 1))
    return found


def _horner(coefficients: Sequence[int], variable: str) -> str:
    text = str(coefficients[-1])
    for each in reversed(coefficients[:-1]):
        text = f"({text}) * {variable}" if " " in text else f"{text} * {variable}"
        if each:
            text += f" {'+' if each > 0 else '-'} {abs(each)}"
    return f"({text})"


SUMS = (
    Idiom(
        "add up in closed form",
        "for $i in range($a, $b):\n    $$body",
        _closed,
        1000,
        (private("i"), plain("a", "b")),
    ),
)
