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
    Corpus.FILE: {10: 0.3, 6: 0.5, 4: 0.7, 3: 0.8, 2: 1.0, 1: 2.0},
    Corpus.WORKSPACE: {6: 0.5, 4: 0.7, 3: 0.8, 2: 1.0, 1: 2.0},
    Corpus.LIBRARY: {6: 0.7, 4: 1.0, 3: 1.0, 2: 1.0, 1: 1.0},
}


def mix(evidence: Sequence[Evidence]) -> tuple[list[float], float]:
    """Weights for experts in their order of trust, and what is left for unigrams; they sum to 1."""
    left = 1.0
    weights: list[float] = []
    for seen in evidence:
        novelty = NOVELTY[seen.corpus][seen.order] * seen.distinct
        weight = left * seen.total / (seen.total + novelty)
        weights.append(weight)
        left -= weight
    return weights, left
