"""Single-edit candidates from templates: what all languages share.

A language's templates are a module with a `TEMPLATES`, named by `templates` in its
`language.toml`; a language without one has no proposer. A candidate's priority is the suspicion
of its line times how often edits of its family are the right ones times how small it is.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, TypeVar

from lacuna_ls.domain.candidate import Candidate
from lacuna_ls.domain.text import Source, Span, TextEdit
from lacuna_ls.repair.fix import RedTests
from lacuna_ls.syntax.languages import Language
from lacuna_ls.syntax.nodes import Node, span_of

T = TypeVar("T")

# The family of edits for a text that does not parse.
SYNTAX = "syntax"


@dataclass(frozen=True, slots=True)
class Splice:
    """One change that a rule proposes. `weight` compares the splices of one rule with each other.

    `also` holds further edits without which the first makes no sense.
    """

    edit: TextEdit
    summary: str
    weight: float = 1.0
    also: tuple[TextEdit, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """Names that are bound in a part of the text, each once, in order of their first binding.

    `functions` are those of them that are bound by a definition or an import, `unread` those that
    the part never mentions again.
    """

    span: Span
    names: tuple[str, ...]
    functions: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object as the text at `offset` names it. `called` is true for a method."""

    offset: int
    receiver: str
    name: str
    called: bool


@dataclass(frozen=True, slots=True)
class Names:
    """All names of a file: what is bound where, and what is asked of which object."""

    scopes: tuple[Scope, ...]
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """What rules know of the document and its failures. `quoted` are words that these quote.

    `tests` are those that fail, as far as their text is known.
    """

    source: Source
    root: Node
    names: Names
    quoted: frozenset[str]
    messages: tuple[str, ...] = ()
    tests: tuple[RedTests, ...] = ()
    _kept: dict[tuple[str, int], Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, what: str, node: Node, make: Callable[[], T]) -> T:
        """What `make` says of a node, asked once for all rules that want to know `what`."""
        key = what, node.id
        if key not in self._kept:
            self._kept[key] = make()
        found: T = self._kept[key]
        return found

    def text(self, node: Node) -> str:
        return self.source.text(span_of(node))

    def scopes_at(self, offset: int) -> tuple[Scope, ...]:
        """Scopes around a byte offset, the innermost first."""
        around = [s for s in self.names.scopes if s.span.start <= offset < s.span.end]
        return tuple(sorted(around, key=lambda scope: len(scope.span)))


@dataclass(frozen=True, slots=True)
class Rule:
    """Splices for nodes of some types. `prior` is the family's share of right edits, relative.

    No splice weighs more than `heaviest`.
    """

    family: str
    prior: float
    node_types: frozenset[str]
    splices: Callable[[Node, Context], Iterator[Splice]]
    heaviest: float = 1.0


@dataclass(frozen=True, slots=True)
class Templates:
    """What a language brings.

    Subtrees of `frozen_types` are never edited (assertions, annotations, imports), nor are those
    for which `is_test` holds. `slips` are edits for a text that does not parse. `test_machinery` are identifiers with which code could reach the
    test runner: a candidate never adds one. `test_support` are names of files that configure tests.
    """

    rules: tuple[Rule, ...]
    block_types: frozenset[str]
    function_types: frozenset[str]
    frozen_types: frozenset[str]
    test_machinery: frozenset[str]
    test_support: frozenset[str]
    is_test: Callable[[Node], bool]
    names: Callable[[Node, Source], Names]
    slips: Callable[[Node, Source, Sequence[str]], Iterator[Splice]]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A candidate, the statement it edits, the function around it, and how promising it is."""

    candidate: Candidate
    family: str
    statement: Span
    scope: Span
    priority: float


def templates_of(language: Language | None) -> Templates | None:
    if language is None or language.templates is None:
        return None
    templates = import_module(language.templates).TEMPLATES
    assert isinstance(templates, Templates)
    return templates
