"""What a range of text selects."""

from dataclasses import dataclass

from lacuna_ls.analysis.scopes import Access
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
    """One expression. `accesses` are its own, those of names in `inner` included.

    `inner` names belong to lambdas and comprehensions between the expression and its unit;
    `nested` is true if
    there is such a scope, or one inside the expression. `assigned_to` is the one variable that
    becomes its value; `is_returned` is true if the function returns just that.
    """

    node: Node
    span: Span
    accesses: tuple[Access, ...]
    inner: frozenset[str]
    nested: bool
    assigned_to: str | None
    is_returned: bool = False

    @property
    def code(self) -> Span:
        return self.span
