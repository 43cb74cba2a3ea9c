"""How much each expert is believed.

The gate sees what the experts know of a context (order, occurrences, distinct continuations), not
which tokens they propose, and answers with weights. This form is Witten and Bell's interpolation
("The zero-frequency problem", 1991, method C) with one constant per expert: an expert that saw a
context `N` times with `D` distinct continuations takes `N / (N + a D)` of the weight that those
before it left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Corpus(IntEnum):
    FILE = 0
    WORKSPACE = 1
    LIBRARY = 2


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one expert knows of the context at hand, without the tokens it proposes."""

    corpus: Corpus
    order: int
    total: int
    distinct: int


NOVELTY: dict[Corpus, dict[int, float]] = {
    Corpus.FILE: {10: 0.67, 6: 2.4, 4: 2.9, 3: 8.2, 2: 2.0, 1: 3.9},
    Corpus.WORKSPACE: {6: 2.5, 4: 6.3, 3: 19.0, 2: 4.9, 1: 13.0},
    Corpus.LIBRARY: {6: 22.0, 4: 20.0, 3: 300.0, 2: 9.8, 1: 2200.0},
}
"""What `benchmarks/gate.py` fits: 2.74 bits per token on packages that no benchmark reports, where
1 throughout gives 3.36. Most are above 1 because orders are not independent: what an order knows,
the next lower one mostly knows too.
"""

LEAST_WEIGHT = 0.01
"""An expert that would get less gets nothing: a third less to add up, and no worse."""


def mix(evidence: Sequence[Evidence]) -> tuple[list[float], float]:
    """Weights for experts in their order of trust, and what is left for unigrams; they sum to 1."""
    left = 1.0
    weights: list[float] = []
    for seen in evidence:
        novelty = NOVELTY[seen.corpus][seen.order] * seen.distinct
        weight = left * seen.total / (seen.total + novelty)
        if weight < LEAST_WEIGHT:
            weight = 0.0
        weights.append(weight)
        left -= weight
    return weights, left
