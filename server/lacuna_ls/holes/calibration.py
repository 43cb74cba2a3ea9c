"""Thresholds with a PAC guarantee, and the name of what they were measured on.

For each cell (an epsilon, a number of holes) the thresholds of a fixed grid are tested from the
strictest to the loosest and testing stops before the first whose misses exceed

    k(epsilon, delta, n) = max{k : P[Bin(n, epsilon) <= k] <= delta}

(Khakhar, Mell and Bastani, ICML 2023, section 4; Park et al., ICLR 2020). Stopping at the first
failure is fixed-sequence testing: it needs no correction for the number of thresholds and stays
valid although the prediction sets of two thresholds need not be nested. The grid is a constant
and no quantile of the calibration data, which could step over a bad threshold. Because a user may
move epsilon and the number of holes, delta is split evenly over all cells (Bonferroni): the claims
of the whole table hold together with probability 1 - delta.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from math import exp, lgamma, log, log1p

from lacuna_ls.domain.calibration import CalibratedCell, Calibration

DELTA = 0.05
EPSILONS = (0.05, 0.1, 0.2, 0.4)
HOLE_COUNTS = (1, 2, 3, 4, 6, 8)
CELLS = len(EPSILONS) * len(HOLE_COUNTS)

THRESHOLDS = (0.0, *(0.01 * 10 ** (step / 16) for step in range(57)))
"""Nats, strictest first: 0, then sixteen steps a decade from 0.01 to about 32."""


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


def calibrate(
    key: str, population: str, misses: Mapping[int, Sequence[Sequence[bool]]]
) -> Calibration:
    """A calibration of all cells from one sample per file.

    Args:
        key: Of the predictor that was run (see `predictor_key`).
        population: What the files were, in words that a user reads.
        misses: For each number in `HOLE_COUNTS` one row per file: for each of `THRESHOLDS`
            whether the truth lay outside the prediction set.
    """
    cells = (_cell(epsilon, holes, misses[holes]) for epsilon in EPSILONS for holes in HOLE_COUNTS)
    return Calibration(key, DELTA, population, tuple(cells))


def usable_cell(calibration: Calibration, epsilon: float, max_holes: int) -> CalibratedCell | None:
    """The cell to use: the loosest epsilon and most holes that do not exceed what is asked for.

    An epsilon below the whole grid snaps to its strictest. `None` if that cell's sample is too
    small for its claim: then nothing is claimed.
    """
    epsilons = sorted({cell.epsilon for cell in calibration.cells})
    counts = sorted({cell.max_holes for cell in calibration.cells})
    if not epsilons:
        return None
    snapped_epsilon = max((e for e in epsilons if e <= epsilon), default=epsilons[0])
    snapped_holes = max((m for m in counts if m <= max_holes), default=counts[0])
    share = calibration.delta / len(calibration.cells)
    for cell in calibration.cells:
        if (cell.epsilon, cell.max_holes) == (snapped_epsilon, snapped_holes):
            return cell if cell.n >= minimum_samples(cell.epsilon, share) else None
    return None


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


def _cell(epsilon: float, max_holes: int, rows: Sequence[Sequence[bool]]) -> CalibratedCell:
    n = len(rows)
    tolerable = largest_tolerable_misses(epsilon, DELTA / CELLS, n)
    chosen: float | None = None
    chosen_misses = 0
    for column, threshold in enumerate(THRESHOLDS):
        count = sum(row[column] for row in rows)
        if tolerable is None or count > tolerable:
            break
        chosen, chosen_misses = threshold, count
    return CalibratedCell(epsilon, max_holes, chosen, n, chosen_misses)


def _log_binomial(k: int, n: int, p: float) -> float:
    choose = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    return choose + k * log(p) + (n - k) * log1p(-p)


def _log_add(a: float, b: float) -> float:
    high, low = max(a, b), min(a, b)
    return high + log1p(exp(low - high))
