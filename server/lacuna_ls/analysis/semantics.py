"""Finds the module that says what a language's programs mean."""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from lacuna_ls.analysis.outline import Outline
from lacuna_ls.analysis.piece import Piece
from lacuna_ls.analysis.selection import SelectedExpression, SelectedStatements
from lacuna_ls.analysis.structure import Block
from lacuna_ls.analysis.traits import Traits
from lacuna_ls.analysis.unit import Unit
from lacuna_ls.analysis.writing import Writing
from lacuna_ls.domain.text import Span
from lacuna_ls.syntax.languages import Language
from lacuna_ls.syntax.nodes import Node


class Semantics(Protocol):
    """What a module named by `Language.semantics` defines."""

    @property
    def writing(self) -> Writing: ...

    def excerpt(self, data: bytes, span: Span) -> Span | None:
        """Whole statements of the file that are enough to understand the function around `span`."""
        ...

    def definitions(self, data: bytes) -> Iterator[Span]:
        """Statements of the file that define functions and classes, with what is between them."""
        ...

    def joined(self, text: bytes) -> bytes:
        """The same statements, as long, in a layout that no grammar fails at."""
        ...

    def is_in_definition(self, root: Node, span: Span) -> bool:
        """Whether the code at `span` belongs to a function or a class, not to the file itself."""
        ...

    def selected(
        self, root: Node, data: bytes, span: Span
    ) -> SelectedStatements | SelectedExpression | None: ...

    def expression_at(self, root: Node, data: bytes, offset: int) -> Span | None:
        """What is meant where nothing is selected."""
        ...

    def with_final_return(
        self, selected: SelectedStatements, data: bytes
    ) -> SelectedStatements: ...

    def unit_at(self, node: Node) -> Unit | None: ...

    def unit_of(self, owner: Node) -> Unit | None: ...

    def lowered(self, nodes: Sequence[Node]) -> Block | None: ...

    def compiled(self, text: bytes, line: int | None, asked: frozenset[str]) -> Piece | None:
        """What the definition on `line` of new statements, at any indentation, turns out to be.

        `asked` are the names of which the answer tells. Nothing is executed. Without a line only whether they are valid is asked. `None` where the
        language's own compiler does not take them.
        """
        ...

    def parsed(self, text: bytes, line: int | None, asked: frozenset[str]) -> Piece | None:
        """As `compiled`, by the grammar alone, for what is newer than the compiler."""
        ...

    def traits_of(self, nodes: Sequence[Node], unit: Unit) -> Traits: ...

    def outline_of(self, body: Node) -> Outline: ...


@cache
def semantics_of(language: Language) -> Semantics | None:
    """The semantics of a language; `None` for one that is parsed but not analysed."""
    if language.semantics is None:
        return None
    return cast("Semantics", import_module(language.semantics))
