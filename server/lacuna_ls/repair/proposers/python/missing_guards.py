"""Guards that are missing: an `if` that leaves, where something was just bound or is never read.

Conditions come from the file's other guards (its sibling functions, the guard next to the place),
from names that are bound and never asked for, and from what the failure shows of a value; endings
from what the failing tests wait for, an error or a result, and from the file's other guards. A guard
mostly stands where one of its names has just been bound, or at the start.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lacuna_ls.repair.proposers.python import atoms, failures
from lacuna_ls.repair.proposers.python.bodies import (
    LOOPS,
    Kind,
    asserts,
    body_of,
    first_of,
    function_around,
    kind_of,
    own_nodes,
    parameters,
)
from lacuna_ls.repair.proposers.python.donors import (
    STATEMENTS,
    Donor,
    bound_names,
    donors,
    ending_of,
    filled,
    in_place,
    just_bound,
    name_of,
    renamed,
)
from lacuna_ls.repair.proposers.python.expectations import raised, signs, wanted_errors
from lacuna_ls.repair.proposers.python.expressions import named
from lacuna_ls.repair.proposers.python.lines import step_of
from lacuna_ls.repair.proposers.template import Context, Rule, Splice
from lacuna_ls.syntax.nodes import Node, ancestors

_OF_ANY = (("not {}", 0.7), ("{}", 0.7), ("{} is None", 0.7))
_OF_NUMBERS = (("{} < 0", 0.8), ("{} <= 0", 0.6), ("{} == 0", 0.5))
_NEVER_READ = 8.0
# For each further function that has the same guard.
_AGAIN = 0.4
_THERE_ALREADY = 0.5
_A_WORD = 1.5
_ONE_OF_FEW = 0.3
_MISSED = 6.0
_WAITED_FOR = 3.0
_MOST_DONORS = 24
_SHORT = 40
_HEAVIEST = 9.0


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a guard may stand, and the names that were bound just before it."""

    node: Node
    function: Node
    fresh: tuple[str, ...]
    first: bool
    looped: bool


def guarded(node: Node, context: Context) -> Iterator[Splice]:
    """A guard in front of the statement."""
    function = function_around(node)
    if function is None or node.parent is None or node.parent.type != "block":
        return
    if asserts(function):
        return
    looped = any(around.type in LOOPS for around in ancestors(node) if around != function)
    first = node == next(iter(body_of(function)), None)
    place = _Place(node, function, just_bound(node, function, context), first, looped)
    best: dict[tuple[str, ...], float] = {}
    for lines, weight in (*_of_donors(place, context), *_of_neighbours(place, context),
                          *_of_fresh_names(place, context)):  # fmt: skip
        best[lines] = max(best.get(lines, 0.0), weight)
    for lines, weight in best.items():
        edit = in_place(node, lines, context)
        if edit is not None:
            ending = lines[-1].strip() if len(lines) == 2 else ""
            summary = f"{ending} if {lines[0][3:-1]}" if ending else f"add {lines[0]}"
            yield Splice(edit, named(summary, 60).strip("`"), weight * filled(node))


def _of_donors(place: _Place, context: Context) -> Iterator[tuple[tuple[str, ...], float]]:
    """Guards of the file, under the names that they have here."""
    given = context.once("guards", place.function, lambda: _fitting(place.function, context))
    wanted = {each.error for each in wanted_errors(context)}
    for donor, likely in given:
        if donor.in_loop and not place.looped:
            continue
        asked_for = any(re.search(rf"\braise {error}\b", donor.text) for error in wanted)
        weight = likely * signs(donor.condition, context) * (_MISSED if asked_for else 1.0)
        yield donor.lines, weight * _at(place, donor.asked)
        own = donor.asked & _locals(place, context)
        for name in place.fresh if len(own) == 1 else ():
            other = renamed(donor, {next(iter(own)): name})
            if other.text != donor.text:
                yield other.lines, weight * 0.8
        if signs(donor.condition, context) > 1 and len(donor.lines) == 2:
            step = step_of(place.node, context)
            for ending in context.once(
                "ends", place.function, lambda: _returns(place.function, context)
            ):
                yield (donor.lines[0], step + ending), weight * _at(place, donor.asked) * 0.5


def _at(place: _Place, asked: frozenset[str]) -> float:
    """How likely a guard that asks for these names stands here."""
    if place.first or place.node.type == "pass_statement" or asked & set(place.fresh):
        return 1.0
    return 0.4


def _locals(place: _Place, context: Context) -> frozenset[str]:
    return context.once("own names", place.function, lambda: _own_names(place.function, context))


def _own_names(function: Node, context: Context) -> frozenset[str]:
    inner = next(iter(context.scopes_at(function.end_byte - 1)), None)
    names = frozenset(inner.names) - inner.functions if inner is not None else frozenset()
    return names - {"self", "cls"}


def _fitting(function: Node, context: Context) -> tuple[tuple[Donor, float], ...]:
    """Guards whose names are all bound in the function, the likeliest first, with their weights."""
    own, bound = context.text(function), bound_names(function, context)
    found: dict[str, tuple[Donor, float]] = {}
    for donor in donors(function, context):
        adapted = _adapted(donor, bound, function, context) if donor.condition else None
        if adapted is None:
            continue
        alike = donor.function == name_of(function, context)
        seen = found[adapted.text][1] + _AGAIN if adapted.text in found else 0.0
        there = _THERE_ALREADY if adapted.lines[0] in own else 1.0
        found[adapted.text] = adapted, max(seen, there if alike else 0.6 * there)
    ordered = sorted(found.values(), key=lambda each: -each[1] * signs(each[0].condition, context))
    return tuple(ordered[:_MOST_DONORS])


def _adapted(donor: Donor, bound: frozenset[str], function: Node, context: Context) -> Donor | None:
    """With its function's parameters, or the one variable that it lacks, as they are called here."""
    unbound = donor.asked - donor.set - bound
    if not unbound:
        return donor
    own = parameters(function, context)
    places = {name: place for place, name in enumerate(donor.parameters)}
    if all(places.get(name, len(own)) < len(own) for name in unbound):
        return renamed(donor, {name: own[places[name]] for name in unbound})
    return renamed(donor, {next(iter(unbound)): own[0]}) if len(unbound) == 1 and own else None


def _of_neighbours(place: _Place, context: Context) -> Iterator[tuple[tuple[str, ...], float]]:
    """The guard before or after, turned around or with another name, with what the tests expect."""
    node = place.node
    for neighbour in (node.prev_named_sibling, node, node.next_named_sibling):
        last = (
            ending_of(neighbour)
            if neighbour is not None and neighbour.type == "if_statement"
            else None
        )
        condition = neighbour.child_by_field_name("condition") if neighbour is not None else None
        if last is None or condition is None:
            continue
        written = context.text(condition)
        step = step_of(place.node, context)
        unread = [name for name in place.fresh if _unread(name, place, context)]
        if condition.type == "identifier":
            for name in unread:
                yield (f"if {name}:", f"{step}{context.text(last)}"), _NEVER_READ
        for other in dict.fromkeys(_turned(condition, context)):
            if other != written:
                for ending, weight in _wanted_endings(other, context):
                    yield (f"if {other}:", f"{step}{ending}"), 1.5 * weight


def _returns(function: Node, context: Context) -> tuple[str, ...]:
    """Its short return statements."""
    found = (context.text(node) for node in own_nodes(function) if node.type == "return_statement")
    return tuple(dict.fromkeys(text for text in found if len(text) <= _SHORT and "\n" not in text))


def _turned(condition: Node, context: Context) -> Iterator[str]:
    """The condition with one comparison of it turned around."""
    whole = context.text(condition)
    for node in own_nodes(condition):
        if node.type == "comparison_operator":
            text = context.text(node)
            yield from (whole.replace(text, each, 1) for each in atoms.turned(node, context))
            yield from (whole.replace(text, each, 1) for each in atoms.mirrored(node, context))


def _of_fresh_names(place: _Place, context: Context) -> Iterator[tuple[tuple[str, ...], float]]:
    """`if x is None: return None` and the like, of what was just bound."""
    step = step_of(place.node, context)
    given = parameters(place.function, context)
    for name in place.fresh:
        unread = _NEVER_READ if _unread(name, place, context) else 1.0
        for condition, likely in _conditions(name, place, context):
            shown = signs(condition, context)
            for ending, weight in _endings(condition, name, place, context):
                # What nothing speaks for is tried in front of a function by another rule.
                if name in given and unread == shown == 1 and weight <= 1:
                    continue
                lines = f"if {condition}:", f"{step}{ending}"
                yield lines, likely * weight * unread * shown


def _conditions(name: str, place: _Place, context: Context) -> Iterator[tuple[str, float]]:
    if name not in _locals(place, context):
        return
    kind = kind_of(name, place.function, context)
    for condition, weight in (*_OF_ANY, *(_OF_NUMBERS if kind is not Kind.CONTAINER else ())):
        yield condition.format(name), weight


def _endings(
    condition: str, name: str, place: _Place, context: Context
) -> Iterator[tuple[str, float]]:
    yield from _wanted_endings(condition, context)
    returned = context.once("endings", place.function, lambda: _left_with(place.function, context))
    yield from ((ending, 0.5) for ending in returned)
    yield "return None", 0.7 if condition == f"{name} is None" else 0.3
    yield from ((f"return {name}", 0.2), ("return False", 0.2))


def _left_with(function: Node, context: Context) -> tuple[str, ...]:
    """Constants and names that the function returns."""
    found: dict[str, None] = {}
    for node in own_nodes(function):
        value = first_of(node) if node.type == "return_statement" else None
        if value is not None and value.type in (
            "identifier",
            "true",
            "false",
            "none",
            "integer",
            "string",
        ):
            found[f"return {context.text(value)}"] = None
    return tuple(found)


def _wanted_endings(condition: str, context: Context) -> Iterator[tuple[str, float]]:
    """What the failing tests wait for: an error, or a plain result."""
    for wanted in wanted_errors(context):
        statement, likely = raised(wanted, condition)
        yield statement, likely * (_MISSED if wanted.missed else _WAITED_FOR)
    for value in filter(failures.is_plain, failures.expected(context)):
        yield f"return {value}", _A_WORD if value[:1] in ("'", '"') else _ONE_OF_FEW


def _unread(name: str, place: _Place, context: Context) -> bool:
    return any(name in scope.unread for scope in context.scopes_at(place.node.start_byte)[:-1])


RULES = (Rule("guard", 0.3, STATEMENTS, guarded, heaviest=_HEAVIEST),)
