"""Functions as rules see them: parameters, loop variables, statements, and what a name may hold."""

import re
from collections.abc import Iterator
from enum import Enum

from lacuna_ls.repair.proposers.template import Context
from lacuna_ls.syntax.nodes import Node, ancestors, preorder

SIMPLE_STATEMENTS = frozenset(
    {"expression_statement", "return_statement", "break_statement", "continue_statement"}
)
LOOPS = frozenset({"for_statement", "while_statement"})
_NESTED = frozenset({"function_definition", "class_definition", "lambda"})
_NUMERIC = frozenset({"int", "float", "complex", "Decimal", "Fraction"})
_ANYTHING = frozenset({"Any", "object"})


class Kind(Enum):
    """What a name seems to hold."""

    NUMBER = "number"
    CONTAINER = "container"
    UNKNOWN = "unknown"


def function_around(node: Node) -> Node | None:
    return next((a for a in (node, *ancestors(node)) if a.type == "function_definition"), None)


def first_of(node: Node) -> Node | None:
    """The first named child."""
    return node.named_children[0] if node.named_child_count else None


def statements(block: Node | None) -> list[Node]:
    if block is None:
        return []
    return [child for child in block.named_children if child.type != "comment"]


def body_of(function: Node) -> list[Node]:
    """The statements of a function after its docstring."""
    found = statements(function.child_by_field_name("body"))
    return found[1:] if found and _is_docstring(found[0]) else found


def asserts(node: Node) -> bool:
    """It holds an assertion: what leaves before that would hide what it says."""
    return any(inner.type == "assert_statement" for inner in own_nodes(node))


def _is_docstring(node: Node) -> bool:
    inner = first_of(node) if node.type == "expression_statement" else None
    return inner is not None and inner.type == "string"


def parameters(function: Node, context: Context) -> tuple[str, ...]:
    """Positional parameters by name, without `self` and `cls`."""
    listed = function.child_by_field_name("parameters")
    found: list[str] = []
    for child in listed.named_children if listed is not None else ():
        name = child.child_by_field_name("name") or (
            child if child.type == "identifier" else first_of(child)
        )
        if name is not None and name.type == "identifier" and "splat" not in child.type:
            found.append(context.text(name))
    return tuple(name for name in found if name not in ("self", "cls"))


def loop_names(node: Node, context: Context) -> tuple[str, ...]:
    """Variables of the loops around a node, the innermost first."""
    found: dict[str, None] = {}
    for around in ancestors(node):
        if around.type in _NESTED:
            break
        target = around.child_by_field_name("left") if around.type == "for_statement" else None
        if target is not None:
            found |= dict.fromkeys(
                context.text(n) for n in preorder(target) if n.type == "identifier"
            )
    return tuple(name for name in found if name != "_")


def assigned(node: Node, context: Context) -> Iterator[tuple[str, str]]:
    """Names that are given a value by a plain assignment below a node, with the value's text."""
    for inner in own_nodes(node):
        left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
        if inner.type != "assignment" or left is None or right is None:
            continue
        if left.type == "identifier":
            yield context.text(left), context.text(right)


def own_nodes(function: Node) -> Iterator[Node]:
    """All nodes of a function that are in no function inside it."""
    stack = [function]
    while stack:
        node = stack.pop()
        yield node
        stack += [c for c in reversed(node.children) if c.type not in _NESTED or c == function]


def kind_of(name: str, function: Node, context: Context) -> Kind:
    """By the annotation, else by what the function does with the name."""
    listed = function.child_by_field_name("parameters")
    for child in listed.named_children if listed is not None else ():
        written = child.child_by_field_name("type")
        if written is not None and re.match(rf"{re.escape(name)}\b", context.text(child)):
            return _kind_of_type(context.text(written).strip("\"'"))
    text, word = context.text(function), re.escape(name)
    if re.search(
        rf"\b(len|sorted|set|list|sum|max|min)\({word}\b|\bin {word}\b|\b{word}[\[.]", text
    ):
        return Kind.CONTAINER
    if re.search(rf"\brange\([^)]*\b{word}\b|\b{word}\s*(//|[-*/%<>])|[-*/%]\s*{word}\b", text):
        return Kind.NUMBER
    return Kind.UNKNOWN


def _kind_of_type(written: str) -> Kind:
    """A union is what its members are, `None` apart, if they are alike."""
    inner = re.fullmatch(r"(?:\w+\.)?(?:Optional|Union)\[(.*)\]", written)
    members = re.split(r"\||,(?![^\[]*\])", inner[1] if inner else written)
    names = {member.strip().rpartition(".")[2] for member in members} - {"None"}
    if names <= _NUMERIC:
        return Kind.NUMBER if names else Kind.UNKNOWN
    return Kind.UNKNOWN if names & (_NUMERIC | _ANYTHING) else Kind.CONTAINER
