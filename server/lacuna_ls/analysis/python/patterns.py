"""The patterns of a `case`: what they read, and the names they bind once all of it matches."""

from collections.abc import Iterable

from lacuna_ls.analysis.python.accesses import code_children, text_of
from lacuna_ls.analysis.scopes import Access, AccessKind
from lacuna_ls.syntax.nodes import Node

_CONSTANTS = ("None", "True", "False")


def matches_anything(pattern: Node) -> bool:
    """`case _` and `case name`."""
    return text_of(pattern).strip().isidentifier() and text_of(pattern) not in _CONSTANTS


def pattern_accesses(patterns: Iterable[Node]) -> tuple[tuple[Access, ...], tuple[Access, ...]]:
    """Reads of values and classes, and writes of captures, in the order of the source."""
    reads: list[Access] = []
    writes: list[Access] = []
    pending = list(reversed(list(patterns)))
    while pending:
        node = pending.pop()
        children = code_children(node)
        if node.type == "class_pattern":
            first = code_children(children.pop(0))[0]
            reads.append(Access(AccessKind.READ, text_of(first), first.start_byte))
        elif node.type == "keyword_pattern":
            children.pop(0)
        elif node.type == "dotted_name":
            first = children[0]
            if len(children) == 1:
                writes.append(Access(AccessKind.WRITE, text_of(first), first.start_byte))
            else:
                reads.append(Access(AccessKind.READ, text_of(first), first.start_byte))
            continue
        elif node.type == "identifier":
            if text_of(node) != "_":
                writes.append(Access(AccessKind.WRITE, text_of(node), node.start_byte))
            continue
        pending.extend(reversed(children))
    return tuple(reads), tuple(writes)
