"""Every place where a context occurred in a corpus, by binary search.

Positions of the corpus are sorted by the tokens before them, nearest first (Manber and Myers' suffix
array, read backwards and cut at `MAX_ORDER`), so that all occurrences of a context stand together
and those of a longer context stand inside those of a shorter one. Contexts have a fixed length, so
two stable sorts of packed keys do what prefix doubling would.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lacuna_ls.model.vocabulary import Ids

ORDERS = (1, 2, 3, 4, 6)
MAX_ORDER = ORDERS[-1]
_BITS = 21
_MOST_RANGES = 20_000
_MOST_KEPT = 500_000
MOST_SAMPLED = 768
"""Occurrences that are read of a context that occurs more often."""


@dataclass(frozen=True, slots=True)
class Continuations:
    """What followed a context: distinct tokens, their share, and how often the context occurred.

    `total` counts occurrences; of a frequent context an even sample of them is read.
    """

    ids: Ids
    shares: NDArray[np.float64]
    total: int


def tally(tokens: Ids) -> tuple[Ids, NDArray[np.float64]]:
    """Distinct tokens, ascending, and the share of each."""
    if tokens.size == 1:
        return tokens, np.ones(1)
    ordered = np.sort(tokens)
    is_first = np.ones(ordered.size, dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    starts = np.flatnonzero(is_first)
    counts = np.empty(starts.size)
    counts[:-1] = starts[1:] - starts[:-1]
    counts[-1:] = ordered.size - starts[-1:]
    return ordered[starts], counts / max(ordered.size, 1)


def sort_contexts(tokens: Ids) -> NDArray[np.int32]:
    """Positions `MAX_ORDER..len-1`, sorted by their preceding tokens, nearest first.

    Raises:
        ValueError: a token id does not fit the packed keys.
    """
    if tokens.size <= MAX_ORDER:
        return np.empty(0, dtype=np.int32)
    if int(tokens.max()) >= 1 << _BITS:
        raise ValueError("too many distinct tokens for one index")
    wide = tokens.astype(np.uint64)
    end = tokens.size
    triple = (wide[2:] << np.uint64(2 * _BITS)) | (wide[1:-1] << np.uint64(_BITS)) | wide[:-2]
    near = triple[MAX_ORDER - 3 : end - 3]
    far = triple[: end - MAX_ORDER]
    order = np.argsort(far, kind="stable")
    order = order[np.argsort(near[order], kind="stable")]
    return (order + MAX_ORDER).astype(np.int32)


class SuffixIndex:
    """Lookup in `tokens` by `positions` as `sort_contexts` made them; both may be memory maps.

    `shared_ids` translates the corpus's own token ids in what `lookup` returns.
    """

    def __init__(
        self, tokens: Ids, positions: NDArray[np.int32], shared_ids: Ids | None = None
    ) -> None:
        self._tokens = tokens
        self._shared_ids = shared_ids
        self._positions = positions
        self._token_at = memoryview(tokens.data)
        self._position_at = memoryview(positions.data)
        self._ranges: dict[tuple[int, ...], tuple[int, int]] = {}
        self._found: dict[tuple[int, int], Continuations] = {}
        self._kept = 0
        self._hidden: tuple[int, int] | None = None

    def without(self, hidden: tuple[int, int]) -> "SuffixIndex":
        """The same index with a half-open range of the corpus left out of every answer."""
        other = SuffixIndex(self._tokens, self._positions, self._shared_ids)
        other._ranges = self._ranges
        other._hidden = hidden
        return other

    def lookup(self, context: tuple[int, ...]) -> list[tuple[int, Continuations]]:
        """What followed `context` at each order that occurred, the longest first."""
        found: list[tuple[int, Continuations]] = []
        low, high = 0, len(self._positions)
        for k in range(1, min(len(context), MAX_ORDER) + 1):
            low, high = self._narrow(context, k, low, high)
            if low == high:
                break
            if k in ORDERS and (seen := self._continuations(low, high)).total:
                found.append((k, seen))
        return found[::-1]

    def _narrow(self, context: tuple[int, ...], k: int, low: int, high: int) -> tuple[int, int]:
        key = context[-k:]
        known = self._ranges.get(key)
        if known is not None:
            return known
        token_at, wanted = self._token_at, key[0]

        def kth_before(position: int) -> int:
            return token_at[position - k]

        first = bisect_left(self._position_at, wanted, low, high, key=kth_before)
        last = bisect_right(self._position_at, wanted, first, high, key=kth_before)
        if len(self._ranges) > _MOST_RANGES:
            self._ranges.clear()
        self._ranges[key] = first, last
        return first, last

    def _continuations(self, low: int, high: int) -> Continuations:
        known = self._found.get((low, high))
        if known is not None:
            return known
        step = -(-(high - low) // MOST_SAMPLED)
        sample = self._positions[low:high:step]
        if self._hidden is not None:
            sample = sample[(sample < self._hidden[0]) | (sample >= self._hidden[1])]
        ids, shares = tally(self._tokens[sample])
        if self._shared_ids is not None:
            ids = self._shared_ids[ids]
        result = Continuations(ids, shares, min(high - low, sample.size * step))
        self._kept += ids.size
        if self._kept > _MOST_KEPT:
            self._found.clear()
            self._kept = ids.size
        self._found[low, high] = result
        return result
