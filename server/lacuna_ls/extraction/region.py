"""The selected part of a function's graph: how control enters it, and by which edges it leaves."""

from collections.abc import Iterable
from dataclasses import dataclass

from lacuna_ls.analysis.control_flow import RAISED, Edge, EdgeKind, Graph, control_flow
from lacuna_ls.analysis.data_flow import Flow, after, flow_of, live_in, perhaps_bound, surely_bound
from lacuna_ls.analysis.scopes import Access, AccessKind
from lacuna_ls.analysis.unit import Unit
from lacuna_ls.domain.text import Span

_NORMAL = EdgeKind.NORMAL


@dataclass(frozen=True, slots=True)
class Region:
    """`sure` and `live` are the solutions over the whole function, by step.

    `touched` are the names that it may write, `at_start` those that are bound where the function
    begins. Of the `leaving` edges those that `falls_through` holds go on to what comes next.

    `unseen` are the names that a function elsewhere cannot see by itself: the unit's own and
    those of the functions around it.
    """

    unit: Unit
    flow: Flow
    unseen: frozenset[str]
    steps: frozenset[int]
    entries: tuple[int, ...]
    leaving: tuple[Edge, ...]
    falls_through: tuple[Edge, ...]
    accesses: tuple[Access, ...]
    touched: int
    at_start: int
    sure: tuple[int, ...]
    live: tuple[int, ...]

    def sure_before(self) -> int:
        """Names bound whenever control enters."""
        bits = -1
        for entry in self.entries:
            bits &= self.sure[entry]
        return bits

    def perhaps_before(self, asked: int = -1) -> int:
        """Those of the names asked about that may be bound when control enters."""
        everything = (1 << len(self.flow.sets.names)) - 1
        reached = any(self.sure[entry] != everything for entry in self.entries)
        if reached and not asked & ~self.sure_before():
            return asked
        bits = 0
        perhaps = perhaps_bound(self.flow, self.at_start)
        for entry in self.entries:
            bits |= perhaps[entry]
        return bits & asked

    def sure_after(self) -> int:
        """Names bound whenever control falls through."""
        return self._at_exits(self.sure)

    def perhaps_after(self) -> int:
        """Names that may be bound where control falls through."""
        known = perhaps_bound(self.flow, self.at_start)
        bits = 0
        for edge in self.falls_through:
            transfer = self.flow.transfers[edge.source]
            bits |= after(self.flow, known, edge.source) | transfer.touched & ~transfer.unbound
        return bits

    def sure_by_itself(self) -> int:
        """Names that the region binds on every path through it, whatever was before."""
        return self._at_exits(surely_bound(self.flow, 0, self.entries, self.steps))

    def _at_exits(self, state: Iterable[int]) -> int:
        known = list(state)
        bits = -1
        for edge in self.falls_through:
            bits &= after(self.flow, known, edge.source)
        return bits

    def exposed(self) -> int:
        """Names that the region may read, or capture, before it writes them."""
        live = live_in(self.flow, self.steps)
        bits = 0
        for entry in self.entries:
            bits |= live[entry]
        return bits

    def live_after(self) -> int:
        bits = 0
        for edge in self.falls_through:
            bits |= self.live[edge.target]
        return bits

    def members(self, bits: int) -> frozenset[str]:
        return self.flow.sets.members(bits)

    def ordered(self, bits: int, kind: AccessKind | None = None) -> tuple[str, ...]:
        """Names by their first access (of one kind) in the region."""
        return in_order(self.members(bits), self.accesses, kind) if bits else ()


def region_of(unit: Unit, piece: Span) -> Region:
    """The region of the steps whose text lies in `piece`."""
    graph = control_flow(unit.block)
    return _region(unit, graph, graph.within(piece))


def region_around(unit: Unit, piece: Span) -> Region:
    """The region of the smallest step that holds `piece`; empty if none does."""
    graph = control_flow(unit.block)
    holding = [
        (step.end - step.start, index)
        for index, step in enumerate(graph.steps)
        if index > RAISED and step.start <= piece.start and piece.end <= step.end
    ]
    smallest = min(holding, default=(0, 0))[0]
    return _region(unit, graph, frozenset(i for size, i in holding if size == smallest))


def _region(unit: Unit, graph: Graph, steps: frozenset[int]) -> Region:
    unseen = unseen_names(unit)
    flow = flow_of(graph, unseen)
    entries = sorted({e.target for e in graph.edges if e.target in steps and e.source not in steps})
    at_start = flow.sets.bits(_bound_at_entry(unit))
    leaving = [e for e in graph.edges if e.source in steps and e.target not in steps]
    inside = sorted(steps)
    touched = 0
    for step in inside:
        touched |= flow.transfers[step].touched
    return Region(
        unit=unit,
        flow=flow,
        unseen=unseen,
        steps=steps,
        entries=tuple(entries or inside[:1]),
        leaving=tuple(leaving),
        falls_through=tuple([e for e in leaving if e.kind is _NORMAL]),
        accesses=tuple([a for step in inside for a in graph.steps[step].accesses]),
        touched=touched,
        at_start=at_start,
        sure=tuple(surely_bound(flow, at_start)),
        live=tuple(live_in(flow)),
    )


def unseen_names(unit: Unit) -> frozenset[str]:
    """The unit's own names, and those of the functions around that it does not shadow."""
    names = set(unit.bindings().bound)
    shadowed = set(unit.bindings().global_names)
    for enclosing in unit.enclosing:
        names |= enclosing.bindings.bound - shadowed
        shadowed |= enclosing.bindings.global_names
    return frozenset(names)


def in_order(
    names: Iterable[str], accesses: Iterable[Access], kind: AccessKind | None = None
) -> tuple[str, ...]:
    """`names` by first access in the source; a name that is never accessed comes last."""
    first: dict[str, int] = {}
    wanted = frozenset(names)
    for access in accesses:
        name, offset = access.name, access.offset
        if name in wanted and (kind is None or access.kind is kind):
            first[name] = min(first.get(name, offset), offset)
    return tuple(sorted(wanted, key=lambda name: (first.get(name, 1 << 60), name)))


def _bound_at_entry(unit: Unit) -> set[str]:
    """Parameters, and the names of functions around, which are taken to be bound."""
    names = set(unit.parameters)
    own = unit.bindings().bound
    for enclosing in unit.enclosing:
        names |= enclosing.bindings.bound - own
    return names
