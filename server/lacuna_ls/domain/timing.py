"""What was measured of an original and a variant of one function."""

from dataclasses import dataclass

# The level of the largest inputs; those of the tests have level 0.
LARGEST = 5


@dataclass(frozen=True, slots=True)
class Timed:
    """Pairs of samples on one input: nanoseconds a call, of the original and of the variant.

    `level` is 0 for an input of the tests; 1 to 5 are five sizes, each twice the one before, of an
    input that was made larger in the way of number `growth`. `size` is how much the input holds, or
    the number that it is. Without `equal` the two did not do the same on it, and nothing was
    measured. `peaks` are the bytes that each has at most at a time; zero where that was not measured.
    """

    level: int
    growth: int
    size: int
    equal: bool
    original_ns: tuple[float, ...]
    variant_ns: tuple[float, ...]
    peaks: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class LineCost:
    """A zero-based line of the original: how often it ran, and its share of the time with what it calls."""

    line: int
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Way:
    """A way to make the call of this index larger: which arguments, in what manner, how much."""

    call: int
    arguments: tuple[int | str, ...]
    manner: str
    factor: float


@dataclass(frozen=True, slots=True)
class Timing:
    """For each variant, what was measured on each input; empty for one that could not be timed.

    `ways` say how inputs were made larger, for who times something on the same ones; where they are
    found, `lines` say where the original's time goes on the largest, the one that costs most first.
    `waits` is true if it was time on the clock that was measured, because the function waits.
    `detail` says why nothing was measured at all, `confined` names the sandbox.
    """

    variants: tuple[tuple[Timed, ...], ...]
    waits: bool = False
    detail: str = ""
    confined: str = ""
    ways: tuple[Way, ...] = ()
    lines: tuple[LineCost, ...] = ()
