"""The structured program: what a language lowers its statements to.

Control and data flow are written once, against these few shapes; a semantics module says how its
statements map to them. A block is a tuple of statements in execution order. What a function has one
of a statement is a named tuple, which is made four times as fast as a frozen dataclass.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from lacuna_ls.analysis.scopes import Access
from lacuna_ls.domain.text import Span


class Step(NamedTuple):
    """An indivisible piece of evaluation, from `start` to `end`; `accesses` are in its order."""

    start: int
    end: int
    accesses: tuple[Access, ...] = ()
    raises: bool = True

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


class Jump(Enum):
    RETURN = auto()
    RAISE = auto()
    BREAK = auto()
    CONTINUE = auto()


class Simple(NamedTuple):
    """A step, and where it leaves to if it does not go on to the next statement."""

    step: Step
    jump: Jump | None = None


@dataclass(frozen=True, slots=True)
class Arm:
    """Entered if `test` succeeds; then `bind` happens; then `guard`, if any, must hold too.

    An `always` arm's test cannot fail.
    """

    test: Step
    body: "Block"
    bind: Step | None = None
    guard: Step | None = None
    always: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Arms tried in order, then `otherwise`."""

    arms: tuple[Arm, ...]
    otherwise: "Block" = ()


@dataclass(frozen=True, slots=True)
class Loop:
    """`before` once; each round `test`, then `bind`, then `body`; `otherwise` when the test fails."""

    test: Step
    body: "Block"
    before: Step | None = None
    bind: Step | None = None
    otherwise: "Block" = ()
    endless: bool = False


@dataclass(frozen=True, slots=True)
class Handler:
    """Entered if `test` matches; `bind` and `unbind` surround the body (an exception's name)."""

    test: Step
    body: "Block"
    bind: Step | None = None
    unbind: Step | None = None
    catches_all: bool = False


@dataclass(frozen=True, slots=True)
class Guarded:
    """try / handlers / else / finally. `span` is that of the whole statement."""

    span: Span
    body: "Block"
    handlers: tuple[Handler, ...] = ()
    otherwise: "Block" = ()
    final: "Block" = ()


Statement = Simple | Choice | Loop | Guarded
Block = tuple[Statement, ...]


def steps_of(block: Block) -> Iterator[Step]:
    """Every step of a block once, in source order as far as the shapes keep it."""
    pending: list[Statement | Step] = list(reversed(block))
    while pending:
        item = pending.pop()
        if isinstance(item, Simple):
            yield item.step
        elif isinstance(item, Step):
            yield item
        else:
            pending.extend(reversed(_parts(item)))


def _parts(statement: Choice | Loop | Guarded) -> list[Statement | Step]:
    parts: list[Statement | Step | None] = []
    if isinstance(statement, Choice):
        for arm in statement.arms:
            parts += (arm.test, arm.bind, arm.guard, *arm.body)
        parts += statement.otherwise
    elif isinstance(statement, Loop):
        parts += (statement.before, statement.test, statement.bind, *statement.body)
        parts += statement.otherwise
    else:
        parts += statement.body
        for handler in statement.handlers:
            parts += (handler.test, handler.bind, *handler.body, handler.unbind)
        parts += (*statement.otherwise, *statement.final)
    return [part for part in parts if part is not None]
