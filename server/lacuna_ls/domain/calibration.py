"""A calibration: thresholds with the binomial evidence for each (see docs on holes)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CalibratedCell:
    """One threshold, valid for one group of cursors, one epsilon and one number of holes.

    `threshold` bounds the kept cost in nats; `None` means that not even the strictest threshold
    held, so only one hole over everything is valid. `n` counts independent samples (files), `misses`
    those whose truth lay outside the prediction set.

    `lists` counts the samples in which a hole had a list of alternatives at this threshold, `found`
    those of them that the lists and what is solid cover entirely, and `found_at_least` is a lower
    bound on the share of the latter among the former in the whole population.
    """

    epsilon: float
    max_holes: int
    threshold: float | None
    n: int
    misses: int
    group: str = "mid-line"
    lists: int = 0
    found: int = 0
    found_at_least: float = 0.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """All cells of one calibration run.

    `key` names everything that shapes the predictor; a calibration speaks for that key alone.
    `delta` is the probability, over the whole table at once, that any cell's claim is false.
    `population` says in words what the calibration data were.
    """

    key: str
    delta: float
    population: str
    cells: tuple[CalibratedCell, ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """What came of completions shown under one epsilon, as saved files tell: `misses` of `n`.

    `evidence` is the greatest natural-log e-value so far against a miss rate of at most epsilon.
    """

    epsilon: float
    n: int = 0
    misses: int = 0
    evidence: float = 0.0
