"""What pairs of times say: a speed-up with its interval, and how both grow with the input.

The estimate is the exponential of the median of r = ln(t_original / t_variant) over pairs that were
measured in random order, its interval the 95 % percentile bootstrap over pairs (Efron, "Bootstrap
methods: another look at the jackknife", 1979). A pair is one round over all inputs of a size.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from lacuna_ls.domain.timing import LARGEST, Timed

LEAST_SPEEDUP = 1.10
MOST_SLOWDOWN = 1.05
_MOST_LOST = 0.1
_LEAST_PAIRS = 5
_RESAMPLES = 1000
_TAIL = 0.025
_LEAST_FIT = 0.98
# Bytes, on inputs that take milliseconds: on those that take seconds it is a thousand times that.
_LEAST_MEMORY = 1_000_000
# Of Student's t with three degrees of freedom: five sizes, two parameters.
_T_95 = 3.182


@dataclass(frozen=True, slots=True)
class Interval:
    """A factor and the 95 % interval around it; above one is faster."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class Growth:
    """Time grows with the size n of the input as n to this power, before and after."""

    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Measured:
    """`speedup` is on the largest inputs, `small` on those of the tests.

    `inputs` is how many different ones were measured. `loses` is true where some kinds of large inputs
    cost a part that counts of what others gain. `growth` is only there where both powers are
    certain and differ. `memory` are the bytes, before and after, that are had at most at a time, where
    it takes notably more.
    """

    speedup: Interval
    small: Interval | None
    inputs: int
    loses: bool = False
    growth: Growth | None = None
    memory: tuple[int, int] | None = None

    @property
    def worth_it(self) -> bool:
        """Measurably faster, and slower nowhere by more than can be told."""
        small = self.small is None or self.small.low >= 1 / MOST_SLOWDOWN
        return self.speedup.low > LEAST_SPEEDUP and small and not self.loses


def measured(timed: Sequence[Timed], seed: int = 1) -> Measured | None:
    """What the times of one variant say; `None` if it did something else, or there are too few."""
    if not timed or not all(each.equal for each in timed):
        return None
    small = _interval([each for each in timed if each.level == 0], seed)
    large = _interval([each for each in timed if each.level == LARGEST], seed)
    speedup = large or small
    if speedup is None:
        return None
    return Measured(
        speedup,
        small if large else None,
        len(timed),
        _loses(timed),
        _growth(timed),
        _memory(timed),
    )


def interval(ratios: Sequence[float], seed: int) -> Interval:
    """The factor that pairs with these logarithms of ratios speak for."""
    source = random.Random(seed)  # noqa: S311 - a sample, no secret
    middles = sorted(median(source.choices(ratios, k=len(ratios))) for _ in range(_RESAMPLES))
    low, high = middles[int(_TAIL * _RESAMPLES)], middles[int((1 - _TAIL) * _RESAMPLES) - 1]
    return Interval(math.exp(low), math.exp(median(ratios)), math.exp(high))


def in_words(found: Measured, inputs: int) -> str:
    """As it stands in a title; nothing is rounded up but the upper end."""
    low, middle, high = found.speedup.low, found.speedup.middle, found.speedup.high
    growth = found.growth
    powers = f", {_power(growth.before)} -> {_power(growth.after)}" if growth is not None else ""
    counted = "1 input" if inputs == 1 else f"{inputs} inputs"
    memory = (
        ", memory {:.1f} -> {:.1f} MB".format(*(each / 1e6 for each in found.memory))
        if found.memory
        else ""
    )
    return f"{_down(middle)}x faster ({_down(low)}-{_up(high)}x, {counted}{powers}{memory})"


def compared(found: Measured, revision: str) -> tuple[str, bool]:
    """What the times say of a text beside which that of `revision` was timed; whether it is slower."""
    low, middle, high = found.speedup.low, found.speedup.middle, found.speedup.high
    if low > LEAST_SPEEDUP:
        factors = f"{_down(middle)}x ({_down(low)}-{_up(high)}x, {found.inputs} inputs)"
        return f"slower than at {revision} by {factors}", True
    if high < 1 / LEAST_SPEEDUP:
        factors = f"{_down(1 / middle)}x ({_down(1 / high)}-{_up(1 / low)}x, {found.inputs} inputs)"
        return f"faster than at {revision} by {factors}", False
    return f"as fast as at {revision}, within a tenth ({found.inputs} inputs)", False


def _interval(timed: Sequence[Timed], seed: int) -> Interval | None:
    rounds = min((len(each.original_ns) for each in timed), default=0)
    if rounds < _LEAST_PAIRS:
        return None
    return interval(
        [
            math.log(
                sum(each.original_ns[i] for each in timed)
                / sum(each.variant_ns[i] for each in timed)
            )
            for i in range(rounds)
        ],
        seed,
    )


def _loses(timed: Sequence[Timed]) -> bool:
    """Whether some kinds of large inputs cost more than a tenth of what others gain."""
    large = [each for each in timed if each.level == LARGEST and each.original_ns]
    gains_ns = [median(each.original_ns) - median(each.variant_ns) for each in large]
    lost_ns = -sum(gain for gain in gains_ns if gain < 0)
    return lost_ns > _MOST_LOST * sum(gain for gain in gains_ns if gain > 0)


def _growth(timed: Sequence[Timed]) -> Growth | None:
    """Slopes of ln t on ln n over the five sizes, if they are straight lines and apart."""
    sizes = range(1, LARGEST + 1)
    levels = [
        [each for each in timed if each.level == level and each.original_ns] for level in sizes
    ]
    ways = set.intersection(*({each.growth for each in level} for level in levels))
    if not ways:
        return None
    kept = [[each for each in level if each.growth in ways] for level in levels]
    before = _slope([sum(median(each.original_ns) for each in level) for level in kept])
    after = _slope([sum(median(each.variant_ns) for each in level) for level in kept])
    if before is None or after is None or abs(before[0] - after[0]) <= before[1] + after[1]:
        return None
    return Growth(before[0], after[0])


def _memory(timed: Sequence[Timed]) -> tuple[int, int] | None:
    """The peaks on the input on which the variant has most, if it is twice as much and counts."""
    one, other = max((each.peaks for each in timed), key=lambda peaks: peaks[1], default=(0, 0))
    return (one, other) if other > 2 * one and other - one > _LEAST_MEMORY else None


def _slope(times_ns: Sequence[float]) -> tuple[float, float] | None:
    """The power, and half of its interval; each size is twice the one before."""
    xs = [level * math.log(2) for level in range(len(times_ns))]
    ys = [math.log(each) for each in times_ns]
    x_mean, y_mean = fmean(xs), fmean(ys)
    xx = sum((x - x_mean) ** 2 for x in xs)
    yy = sum((y - y_mean) ** 2 for y in ys)
    slope = sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True)) / xx
    left = sum((y - y_mean - slope * (x - x_mean)) ** 2 for x, y in zip(xs, ys, strict=True))
    if yy == 0 or 1 - left / yy <= _LEAST_FIT:
        return None
    return slope, _T_95 * math.sqrt(left / (len(xs) - 2) / xx)


def _power(power: float) -> str:
    return f"n^{power:.1f}"


def _down(factor: float) -> str:
    return f"{math.floor(factor * 10) / 10:.1f}" if factor < 10 else str(math.floor(factor))


def _up(factor: float) -> str:
    return f"{math.ceil(factor * 10) / 10:.1f}" if factor < 10 else str(math.ceil(factor))
