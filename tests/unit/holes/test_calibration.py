"""Exact binomial tails, fixed-sequence testing, and what a calibration's name covers."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from lacuna_ls.holes.calibration import (
    DELTA,
    EPSILONS,
    HOLE_COUNTS,
    LIST_SPLITS,
    SPLITS,
    THRESHOLDS,
    Group,
    Outcome,
    calibrate,
    largest_certain_share,
    largest_tolerable_misses,
    minimum_samples,
    predictor_key,
    usable_cell,
)

NO_LISTS = (None,) * len(THRESHOLDS)


def table(rows, found=NO_LISTS):
    """Of samples whose misses are `rows`, in both groups."""
    samples = [dict.fromkeys(HOLE_COUNTS, Outcome(tuple(row), tuple(found))) for row in rows]
    return calibrate("key", "files", dict.fromkeys(Group, samples))


def cell_of(calibration, epsilon, max_holes=4, group=Group.MID_LINE):
    asked = (group, epsilon, max_holes)
    return next(c for c in calibration.cells if (c.group, c.epsilon, c.max_holes) == asked)


def used_cell(calibration, epsilon, max_holes):
    return usable_cell(calibration, epsilon, max_holes)


@settings(deadline=None)
@given(st.sampled_from(EPSILONS), st.floats(1e-6, 0.2), st.integers(1, 3000))
def test_tolerable_misses_are_those_of_the_exact_binomial_tail(epsilon, delta, n):
    k = largest_tolerable_misses(epsilon, delta, n)
    if k is None:
        assert binom.cdf(0, n, epsilon) > delta * (1 - 1e-9)
        return
    assert binom.cdf(k, n, epsilon) <= delta * (1 + 1e-9)
    assert binom.cdf(k + 1, n, epsilon) > delta * (1 - 1e-9)


@pytest.mark.parametrize(
    ("epsilon", "delta", "n"),
    [(0.1, 0.05, 29), (0.2, 0.05, 14), (0.05, 0.05, 59), (0.05, 0.05 / 4, 86)],
)
def test_the_minimum_sample_is_the_published_one(epsilon, delta, n):
    assert minimum_samples(epsilon, delta) == n
    assert largest_tolerable_misses(epsilon, delta, n) == 0
    assert largest_tolerable_misses(epsilon, delta, n - 1) is None


def test_testing_stops_at_the_first_bad_threshold_though_a_looser_one_would_pass():
    bad = 7
    rows = [[column == bad for column in range(len(THRESHOLDS))]] * 1000
    assert {c.threshold for c in table(rows).cells} == {THRESHOLDS[bad - 1]}


def test_without_a_good_threshold_only_the_whole_hole_is_left():
    cells = table([[True] * len(THRESHOLDS)] * 1000).cells
    assert {c.threshold for c in cells} == {None}


def test_misses_and_n_are_the_evidence_for_the_threshold_that_was_chosen():
    rows = [[index < 3] * len(THRESHOLDS) for index in range(1000)]
    assert (cell_of(table(rows), 0.1).misses, cell_of(table(rows), 0.1).n) == (3, 1000)


def test_below_the_minimum_sample_nothing_is_claimed():
    clean = [False] * len(THRESHOLDS)
    least = minimum_samples(0.05, DELTA / SPLITS[Group.MID_LINE])
    assert used_cell(table([clean] * (least - 1)), 0.05, 4) is None
    assert used_cell(table([clean] * least), 0.05, 4) is not None


@pytest.mark.parametrize(
    ("asked", "used"), [(0.1, 0.1), (0.15, 0.1), (0.01, 0.05), (0.9, 0.4), (0.2, 0.2)]
)
def test_epsilon_snaps_down_to_the_grid(asked, used):
    cell = used_cell(table([[False] * len(THRESHOLDS)] * 500), asked, 4)
    assert cell is not None
    assert cell.epsilon == used


@pytest.mark.parametrize(("asked", "used"), [(1, 1), (5, 4), (7, 6), (20, 8)])
def test_the_number_of_holes_snaps_down_to_the_grid(asked, used):
    cell = used_cell(table([[False] * len(THRESHOLDS)] * 500), 0.1, asked)
    assert cell is not None
    assert cell.max_holes == used


def test_what_was_seen_in_one_group_is_not_claimed_in_the_other():
    clean = dict.fromkeys(HOLE_COUNTS, Outcome((False,) * len(THRESHOLDS), NO_LISTS))
    only_mid = calibrate("key", "files", {Group.MID_LINE: [clean] * 500})
    assert usable_cell(only_mid, 0.1, 4, Group.MID_LINE) is not None
    assert usable_cell(only_mid, 0.1, 4, Group.LINE_START) is None


@settings(deadline=None)
@given(st.integers(1, 400), st.data())
def test_the_bound_on_a_share_is_that_of_the_exact_binomial_tail(n, data):
    found = data.draw(st.integers(1, n))
    bound = largest_certain_share(found, n, 0.01)
    assert binom.sf(found - 1, n, bound) <= 0.01 * (1 + 1e-6)
    assert binom.sf(found - 1, n, min(bound + 1e-6, 1)) > 0.01 * (1 - 1e-3)


def test_lists_that_never_hold_the_truth_are_claimed_to_hold_it_in_no_share():
    clean = [[False] * len(THRESHOLDS)] * 500
    assert cell_of(table(clean, (False,) * len(THRESHOLDS)), 0.1).found_at_least == 0
    assert cell_of(table(clean, (True,) * len(THRESHOLDS)), 0.1).found_at_least > 0.95


def test_an_empty_calibration_claims_nothing():
    empty = replace(table([[False] * len(THRESHOLDS)]), cells=())
    assert used_cell(empty, 0.1, 4) is None


def test_the_shares_of_delta_add_up_to_no_more_than_delta():
    cells = len(EPSILONS) * len(HOLE_COUNTS)
    spent = sum(cells / SPLITS[group] for group in Group) + len(Group) * cells / LIST_SPLITS
    assert spent == pytest.approx(1)


def test_the_claim_fails_no_more_often_than_delta_says():
    """Whole tables drawn from a known population: the worst cell of each may lie.

    The miss rate rises with the threshold and is known exactly, so no second sample is needed.
    """
    rng = random.Random(5)
    rates = [min(0.9, 0.012 * column) for column in range(len(THRESHOLDS))]
    draws, lies = 120, 0
    for _ in range(draws):
        levels = [rng.random() for _ in range(400)]
        rows = [[level < rate for rate in rates] for level in levels]
        cells = table(rows).cells
        lies += any(
            c.threshold is not None and rates[THRESHOLDS.index(c.threshold)] > c.epsilon
            for c in cells
        )
    assert lies / draws <= DELTA + 3 * (DELTA * (1 - DELTA) / draws) ** 0.5


PARTS = {"model": "m", "language": "python", "prompt": "1"}
SOURCES = [("a.py", b"x = 1\ny = 2\n"), ("b.py", b"")]


@pytest.mark.parametrize("name", PARTS)
def test_every_parameter_is_part_of_the_key(name):
    assert predictor_key(PARTS, SOURCES) != predictor_key({**PARTS, name: "other"}, SOURCES)


def test_a_change_of_code_makes_another_key():
    changed = [("a.py", b"x = 1\ny = 3\n"), ("b.py", b"")]
    assert predictor_key(PARTS, SOURCES) != predictor_key(PARTS, changed)


def test_line_ends_and_order_of_files_make_no_other_key():
    windows = [("b.py", b""), ("a.py", b"x = 1\r\ny = 2\r\n")]
    assert predictor_key(PARTS, SOURCES) == predictor_key(PARTS, windows)
