"""What a range of text selects."""

from dataclasses import dataclass

from lacuna_ls.analysis.scopes import Access
from lacuna_ls.analysis.traits import Hazard
from lacuna_ls.domain.text import Span
from lacuna_ls.syntax.nodes import Node


@dataclass(frozen=True, slots=True)
class Assignment:
    """`name = value`, which says nothing else; `target` is all in front of the value."""

    name: str
    target: Span


@dataclass(frozen=True, slots=True)
class SelectedStatements:
    """Consecutive statements of one suite. `span` takes in the comments that go with them.

    `last_assignment` is the last of them, if it is one whose value could be returned as well.
    """

    nodes: tuple[Node, ...]
    suite: Node
    span: Span
    last_assignment: Assignment | None = None

    @property
    def code(self) -> Span:
        return Span(self.nodes[0].start_byte, self.nodes[-1].end_byte)


@dataclass(frozen=True, slots=True)
class SelectedExpression:
    """One expression, or some operands in a row of one that does not care how they are grouped.

    `statement` evaluates it. `accesses` are its own, those of names in `inner` included. `inner` names belong to lambdas and
    comprehensions between the expression and its unit; `nested` is true if there is such a scope,
    or one inside the expression. `assigned_to` is the one variable that becomes its value;
    `is_returned` is true if the function returns just that. `before` and `after` make its text a
    value that can stand alone; `is_tightly_bound` is true where no prefix may come in front of it.
    `hazard` is what keeps it where it is, besides its traits.
    """

    parts: tuple[Node, ...]
    statement: Node
    span: Span
    accesses: tuple[Access, ...]
    inner: frozenset[str]
    nested: bool
    assigned_to: str | None
    is_returned: bool = False
    before: str = ""
    after: str = ""
    is_tightly_bound: bool = False
    hazard: Hazard | None = None

    @property
    def code(self) -> Span:
        return self.span
