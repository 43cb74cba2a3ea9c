"""The best holes for every threshold and every number of holes, from one run.

The problem is that of Khakhar, Mell and Bastani (ICML 2023, equation 8): at most m disjoint
subtrees become holes so that the negative log-likelihood of what is kept is at most T and the
weight of what is removed is least. They solve an integer program per T; here a dynamic program
over preorder positions answers all T and all m' <= m together, and exactly.

With `end` one past a subtree, `own` a node's cost and `w` the weight of its subtree,

    G[i][j][r] = min(own[i] + G[i+1][j][r],  G[end[i]][j-1][r - w[i]])

is the least cost kept among nodes i, i+1, ... when at most j holes remove weight r exactly:
either node i is solid or its whole subtree is skipped. Two programs compute it and agree to the
last bit, holes included. The dense one has a numpy row over r for every i and j, O(n m W) in all.
The sparse one has of each row only the points that no other beats, those with the cost below that
of every smaller r: what is optimal is built from such points alone, and most nodes add none. The
dense steps are shorter, so it is the faster one on small trees; see `prefers_sparse`.

Rows are dropped when no ancestor will skip to them, and the decisions are kept for each state.
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
class _DenseSkips:
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
class _SparseSkips:
    """The same decisions as a sorted list of the states after the skip, see `_Points.states`."""

    states: NDArray[np.int64]
    span: int

    def best(self, holes_left: int, weight_after: int) -> bool:
        if holes_left == 0 or not 0 <= weight_after < self.span:
            return False
        state = (holes_left - 1) * self.span + weight_after
        at = int(self.states.searchsorted(state))
        return at < len(self.states) and int(self.states[at]) == state


@dataclass(frozen=True, slots=True)
class Frontier:
    """Answers `select` without running the dynamic program again.

    `_least[j][r]` is the least cost kept with at most j holes and removed weight at most r.
    """

    _ends: tuple[int, ...]
    _subtree_weights: tuple[int, ...]
    _skips: tuple[_DenseSkips | _SparseSkips | None, ...]
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
    """Run the faster dynamic program on a tree in preorder (see `PartialProgram` for the arrays).

    `own_nll` may be infinite: such a node is solid in no selection. Costs and weights are not
    negative.
    """
    program = sparse_frontier if prefers_sparse(len(ends), max_holes) else dense_frontier
    return program(ends, own_nll, weights, max_holes)


def prefers_sparse(count: int, max_holes: int) -> bool:
    """Whether the sparse program is expected to be the faster one on a tree of `count` nodes.

    Where the times cross on trees of programs: near 200, 500, 1,100 and 2,500 nodes for 1, 2, 4 and
    8 holes, and earlier on random trees (`benchmarks/frontier.py` has both times).
    """
    return count >= 300 * max_holes


def dense_frontier(
    ends: Sequence[int], own_nll: Sequence[float], weights: Sequence[int], max_holes: int
) -> Frontier:
    """`frontier` with rows over every weight."""
    tree = _tree(ends, own_nll, weights)
    count = len(ends)
    rows = {count: np.zeros((max_holes + 1, 1))}
    skips: list[_DenseSkips | None] = []
    for index in range(count - 1, -1, -1):
        if tree.worthwhile[index]:
            skip = rows[ends[index]]
            weight = tree.subtree_weights[index]
            rows[index], better = _row(rows[index + 1], skip, own_nll[index], weight)
            skips.append(_DenseSkips(np.packbits(better), skip.shape[1]))
        else:
            rows[index] = rows[index + 1]
            skips.append(None)
        for done in {index + 1, ends[index]}:
            if tree.last_use[done] == index:
                del rows[done]
    least = np.minimum.accumulate(rows[0], axis=1)
    return Frontier(tree.ends, tree.subtree_weights, tuple(reversed(skips)), least)


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


def sparse_frontier(
    ends: Sequence[int], own_nll: Sequence[float], weights: Sequence[int], max_holes: int
) -> Frontier:
    """`frontier` with the points that no other point beats."""
    tree = _tree(ends, own_nll, weights)
    count = len(ends)
    span = sum(weights) + 1
    points = _Points(np.arange(max_holes + 1) * span, np.zeros(max_holes + 1), max_holes)
    floor = points.floor(span, max_holes)
    rows = {count: points}
    skips: list[_SparseSkips | None] = [None] * count
    for index in range(count - 1, -1, -1):
        if tree.worthwhile[index]:
            if own_nll[index]:
                kept = points.kept + own_nll[index]
                points = _Points(points.states, kept, points.with_hole_left)
            skip = rows[ends[index]]
            states, kept = skip.states[: skip.with_hole_left], skip.kept[: skip.with_hole_left]
            targets = states + (span + tree.subtree_weights[index])
            better = (kept < points.kept[floor[targets]]).nonzero()[0]
            if len(better):
                points = _merged(points, targets[better], kept[better], span, max_holes)
                floor = points.floor(span, max_holes)
                skips[index] = _SparseSkips(states[better], span)
        rows[index] = points
        for done in {index + 1, ends[index]}:
            if tree.last_use[done] == index:
                del rows[done]
    least = points.kept[floor].reshape(max_holes + 1, span)
    return Frontier(tree.ends, tree.subtree_weights, tuple(skips), least)


@dataclass(frozen=True, slots=True)
class _Points:
    """For one position: the removed weights at which less cost is kept than at any smaller one.

    For at most j holes a removed weight r is the state `j * span + r`, where `span` is more than
    any weight. `states` ascend and have r = 0 for every j; within each j `kept` falls, or stays
    level where rounding made it so. The first `with_hole_left` have j below the maximum.
    """

    states: NDArray[np.int64]
    kept: NDArray[np.float64]
    with_hole_left: int

    def floor(self, span: int, max_holes: int) -> NDArray[np.int64]:
        """For every state the index of the last point at or below it, which has the same j."""
        lengths = np.diff(self.states, append=(max_holes + 1) * span)
        return np.repeat(np.arange(len(self.states)), lengths)


def _merged(
    points: _Points,
    states: NDArray[np.int64],
    kept: NDArray[np.float64],
    span: int,
    max_holes: int,
) -> _Points:
    """These points, each better than all at or below its state, and those that they do not beat."""
    below = states.searchsorted(points.states, side="right") - 1
    same_holes = (below >= 0) & (states[below] // span == points.states // span)
    left = np.flatnonzero(~(same_holes & (kept[below] <= points.kept)))
    all_states = np.concatenate((points.states[left], states))
    order = all_states.argsort(kind="stable")
    merged = all_states[order]
    all_kept = np.concatenate((points.kept[left], kept))[order]
    return _Points(merged, all_kept, int(merged.searchsorted(max_holes * span)))


@dataclass(frozen=True, slots=True)
class _Tree:
    """What both programs need to know of each node, and at which node each row is needed last."""

    ends: tuple[int, ...]
    subtree_weights: tuple[int, ...]
    worthwhile: list[bool]
    last_use: list[int]


def _tree(ends: Sequence[int], own_nll: Sequence[float], weights: Sequence[int]) -> _Tree:
    count = len(ends)
    total_after = [0] * (count + 1)
    for index in range(count - 1, -1, -1):
        total_after[index] = total_after[index + 1] + weights[index]
    subtree_weights = tuple(total_after[i] - total_after[ends[i]] for i in range(count))
    last_use = list(range(-1, count))
    for index in range(count - 1, -1, -1):
        last_use[ends[index]] = index
    return _Tree(tuple(ends), subtree_weights, _worthwhile(ends, own_nll), last_use)


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
