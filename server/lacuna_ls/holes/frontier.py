"""The best holes for every threshold and every number of holes, from one run.

The problem is that of Khakhar, Mell and Bastani (ICML 2023, equation 8): at most m disjoint
subtrees become holes so that the negative log-likelihood of what is kept is at most T and the
weight of what is removed is least. They solve an integer program per T; here a dynamic program
over preorder positions answers all T and all m' <= m together, and exactly.

With `end` one past a subtree, `own` a node's cost and `w` the weight of its subtree,

    G[i][j][r] = min(own[i] + G[i+1][j][r],  G[end[i]][j-1][r - w[i]])

is the least cost kept among nodes i, i+1, ... when at most j holes remove weight r exactly:
either node i is solid or its whole subtree is skipped. O(n m W) time in numpy rows; rows are
dropped when no ancestor will skip to them, and one decision bit is kept per state.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Selection:
    """Preorder indices of the nodes that become holes, ascending, and what that leaves.

    `kept_nll` is in nats, `removed` in the partial program's weights.
    """

    holes: tuple[int, ...]
    kept_nll: float
    removed: int


@dataclass(frozen=True, slots=True)
class _Skips:
    """For one node: where skipping its subtree is better than keeping the node.

    Bits of a table with a row for each number of holes from 1 on and `width` columns, the weight
    removed after the subtree.
    """

    bits: NDArray[np.uint8]
    width: int

    def best(self, holes_left: int, weight_after: int) -> bool:
        if holes_left == 0 or not 0 <= weight_after < self.width:
            return False
        bit = (holes_left - 1) * self.width + weight_after
        return bool(self.bits[bit >> 3] >> (7 - (bit & 7)) & 1)


@dataclass(frozen=True, slots=True)
class Frontier:
    """Answers `select` without running the dynamic program again.

    `_least[j][r]` is the least cost kept with at most j holes and removed weight at most r.
    """

    _ends: tuple[int, ...]
    _subtree_weights: tuple[int, ...]
    _skips: tuple[_Skips | None, ...]
    _least: NDArray[np.float64]

    @property
    def max_holes(self) -> int:
        return len(self._least) - 1

    def select(self, threshold: float, max_holes: int) -> Selection:
        """The fewest removed at `kept_nll <= threshold`; on ties the least cost, then fewest holes.

        One hole over everything keeps nothing, so with `threshold >= 0` and a hole to spend there
        always is an answer.

        Raises:
            ValueError: `threshold` is negative or `max_holes` outside 1..`self.max_holes`.
        """
        if not threshold >= 0 or not 1 <= max_holes <= self.max_holes:
            raise ValueError(f"no selection for threshold {threshold}, {max_holes} holes")
        row = self._least[max_holes]
        first = len(row) - int(np.searchsorted(row[::-1], threshold, side="right"))
        kept = float(row[first])
        fewest = next(j for j in range(max_holes + 1) if self._least[j][first] == kept)
        return Selection(self._backtrack(fewest, first), kept, first)

    def _backtrack(self, holes_left: int, weight_left: int) -> tuple[int, ...]:
        holes: list[int] = []
        index = 0
        while index < len(self._ends):
            skips = self._skips[index]
            weight_after = weight_left - self._subtree_weights[index]
            if skips is None or not skips.best(holes_left, weight_after):
                index += 1
                continue
            holes.append(index)
            holes_left -= 1
            weight_left = weight_after
            index = self._ends[index]
        return tuple(holes)


def frontier(
    ends: Sequence[int], own_nll: Sequence[float], weights: Sequence[int], max_holes: int
) -> Frontier:
    """Run the dynamic program on a tree in preorder (see `PartialProgram` for the arrays).

    `own_nll` may be infinite: such a node is solid in no selection. Costs and weights are not
    negative.
    """
    count = len(ends)
    total_after = [0] * (count + 1)
    for index in range(count - 1, -1, -1):
        total_after[index] = total_after[index + 1] + weights[index]
    subtree = tuple(total_after[i] - total_after[ends[i]] for i in range(count))
    worthwhile = _worthwhile(ends, own_nll)
    last_use = list(range(-1, count))
    for index in range(count - 1, -1, -1):
        last_use[ends[index]] = index
    rows = {count: np.zeros((max_holes + 1, 1))}
    skips: list[_Skips | None] = []
    for index in range(count - 1, -1, -1):
        if worthwhile[index]:
            skip = rows[ends[index]]
            rows[index], better = _row(rows[index + 1], skip, own_nll[index], subtree[index])
            skips.append(_Skips(np.packbits(better), skip.shape[1]))
        else:
            rows[index] = rows[index + 1]
            skips.append(None)
        for done in {index + 1, ends[index]}:
            if last_use[done] == index:
                del rows[done]
    least = np.minimum.accumulate(rows[0], axis=1)
    return Frontier(tuple(ends), subtree, tuple(reversed(skips)), least)


def _row(
    solid: NDArray[np.float64], skip: NDArray[np.float64], own_nll: float, weight: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """One step of the recurrence, and where its second branch is better."""
    width = max(solid.shape[1], weight + skip.shape[1])
    row = np.empty((solid.shape[0], width))
    np.add(solid, own_nll, out=row[:, : solid.shape[1]])
    row[:, solid.shape[1] :] = np.inf
    target = row[1:, weight : weight + skip.shape[1]]
    better = skip[:-1] < target
    np.minimum(target, skip[:-1], out=target)
    return row, better


def _worthwhile(ends: Sequence[int], own_nll: Sequence[float]) -> list[bool]:
    """False for a node that costs nothing itself and has all of its cost in one child, or none.

    A hole there removes no less weight than one at that child and no more cost, so the recurrence
    may pass it by.
    """
    costly = [False] * len(ends)
    worthwhile = [False] * len(ends)
    for index in range(len(ends) - 1, -1, -1):
        costly_children = 0
        child = index + 1
        while child < ends[index]:
            costly_children += costly[child]
            child = ends[child]
        costly[index] = own_nll[index] > 0 or costly_children > 0
        worthwhile[index] = own_nll[index] > 0 or costly_children > 1
    return worthwhile
