"""The frontier is exact: equal to brute force on small trees and to an integer program on others."""

import random
from itertools import combinations, pairwise
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from lacuna_ls.holes.frontier import (
    dense_frontier,
    frontier,
    prefers_sparse,
    sparse_frontier,
)


def random_tree(rng, count):
    """Subtree ends, in preorder, of a tree whose shape is drawn node by node."""
    depths = [0]
    for _ in range(count - 1):
        depths.append(rng.randint(1, depths[-1] + 1))
    return ends_of(depths)


def ends_of(depths):
    return tuple(
        next((j for j in range(i + 1, len(depths)) if depths[j] <= depth), len(depths))
        for i, depth in enumerate(depths)
    )


@st.composite
def trees(draw, max_size=9):
    count = draw(st.integers(1, max_size))
    depths = [0]
    for _ in range(count - 1):
        depths.append(draw(st.integers(1, depths[-1] + 1)))
    own = draw(st.lists(st.integers(0, 6), min_size=count, max_size=count))
    weights = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    return ends_of(depths), own, weights


def brute_force(ends, own, weights, threshold, max_holes):
    best = None
    for size in range(max_holes + 1):
        for holes in combinations(range(len(ends)), size):
            if any(ends[a] > b for a, b in pairwise(holes)):
                continue
            gone = {k for h in holes for k in range(h, ends[h])}
            kept = sum(own[k] for k in range(len(own)) if k not in gone)
            answer = (sum(weights[k] for k in gone), kept)
            if kept <= threshold and (best is None or answer < best):
                best = answer
    return best


def integer_program(ends, own, weights, threshold, max_holes):
    """Least removed weight by HiGHS: x_i = node i is a hole; holes on one path exclude each other."""
    count = len(ends)
    subtree_cost = [sum(own[i : ends[i]]) for i in range(count)]
    subtree_weight = [sum(weights[i : ends[i]]) for i in range(count)]
    leaves = [i for i in range(count) if ends[i] == i + 1]
    paths = np.array(
        [[1.0 if i <= leaf < ends[i] else 0.0 for i in range(count)] for leaf in leaves]
    )
    answer = milp(
        c=subtree_weight,
        integrality=np.ones(count),
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(paths, -np.inf, 1),
            LinearConstraint(np.ones((1, count)), -np.inf, max_holes),
            LinearConstraint(np.array([subtree_cost]), sum(own) - threshold, np.inf),
        ],
        options={"mip_rel_gap": 0.0},
    )
    assert answer.success
    return round(answer.fun)


@given(trees(), st.integers(0, 40), st.integers(1, 4))
def test_selection_equals_brute_force_for_any_threshold_and_number_of_holes(
    tree, threshold, max_holes
):
    ends, own, weights = tree
    selection = frontier(ends, own, weights, 4).select(threshold, max_holes)
    expected = brute_force(ends, own, weights, threshold, max_holes)
    assert (selection.removed, selection.kept_nll) == expected


def every_selection(found):
    """At each threshold at which the answer can change, and either side, for each number of holes."""
    breakpoints = {float(cost) for cost in found._least.flat}
    thresholds = {t for cost in breakpoints for t in (cost, cost + 0.5, max(0.0, cost - 0.5))}
    return {
        (threshold, holes): found.select(threshold, holes)
        for threshold in thresholds
        for holes in range(1, found.max_holes + 1)
    }


@given(trees(), st.integers(0, 40), st.integers(1, 8))
def test_dense_and_sparse_selections_equal_brute_force(tree, threshold, max_holes):
    ends, own, weights = tree
    dense = dense_frontier(ends, own, weights, max_holes).select(threshold, max_holes)
    sparse = sparse_frontier(ends, own, weights, max_holes).select(threshold, max_holes)
    expected = brute_force(ends, own, weights, threshold, max_holes)
    assert (dense.removed, dense.kept_nll) == (sparse.removed, sparse.kept_nll) == expected


@given(trees(max_size=40), st.integers(1, 8))
def test_dense_and_sparse_choose_the_same_holes_among_ties(tree, max_holes):
    ends, own, weights = tree
    own = [cost % 3 for cost in own]
    dense = dense_frontier(ends, own, weights, max_holes)
    assert every_selection(sparse_frontier(ends, own, weights, max_holes)) == every_selection(dense)


@given(trees(max_size=20), st.integers(1, 8), st.randoms(use_true_random=False))
def test_dense_and_sparse_agree_to_the_last_bit_on_costs_that_round(tree, max_holes, rng):
    ends, own, weights = tree
    own = [cost * rng.choice((0.1, 1e-9, 1e6, rng.random())) for cost in own]
    dense = dense_frontier(ends, own, weights, max_holes)
    assert every_selection(sparse_frontier(ends, own, weights, max_holes)) == every_selection(dense)


@given(trees(max_size=20), st.integers(1, 8), st.data())
def test_dense_and_sparse_agree_where_nodes_cannot_stay(tree, max_holes, data):
    ends, own, weights = tree
    for broken in data.draw(st.sets(st.integers(0, len(own) - 1), max_size=3)):
        own[broken] = inf
    dense = dense_frontier(ends, own, weights, max_holes)
    assert every_selection(sparse_frontier(ends, own, weights, max_holes)) == every_selection(dense)


@pytest.mark.parametrize(("count", "max_holes"), [(20, 1), (400, 1), (400, 8), (700, 2)])
def test_the_answer_does_not_tell_which_program_ran(count, max_holes):
    rng = random.Random(count)
    ends = random_tree(rng, count)
    own = [rng.choice((0, 1, 20, rng.randint(0, 500))) for _ in range(count)]
    found = frontier(ends, own, [1] * count, max_holes)
    for other in (dense_frontier, sparse_frontier):
        assert every_selection(other(ends, own, [1] * count, max_holes)) == every_selection(found)


def test_more_holes_need_a_larger_tree_for_the_sparse_program():
    smallest = [next(n for n in range(5000) if prefers_sparse(n, m)) for m in (1, 2, 4, 8)]
    assert smallest == sorted(set(smallest))


@given(trees(max_size=30), st.integers(0, 60), st.integers(1, 6))
def test_holes_are_disjoint_and_their_sums_are_what_is_claimed(tree, threshold, max_holes):
    ends, own, weights = tree
    selection = frontier(ends, own, weights, 6).select(threshold, max_holes)
    gone = [k for h in selection.holes for k in range(h, ends[h])]
    assert len(set(gone)) == len(gone)
    assert len(selection.holes) <= max_holes
    assert selection.removed == sum(weights[k] for k in gone)
    assert selection.kept_nll == sum(own) - sum(own[k] for k in gone)
    assert selection.kept_nll <= threshold


@pytest.mark.parametrize("seed", range(200))
def test_selection_equals_the_integer_program(seed):
    rng = random.Random(seed)
    count = rng.randint(5, 60)
    ends = random_tree(rng, count)
    own = [rng.choice((0, 0, 1, 5, 20, 100, rng.randint(0, 500))) for _ in range(count)]
    weights = [1] * count
    threshold = rng.randint(0, sum(own))
    max_holes = rng.randint(1, 4)
    selection = frontier(ends, own, weights, 4).select(threshold, max_holes)
    assert selection.removed == integer_program(ends, own, weights, threshold, max_holes)


@given(trees(), st.integers(0, 40), st.integers(1, 4))
def test_a_node_of_infinite_cost_never_stays(tree, threshold, max_holes):
    ends, own, weights = tree
    broken = len(own) // 2
    costs = [inf if k == broken else cost for k, cost in enumerate(own)]
    selection = frontier(ends, costs, weights, 4).select(threshold, max_holes)
    assert any(h <= broken < ends[h] for h in selection.holes)


def test_with_nothing_to_remove_there_are_no_holes():
    assert frontier((2, 2), (0.0, 0.0), (1, 1), 2).select(0.0, 2).holes == ()


def test_among_equal_removals_the_one_that_keeps_least_cost_wins():
    ends, own = (3, 2, 3), (0.0, 1.0, 2.0)
    assert frontier(ends, own, (1, 1, 1), 1).select(2.0, 1).holes == (2,)


@pytest.mark.parametrize(
    ("threshold", "max_holes"), [(-1.0, 1), (float("nan"), 1), (1.0, 0), (1.0, 3)]
)
def test_a_question_outside_the_frontier_is_an_error(threshold, max_holes):
    with pytest.raises(ValueError, match="no selection"):
        frontier((1,), (1.0,), (1,), 2).select(threshold, max_holes)
