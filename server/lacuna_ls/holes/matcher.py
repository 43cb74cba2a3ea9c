"""Is what the user wrote covered by the partial program that was shown?

Two trees, of the document with the suggestion and of the document with the truth, are walked side
by side, in order and with anonymous tokens. A hole stands for exactly one node of the truth. The
paper's release compares children as unordered sets, which lets `a - b` cover `b - a`; here order
counts. Comments and layout outside string literals do not.
"""

import re
from collections.abc import Container
from dataclasses import dataclass

from lacuna_ls.domain.text import Span
from lacuna_ls.syntax.languages import Language
from lacuna_ls.syntax.nodes import Node, Tree, ancestors, covering, preorder

_MOST_LINES = 40
_NOT_CODE = re.compile(r""""[^"\n]*"|'[^'\n]*'|(?:#|//).*""")
_WORD = re.compile(rb"[\w\x80-\xff]+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Insertion:
    """A parse of a document, its bytes, and where in it something was inserted."""

    tree: Tree
    data: bytes
    region: Span


def fillings(
    shown: Insertion, truth: Insertion, hole_ids: Container[int], language: Language
) -> dict[int, Span] | None:
    """What of the truth stands in each hole, `None` if the trees differ outside the holes.

    Both documents have the same text before and after their regions; there only the kinds and
    places of nodes are compared. `hole_ids` are tree ids of nodes of `shown` inside its region;
    the one hole over everything covers any truth and needs no call. Spans are in the truth's bytes;
    a hole in what is not compared, like a comment, has none.
    """
    filled: dict[int, Span] = {}
    pending = [(shown.tree.root_node, truth.tree.root_node)]
    while pending:
        left, right = pending.pop()
        if left.id in hole_ids:
            span = Span(right.start_byte, right.end_byte)
            if not truth.region.contains(span):
                return None
            filled[left.id] = span
            continue
        if left.kind_id != right.kind_id or left.is_missing != right.is_missing:
            return None
        if _untouched(left, right, shown.region, truth.region):
            continue
        lefts, rights = _children(left, shown.region), _children(right, truth.region)
        if len(lefts) != len(rights):
            return None
        if not lefts or left.type in language.verbatim_nodes:
            if _text(shown, left) != _text(truth, right):
                return None
            continue
        pending += zip(lefts, rights, strict=True)
    return filled


def truth_extent(shown: str, rest: str) -> str:
    """What of the user's `rest` a suggestion is compared with.

    As many lines as it proposes, and those after them up to where their brackets are closed.
    """
    lines = rest.splitlines(keepends=True)
    count = shown.count("\n") + 1
    depth = sum(map(_depth, lines[:count]))
    closed = count
    while depth > 0 and closed < min(len(lines), count + _MOST_LINES):
        depth += _depth(lines[closed])
        closed += 1
    return "".join(lines[: count if depth > 0 else closed]).rstrip("\r\n")


def _depth(line: str) -> int:
    """How many brackets a line leaves open, those in strings and comments not counted."""
    code = _NOT_CODE.sub("", line)
    return sum(map(code.count, "([{")) - sum(map(code.count, ")]}"))


def token_ends(written: Insertion, language: Language) -> list[int]:
    """Where tokens of what was written end, ascending, in bytes of it.

    In comments and in what counts byte by byte, words and marks are tokens.
    """
    region = written.region
    ends = {region.end}
    for node in preorder(covering(written.tree.root_node, region, named=False)):
        if node.children:
            continue
        ends.add(node.end_byte)
        around = (node, *ancestors(node))
        if node.is_extra or any(above.type in language.verbatim_nodes for above in around):
            start, end = max(node.start_byte, region.start), min(node.end_byte, region.end)
            ends.update(start + match.end() for match in _WORD.finditer(written.data[start:end]))
    return sorted(end - region.start for end in ends if region.start < end <= region.end)


def _untouched(left: Node, right: Node, shown: Span, truth: Span) -> bool:
    """Both nodes are the same bytes of the text that the two documents share."""
    if left.end_byte <= shown.start:
        return (left.start_byte, left.end_byte) == (right.start_byte, right.end_byte)
    if left.start_byte < shown.end:
        return False
    shift = truth.end - shown.end
    return (left.start_byte + shift, left.end_byte + shift) == (right.start_byte, right.end_byte)


def _children(node: Node, region: Span) -> list[Node]:
    """Children that count: a comment does only if the cursor stood in it."""
    return [
        child
        for child in node.children
        if not child.is_extra or child.is_error or child.start_byte < region.start < child.end_byte
    ]


def _text(insertion: Insertion, node: Node) -> bytes:
    return insertion.data[node.start_byte : node.end_byte]
