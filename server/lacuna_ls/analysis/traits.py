"""What stands in the way of moving a piece of a program elsewhere."""

from dataclasses import dataclass

from lacuna_ls.domain.text import Span


@dataclass(frozen=True, slots=True)
class Hazard:
    """Why the code at byte `offset` cannot be moved; `reason` completes "line 3 ..."."""

    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class Return:
    """A return statement. `value` is what it gives, if anything.

    `is_nothing` is true where that is the value of a function that just ends, `is_something` where
    it surely is another. An `is_open` value needs brackets to be a part of a larger one.
    """

    span: Span
    value: Span | None
    is_nothing: bool
    is_something: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class Traits:
    """`returns` are the return statements of the piece itself, `yields` offsets of its yields.

    `class_bound` is set where the piece only means the same inside its own class, `definitions` is
    true where it defines functions or classes.
    """

    hazards: tuple[Hazard, ...]
    returns: tuple[Return, ...]
    awaits: bool
    class_bound: Hazard | None
    yields: tuple[int, ...] = ()
    definitions: bool = False
