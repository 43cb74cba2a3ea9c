"""Statements that are missing here and stand elsewhere in the file.

Much of what a fix inserts is in the file already (the plastic surgery hypothesis: Barr et al., "The
plastic surgery hypothesis", 2014; insertion in Le Goues et al., "GenProg", 2012). So a guard of
another function, its assignment of a name that is missing here, and the attribute that keeps a
parameter are tried, wherever all their names are bound. A `pass` beside them is taken for their place.
"""

import builtins
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lacuna_ls.domain.text import TextEdit
from lacuna_ls.repair.proposers.python import failures
from lacuna_ls.repair.proposers.python.bodies import (
    LOOPS,
    body_of,
    function_around,
    own_nodes,
    parameters,
    statements,
)
from lacuna_ls.repair.proposers.python.expressions import named
from lacuna_ls.repair.proposers.python.lines import (
    added_after,
    added_before,
    indent_of,
    own_lines,
)
from lacuna_ls.repair.proposers.template import Context, Rule, Splice
from lacuna_ls.syntax.nodes import Node, ancestors, preorder

_UNBOUND = re.compile(
    r"name '(\w+)' is not defined|local variable '(\w+)' (?:referenced before|where it is not)"
)
_NO_ATTRIBUTE = re.compile(r"'(\w+)' object has no attribute '(\w+)'")
_STATEMENTS = frozenset(
    {
        "expression_statement", "for_statement", "if_statement", "pass_statement",
        "raise_statement", "return_statement", "try_statement", "while_statement",
        "with_statement",
    }
)  # fmt: skip
_ENDS = frozenset({"return_statement", "raise_statement", "continue_statement", "break_statement"})
_OF_LOOPS = frozenset({"continue_statement", "break_statement"})
_BUILTINS = frozenset(dir(builtins))
_INITIAL = ("None", "0", "[]", "{}", "False", "set()", '""', "1", "True")
_MOST_DONORS = 24
_LONGEST = 240
_ASKED_FOR = 3.0
_NEUTRAL = 0.4
_PLACEHOLDER = 1.5


@dataclass(frozen=True, slots=True)
class _Donor:
    """A statement of the file: its text, the names it asks for and sets, and where it stands."""

    lines: tuple[str, ...]
    asked: frozenset[str]
    set: frozenset[str]
    function: str
    parameters: tuple[str, ...]
    offset: int
    ends: bool
    in_loop: bool

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def guarded(node: Node, context: Context) -> Iterator[Splice]:
    """A guard of another function in front of the statement."""
    function = function_around(node)
    if function is None or node.parent is None or node.parent.type != "block":
        return
    looped = any(around.type in LOOPS for around in ancestors(node) if around != function)
    first = node == next(iter(body_of(function)), None)
    for donor, weight in context.once("guards", function, lambda: _fitting(function, context)):
        if donor.in_loop and not looped:
            continue
        edit = _in_place(node, donor.lines, context)
        if edit is not None:
            at_start = 1.0 if first or node.type == "pass_statement" else 0.5
            yield Splice(edit, f"add {named(donor.lines[0])}", weight * at_start * _filled(node))


def _fitting(function: Node, context: Context) -> tuple[tuple[_Donor, float], ...]:
    """Guards whose names are all bound in the function, the likeliest first, with their weights."""
    own, bound = context.text(function), _bound(function, context)
    found: dict[str, tuple[_Donor, float]] = {}
    for donor in _donors(function, context):
        adapted = _renamed(donor, bound, parameters(function, context)) if donor.ends else None
        if adapted is None or adapted.text in found or adapted.lines[0] in own:
            continue
        likely = 1.0 if donor.function == _name(function, context) else 0.4
        if any(f"raise {error}" in adapted.text for error in failures.missing_errors(context)):
            likely *= _ASKED_FOR
        found[adapted.text] = adapted, likely
    ordered = sorted(found.values(), key=lambda each: -each[1])
    return tuple(ordered[:_MOST_DONORS])


def _renamed(donor: _Donor, bound: frozenset[str], own: tuple[str, ...]) -> _Donor | None:
    """The donor with its function's parameters under the names that they have here."""
    unbound = donor.asked - donor.set - bound
    if not unbound:
        return donor
    places = {name: place for place, name in enumerate(donor.parameters)}
    if not all(places.get(name, len(own)) < len(own) for name in unbound):
        return None
    lines = donor.lines
    for name in unbound:
        word = re.compile(rf"(?<![\w.\"']){re.escape(name)}(?!\w|\s*=[^=])")
        lines = tuple(word.sub(own[places[name]], line) for line in lines)
    asked = donor.asked - unbound | {own[places[name]] for name in unbound}
    return _Donor(
        lines, asked, donor.set, donor.function, own, donor.offset, donor.ends, donor.in_loop
    )


def assigned_again(node: Node, context: Context) -> Iterator[Splice]:
    """What another function assigns to a name that a function reads here and never sets."""
    function = function_around(node)
    if function is None or node.parent is None or node.parent.type != "block":
        return
    asked = _names_in(node, context)[0]
    missing = context.once("unbound", function, lambda: _unbound(function, context))
    for name in missing:
        if node.type != "pass_statement" and name not in asked:
            continue
        for lines, weight in _values_of(name, function, context):
            edit = _in_place(node, lines, context)
            if edit is not None:
                yield Splice(edit, f"add {named(lines[0])}", weight * _filled(node))


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
    bound = _bound(function, context)
    found = [
        donor.lines
        for donor in _donors(function, context)
        if name in donor.set and not donor.ends and donor.asked - donor.set <= bound - {name}
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
    if _name(function, context) != "__init__":
        return
    body = statements(block)
    places = [n for n in body if n.type == "pass_statement"] or body[-1:]
    for line, weight in _forgotten(function, context):
        for place in places:
            add = _in_place if place.type == "pass_statement" else added_after
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


def _in_place(node: Node, lines: tuple[str, ...], context: Context) -> TextEdit | None:
    """In front of the statement, or instead of it where it does nothing."""
    edit = added_before(node, lines, context)
    if edit is None or node.type != "pass_statement":
        return edit
    own = own_lines(node, context)
    return None if own is None else TextEdit(own, edit.new)


def _filled(node: Node) -> float:
    return _PLACEHOLDER if node.type == "pass_statement" else 1.0


def _donors(function: Node, context: Context) -> tuple[_Donor, ...]:
    """Of the whole file, the nearest to the function first; none of it."""
    found = context.once("donors", context.root, lambda: tuple(_all_donors(context)))
    start, end = function.start_byte, function.end_byte
    elsewhere = [donor for donor in found if not start <= donor.offset < end]
    return tuple(sorted(elsewhere, key=lambda donor: abs(donor.offset - start)))


def _all_donors(context: Context) -> Iterator[_Donor]:
    for function in preorder(context.root):
        if function.type != "function_definition":
            continue
        name, given = _name(function, context), parameters(function, context)
        for node in own_nodes(function):
            if node.parent is None or node.parent.type != "block":
                continue
            last = _ending(node) if node.type == "if_statement" else None
            target = _target(node)
            if (last is None and target is None) or own_lines(node, context) is None:
                continue
            if node.end_byte - node.start_byte > _LONGEST:
                continue
            lines = _without_indent(node, context)
            asked, bound = _names_in(node, context)
            yield _Donor(
                lines, asked, bound, name, given, node.start_byte,
                last is not None, last is not None and last.type in _OF_LOOPS,
            )  # fmt: skip


def _without_indent(node: Node, context: Context) -> tuple[str, ...]:
    first, *rest = context.text(node).splitlines()
    width = len(indent_of(node, context))
    return first, *(line[width:] if not line[:width].strip() else line.lstrip() for line in rest)


def _ending(node: Node) -> Node | None:
    """The statement with which a guard leaves; `None` if the `if` is none."""
    if node.child_by_field_name("alternative") is not None:
        return None
    inner = statements(node.child_by_field_name("consequence"))
    return inner[-1] if inner and inner[-1].type in _ENDS else None


def _target(node: Node) -> Node | None:
    """The left side of a plain assignment to names."""
    inner = node.named_children[0] if node.type == "expression_statement" else None
    if inner is None or inner.type != "assignment":
        return None
    left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
    if left is None or right is None or left.type not in ("identifier", "pattern_list"):
        return None
    return left


def _names_in(node: Node, context: Context) -> tuple[frozenset[str], frozenset[str]]:
    """What a statement asks for, and what it sets itself."""
    asked: set[str] = set()
    bound: set[str] = set()
    for inner in preorder(node):
        parent = inner.parent
        if inner.type != "identifier" or parent is None:
            continue
        if parent.child_by_field_name("attribute") == inner or (
            parent.type == "keyword_argument" and parent.child_by_field_name("name") == inner
        ):
            continue
        sets = parent.type in ("assignment", "for_in_clause", "for_statement", "named_expression")
        sets = sets and inner in (
            parent.child_by_field_name("left"), parent.child_by_field_name("name"),
        )  # fmt: skip
        in_pattern = parent.type in ("pattern_list", "tuple_pattern", "lambda_parameters")
        (bound if sets or in_pattern else asked).add(context.text(inner))
    return frozenset(asked), frozenset(bound)


def _bound(function: Node, context: Context) -> frozenset[str]:
    """All names that can be read in the function."""
    visible = (n for s in context.scopes_at(function.end_byte - 1) for n in s.names)
    return _BUILTINS | frozenset(visible)


def _name(function: Node, context: Context) -> str:
    name = function.child_by_field_name("name")
    return context.text(name) if name is not None else ""


RULES = (
    Rule("guard", 0.3, _STATEMENTS, guarded, heaviest=_ASKED_FOR * _PLACEHOLDER),
    Rule("assignment", 1.5, _STATEMENTS, assigned_again, heaviest=_PLACEHOLDER),
    Rule("attribute", 0.8, frozenset({"block"}), kept, heaviest=_ASKED_FOR),
)
