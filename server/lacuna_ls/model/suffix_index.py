"""Every place where a context occurred in a corpus, by binary search.

Positions of the corpus are sorted by what stands before them, nearest first (Manber and Myers' suffix
array, read backwards and cut at `MAX_ORDER`), so that all occurrences of a context stand together
and those of a longer context stand inside those of a shorter one. Contexts have a fixed length, so
two stable sorts of packed keys do what prefix doubling would.

What stands before a position is for a `Reading` to say: the tokens themselves, or their shapes.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

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

_FEW = 24

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Continuations:
    """What followed a context: distinct tokens, their share, and how often the context occurred.

    `total` counts occurrences; of a frequent context an even sample of them is read. `peak` is the
    largest share.
    """

    ids: Ids
    shares: NDArray[np.float64]
    total: int
    peak: float


class Reading(Protocol):
    """A corpus as one kind of expert reads it."""

    def code_before(self, position: int, distance: int) -> int:
        """What stands `distance` tokens before a position, as `sort_contexts` was told."""
        ...

    def followers(self, positions: NDArray[np.int32]) -> Ids:
        """What stands at these positions."""
        ...


class TokenReading:
    """Tokens as they are; `shared_ids` translates those of `followers`."""

    def __init__(self, tokens: Ids, shared_ids: Ids | None = None) -> None:
        self._tokens = tokens
        self._token_at = memoryview(tokens.data)
        self._shared_ids = shared_ids

    def code_before(self, position: int, distance: int) -> int:
        return self._token_at[position - distance]

    def followers(self, positions: NDArray[np.int32]) -> Ids:
        found = self._tokens[positions]
        return found if self._shared_ids is None else self._shared_ids[found]


def continuations(followers: Ids, total: int) -> Continuations:
    """Distinct tokens, ascending, and the share of each."""
    if followers.size <= _FEW:
        return _few_continuations(followers.tolist(), total)
    ordered = np.sort(followers)
    is_first = np.ones(ordered.size, dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    starts = np.flatnonzero(is_first)
    counts = np.empty(starts.size)
    counts[:-1] = starts[1:] - starts[:-1]
    counts[-1:] = ordered.size - starts[-1:]
    shares = counts / ordered.size
    return Continuations(ordered[starts], shares, total, float(shares.max()))


def _few_continuations(followers: list[int], total: int) -> Continuations:
    """The same without the cost that an array operation has however short the array."""
    ids = sorted(set(followers))
    shares = [followers.count(token) / len(followers) for token in ids]
    peak = max(shares, default=0.0)
    return Continuations(np.array(ids, dtype=np.int32), np.array(shares), total, peak)


def joined(one: Continuations, other: Continuations) -> Continuations:
    """What followed a context in two corpora together."""
    total = one.total + other.total
    both = np.concatenate((one.ids, other.ids))
    ids, places = np.unique(both, return_inverse=True)
    weights = np.concatenate((one.shares * one.total, other.shares * other.total)) / max(total, 1)
    shares = np.bincount(places, weights=weights, minlength=ids.size).astype(np.float64)
    return Continuations(ids, shares, total, float(shares.max(initial=0.0)))


def sort_contexts(size: int, codes_before: Callable[[int], Ids]) -> NDArray[np.int32]:
    """Positions `MAX_ORDER..size-1`, sorted by what stands before them, nearest first.

    `codes_before(distance)` are the codes that far before each of these positions.

    Raises:
        ValueError: a code does not fit the packed keys.
    """
    if size <= MAX_ORDER:
        return np.empty(0, dtype=np.int32)
    order = np.argsort(_packed(codes_before, (4, 5, 6)), kind="stable")
    order = order[np.argsort(_packed(codes_before, (1, 2, 3))[order], kind="stable")]
    return (order + MAX_ORDER).astype(np.int32)


def sort_tokens(tokens: Ids) -> NDArray[np.int32]:
    """`sort_contexts` of the tokens themselves."""
    return sort_contexts(tokens.size, lambda distance: tokens[MAX_ORDER - distance : -distance])


def _packed(
    codes_before: Callable[[int], Ids], distances: tuple[int, int, int]
) -> NDArray[np.uint64]:
    keys: NDArray[np.uint64] | None = None
    for distance in distances:
        codes = codes_before(distance)
        if int(codes.max()) >= 1 << _BITS:
            raise ValueError("too many distinct tokens for one index")
        wide = codes.astype(np.uint64)
        keys = wide if keys is None else (keys << np.uint64(_BITS)) | wide
    assert keys is not None
    return keys


class SuffixIndex:
    """Lookup in a corpus by `positions` as `sort_contexts` made them, which may be a memory map."""

    def __init__(self, reading: Reading, positions: NDArray[np.int32]) -> None:
        self._reading = reading
        self._positions = positions
        self._position_at = memoryview(positions.data)
        self._ranges: dict[tuple[int, ...], tuple[int, int]] = {}
        self._found: dict[tuple[int, int], Continuations] = {}
        self._kept = 0
        self._hidden: tuple[int, int] | None = None

    def without(self, hidden: tuple[int, int]) -> "SuffixIndex":
        """The same index with a half-open range of the corpus left out of every answer."""
        other = SuffixIndex(self._reading, self._positions)
        other._ranges = self._ranges
        other._hidden = hidden
        return other

    def lookup(
        self, context: tuple[int, ...], orders: tuple[int, ...] = ORDERS
    ) -> list[tuple[int, Continuations]]:
        """What followed `context` at each of `orders` that occurred, the longest first."""
        found: list[tuple[int, Continuations]] = []
        low, high = 0, len(self._positions)
        for k in range(1, min(len(context), MAX_ORDER) + 1):
            low, high = self._narrow(context, k, low, high)
            if low == high:
                break
            if k in orders and (seen := self._continuations(low, high)).total:
                found.append((k, seen))
        return found[::-1]

    def places(self, context: tuple[int, ...], most: int) -> NDArray[np.int32]:
        """Where the corpus goes on after a context of `MAX_ORDER` tokens, evenly sampled."""
        low, high = 0, len(self._positions)
        for k in range(1, MAX_ORDER + 1):
            low, high = self._narrow(context, k, low, high)
            if low == high:
                break
        return self._shown(self._positions[low : high : max(1, -(-(high - low) // most))])

    def _narrow(self, context: tuple[int, ...], k: int, low: int, high: int) -> tuple[int, int]:
        key = context[-k:]
        known = self._ranges.get(key)
        if known is not None:
            return known
        code_before, wanted = self._reading.code_before, key[0]

        def kth_before(position: int) -> int:
            return code_before(position, k)

        first = bisect_left(self._position_at, wanted, low, high, key=kth_before)
        last = bisect_right(self._position_at, wanted, first, high, key=kth_before)
        if len(self._ranges) > _MOST_RANGES:
            self._ranges.clear()
        self._ranges[key] = first, last
        return first, last

    def _shown(self, places: NDArray[np.int32]) -> NDArray[np.int32]:
        if self._hidden is None:
            return places
        return places[(places < self._hidden[0]) | (places >= self._hidden[1])]

    def _continuations(self, low: int, high: int) -> Continuations:
        known = self._found.get((low, high))
        if known is not None:
            return known
        step = -(-(high - low) // MOST_SAMPLED)
        sample = self._shown(self._positions[low:high:step])
        result = continuations(self._reading.followers(sample), min(high - low, sample.size * step))
        self._kept += result.ids.size
        if self._kept > _MOST_KEPT:
            self._found.clear()
            self._kept = result.ids.size
        self._found[low, high] = result
        return result
