"""Finds the module that says what a language's programs mean."""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from lacuna_ls.analysis.outline import Outline
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

    def selected(
        self, root: Node, data: bytes, span: Span
    ) -> SelectedStatements | SelectedExpression | None: ...

    def with_final_return(
        self, selected: SelectedStatements, data: bytes
    ) -> SelectedStatements: ...

    def unit_at(self, node: Node) -> Unit | None: ...

    def unit_of(self, owner: Node) -> Unit | None: ...

    def unit_in(self, text: bytes) -> Unit | None:
        """The unit of the only function in a text at any indentation."""
        ...

    def lowered(self, nodes: Sequence[Node]) -> Block | None: ...

    def lowered_text(self, text: bytes) -> Block | None:
        """The structured program of statements at any indentation; `None` if they are not valid."""
        ...

    def compiles(self, text: bytes) -> bool | None:
        """Whether the language's own compiler takes statements at any indentation.

        Nothing is executed. `None` if it cannot say.
        """
        ...

    def traits_of(self, nodes: Sequence[Node], unit: Unit) -> Traits: ...

    def outline_of(self, body: Node) -> Outline: ...


@cache
def semantics_of(language: Language) -> Semantics | None:
    """The semantics of a language; `None` for one that is parsed but not analysed."""
    if language.semantics is None:
        return None
    return cast("Semantics", import_module(language.semantics))
