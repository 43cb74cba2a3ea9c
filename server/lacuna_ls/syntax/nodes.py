"""Walking trees without recursion, and without `str()` of a tree: both overflow on deep nesting."""

from collections.abc import Iterator

from tree_sitter import Node, Tree, TreeCursor

from lacuna_ls.domain.text import Span

__all__ = ["Node", "Tree", "TreeCursor", "ancestors", "covering", "preorder", "span_of"]


def span_of(node: Node) -> Span:
    return Span(node.start_byte, node.end_byte)


def preorder(root: Node) -> Iterator[Node]:
    """`root` and all nodes below it, anonymous ones included, in source order."""
    cursor = root.walk()
    while True:
        node = cursor.node
        assert node is not None
        yield node
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def covering(root: Node, span: Span, *, named: bool = True) -> Node:
    """Smallest node (named unless told otherwise) that holds the whole span."""
    find = root.named_descendant_for_byte_range if named else root.descendant_for_byte_range
    return find(span.start, span.end) or root


def ancestors(node: Node) -> Iterator[Node]:
    """Parents from the nearest to the root."""
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent
