"""Parts of a text replaced by others, for idioms that a pattern alone cannot say."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from lacuna_ls.domain.text import TextEdit, apply_edits, decode, encode
from lacuna_ls.optimization.idiom import Site
from lacuna_ls.optimization.pattern import text_of
from lacuna_ls.syntax.nodes import Node, preorder, span_of


def spliced(nodes: Sequence[Node], replacements: Iterable[tuple[Node, str]], site: Site) -> str:
    """The text from the first of `nodes` to the last, with some nodes in it replaced."""
    start, end = nodes[0].start_byte, nodes[-1].end_byte
    edits = [
        TextEdit(span_of(node), encode(text))
        for node, text in replacements
        if start <= node.start_byte and node.end_byte <= end
    ]
    # What comes behind the nodes keeps its place, and is cut off again.
    whole = apply_edits(site.source.data, edits)
    grown = len(whole) - len(site.source.data)
    return decode(whole[start : end + grown])


def found(nodes: Sequence[Node], wanted: Callable[[Node], bool]) -> list[Node]:
    """The outermost nodes below `nodes` for which `wanted` holds."""
    taken: list[Node] = []
    for top in nodes:
        for node in preorder(top):
            inside = any(
                t.start_byte <= node.start_byte and node.end_byte <= t.end_byte for t in taken
            )
            if not inside and wanted(node):
                taken.append(node)
    return taken


def uses(nodes: Sequence[Node], name: str) -> Iterator[Node]:
    """Identifiers of that name, members of other objects left out."""
    for top in nodes:
        for node in preorder(top):
            if node.type != "identifier" or text_of(node) != name:
                continue
            parent = node.parent
            member = parent is not None and parent.type == "attribute"
            if not (
                member and parent is not None and parent.child_by_field_name("attribute") == node
            ):
                yield node


def is_item(node: Node, holder: str, index: str) -> bool:
    """Whether it is `holder[index]`."""
    return (
        node.type == "subscript"
        and len(node.named_children) == 2
        and text_of(node.named_children[0]) == holder
        and text_of(node.named_children[1]) == index
    )


def is_assigned(node: Node) -> bool:
    """Whether it is the target of an assignment, or of a `del`."""
    parent = node.parent
    while parent is not None and parent.type in ("pattern_list", "tuple_pattern", "list_pattern"):
        node, parent = parent, parent.parent
    if parent is None:
        return False
    if parent.type == "delete_statement":
        return True
    return parent.type.endswith("assignment") and parent.child_by_field_name("left") == node


def indented(text: str, old: str, new: str) -> str:
    """Statements moved from one margin to another; the first line has none."""
    first, *rest = text.split("\n")
    return "\n".join(
        (first, *(new + each[len(old) :] if each.startswith(old) else each for each in rest))
    )


def margin_of(node: Node, site: Site) -> str:
    """What stands before the line that the node begins on."""
    data = site.source.data
    line = data[data.rfind(b"\n", 0, node.start_byte) + 1 : node.start_byte].decode()
    return line[: len(line) - len(line.lstrip())]
