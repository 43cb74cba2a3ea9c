"""One function as its runs of statements see it: what each statement does to sets of names.

Computed once a function from the graph's solutions, so that a run of statements is a fold over its
statements, and thousands of runs cost milliseconds. The sets agree with the contract's where
control flow is plain; whatever is offered passes the contract itself.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lacuna_ls.analysis.control_flow import EXIT, RAISED, EdgeKind
from lacuna_ls.analysis.data_flow import Flow, live_in, surely_bound
from lacuna_ls.analysis.outline import Increment
from lacuna_ls.analysis.scopes import Access
from lacuna_ls.analysis.semantics import Semantics
from lacuna_ls.analysis.structure import Block, Choice, Guarded, Jump, Loop, Simple, steps_of
from lacuna_ls.analysis.unit import Unit
from lacuna_ls.domain.text import Span
from lacuna_ls.extraction.region import Region, region_of
from lacuna_ls.syntax.nodes import Node, span_of


@dataclass(frozen=True, slots=True)
class Piece:
    """One statement and the names it touches, as bit sets.

    `exposed` is read before written, `bound` surely bound at its end by itself, `touched` perhaps
    written, `live` needed after it, `sure` bound after it whatever was before, `mentioned` all of
    them. `ends` is true where nothing follows it in the function, `stuck` where it cannot move.
    """

    span: Span
    exposed: int
    bound: int
    touched: int
    live: int
    sure: int
    mentioned: int
    returns: bool
    ends: bool
    stuck: bool


@dataclass(frozen=True, slots=True)
class Host:
    """`mentions` are (offset, bit) of all accesses, all tuples in the order of the source.

    `statements` are the offsets of all statements, `comment` is what begins one. `given` are the parameters of the function,
    `receiver` its `self`.
    """

    suites: tuple[tuple[Piece, ...], ...]
    increments: tuple[Increment, ...]
    statements: tuple[int, ...]
    mentions: tuple[tuple[int, int], ...]
    given: int
    receiver: int
    comment: bytes


def host_of(unit: Unit, semantics: Semantics) -> Host:
    """The function's statements, suite by suite; the first suite is its body."""
    outline = semantics.outline_of(unit.body)
    traits = semantics.traits_of(outline.suites[0], unit)
    region = region_of(unit, Span(0, 0))
    flow = region.flow
    stops = _Stops(
        tuple(sorted(hazard.offset for hazard in traits.hazards)),
        tuple(sorted(found.span.start for found in traits.returns)),
        tuple(_escapes(unit.block, -1)),
    )
    pieces = _Pieces(region, stops)
    accesses = [access for step in flow.graph.steps for access in step.accesses]
    return Host(
        tuple(tuple(map(pieces.of, suite)) for suite in outline.suites),
        outline.increments,
        tuple(sorted(node.start_byte for suite in outline.suites for node in suite)),
        _by_offset(flow, accesses),
        flow.sets.bits(unit.parameters),
        flow.sets.bits((unit.receiver.name,)) if unit.receiver else 0,
        unit.spelling.comment,
    )


def _by_offset(flow: Flow, accesses: Iterable[Access]) -> tuple[tuple[int, int], ...]:
    found = {(a.offset, flow.sets.bits((a.name,))) for a in accesses}
    return tuple(sorted((offset, bit) for offset, bit in found if bit))


def within(offsets: Sequence[int], span: Span) -> range:
    """Indices of the ordered offsets that lie in `span`."""
    return range(bisect_left(offsets, span.start), bisect_left(offsets, span.end))


@dataclass(frozen=True, slots=True)
class _Stops:
    """What may keep a statement: offsets of hazards and returns, and (jump, its loop's head)."""

    hazards: tuple[int, ...]
    returns: tuple[int, ...]
    jumps: tuple[tuple[int, int], ...]

    def hold(self, span: Span) -> bool:
        escapes = any(span.start <= at < span.end and head < span.start for at, head in self.jumps)
        return escapes or bool(within(self.hazards, span))


def _escapes(block: Block, head: int) -> Iterator[tuple[int, int]]:
    """Each break and continue with the offset at which its loop begins to run."""
    for statement in block:
        if isinstance(statement, Simple):
            if statement.jump in (Jump.BREAK, Jump.CONTINUE):
                yield statement.step.start, head
        elif isinstance(statement, Choice):
            for arm in statement.arms:
                yield from _escapes(arm.body, head)
            yield from _escapes(statement.otherwise, head)
        elif isinstance(statement, Loop):
            first = next(steps_of((statement,)))
            yield from _escapes(statement.body, first.start)
            yield from _escapes(statement.otherwise, head)
        elif isinstance(statement, Guarded):
            bodies = (statement.body, *(h.body for h in statement.handlers))
            for inner in (*bodies, statement.otherwise, statement.final):
                yield from _escapes(inner, head)


class _Pieces:
    """Makes the pieces of one function; its graph is indexed once."""

    def __init__(self, region: Region, stops: _Stops) -> None:
        self._region, self._stops = region, stops
        graph = region.flow.graph
        self._normal: list[list[int]] = [[] for _ in graph.steps]
        for edge in graph.edges:
            if edge.kind is EdgeKind.NORMAL:
                self._normal[edge.source].append(edge.target)
        real = range(RAISED + 1, len(graph.steps))
        self._order = sorted(real, key=lambda i: graph.steps[i].start)
        self._starts = [graph.steps[i].start for i in self._order]

    def of(self, node: Node) -> Piece:
        span = span_of(node)
        flow, region = self._region.flow, self._region
        steps = frozenset(self._order[i] for i in within(self._starts, span))
        touched = mentioned = 0
        for step in steps:
            touched |= flow.transfers[step].touched
            mentioned |= flow.sets.bits(a.name for a in flow.graph.steps[step].accesses)
        exposed, bound_at = self._solved(steps)
        live, sure, bound, ends = 0, -1, -1, True
        for step in steps:
            transfer = flow.transfers[step]
            for target in self._normal[step]:
                if target not in steps:
                    live |= region.live[target]
                    sure &= region.sure[step] & ~transfer.unbound | transfer.bound
                    bound &= bound_at[step] & ~transfer.unbound | transfer.bound
                    ends = ends and target == EXIT
        return Piece(
            span,
            exposed,
            bound,
            touched,
            live,
            sure,
            mentioned,
            returns=bool(within(self._stops.returns, span)),
            ends=ends,
            stuck=self._stops.hold(span),
        )

    def _solved(self, steps: frozenset[int]) -> tuple[int, dict[int, int]]:
        """Names exposed at the statement's entries, and surely bound before each of its steps."""
        flow = self._region.flow
        if len(steps) == 1:
            (only,) = steps
            return flow.transfers[only].exposed, {only: 0}
        entries = {s for s in steps if any(p not in steps for p, _ in flow.predecessors[s])}
        live = live_in(flow, steps)
        sure = surely_bound(flow, 0, entries, steps)
        exposed = 0
        for entry in entries:
            exposed |= live[entry]
        return exposed, {step: sure[step] for step in steps}
