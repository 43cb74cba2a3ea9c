"""An immutable snapshot of one file: its bytes, its lines, its tree.

The tree is re-parsed incrementally. Where the text has errors an incremental tree can differ
from a full parse (tree-sitter's error recovery depends on its history), so such a text is parsed
from scratch: equal texts always have equal trees.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import tree_sitter

from lacuna_ls.domain.text import Source, TextEdit
from lacuna_ls.syntax.languages import Language, parser_language

MAX_PARSED_BYTES = 2_000_000
MAX_PARSED_LINES = 50_000


@dataclass(frozen=True, slots=True)
class Document:
    """`tree` is `None` for an unknown language and above the size limits: then nothing analyses it."""

    uri: str
    version: int
    language: Language | None
    source: Source
    tree: tree_sitter.Tree | None

    @property
    def data(self) -> bytes:
        return self.source.data


def open_document(uri: str, version: int, language: Language | None, data: bytes) -> Document:
    source = Source.of(data)
    return Document(uri, version, language, source, _parse(source, language, None))


def edit_document(document: Document, version: int, edits: Sequence[TextEdit]) -> Document:
    """Apply edits in order, each to the text that the one before it left.

    Raises:
        ValueError: an edit lies outside its text.
    """
    source = document.source
    tree = document.tree.copy() if document.tree else None
    for edit in edits:
        if edit.span.end > len(source.data):
            raise ValueError(f"edit {edit.span} leaves the text")
        changed = source.replaced(edit)
        if tree:
            _shift(tree, source, changed, edit)
        source = changed
    return Document(
        document.uri, version, document.language, source, _parse(source, document.language, tree)
    )


def try_edit(document: Document, edit: TextEdit) -> Document:
    """The document as it would be after an edit that nobody has made.

    Always parsed incrementally, so it costs no full parse where the edit makes an error. Its tree
    depends on `document` and `edit` alone, but where it has errors it need not be the tree of an
    open document with that text.

    Raises:
        ValueError: the edit lies outside the text.
    """
    if edit.span.end > len(document.data):
        raise ValueError(f"edit {edit.span} leaves the text")
    source = document.source.replaced(edit)
    tree = None
    if document.tree is not None and document.language is not None:
        old = document.tree.copy()
        _shift(old, document.source, source, edit)
        parser = tree_sitter.Parser(parser_language(document.language))
        tree = parser.parse(source.data, old)
    return Document(document.uri, document.version, document.language, source, tree)


def parse(data: bytes, language: Language) -> tree_sitter.Tree:
    """A full parse of text that no editor holds (a candidate, a file on disk)."""
    return tree_sitter.Parser(parser_language(language)).parse(data)


def _parse(
    source: Source, language: Language | None, old: tree_sitter.Tree | None
) -> tree_sitter.Tree | None:
    too_large = len(source.data) > MAX_PARSED_BYTES or len(source.line_starts) > MAX_PARSED_LINES
    if language is None or too_large:
        return None
    parser = tree_sitter.Parser(parser_language(language))
    if old is not None:
        tree = parser.parse(source.data, old)
        if not tree.root_node.has_error:
            return tree
        parser.reset()
    return parser.parse(source.data)


def _shift(tree: tree_sitter.Tree, before: Source, after: Source, edit: TextEdit) -> None:
    start, old_end = edit.span.start, edit.span.end
    new_end = start + len(edit.new)
    tree.edit(
        start_byte=start,
        old_end_byte=old_end,
        new_end_byte=new_end,
        start_point=_point(before.data, start),
        old_end_point=_point(before.data, old_end),
        new_end_point=_point(after.data, new_end),
    )


def _point(data: bytes, offset: int) -> tree_sitter.Point:
    r"""tree-sitter's own row and column, which count only `\n`."""
    row = data.count(b"\n", 0, offset)
    return tree_sitter.Point(row, offset - data.rfind(b"\n", 0, offset) - 1)
