"""The control-flow graph of one function, with exception edges.

A `finally` block stands in the graph twice, once for normal completion and once for completion by
exception or jump, so that what is assigned before it is not forgotten after it. Context managers
swallow exceptions only where the semantics module says so (it lowers those to `Guarded`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from lacuna_ls.analysis.scopes import AccessKind
from lacuna_ls.analysis.structure import (
    Block,
    Choice,
    Guarded,
    Handler,
    Jump,
    Loop,
    Simple,
    Statement,
    Step,
)
from lacuna_ls.domain.text import Span


class EdgeKind(Enum):
    """`EXCEPTION` leaves before the step's writes are done; all others leave after them."""

    NORMAL = auto()
    RETURN = auto()
    RAISE = auto()
    EXCEPTION = auto()


class Edge(NamedTuple):
    source: int
    target: int
    kind: EdgeKind


ENTRY, EXIT, RAISED = 0, 1, 2
_NORMAL, _RAISE, _EXCEPTION = EdgeKind.NORMAL, EdgeKind.RAISE, EdgeKind.EXCEPTION
_WRITE = AccessKind.WRITE
_READ_OR_DELETED = (AccessKind.READ, AccessKind.DELETE)


@dataclass(frozen=True, slots=True)
class Graph:
    """Steps by index; 0, 1 and 2 are entry, return and uncaught exception, and have no source."""

    steps: tuple[Step, ...]
    edges: tuple[Edge, ...]

    def within(self, span: Span) -> frozenset[int]:
        """Indices of the steps whose text lies in `span`."""
        first, last = span.start, span.end
        return frozenset(
            [
                index
                for index, (start, end, _, _) in enumerate(self.steps)
                if index > RAISED and first <= start and end <= last
            ]
        )


def control_flow(block: Block) -> Graph:
    builder = _Builder()
    frontier = builder.block(block, [ENTRY])
    for source in frontier:
        builder.edge(source, EXIT, EdgeKind.NORMAL)
    return Graph(tuple(builder.steps), tuple(builder.edges))


@dataclass(slots=True)
class _LoopExits:
    breaks: list[int] = field(default_factory=list)
    continues: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Cleanup:
    """A `finally` that jumps have to pass; `pad` is where abrupt completion enters it."""

    pad: int
    pending: dict[Jump, None] = field(default_factory=dict)


class _Builder:
    """Threads a frontier (steps whose normal successor comes next) through the statements."""

    def __init__(self) -> None:
        nowhere = Step(0, 0, raises=False)
        self.steps: list[Step] = [nowhere, nowhere, nowhere]
        self.edges: list[Edge] = []
        self._contexts: list[_LoopExits | _Cleanup] = []
        self._raise_to = RAISED

    def edge(self, source: int, target: int, kind: EdgeKind) -> None:
        self.edges.append(Edge(source, target, kind))

    def block(self, block: Block, frontier: list[int]) -> list[int]:
        for statement in block:
            frontier = self._statement(statement, frontier)
        return frontier

    def _statement(self, statement: Statement, frontier: list[int]) -> list[int]:
        if isinstance(statement, Simple):
            index = self._step(statement.step, frontier)
            if statement.jump is None:
                return [index]
            self._jump(statement.jump, index)
            return []
        if isinstance(statement, Choice):
            return self._choice(statement, frontier)
        if isinstance(statement, Loop):
            return self._loop(statement, frontier)
        return self._guarded(statement, frontier)

    def _step(self, step: Step, frontier: Iterable[int]) -> int:
        index = len(self.steps)
        self.steps.append(step)
        edges = self.edges
        for source in frontier:
            edges.append(Edge(source, index, _NORMAL))
        if step.raises:
            edges.append(Edge(index, self._raise_to, _EXCEPTION))
            if _writes_before_it_may_raise(step):
                edges.append(Edge(index, self._raise_to, _RAISE))
        return index

    def _jump(self, jump: Jump, source: int) -> None:
        if jump is Jump.RAISE:
            self.edge(source, self._raise_to, EdgeKind.RAISE)
            return
        for context in reversed(self._contexts):
            if isinstance(context, _Cleanup):
                kind = EdgeKind.RETURN if jump is Jump.RETURN else EdgeKind.NORMAL
                self.edge(source, context.pad, kind)
                context.pending[jump] = None
                return
            if jump is Jump.BREAK:
                context.breaks.append(source)
                return
            if jump is Jump.CONTINUE:
                context.continues.append(source)
                return
        self.edge(source, EXIT, EdgeKind.RETURN)

    def _choice(self, choice: Choice, frontier: list[int]) -> list[int]:
        done: list[int] = []
        for arm in choice.arms:
            test = self._step(arm.test, frontier)
            frontier = [] if arm.always else [test]
            last = self._step(arm.bind, [test]) if arm.bind else test
            if arm.guard:
                last = self._step(arm.guard, [last])
                frontier.append(last)
            done += self.block(arm.body, [last])
        return done + self.block(choice.otherwise, frontier)

    def _loop(self, loop: Loop, frontier: list[int]) -> list[int]:
        if loop.before:
            frontier = [self._step(loop.before, frontier)]
        head = self._step(loop.test, frontier)
        inside = self._step(loop.bind, [head]) if loop.bind else head
        exits = _LoopExits()
        self._contexts.append(exits)
        back = self.block(loop.body, [inside])
        self._contexts.pop()
        for source in (*back, *exits.continues):
            self.edge(source, head, EdgeKind.NORMAL)
        ended = [] if loop.endless else [head]
        return self.block(loop.otherwise, ended) + exits.breaks

    def _guarded(self, guarded: Guarded, frontier: list[int]) -> list[int]:
        outer = self._raise_to
        cleanup: _Cleanup | None = None
        if guarded.final:
            cleanup = _Cleanup(self._pad(guarded.span))
            self._contexts.append(cleanup)
            self._raise_to = cleanup.pad
        unhandled = self._raise_to
        if guarded.handlers:
            self._raise_to = landing = self._pad(guarded.span)
        done = self.block(guarded.body, frontier)
        self._raise_to = unhandled
        done = self.block(guarded.otherwise, done)
        if guarded.handlers:
            done = done + self._handlers(guarded.handlers, landing)
        self._raise_to = outer
        if cleanup is None:
            return done
        self._contexts.pop()
        self._abrupt(guarded.final, cleanup)
        return self.block(guarded.final, done) if done else []

    def _handlers(self, handlers: tuple[Handler, ...], landing: int) -> list[int]:
        done: list[int] = []
        frontier = [landing]
        for handler in handlers:
            test = self._step(handler.test, frontier)
            frontier = [] if handler.catches_all else [test]
            last = self._step(handler.bind, [test]) if handler.bind else test
            out = self.block(handler.body, [last])
            if handler.unbind and out:
                out = [self._step(handler.unbind, out)]
            done += out
        for source in frontier:
            self.edge(source, self._raise_to, EdgeKind.RAISE)
        return done

    def _abrupt(self, final: Block, cleanup: _Cleanup) -> None:
        for source in self.block(final, [cleanup.pad]):
            self.edge(source, self._raise_to, EdgeKind.RAISE)
            for jump in cleanup.pending:
                self._jump(jump, source)

    def _pad(self, span: Span) -> int:
        self.steps.append(Step(span.start, span.end, raises=False))
        return len(self.steps) - 1


def _writes_before_it_may_raise(step: Step) -> bool:
    """A write that something else than a write follows may be seen by a handler."""
    written = False
    for access in step.accesses:
        if access.kind is _WRITE:
            written = True
        elif written and access.kind in _READ_OR_DELETED:
            return True
    return False
