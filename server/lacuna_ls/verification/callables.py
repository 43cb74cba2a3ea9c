"""The function around a place, by the name under which it can be called from outside."""

from dataclasses import dataclass

from lacuna_ls.domain.text import Span, decode
from lacuna_ls.syntax.nodes import Node, ancestors, covering


@dataclass(frozen=True, slots=True)
class Callable:
    """`name` is qualified: `f` or `C.m`."""

    name: str
    node: Node


def callable_at(root: Node, span: Span, function_types: frozenset[str]) -> Callable | None:
    """The outermost function that holds all of `span`; `None` outside of any.

    `function_types` are the nodes that define functions; what has a name and a body around them
    is a class.
    """
    node = covering(root, span)
    names: list[str] = []
    for each in reversed((node, *ancestors(node))):
        name, body = each.child_by_field_name("name"), each.child_by_field_name("body")
        if name is None or body is None:
            continue
        names.append(decode(name.text or b""))
        if each.type in function_types:
            return Callable(".".join(names), each)
    return None


def qualified_name_at(root: Node, span: Span, function_types: frozenset[str]) -> str | None:
    """The name of `callable_at`."""
    found = callable_at(root, span, function_types)
    return None if found is None else found.name
