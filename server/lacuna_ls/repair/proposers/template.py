"""Single-edit candidates from templates: what all languages share.

A language's templates are a module with a `TEMPLATES`, named by `templates` in its
`language.toml`; a language without one has no proposer. A candidate's priority is the suspicion
of its line times how often edits of its family are the right ones times how small it is.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, TypeVar

from lacuna_ls.domain.candidate import Candidate
from lacuna_ls.domain.text import Source, Span, TextEdit
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.languages import Language
from lacuna_ls.syntax.nodes import Node, span_of

T = TypeVar("T")

_QUOTED = re.compile(r"'([^'\n]{1,80})'")
_NAMED_BY_FAILURE = 3.0
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
    """What rules know of the document and its failures. `quoted` are words that these quote."""

    source: Source
    root: Node
    names: Names
    quoted: frozenset[str]
    messages: tuple[str, ...] = ()
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
    """Splices for nodes of some types. `prior` is the family's share of right edits, relative."""

    family: str
    prior: float
    node_types: frozenset[str]
    splices: Callable[[Node, Context], Iterator[Splice]]


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


def propose(
    document: Document, suspicion: Sequence[float], messages: Sequence[str] = ()
) -> tuple[Proposal, ...]:
    """Candidates of one change for the suspected lines, most promising first; ties in source order.

    They are not checked yet: see `repair.admission`. `messages` are those of the failures.
    """
    templates = templates_of(document.language)
    if templates is None or document.tree is None:
        return ()
    root = document.tree.root_node
    slips = tuple(_slips(templates, document, messages))
    if slips or root.has_error:
        return slips
    quoted = frozenset(word for message in messages for word in _QUOTED.findall(message))
    context = Context(
        document.source, root, templates.names(root, document.source), quoted, tuple(messages)
    )
    found: dict[tuple[tuple[int, int, bytes], ...], Proposal] = {}
    for proposal in _proposals(templates, context, suspicion):
        key = tuple(_smallest(document.data, edit) for edit in proposal.candidate.edits)
        if key not in found or found[key].priority < proposal.priority:
            found[key] = proposal
    return tuple(
        sorted(found.values(), key=lambda p: (-p.priority, p.candidate.edits[0].span, p.family))
    )


def _slips(templates: Templates, document: Document, messages: Sequence[str]) -> Iterator[Proposal]:
    assert document.tree is not None
    root = document.tree.root_node
    splices = templates.slips(root, document.source, messages)
    for splice in sorted(splices, key=lambda splice: -splice.weight):
        line = document.source.line_span(document.source.line_at(splice.edit.span.start))
        candidate = Candidate(splice.summary, (splice.edit,))
        yield Proposal(candidate, SYNTAX, line, span_of(root), splice.weight)


def _smallest(data: bytes, edit: TextEdit) -> tuple[int, int, bytes]:
    """The edit without the bytes it keeps: equal for edits that make the same text."""
    start, end, new = edit.span.start, edit.span.end, edit.new
    kept = _common(data[start:end], new)
    start, new = start + kept, new[kept:]
    kept = _common(data[start:end][::-1], new[::-1])
    return start, end - kept, new[: len(new) - kept]


def _common(first: bytes, second: bytes) -> int:
    """Length of the common prefix."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(first), len(second)))


@dataclass(frozen=True, slots=True)
class _Place:
    node: Node
    statement: Span
    scope: Span


def _proposals(
    templates: Templates, context: Context, suspicion: Sequence[float]
) -> Iterator[Proposal]:
    rules: dict[str, list[Rule]] = {}
    for rule in templates.rules:
        for node_type in rule.node_types:
            rules.setdefault(node_type, []).append(rule)
    for place in _places(templates, context.root):
        applicable = rules.get(place.node.type)
        if not applicable:
            continue
        score = _score(context.source, place, suspicion)
        if not score:
            continue
        for rule in applicable:
            for splice in rule.splices(place.node, context):
                yield _proposal(rule, splice, place, score, context)


def _places(templates: Templates, root: Node) -> Iterator[_Place]:
    """Nodes that may be edited, in source order, each with its statement and its function."""
    whole = span_of(root)
    stack = [_Place(root, whole, whole)]
    while stack:
        place = stack.pop()
        node = place.node
        if node.type in templates.frozen_types or templates.is_test(node):
            continue
        yield place
        in_block = node.type in templates.block_types
        for child in reversed(node.children):
            statement = span_of(child) if in_block else place.statement
            scope = place.scope
            if child.type in templates.function_types:
                scope = span_of(child)
            elif in_block and scope == whole:
                scope = statement
            stack.append(_Place(child, statement, scope))


def _score(source: Source, place: _Place, suspicion: Sequence[float]) -> float:
    """The suspicion of the node's line; a line inside a longer statement may have none of its own."""
    if place.node.parent is None:
        return max(suspicion, default=0.0)
    own = suspicion[source.line_at(place.node.start_byte)]
    return own or suspicion[source.line_at(place.statement.start)]


def _proposal(
    rule: Rule, splice: Splice, place: _Place, score: float, context: Context
) -> Proposal:
    edits = tuple(sorted((splice.edit, *splice.also), key=lambda edit: edit.span))
    size = sum(max(len(edit.span), len(edit.new.strip())) for edit in edits)
    old = context.source.text(splice.edit.span)
    named = _NAMED_BY_FAILURE if old in context.quoted else 1.0
    priority = score * rule.prior * splice.weight * named / (1 + size / 30)
    candidate = Candidate(splice.summary, edits)
    return Proposal(candidate, rule.family, place.statement, place.scope, priority)
