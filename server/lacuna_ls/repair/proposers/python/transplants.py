"""Statements that are missing here and stand elsewhere in the file, or follow from what it asks for.

Another function's assignment of a name that is missing here, and the attribute that keeps a
parameter are tried, wherever all their names are bound. A `pass` beside them is taken for their place.
"""

import re
from collections.abc import Iterator

from lacuna_ls.repair.proposers.python.bodies import function_around, parameters, statements
from lacuna_ls.repair.proposers.python.donors import (
    STATEMENTS,
    Donor,
    bound_names,
    donors,
    filled,
    in_place,
    just_bound,
    name_of,
    names_in,
    own_donors,
    renamed,
)
from lacuna_ls.repair.proposers.python.expressions import named
from lacuna_ls.repair.proposers.python.lines import added_after
from lacuna_ls.repair.proposers.template import Context, Rule, Splice
from lacuna_ls.syntax.nodes import Node, preorder

_UNBOUND = re.compile(
    r"name '(\w+)' is not defined|local variable '(\w+)' (?:referenced before|where it is not)"
)
_NO_ATTRIBUTE = re.compile(r"'(\w+)' object has no attribute '(\w+)'")
_INITIAL = ("None", "0", "[]", "{}", "False", "set()", '""', "1", "True")
_ASKED_FOR = 3.0
_MOST_UPDATES = 6
_NEUTRAL = 0.4


def assigned_again(node: Node, context: Context) -> Iterator[Splice]:
    """What another function assigns to a name that a function reads here and never sets."""
    function = function_around(node)
    if function is None or node.parent is None or node.parent.type != "block":
        return
    asked = names_in(node, context)[0]
    missing = context.once("unbound", function, lambda: _unbound(function, context))
    for name in missing:
        if node.type != "pass_statement" and name not in asked:
            continue
        for lines, weight in _values_of(name, function, context):
            edit = in_place(node, lines, context)
            if edit is not None:
                yield Splice(edit, f"add {named(lines[0])}", weight * filled(node))


def adapted_again(node: Node, context: Context) -> Iterator[Splice]:
    """`value = plain(value)` for what was just bound, as the file does it with another variable."""
    function = function_around(node)
    if function is None or node.parent is None or node.parent.type != "block":
        return
    own = context.text(function)
    found = context.once("updates", function, lambda: _updates(function, context))
    for name in just_bound(node, function, context):
        for rank, (donor, updated) in enumerate(found):
            line = _of_variable(donor, updated, name)
            edit = in_place(node, (line,), context) if line not in own else None
            if edit is not None:
                yield Splice(edit, f"add {named(line)}", 0.9**rank * filled(node))


def _updates(function: Node, context: Context) -> tuple[tuple[Donor, str], ...]:
    """Assignments of the file that make of one variable another value of it, with that variable."""
    bound = bound_names(function, context)
    found: dict[str, tuple[Donor, str]] = {}
    for donor in (*own_donors(function, context), *donors(function, context)):
        again = donor.set & _asked_on_the_right(donor)
        if len(donor.lines) > 1 or len(donor.set) != 1 or not again:
            continue
        (name,) = again
        shape = _of_variable(donor, name, "_")
        if donor.asked - donor.set - {name} <= bound and shape not in found:
            found[shape] = donor, name
    return tuple(found.values())[:_MOST_UPDATES]


def _of_variable(donor: Donor, name: str, other: str) -> str:
    """`other = f(other)` for `name = f(name)`."""
    return other + renamed(donor, {name: other}).lines[0].removeprefix(name)


def _asked_on_the_right(donor: Donor) -> frozenset[str]:
    _, _, value = donor.lines[0].partition(" = ")
    return frozenset(re.findall(r"(?<![\w.\"'])[^\W\d]\w*", value))


def _unbound(function: Node, context: Context) -> tuple[str, ...]:
    """Names that a failure says are not there, and that the function asks for."""
    said = dict.fromkeys(
        one or other for message in context.messages for one, other in _UNBOUND.findall(message)
    )
    own = {context.text(n) for n in preorder(function) if n.type == "identifier"}
    return tuple(name for name in said if name in own)


def _values_of(
    name: str, function: Node, context: Context
) -> Iterator[tuple[tuple[str, ...], float]]:
    """Assignments to a name: those of other functions, of the attribute, of a neutral value."""
    bound = bound_names(function, context)
    found = [
        donor.lines
        for donor in donors(function, context)
        if name in donor.set and not donor.condition and donor.asked - donor.set <= bound - {name}
    ]
    if "self" in bound:
        members = {m.name for m in context.names.members if m.receiver == "self"}
        found += [(f"{name} = self.{m}",) for m in (name, f"_{name}", f"__{name}") if m in members]
    yield from ((lines, 0.9**rank) for rank, lines in enumerate(dict.fromkeys(found)))
    yield from (
        ((f"{name} = {value}",), _NEUTRAL * 0.9**rank) for rank, value in enumerate(_INITIAL)
    )


def kept(block: Node, context: Context) -> Iterator[Splice]:
    """`self.size = size` in a constructor that forgets its parameter, or what the class asks for."""
    function = block.parent
    if function is None or function.type != "function_definition":
        return
    if name_of(function, context) != "__init__":
        return
    body = statements(block)
    places = [n for n in body if n.type == "pass_statement"] or body[-1:]
    for line, weight in _forgotten(function, context):
        for place in places:
            add = in_place if place.type == "pass_statement" else added_after
            edit = add(place, (line,), context)
            if edit is not None:
                yield Splice(edit, f"add {named(line)}", weight)


def _forgotten(function: Node, context: Context) -> Iterator[tuple[str, float]]:
    """Lines that set an attribute that the class reads and its constructor does not set."""
    text = context.text(function)
    asked = {_unmangled(*found) for m in context.messages for found in _NO_ATTRIBUTE.findall(m)}
    members = {m.name for m in context.names.members if m.receiver == "self"} | asked
    for name in parameters(function, context):
        for member in (name, f"_{name}", f"__{name}"):
            if member in members and not _sets(text, member):
                yield f"self.{member} = {name}", _ASKED_FOR if member in asked else 1.0
    for member in sorted(asked):
        if not _sets(text, member):
            for rank, value in enumerate(_INITIAL):
                yield f"self.{member} = {value}", _NEUTRAL * 0.9**rank


def _unmangled(owner: str, attribute: str) -> str:
    return attribute.removeprefix(f"_{owner.lstrip('_')}") if "__" in attribute[1:] else attribute


def _sets(text: str, member: str) -> bool:
    return re.search(rf"\bself\.{re.escape(member)}\s*(:[^=]+)?=[^=]", text) is not None


RULES = (
    Rule("assignment", 1.5, STATEMENTS, assigned_again, heaviest=1.5),
    Rule("assignment", 0.3, STATEMENTS, adapted_again, heaviest=1.5),
    Rule("attribute", 0.8, frozenset({"block"}), kept, heaviest=_ASKED_FOR),
)
