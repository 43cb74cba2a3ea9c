"""Labels that come one by one withdraw a false claim, and seldom a true one."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.domain.calibration import Labels
from lacuna_ls.holes.calibration import DELTA, EPSILONS
from lacuna_ls.holes.drift import labelled, refuted


def after(misses, epsilon=0.1):
    labels = Labels(epsilon)
    for missed in misses:
        labels = labelled(labels, missed=missed)
    return labels


def test_without_labels_nothing_is_refuted():
    assert not refuted(Labels(0.1))


def test_labels_are_counted():
    labels = after([True, False, False])
    assert (labels.n, labels.misses) == (3, 1)


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_misses_far_above_epsilon_refute_the_claim(epsilon):
    rng = random.Random(1)
    rate = min(0.9, 3 * epsilon)
    assert refuted(after((rng.random() < rate for _ in range(300)), epsilon))


@given(st.lists(st.booleans(), max_size=200))
def test_evidence_never_falls_so_that_what_is_refuted_stays_refuted(misses):
    labels, before = Labels(0.1), 0.0
    for missed in misses:
        labels = labelled(labels, missed=missed)
        assert labels.evidence >= before
        before = labels.evidence


def test_a_claim_that_is_just_true_is_refuted_no_more_often_than_delta_allows():
    """However often one looks: every label is one look."""
    rng = random.Random(2)
    runs, share = 400, DELTA / len(EPSILONS)
    refutals = sum(refuted(after(rng.random() < 0.1 for _ in range(400))) for _ in range(runs))
    assert refutals / runs <= share + 3 * (share * (1 - share) / runs) ** 0.5
