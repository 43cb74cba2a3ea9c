"""Does a claim still hold where it is used? A test that may be looked at after every label.

For misses that come one by one, against the hypothesis that their rate is at most epsilon, the
likelihood ratio of a higher rate is a non-negative supermartingale that begins at 1, and so is a mean
of several. By Ville's inequality it ever reaches 1 / delta with probability delta at most, however
often one looks (Shafer et al., "Test martingales, Bayes factors and p-values", 2011).
"""

from dataclasses import replace
from math import exp, log, log1p

from lacuna_ls.domain.calibration import Labels
from lacuna_ls.holes.calibration import DELTA, EPSILONS

_RATES = (1.25, 1.5, 2.0, 3.0)
_HIGHEST_RATE = 0.95


def labelled(labels: Labels, *, missed: bool) -> Labels:
    """With one label more."""
    more = replace(labels, n=labels.n + 1, misses=labels.misses + missed)
    return replace(more, evidence=max(labels.evidence, _log_e_value(more)))


def refuted(labels: Labels) -> bool:
    """The claim is withdrawn for good: delta is shared by the epsilons that a user may choose."""
    return labels.evidence >= log(len(EPSILONS) / DELTA)


def _log_e_value(labels: Labels) -> float:
    rates = [min(labels.epsilon * factor, _HIGHEST_RATE) for factor in _RATES]
    ratios = [_log_ratio(labels, rate) for rate in rates]
    most = max(ratios)
    return most + log(sum(exp(ratio - most) for ratio in ratios) / len(ratios))


def _log_ratio(labels: Labels, rate: float) -> float:
    hits = labels.n - labels.misses
    return labels.misses * log(rate / labels.epsilon) + hits * (
        log1p(-rate) - log1p(-labels.epsilon)
    )
