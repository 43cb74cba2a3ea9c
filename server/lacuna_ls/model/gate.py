"""How much each expert is believed: a small network over what the experts know of a context.

The gate sees how often each expert has met the context, how many tokens followed and how sure the
likeliest is, and the kinds of the last tokens; not which tokens are proposed. One hidden layer, a
softmax over the experts that have an answer ("adaptive mixtures of local experts", Jacobs et al.,
1991). The weights are fitted by `make gate` to the likelihood of the mixture, on packages that
nothing else reports.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from lacuna_ls.model.kinds import Kind

Floats = NDArray[np.float32]


class Source(IntEnum):
    """Where an answer comes from. The last four have no order."""

    FILE = 0
    WORKSPACE = 1
    LIBRARY = 2
    FILE_SHAPE = 3
    WORKSPACE_SHAPE = 4
    NEAR = 5
    SCOPE = 6
    ATTRIBUTE = 7
    UNIGRAM = 8


ORDERS: dict[Source, tuple[int, ...]] = {
    Source.FILE: (10, 6, 4, 3, 2, 1),
    Source.WORKSPACE: (6, 4, 3, 2, 1),
    Source.LIBRARY: (6, 4, 3, 2, 1),
    Source.FILE_SHAPE: (6, 4, 2),
    Source.WORKSPACE_SHAPE: (6, 4, 2),
    Source.NEAR: (0,),
    Source.SCOPE: (0,),
    Source.ATTRIBUTE: (0,),
    Source.UNIGRAM: (0,),
}
"""Orders are lengths of context, in tokens."""

SLOTS = tuple((source, order) for source, orders in ORDERS.items() for order in orders)
SLOT = {slot: number for number, slot in enumerate(SLOTS)}

WEIGHTS_FILE = "gate.npz"
LEAST_WEIGHT = 0.004
"""An expert that would get less gets nothing."""

_ANYTHING = 1e-4
"""What is left for tokens that no expert proposes, however sure one is."""

KINDS_SEEN = 3
"""Of the tokens before the cursor."""
_PER_SLOT = 5
_FAR = 9
_DEPTHS = range(-1, 5)
INPUTS = _PER_SLOT * len(SLOTS) + KINDS_SEEN * len(Kind) + (_FAR + 1) + len(_DEPTHS) + 3
_KINDS_FROM = _PER_SLOT * len(SLOTS)
_PLACE_FROM = _KINDS_FROM + KINDS_SEEN * len(Kind)
_DEPTH_FROM = _PLACE_FROM + _FAR + 1
_FILE_FROM = _DEPTH_FROM + len(_DEPTHS)


@dataclass(frozen=True, slots=True)
class Weights:
    """`hidden` is (INPUTS, h), `hidden_bias` (h,), `out` (h, slots), `out_bias` (slots,)."""

    hidden: Floats
    hidden_bias: Floats
    out: Floats
    out_bias: Floats


@cache
def shipped() -> Weights:
    """The weights that come with the package."""
    with files(__package__).joinpath(WEIGHTS_FILE).open("rb") as file, np.load(file) as arrays:
        return Weights(*(arrays[name].astype(np.float32) for name in Weights.__slots__))


class Evidence:
    """What the experts know of one context, slot by slot, as it is collected."""

    __slots__ = ("distinct", "peaks", "present", "totals")

    def __init__(self) -> None:
        self.present = np.zeros(len(SLOTS), dtype=bool)
        self.totals = np.zeros(len(SLOTS))
        self.distinct = np.zeros(len(SLOTS))
        self.peaks = np.zeros(len(SLOTS))

    def note(self, slot: int, total: int, distinct: int, peak: float) -> None:
        self.present[slot] = True
        self.totals[slot] = total
        self.distinct[slot] = distinct
        self.peaks[slot] = peak


def file_inputs(tokens_before: int, tokens_after: int) -> tuple[float, float, float]:
    """What the gate is told of the open file."""
    return float(tokens_after > 0), np.log1p(tokens_before) / 8, np.log1p(tokens_after) / 8


def inputs_of(
    evidence: Evidence, kinds: list[int], of_file: tuple[float, float, float]
) -> tuple[Floats, list[int]]:
    """The inputs that are numbers, for the first rows of `Weights.hidden`, and the rows that are 1.

    `kinds` are those of the context's tokens.
    """
    totals, distinct = np.log1p(evidence.totals), np.log1p(evidence.distinct)
    numbers = np.concatenate(
        (
            evidence.present,
            totals / 5,
            distinct / 4,
            evidence.peaks,
            (totals - distinct) / 4,
            of_file,
        ),
        dtype=np.float32,
    )
    place, depth = _place(kinds)
    rows = [
        _KINDS_FROM + number * len(Kind) + kind
        for number, kind in enumerate(kinds[: -KINDS_SEEN - 1 : -1])
    ]
    rows += (_PLACE_FROM + place, _DEPTH_FROM + depth - _DEPTHS.start)
    return numbers, rows


def weigh(
    weights: Weights,
    evidence: Evidence,
    kinds: list[int],
    of_file: tuple[float, float, float],
) -> NDArray[np.float64]:
    """Weights of all slots; those without an answer have 0, all sum to 1 at most."""
    numbers, rows = inputs_of(evidence, kinds, of_file)
    hidden = weights.hidden_bias + numbers[:_KINDS_FROM] @ weights.hidden[:_KINDS_FROM]
    hidden += numbers[_KINDS_FROM:] @ weights.hidden[_FILE_FROM:]
    hidden += weights.hidden[rows].sum(axis=0)
    scores = np.maximum(hidden, 0.0) @ weights.out + weights.out_bias
    scores = np.where(evidence.present, scores, -np.inf).astype(np.float64)
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    shares[shares < LEAST_WEIGHT] = 0.0
    shares[SLOT[Source.UNIGRAM, 0]] += _ANYTHING
    result: NDArray[np.float64] = shares / shares.sum()
    return result


_OPENING = (Kind.ROUND, Kind.SQUARE, Kind.CURLY)
_LINE_STARTS = (Kind.BLANK_LINE, Kind.INDENT, Kind.SAME_INDENT, Kind.DEDENT)


def _place(kinds: list[int]) -> tuple[int, int]:
    """How many tokens of the context are on the cursor's line, and the brackets open among them."""
    place, depth = 0, 0
    for kind in reversed(kinds):
        if kind in _LINE_STARTS:
            break
        place += 1
        depth += (kind in _OPENING) - (kind == Kind.CLOSE)
    return min(place, _FAR), max(_DEPTHS.start, min(_DEPTHS.stop - 1, depth))
