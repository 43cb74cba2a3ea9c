"""An immutable snapshot of one file: its bytes, its lines, its tree.

The tree is parsed when it is first asked for, so that typing costs no parse that nobody looks at,
and incrementally from the last one that was. Where the text has errors an incremental tree can
differ from a full parse (tree-sitter's error recovery depends on its history), so such a text is
parsed from scratch: equal texts always have equal trees.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import tree_sitter

from lacuna_ls.domain.text import Source, TextEdit
from lacuna_ls.syntax.languages import Language, parser_language

MAX_PARSED_BYTES = 2_000_000
MAX_PARSED_LINES = 50_000
# Past this many edits since the last parse a full one costs no more.
_MAX_MOVES = 200


@dataclass(frozen=True, slots=True)
class _Move:
    """One edit in the terms of `tree_sitter.Tree.edit`."""

    start_byte: int
    old_end_byte: int
    new_end_byte: int
    start_point: tree_sitter.Point
    old_end_point: tree_sitter.Point
    new_end_point: tree_sitter.Point

    def apply(self, tree: tree_sitter.Tree) -> None:
        tree.edit(
            self.start_byte,
            self.old_end_byte,
            self.new_end_byte,
            self.start_point,
            self.old_end_point,
            self.new_end_point,
        )


@dataclass(slots=True)
class _LazyTree:
    """A tree, or how to come by it: an older tree and what was edited since."""

    older: tree_sitter.Tree | None = None
    moves: tuple[_Move, ...] = ()
    tree: tree_sitter.Tree | None = None

    def parsed(self, data: bytes, language: Language) -> tree_sitter.Tree:
        if self.tree is None:
            self.tree = self._incremental(data, language) or parse(data, language)
            self.older, self.moves = None, ()
        return self.tree

    def has_errors(self, data: bytes, language: Language) -> bool:
        if self.tree is None and self.older is not None:
            self.tree = self._incremental(data, language)
            self.older, self.moves = None, ()
            if self.tree is None:
                return True
        return self.parsed(data, language).root_node.has_error

    def _incremental(self, data: bytes, language: Language) -> tree_sitter.Tree | None:
        if self.older is None:
            return None
        older = self.older.copy()
        for move in self.moves:
            move.apply(older)
        tree = tree_sitter.Parser(parser_language(language)).parse(data, older)
        return None if tree.root_node.has_error else tree

    def moved(self, moves: tuple[_Move, ...]) -> "_LazyTree":
        if self.tree is not None:
            return _LazyTree(self.tree, moves)
        moves = (*self.moves, *moves)
        reusable = self.older is not None and len(moves) <= _MAX_MOVES
        return _LazyTree(self.older, moves) if reusable else _LazyTree()


@dataclass(frozen=True, slots=True)
class Document:
    """A text of one version. Two snapshots are equal if all but their trees are."""

    uri: str
    version: int
    language: Language | None
    source: Source
    _lazy: _LazyTree = field(default_factory=_LazyTree, compare=False, repr=False)

    @property
    def data(self) -> bytes:
        return self.source.data

    @property
    def has_tree(self) -> bool:
        """False for an unknown language and above the size limits: then nothing analyses it."""
        lines = len(self.source.line_starts)
        small = len(self.data) <= MAX_PARSED_BYTES and lines <= MAX_PARSED_LINES
        return self.language is not None and small

    @property
    def tree(self) -> tree_sitter.Tree | None:
        """The tree of a full parse of the text, `None` without `has_tree`."""
        if self.language is None or not self.has_tree:
            return None
        return self._lazy.parsed(self.data, self.language)

    @property
    def has_errors(self) -> bool:
        """Whether the text does not parse; with an older tree at hand cheaper than the tree itself.

        False without `has_tree`.
        """
        if self.language is None or not self.has_tree:
            return False
        return self._lazy.has_errors(self.data, self.language)


def open_document(uri: str, version: int, language: Language | None, data: bytes) -> Document:
    return Document(uri, version, language, Source.of(data))


def edit_document(document: Document, version: int, edits: Sequence[TextEdit]) -> Document:
    """Apply edits in order, each to the text that the one before it left.

    Raises:
        ValueError: an edit lies outside its text.
    """
    source = document.source
    moves: list[_Move] = []
    for edit in edits:
        if edit.span.end > len(source.data):
            raise ValueError(f"edit {edit.span} leaves the text")
        changed = source.replaced(edit)
        moves.append(_move(source, changed, edit))
        source = changed
    lazy = document._lazy.moved(tuple(moves))  # noqa: SLF001 - one module, one secret
    return Document(document.uri, version, document.language, source, lazy)


def parse(data: bytes, language: Language) -> tree_sitter.Tree:
    """A full parse of text that no editor holds (a candidate, a file on disk)."""
    return tree_sitter.Parser(parser_language(language)).parse(data)


def _move(before: Source, after: Source, edit: TextEdit) -> _Move:
    start, old_end = edit.span.start, edit.span.end
    new_end = start + len(edit.new)
    return _Move(
        start,
        old_end,
        new_end,
        _point(before.data, start),
        _point(before.data, old_end),
        _point(after.data, new_end),
    )


def _point(data: bytes, offset: int) -> tree_sitter.Point:
    r"""tree-sitter's own row and column, which count only `\n`."""
    row = data.count(b"\n", 0, offset)
    return tree_sitter.Point(row, offset - data.rfind(b"\n", 0, offset) - 1)
