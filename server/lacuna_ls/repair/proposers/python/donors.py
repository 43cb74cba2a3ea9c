"""Statements of a file that may be missing at another place of it, and the names that they need.

Much of what a fix inserts is in the file already (the plastic surgery hypothesis: Barr et al., "The
plastic surgery hypothesis", 2014; insertion in Le Goues et al., "GenProg", 2012).
"""

import builtins
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lacuna_ls.domain.text import TextEdit
from lacuna_ls.repair.proposers.python.bodies import first_of, own_nodes, parameters, statements
from lacuna_ls.repair.proposers.python.lines import added_before, indent_of, own_lines
from lacuna_ls.repair.proposers.template import Context
from lacuna_ls.syntax.nodes import Node, preorder

STATEMENTS = frozenset(
    {
        "expression_statement", "for_statement", "if_statement", "pass_statement",
        "raise_statement", "return_statement", "try_statement", "while_statement",
        "with_statement",
    }
)  # fmt: skip
_ENDS = frozenset({"return_statement", "raise_statement", "continue_statement", "break_statement"})
_OF_LOOPS = frozenset({"continue_statement", "break_statement"})
_BUILTINS = frozenset(dir(builtins))
_LONGEST = 240
_PLACEHOLDER = 1.5


@dataclass(frozen=True, slots=True)
class Donor:
    """A statement of the file: its text, the names it asks for and sets, and where it stands.

    Of a guard, an `if` whose end leaves what is around it, `condition` is what it asks and `ending`
    how it leaves; of another statement both are empty.
    """

    lines: tuple[str, ...]
    asked: frozenset[str]
    set: frozenset[str]
    function: str
    parameters: tuple[str, ...]
    offset: int
    in_loop: bool = False
    condition: str = ""
    ending: str = ""

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def renamed(donor: Donor, names: Mapping[str, str]) -> Donor:
    """The donor with other names: no attribute, keyword or word in quotes is one."""

    def write(text: str) -> str:
        for old, new in names.items():
            text = re.sub(rf"(?<![\w.\"']){re.escape(old)}(?![\w\"']|\s*=[^=])", new, text)
        return text

    return replace(
        donor,
        lines=tuple(map(write, donor.lines)),
        asked=frozenset(names.get(name, name) for name in donor.asked),
        condition=write(donor.condition),
        ending=write(donor.ending),
    )


def in_place(node: Node, lines: Sequence[str], context: Context) -> TextEdit | None:
    """In front of the statement, or instead of it where it does nothing."""
    edit = added_before(node, lines, context)
    if edit is None or node.type != "pass_statement":
        return edit
    own = own_lines(node, context)
    return None if own is None else TextEdit(own, edit.new)


def filled(node: Node) -> float:
    return _PLACEHOLDER if node.type == "pass_statement" else 1.0


def donors(function: Node, context: Context) -> tuple[Donor, ...]:
    """Of the whole file, the nearest to the function first; none of it."""
    found = context.once("donors", context.root, lambda: tuple(_all_donors(context)))
    start, end = function.start_byte, function.end_byte
    elsewhere = [donor for donor in found if not start <= donor.offset < end]
    return tuple(sorted(elsewhere, key=lambda donor: abs(donor.offset - start)))


def own_donors(function: Node, context: Context) -> tuple[Donor, ...]:
    """Of the function itself."""
    found = context.once("donors", context.root, lambda: tuple(_all_donors(context)))
    return tuple(d for d in found if function.start_byte <= d.offset < function.end_byte)


def _all_donors(context: Context) -> Iterator[Donor]:
    for function in preorder(context.root):
        if function.type != "function_definition":
            continue
        name, given = name_of(function, context), parameters(function, context)
        for node in own_nodes(function):
            if node.parent is None or node.parent.type != "block":
                continue
            last = ending_of(node) if node.type == "if_statement" else None
            target = _target(node)
            if (last is None and target is None) or own_lines(node, context) is None:
                continue
            if node.end_byte - node.start_byte > _LONGEST:
                continue
            lines = _without_indent(node, context)
            asked, bound = names_in(node, context)
            condition = node.child_by_field_name("condition") if last is not None else None
            yield Donor(
                lines,
                asked,
                bound,
                name,
                given,
                node.start_byte,
                last is not None and last.type in _OF_LOOPS,
                context.text(condition) if condition is not None else "",
                context.text(last) if last is not None else "",
            )


def _without_indent(node: Node, context: Context) -> tuple[str, ...]:
    first, *rest = context.text(node).splitlines()
    width = len(indent_of(node, context))
    return first, *(line[width:] if not line[:width].strip() else line.lstrip() for line in rest)


def ending_of(node: Node) -> Node | None:
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


def names_in(node: Node, context: Context) -> tuple[frozenset[str], frozenset[str]]:
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


def bound_names(function: Node, context: Context) -> frozenset[str]:
    """All names that can be read in the function."""
    visible = (n for s in context.scopes_at(function.end_byte - 1) for n in s.names)
    return _BUILTINS | frozenset(visible)


def name_of(function: Node, context: Context) -> str:
    name = function.child_by_field_name("name")
    return context.text(name) if name is not None else ""


def just_bound(node: Node, function: Node, context: Context) -> tuple[str, ...]:
    """By the statement before, or that before the guards before; by a handler or a function's head."""
    fresh: dict[str, None] = {}
    previous = node.prev_named_sibling
    while previous is not None:
        if previous.type != "comment":
            bound = names_in(previous, context)[1]
            if previous.type == "if_statement" and ending_of(previous) is not None:
                condition = previous.child_by_field_name("condition")
                fresh |= dict.fromkeys(sorted(names_in(condition, context)[0]) if condition else ())
            elif not previous.type.startswith("import"):
                fresh |= dict.fromkeys(sorted(bound))
                return tuple(fresh)
        previous = previous.prev_named_sibling
    if node.parent == function.child_by_field_name("body"):
        fresh |= dict.fromkeys((*parameters(function, context), *_splats(function, context)))
    return tuple(fresh)


def _splats(function: Node, context: Context) -> Iterator[str]:
    """`args` of `*args`, which no other rule asks for."""
    listed = function.child_by_field_name("parameters")
    for child in listed.named_children if listed is not None else ():
        inner = first_of(child)
        if child.type == "list_splat_pattern" and inner is not None:
            yield context.text(inner)
