"""Patterns of code: text with metavariables, matched against syntax trees.

Structural search as in "SSR" of the IDEs and in Comby: `$x` stands for any expression, the same text
wherever it occurs again, and `$$body` for the rest of a block. Layout, comments and redundant
parentheses do not count.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from lacuna_ls.domain.text import Span, decode, encode
from lacuna_ls.syntax.document import parse
from lacuna_ls.syntax.languages import Language
from lacuna_ls.syntax.nodes import Node, preorder

_METAVARIABLE = re.compile(r"(\$\$?)(\w+)")
_ONE, _REST = "Metavariable__", "Metavariables__"
_EXTRAS = ("comment", "line_continuation")

Bound = dict[str, tuple[Node, ...]]


@dataclass(frozen=True, slots=True)
class Match:
    """`nodes` are the matched expression, or statements in a row; `bound` has each metavariable."""

    nodes: tuple[Node, ...]
    bound: Mapping[str, tuple[Node, ...]]

    @property
    def span(self) -> Span:
        return Span(self.nodes[0].start_byte, self.nodes[-1].end_byte)

    def node(self, name: str) -> Node:
        return self.bound[name][0]

    def text(self, name: str) -> str:
        """The text of what `$name` stands for, from its first node to its last."""
        nodes = self.bound[name]
        root = nodes[0]
        while root.parent is not None:
            root = root.parent
        data = root.text or b""
        return decode(
            data[nodes[0].start_byte - root.start_byte : nodes[-1].end_byte - root.start_byte]
        )


def text_of(node: Node) -> str:
    return decode(node.text or b"")


def matches(pattern: str, root: Node, language: Language) -> Iterator[Match]:
    """Each place below `root` where the pattern is found, in source order."""
    wanted = _compiled(pattern, language)
    if len(wanted) == 1 and wanted[0].type == "expression_statement" and _is_expression(wanted[0]):
        yield from _expressions(wanted[0].named_children[0], root)
    else:
        yield from _statements(wanted, root)


@cache
def _compiled(pattern: str, language: Language) -> tuple[Node, ...]:
    text = _METAVARIABLE.sub(
        lambda found: (_REST if found[1] == "$$" else _ONE) + found[2], pattern.strip("\n")
    )
    root = parse(encode(text), language).root_node
    if root.has_error:
        raise ValueError(f"not a pattern: {pattern}")
    return tuple(_solid(root))


def _is_expression(statement: Node) -> bool:
    kind = statement.named_children[0].type
    return kind not in ("assignment", "augmented_assignment") and len(_solid(statement)) == 1


def _expressions(wanted: Node, root: Node) -> Iterator[Match]:
    for node in preorder(root):
        if node.type == wanted.type:
            bound: Bound = {}
            if _same(wanted, node, bound):
                yield Match((node,), bound)


def _statements(wanted: Sequence[Node], root: Node) -> Iterator[Match]:
    for block in preorder(root):
        if block.type not in ("block", "module"):
            continue
        statements = _solid(block)
        for first, node in enumerate(statements):
            if node.type != wanted[0].type:
                continue
            bound: Bound = {}
            run = statements[first : first + len(wanted)]
            if _all_same(wanted, run, bound):
                yield Match(tuple(run), bound)


def _solid(node: Node) -> list[Node]:
    return [child for child in node.children if child.type not in _EXTRAS]


def _all_same(wanted: Sequence[Node], nodes: Sequence[Node], bound: Bound) -> bool:
    rest = _metavariable(wanted[-1], _REST) if wanted else None
    if rest is not None:
        head = len(wanted) - 1
        if len(nodes) <= head or not _all_same(wanted[:-1], nodes[:head], bound):
            return False
        return _bind(rest, tuple(nodes[head:]), bound)
    return len(wanted) == len(nodes) and all(
        _same(one, other, bound) for one, other in zip(wanted, nodes, strict=True)
    )


def _same(wanted: Node, node: Node, bound: Bound) -> bool:
    node, wanted = _bare(node), _bare(wanted)
    name = _metavariable(wanted, _ONE)
    if name is not None:
        return node.is_named and _bind(name, (node,), bound)
    if wanted.type == "generator_expression" and node.type == "argument_list":
        inner = node.named_children
        return len(inner) == 1 and _same(wanted, inner[0], bound)
    if wanted.type == "pattern_list" and node.type == "tuple_pattern":
        inner = [child for child in _solid(node) if child.type not in ("(", ")")]
        return _all_same(_solid(wanted), inner, bound)
    if wanted.type != node.type:
        return False
    if wanted.type == "string":
        return _string(wanted) == _string(node)
    if not wanted.children:
        return wanted.text == node.text
    return _all_same(_solid(wanted), _solid(node), bound)


def _bind(name: str, nodes: tuple[Node, ...], bound: Bound) -> bool:
    known = bound.setdefault(name, nodes)
    return [each.text for each in known] == [each.text for each in nodes]


def _metavariable(node: Node, kind: str) -> str | None:
    if node.type == "expression_statement" and len(node.children) == 1:
        node = node.children[0]
    text = node.text or b""
    if node.type == "identifier" and text.startswith(kind.encode()):
        return decode(text)[len(kind) :]
    return None


def _bare(node: Node) -> Node:
    while node.type == "parenthesized_expression" and len(_solid(node)) == 3:
        node = _solid(node)[1]
    return node


def _string(node: Node) -> tuple[str, bytes]:
    start, *content, _ = node.children
    prefix = text_of(start).strip("'\"").lower()
    return prefix, b"".join(each.text or b"" for each in content)
