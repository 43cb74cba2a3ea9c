"""Candidates of one change, most promising first, made as they are asked for.

Best-first, with an upper bound of what a rule can make of a place in the text: a rule is asked only
when nothing that has been made is more promising than its bound. So the first candidates of a large
function are there at once, and those that nobody gets to are never made.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from lacuna_ls.domain.candidate import Candidate
from lacuna_ls.domain.text import Source, Span, TextEdit
from lacuna_ls.repair.fix import RedTests
from lacuna_ls.repair.proposers.everywhere import OF_ONE_PLACE, at_all_places
from lacuna_ls.repair.proposers.template import (
    SYNTAX,
    Context,
    Proposal,
    Rule,
    Splice,
    Templates,
    templates_of,
)
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.nodes import Node, span_of

_QUOTED = re.compile(r"'([^'\n]{1,80})'")
_NAMED_BY_FAILURE = 3.0
# Edits that make the same text have the same.
_Key = tuple[tuple[int, int, bytes], ...]
_Order = tuple[float, Span, int, int]


def propose(
    document: Document,
    suspicion: Sequence[float],
    messages: Sequence[str] = (),
    tests: Sequence[RedTests] = (),
) -> Iterator[Proposal]:
    """Candidates of one change for the suspected lines, most promising first; then in source order, short ones first.

    The same change at all its places in a function counts as one. They are not checked yet: see
    `repair.admission`. `messages` are those of the failures,
    `tests` what failed.
    """
    templates = templates_of(document.language)
    if templates is None or document.tree is None:
        return
    root = document.tree.root_node
    slips = tuple(_slips(templates, document, messages))
    if slips or root.has_error:
        yield from slips
        return
    quoted = frozenset(word for message in messages for word in _QUOTED.findall(message))
    names = templates.names(root, document.source)
    context = Context(document.source, root, names, quoted, tuple(messages), tuple(tests))
    tasks = sorted(_tasks(templates, context, suspicion), key=lambda task: -task.bound)
    yield from _Space(document.data, context, tasks).proposals()


def _slips(templates: Templates, document: Document, messages: Sequence[str]) -> Iterator[Proposal]:
    assert document.tree is not None
    root = document.tree.root_node
    splices = templates.slips(root, document.source, messages)
    for splice in sorted(splices, key=lambda splice: -splice.weight):
        line = document.source.line_span(document.source.line_at(splice.edit.span.start))
        candidate = Candidate(splice.summary, (splice.edit,))
        yield Proposal(candidate, SYNTAX, line, span_of(root), splice.weight)


@dataclass(frozen=True, slots=True)
class _Place:
    node: Node
    statement: Span
    scope: Span


@dataclass(slots=True)
class _Task:
    """A rule to be asked of a place. What it says is at most as promising as `bound`."""

    rule: Rule
    place: _Place
    score: float
    bound: float
    done: bool = False

    @property
    def group(self) -> tuple[int, str]:
        """What may be one change at several places."""
        return self.place.scope.start, self.rule.family


@dataclass(slots=True)
class _Space:
    """The search space of one text; `tasks` come with the highest bound first."""

    data: bytes
    context: Context
    tasks: Sequence[_Task]
    _made: list[tuple[_Order, _Key, Proposal]] = field(default_factory=list)
    _of_group: dict[tuple[int, str], list[_Task]] = field(default_factory=dict)
    _whole: set[tuple[int, str]] = field(default_factory=set)
    _singles: dict[tuple[int, str], dict[_Key, Proposal]] = field(default_factory=dict)
    _given: set[_Key] = field(default_factory=set)
    _number: Iterator[int] = field(default_factory=count)

    def proposals(self) -> Iterator[Proposal]:
        for task in self.tasks:
            self._of_group.setdefault(task.group, []).append(task)
        for task in self.tasks:
            yield from self._better_than(task.bound)
            self._ask(task)
        yield from self._better_than(0.0)

    def _better_than(self, bound: float) -> Iterator[Proposal]:
        while self._made and self._made[0][-1].priority > bound:
            _, key, proposal = heappop(self._made)
            if key in self._given:
                continue
            self._given.add(key)
            yield proposal
            self._make_group_of(proposal)

    def _ask(self, task: _Task) -> None:
        if task.done:
            return
        task.done = True
        singles = self._singles.setdefault(task.group, {})
        for splice in task.rule.splices(task.place.node, self.context):
            proposal = _proposal(task.rule, splice, task.place, task.score, self.context)
            key = _key(self.data, proposal)
            if key not in singles or singles[key].priority < proposal.priority:
                singles[key] = proposal
                self._add(proposal, key)

    def _make_group_of(self, proposal: Proposal) -> None:
        """All places of a change are known before it is that change's turn at all of them.

        At all of them it is less promising than at the first.
        """
        group = proposal.scope.start, proposal.family
        if proposal.family in OF_ONE_PLACE or group in self._whole:
            return
        self._whole.add(group)
        for task in self._of_group[group]:
            self._ask(task)
        for each in at_all_places(self.data, tuple(self._singles[group].values())):
            self._add(each, _key(self.data, each))

    def _add(self, proposal: Proposal, key: _Key) -> None:
        first = proposal.candidate.edits[0]
        order = -proposal.priority, first.span, len(first.new), next(self._number)
        heappush(self._made, (order, key, proposal))


def _key(data: bytes, proposal: Proposal) -> _Key:
    return tuple(_smallest(data, edit) for edit in proposal.candidate.edits)


def _smallest(data: bytes, edit: TextEdit) -> tuple[int, int, bytes]:
    """The edit without the bytes it keeps: equal for edits that make the same text."""
    start, end, new = edit.span.start, edit.span.end, edit.new
    kept = _common(data[start:end], new)
    start, new = start + kept, new[kept:]
    kept = _common(data[start:end][::-1], new[::-1])
    return start, end - kept, new[: len(new) - kept]


def _common(first: bytes, second: bytes) -> int:
    """Length of the common prefix."""
    shorter = min(len(first), len(second))
    unlike = int.from_bytes(first[:shorter], "big") ^ int.from_bytes(second[:shorter], "big")
    return shorter - (unlike.bit_length() + 7) // 8


def _tasks(templates: Templates, context: Context, suspicion: Sequence[float]) -> Iterator[_Task]:
    rules: dict[str, list[Rule]] = {}
    for rule in templates.rules:
        for node_type in rule.node_types:
            rules.setdefault(node_type, []).append(rule)
    named: dict[Span, float] = {}
    for place in _places(templates, context.root):
        applicable = rules.get(place.node.type)
        if not applicable:
            continue
        score = _score(context.source, place, suspicion)
        if not score:
            continue
        if place.scope not in named:
            named[place.scope] = _most_named(context.source.text(place.scope), context.quoted)
        for rule in applicable:
            bound = score * rule.prior * rule.heaviest * named[place.scope]
            yield _Task(rule, place, score, bound)


def _most_named(text: str, quoted: frozenset[str]) -> float:
    return _NAMED_BY_FAILURE if any(word in text for word in quoted) else 1.0


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
    weight = min(splice.weight, rule.heaviest)
    priority = score * rule.prior * weight * named / (1 + size / 30)
    candidate = Candidate(splice.summary, edits)
    return Proposal(candidate, rule.family, place.statement, place.scope, priority)
