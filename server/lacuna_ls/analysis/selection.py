"""What a range of text selects."""

from dataclasses import dataclass

from lacuna_ls.domain.text import Span
from lacuna_ls.syntax.nodes import Node


@dataclass(frozen=True, slots=True)
class SelectedStatements:
    """Consecutive statements of one suite. `span` takes in the comments that go with them."""

    nodes: tuple[Node, ...]
    suite: Node
    span: Span

    @property
    def code(self) -> Span:
        return Span(self.nodes[0].start_byte, self.nodes[-1].end_byte)


@dataclass(frozen=True, slots=True)
class SelectedExpression:
    node: Node
    span: Span
