"""What a file defines, without how: the heads of its functions and classes."""

from collections.abc import Collection, Iterator

from lacuna_ls.domain.text import decode
from lacuna_ls.syntax.document import parse
from lacuna_ls.syntax.languages import Language
from lacuna_ls.syntax.nodes import Node

_MOST_MEMBERS = 12
_MOST_HEAD_BYTES = 400
_WRAPPERS = frozenset({"decorated_definition", "export_statement"})


def signatures(data: bytes, language: Language, names: Collection[str] | None = None) -> str:
    """The heads of the definitions called `names`, or of all public ones at the top of a file."""
    root = parse(data, language).root_node
    lines: list[str] = []
    for node in _definitions(root, language):
        name = _name(node)
        wanted = name in names if names is not None else not name.startswith("_")
        if wanted:
            lines += _heads(node, data, language)
    return "\n".join(lines)


def _definitions(parent: Node, language: Language) -> Iterator[Node]:
    """Those directly below a node, decorated and exported ones included."""
    for child in parent.named_children:
        if child.type in language.definition_nodes:
            yield child
        elif child.type in _WRAPPERS:
            yield from _definitions(child, language)


def _heads(node: Node, data: bytes, language: Language) -> list[str]:
    head = _head(node, data)
    body = node.child_by_field_name("body")
    if node.type in language.function_nodes or body is None:
        return [f"{head} ..."]
    members = [
        f"    {_head(member, data)} ..."
        for member in _definitions(body, language)
        if not _name(member).startswith("_") or _name(member) == "__init__"
    ]
    return [head, *members[:_MOST_MEMBERS]] if members else [f"{head} ..."]


def _head(node: Node, data: bytes) -> str:
    """From its first word to its body, on one line."""
    body = node.child_by_field_name("body")
    end = body.start_byte if body is not None else node.end_byte
    # A comment may stand between the head and the body.
    ends = [child.start_byte for child in node.children if child.type == "comment"]
    text = decode(data[node.start_byte : min([end, *ends])][:_MOST_HEAD_BYTES])
    return " ".join(text.split())


def _name(node: Node) -> str:
    name = node.child_by_field_name("name")
    return decode(name.text or b"") if name is not None else ""
