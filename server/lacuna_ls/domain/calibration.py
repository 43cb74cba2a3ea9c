"""A calibration: thresholds with the binomial evidence for each (see docs on holes)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CalibratedCell:
    """One threshold, valid for one epsilon and one number of holes.

    `threshold` bounds the kept negative log-likelihood in nats; `None` means that not even the
    strictest threshold held, so only one hole over everything is valid. `n` counts independent
    samples (files), `misses` those whose truth lay outside the prediction set.
    """

    epsilon: float
    max_holes: int
    threshold: float | None
    n: int
    misses: int


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
