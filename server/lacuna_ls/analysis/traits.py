"""What stands in the way of moving a piece of a program elsewhere."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hazard:
    """Why the code at byte `offset` cannot be moved; `reason` completes "line 3 ..."."""

    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class Traits:
    """`returns` are offsets of return statements of the piece itself.

    `yields` are offsets of its yields. `class_bound` is set where the piece only means the same inside its own class.
    """

    hazards: tuple[Hazard, ...]
    returns: tuple[int, ...]
    awaits: bool
    class_bound: Hazard | None
    yields: tuple[int, ...] = ()
