"""Whether an edit changed the code or only how it is laid out and commented."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

from lacuna_ls.domain.test_result import Frame, TestResult
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.languages import Language
from lacuna_ls.syntax.nodes import Node, Tree


def moved_lines(before: Document, after: Document) -> dict[int, int] | None:
    """Where each line of code of `before` stands in `after`, zero-based.

    `None` if a tree differs in more than comments and layout, or has errors. Strings are compared
    with all that stands in them, documentation included, because examples in it are tests.
    """
    if before.language is None or before.language != after.language:
        return None
    if before.tree is None or after.tree is None:
        return None
    if before.tree.root_node.has_error or after.tree.root_node.has_error:
        return None
    lines: dict[int, int] = {}
    old = _nodes(before.tree, before.data, before.language)
    new = _nodes(after.tree, after.data, after.language)
    for was, now in zip_longest(old, new):
        if was is None or now is None or was[:3] != now[:3]:
            return None
        for line, moved in zip(was[3], now[3], strict=False):
            lines.setdefault(line, moved)
    return lines


def moved_result(result: TestResult, path: Path, lines: Mapping[int, int]) -> TestResult:
    """The same result with the frames in `path` where their lines went."""
    if result.failure is None:
        return result
    frames = tuple(_moved(frame, path, lines) for frame in result.failure.frames)
    return replace(result, failure=replace(result.failure, frames=frames))


def _moved(frame: Frame, path: Path, lines: Mapping[int, int]) -> Frame:
    return replace(frame, line=lines.get(frame.line, frame.line)) if frame.path == path else frame


def syntax(tree: Tree, data: bytes, language: Language) -> Iterator[tuple[int, str, bytes, int]]:
    """Depth, type, text and first byte of each node but comments; text where it has no parts."""
    for depth, kind, text, node in _walk(tree, data, language):
        yield depth, kind, text, node.start_byte


def _nodes(tree: Tree, data: bytes, language: Language) -> Iterator[tuple[int, str, bytes, range]]:
    """Depth and type of each node but comments; text and lines where it has no parts."""
    for depth, kind, text, node in _walk(tree, data, language):
        whole = node.child_count == 0 or text != b""
        rows = range(node.start_point.row, node.end_point.row + 1) if whole else range(0)
        yield depth, kind, text, rows


def _walk(tree: Tree, data: bytes, language: Language) -> Iterator[tuple[int, str, bytes, Node]]:
    cursor = tree.walk()
    while True:
        node = cursor.node
        assert node is not None
        whole = node.child_count == 0 or _is_verbatim(node.child(0), node.type, language)
        if not node.is_extra:
            yield (
                cursor.depth,
                node.type,
                data[node.start_byte : node.end_byte] if whole else b"",
                node,
            )
        if not node.is_extra and not whole and cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def _is_verbatim(first: Node | None, kind: str, language: Language) -> bool:
    """Whether blanks inside the node count, as they do in strings with all that is put into them."""
    opened = first is not None and first.type in language.solid_nodes
    return opened or kind in language.verbatim_nodes
