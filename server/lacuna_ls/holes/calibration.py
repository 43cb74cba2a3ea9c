"""Thresholds with a PAC guarantee, and the name of what they were measured on.

For each cell (an epsilon, a number of holes) the thresholds of a fixed grid are tested from the
strictest to the loosest and testing stops before the first whose misses exceed

    k(epsilon, delta, n) = max{k : P[Bin(n, epsilon) <= k] <= delta}

(Khakhar, Mell and Bastani, ICML 2023, section 4; Park et al., ICLR 2020). Stopping at the first
failure is fixed-sequence testing: it needs no correction for the number of thresholds and stays
valid although the prediction sets of two thresholds need not be nested. The grid is a constant
and no quantile of the calibration data, which could step over a bad threshold.

A second claim of each cell is about its lists of alternatives. It is a lower bound on a share
(Clopper and Pearson, 1934) at a threshold that the same data have chosen, so it is made to hold at
every threshold of the grid. Because a user may move epsilon and the number of holes, delta is split
over all claims of all cells (Bonferroni), most of it over those that most completions fall under: the
whole table holds with probability 1 - delta.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from itertools import takewhile
from math import exp, lgamma, log, log1p

from lacuna_ls.domain.calibration import CalibratedCell, Calibration


class Group(StrEnum):
    """Where a cursor stands, which is known before anything is written there."""

    MID_LINE = "mid-line"
    LINE_START = "line start"


DELTA = 0.05
EPSILONS = (0.05, 0.1, 0.2, 0.4)
HOLE_COUNTS = (1, 2, 3, 4, 6, 8)
SPLITS = {
    Group.MID_LINE: len(EPSILONS) * len(HOLE_COUNTS) / 0.8,
    Group.LINE_START: len(EPSILONS) * len(HOLE_COUNTS) / 0.1,
}
"""What delta is divided by for the misses of one cell."""

LIST_SPLITS = len(Group) * len(EPSILONS) * len(HOLE_COUNTS) / 0.1
"""What delta is divided by for the lists of one cell."""

THRESHOLDS = (0.0, *(0.01 * 10 ** (step / 24) for step in range(85)))
"""Nats, strictest first: 0, then 24 steps a decade from 0.01 to about 32."""

_BISECTIONS = 40


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one sample's prediction set with one number of holes, at each threshold.

    `missed` says whether the truth lay outside the set; `found` whether the lists of alternatives
    and what is solid cover it entirely, `None` where no hole has a list.
    """

    missed: tuple[bool, ...]
    found: tuple[bool | None, ...]


def largest_tolerable_misses(epsilon: float, delta: float, n: int) -> int | None:
    """k(epsilon, delta, n) of the module's formula; `None` where not even no miss is evidence."""
    best = None
    log_tail = float("-inf")
    for k in range(n + 1):
        log_tail = _log_add(log_tail, _log_binomial(k, n, epsilon))
        if log_tail > log(delta):
            return best
        best = k
    return best


def minimum_samples(epsilon: float, delta: float) -> int:
    """The least n for which zero misses prove a miss rate of at most epsilon."""
    n = int(log(delta) / log1p(-epsilon))
    while n * log1p(-epsilon) > log(delta):
        n += 1
    return n


def largest_certain_share(found: int, n: int, delta: float) -> float:
    """Lower confidence bound on a share: the least p with P[Bin(n, p) >= found] > delta."""
    if found == 0:
        return 0.0
    low, high = 0.0, found / n
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if _log_tail(n - found, n, 1 - middle) <= log(delta):
            low = middle
        else:
            high = middle
    return low


def calibrate(
    key: str, population: str, samples: Mapping[Group, Sequence[Mapping[int, Outcome]]]
) -> Calibration:
    """A calibration of all cells from one sample a file.

    Args:
        key: Of the predictor that was run (see `predictor_key`).
        population: What the files were, in words that a user reads.
        samples: For each group one entry per file in which something was shown: the outcome for
            each number in `HOLE_COUNTS`.
    """
    cells = (
        _cell(group, epsilon, holes, [sample[holes] for sample in samples.get(group, ())])
        for group in Group
        for epsilon in EPSILONS
        for holes in HOLE_COUNTS
    )
    return Calibration(key, DELTA, population, tuple(cells))


def loosest(misses: Sequence[int], tolerable: int | None) -> int | None:
    """Which of `THRESHOLDS` to use: the last before the first with more misses than tolerable.

    `None` if already the strictest has more, or the sample is too small to tolerate any number.
    """
    if tolerable is None:
        return None
    passed = takewhile(lambda count: count <= tolerable, misses)
    return sum(1 for _ in passed) - 1 if misses and misses[0] <= tolerable else None


def usable_cell(
    calibration: Calibration, epsilon: float, max_holes: int, group: Group = Group.MID_LINE
) -> CalibratedCell | None:
    """The cell to use: the loosest epsilon and most holes that do not exceed what is asked for.

    An epsilon below the whole grid snaps to its strictest. `None` if that cell's sample is too
    small for its claim: then nothing is claimed.
    """
    cells = [cell for cell in calibration.cells if cell.group == group]
    if not cells:
        return None
    epsilons = sorted({cell.epsilon for cell in cells})
    counts = sorted({cell.max_holes for cell in cells})
    snapped_epsilon = max((e for e in epsilons if e <= epsilon), default=epsilons[0])
    snapped_holes = max((m for m in counts if m <= max_holes), default=counts[0])
    for cell in cells:
        if (cell.epsilon, cell.max_holes) == (snapped_epsilon, snapped_holes):
            return cell if claims(cell, calibration.delta) else None
    return None


def claims(cell: CalibratedCell, delta: float) -> bool:
    """The cell's sample is large enough for its claim."""
    return cell.n >= minimum_samples(cell.epsilon, delta / SPLITS[Group(cell.group)])


def predictor_key(parts: Mapping[str, str], sources: Iterable[tuple[str, bytes]]) -> str:
    """A digest over everything that shapes a predictor: its parameters and its code.

    `sources` are names and contents of source files; line ends do not count. Any change makes
    another key, and what was calibrated under the old one is not used again.
    """
    digest = sha256()
    for name, value in sorted(parts.items()):
        digest.update(f"{name}={value!r}\n".encode())
    for name, data in sorted(sources):
        code = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        digest.update(f"{name} {sha256(code).hexdigest()}\n".encode())
    return digest.hexdigest()


def _cell(
    group: Group, epsilon: float, max_holes: int, samples: Sequence[Outcome]
) -> CalibratedCell:
    n = len(samples)
    misses = [sum(column) for column in zip(*(sample.missed for sample in samples), strict=True)]
    chosen = loosest(misses, largest_tolerable_misses(epsilon, DELTA / SPLITS[group], n))
    if chosen is None:
        return CalibratedCell(epsilon, max_holes, None, n, 0, group)
    lists = [found for sample in samples if (found := sample.found[chosen]) is not None]
    hits = sum(lists)
    certain = largest_certain_share(hits, len(lists), DELTA / LIST_SPLITS / len(THRESHOLDS))
    threshold = THRESHOLDS[chosen]
    return CalibratedCell(
        epsilon, max_holes, threshold, n, misses[chosen], group, len(lists), hits, certain
    )


def _log_tail(k: int, n: int, p: float) -> float:
    """The logarithm of P[Bin(n, p) <= k]."""
    total = float("-inf")
    for i in range(k + 1):
        total = _log_add(total, _log_binomial(i, n, p))
    return total


def _log_binomial(k: int, n: int, p: float) -> float:
    choose = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    return choose + k * log(p) + (n - k) * log1p(-p)


def _log_add(a: float, b: float) -> float:
    high, low = max(a, b), min(a, b)
    return high + log1p(exp(low - high))
