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
class Frontier:
    """Answers `select` without running the dynamic program again.

    `_least[j][r]` is the least cost kept with at most j holes and removed weight at most r.
    """

    _ends: tuple[int, ...]
    _subtree_weights: tuple[int, ...]
    _suffix_weights: tuple[int, ...]
    _decisions: tuple[NDArray[np.uint8], ...]
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
            if not self._skipped(index, holes_left, weight_left):
                index += 1
                continue
            holes.append(index)
            holes_left -= 1
            weight_left -= self._subtree_weights[index]
            index = self._ends[index]
        return tuple(holes)

    def _skipped(self, index: int, holes_left: int, weight_left: int) -> bool:
        """The decision bit: rows are numbers of holes from 1 on, columns what is removed after."""
        after = weight_left - self._subtree_weights[index]
        if holes_left == 0 or after < 0:
            return False
        width = self._suffix_weights[self._ends[index]] + 1
        bit = (holes_left - 1) * width + after
        return bool(self._decisions[index][bit >> 3] >> (7 - (bit & 7)) & 1)


def frontier(
    ends: Sequence[int], own_nll: Sequence[float], weights: Sequence[int], max_holes: int
) -> Frontier:
    """Run the dynamic program on a tree in preorder (see `PartialProgram` for the arrays).

    `own_nll` may be infinite: such a node is solid in no selection. Weights are not negative.
    """
    count = len(ends)
    total_after = [0] * (count + 1)
    for index in range(count - 1, -1, -1):
        total_after[index] = total_after[index + 1] + weights[index]
    subtree = tuple(total_after[i] - total_after[ends[i]] for i in range(count))
    last_use = list(range(-1, count))
    for index in range(count - 1, -1, -1):
        last_use[ends[index]] = index
    rows = {count: np.zeros((max_holes + 1, 1))}
    decisions: list[NDArray[np.uint8]] = []
    for index in range(count - 1, -1, -1):
        skip = rows[ends[index]]
        solid = rows[index + 1]
        row = np.empty((max_holes + 1, total_after[index] + 1))
        np.add(solid, own_nll[index], out=row[:, : solid.shape[1]])
        row[:, solid.shape[1] :] = np.inf
        target = row[1:, subtree[index] :]
        decisions.append(np.packbits(skip[:-1] < target))
        np.minimum(target, skip[:-1], out=target)
        for done in {index + 1, ends[index]}:
            if last_use[done] == index:
                del rows[done]
        rows[index] = row
    return Frontier(
        tuple(ends),
        subtree,
        tuple(total_after),
        tuple(reversed(decisions)),
        np.minimum.accumulate(rows[0], axis=1),
    )
