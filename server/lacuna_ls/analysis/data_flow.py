"""Data flow over one function's graph, as worklist problems over bit sets.

The classical equations (Kildall 1973; Aho et al., *Compilers*, ch. 9). A set of names is an integer
with a bit a name. An exception edge leaves before its step's writes: forward problems pass the
state at the step's entry along it, backward problems join it after the step's own transfer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from lacuna_ls.analysis.control_flow import ENTRY, RAISED, EdgeKind, Graph
from lacuna_ls.analysis.scopes import AccessKind
from lacuna_ls.analysis.structure import Step

_READS = (AccessKind.READ, AccessKind.CAPTURE, AccessKind.CAPTURE_WRITE)
_WRITE, _DELETE = AccessKind.WRITE, AccessKind.DELETE
_EXCEPTION = EdgeKind.EXCEPTION


@dataclass(frozen=True, slots=True)
class NameSets:
    """Numbers the names of one function; `mask` is the bit of each."""

    names: tuple[str, ...]
    mask: dict[str, int]

    @classmethod
    def over(cls, names: Iterable[str]) -> "NameSets":
        ordered = tuple(sorted(names))
        return cls(ordered, {name: 1 << bit for bit, name in enumerate(ordered)})

    def bits(self, names: Iterable[str]) -> int:
        result = 0
        for name in names:
            result |= self.mask.get(name, 0)
        return result

    def members(self, bits: int) -> frozenset[str]:
        return frozenset([name for name, bit in self.mask.items() if bits & bit])


class Transfer(NamedTuple):
    """What one step does to sets of names.

    `exposed`: read before any certain write in the step. `bound` / `unbound`: surely bound
    (deleted) at its end. `touched`: written or deleted, perhaps.
    """

    exposed: int
    bound: int
    unbound: int
    touched: int


def transfer_of(step: Step, sets: NameSets) -> Transfer:
    exposed = bound = unbound = touched = 0
    mask = sets.mask
    for kind, name, _, certain in step.accesses:
        bit = mask.get(name, 0)
        if not bit:
            continue
        if kind in _READS:
            exposed |= bit & ~bound
        elif kind is _WRITE:
            touched |= bit
            if certain:
                bound |= bit
                unbound &= ~bit
        elif kind is _DELETE:
            exposed |= bit & ~bound
            touched |= bit
            unbound |= bit
            bound &= ~bit
    return Transfer(exposed, bound, unbound, touched)


@dataclass(frozen=True, slots=True)
class Flow:
    """A graph with its transfers and edges by end, ready for the problems below."""

    graph: Graph
    sets: NameSets
    transfers: tuple[Transfer, ...]
    successors: tuple[tuple[tuple[int, bool], ...], ...]
    predecessors: tuple[tuple[tuple[int, bool], ...], ...]


def flow_of(graph: Graph, names: Iterable[str]) -> Flow:
    """Edges are kept as (other end, leaves before the writes).

    Those of uncaught exceptions, nearly one a step, are left out: nothing is read or bound there.
    """
    sets = NameSets.over(names)
    successors: list[list[tuple[int, bool]]] = [[] for _ in graph.steps]
    predecessors: list[list[tuple[int, bool]]] = [[] for _ in graph.steps]
    for source, target, kind in graph.edges:
        if target == RAISED:
            continue
        early = kind is _EXCEPTION
        successors[source].append((target, early))
        predecessors[target].append((source, early))
    return Flow(
        graph,
        sets,
        tuple([transfer_of(step, sets) for step in graph.steps]),
        tuple(map(tuple, successors)),
        tuple(map(tuple, predecessors)),
    )


def live_in(flow: Flow, within: frozenset[int] | None = None) -> list[int]:
    """Names that may be read before they are written, at each step's entry.

    With `within`, paths end where they leave those steps: what the region itself reads.
    """
    transfers, successors, predecessors = flow.transfers, flow.successors, flow.predecessors
    live = [0] * len(transfers)
    pending = list(range(len(live))) if within is None else sorted(within)
    queued = [within is None or step in within for step in range(len(live))]
    while pending:
        step = pending.pop()
        queued[step] = False
        after = early = 0
        for target, leaves_early in successors[step]:
            if within is not None and target not in within:
                continue
            if leaves_early:
                early |= live[target]
            else:
                after |= live[target]
        exposed, bound, unbound, _ = transfers[step]
        state = exposed | early | (after & ~(bound | unbound))
        if state != live[step]:
            live[step] = state
            for source, _ in predecessors[step]:
                if not queued[source] and (within is None or source in within):
                    queued[source] = True
                    pending.append(source)
    return live


def surely_bound(
    flow: Flow,
    at_start: int,
    starts: Iterable[int] = (ENTRY,),
    within: frozenset[int] | None = None,
) -> list[int]:
    """Names bound on every path to each step's entry; all names where no path leads.

    `at_start` holds at the entry of each of `starts`. With `within`, only paths inside count.
    """
    everything = (1 << len(flow.sets.names)) - 1
    return _forward(flow, at_start, starts, within, everything)


def perhaps_bound(
    flow: Flow,
    at_start: int,
    starts: Iterable[int] = (ENTRY,),
    within: frozenset[int] | None = None,
) -> list[int]:
    """Names bound on some path to each step's entry."""
    return _forward(flow, at_start, starts, within, 0)


def perhaps_touched(flow: Flow, starts: Iterable[int], within: frozenset[int]) -> list[int]:
    """Names written or deleted on some path from `starts` to each step's entry, inside `within`."""
    state = [0] * len(flow.transfers)
    pending = [step for step in starts if step in within]
    seen = set(pending)
    while pending:
        step = pending.pop()
        for target, early in flow.successors[step]:
            if target not in within:
                continue
            new = state[target] | state[step]
            if not early:
                new |= flow.transfers[step].touched
            if new != state[target] or target not in seen:
                seen.add(target)
                state[target] = new
                pending.append(target)
    return state


def after(flow: Flow, state: list[int], step: int) -> int:
    """The state of a boundness problem at a step's end."""
    transfer = flow.transfers[step]
    return state[step] & ~transfer.unbound | transfer.bound


def reachable(flow: Flow, starts: Iterable[int]) -> frozenset[int]:
    """Steps that some path leads to from the end of one of `starts`."""
    seen: set[int] = set()
    pending = list(starts)
    while pending:
        for target, _ in flow.successors[pending.pop()]:
            if target not in seen:
                seen.add(target)
                pending.append(target)
    return frozenset(seen)


def _forward(
    flow: Flow, at_start: int, starts: Iterable[int], within: frozenset[int] | None, top: int
) -> list[int]:
    """Meet is intersection where `top` is everything, union where it is nothing."""
    first = set(starts)
    transfers, successors = flow.transfers, flow.successors
    state = [top] * len(transfers)
    for step in first:
        state[step] = at_start
    pending = sorted(first)
    seen = set(pending)
    while pending:
        step = pending.pop()
        before = state[step]
        _, bound, unbound, touched = transfers[step]
        out = before & ~unbound | bound
        if not top:
            out |= touched & ~unbound
        for target, early in successors[step]:
            if within is not None and target not in within:
                continue
            arriving = before if early else out
            new = state[target] & arriving if top else state[target] | arriving
            if new != state[target] or target not in seen:
                seen.add(target)
                state[target] = new
                pending.append(target)
    return state
