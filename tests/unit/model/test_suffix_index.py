"""The index finds every place where a context occurred, and what followed."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.model.suffix_index import MAX_ORDER, ORDERS, SuffixIndex, TokenReading, sort_tokens

corpora = st.lists(st.integers(0, 3), max_size=60)
contexts = st.lists(st.integers(0, 4), min_size=1, max_size=10)


def index_of(corpus):
    tokens = np.array(corpus, dtype=np.int32)
    return SuffixIndex(TokenReading(tokens), sort_tokens(tokens))


def followers(corpus, context, hidden=range(0)):
    """By looking at every position."""
    return Counter(
        corpus[i]
        for i in range(MAX_ORDER, len(corpus))
        if corpus[i - len(context) : i] == context and i not in hidden
    )


def counts(seen):
    shares = dict(zip(seen.ids.tolist(), seen.shares.tolist(), strict=True))
    return {token: round(share * seen.total, 6) for token, share in shares.items()}


@given(corpora, contexts)
def test_every_order_finds_what_a_scan_finds(corpus, context):
    found = {order: counts(seen) for order, seen in index_of(corpus).lookup(tuple(context))}
    expected = {
        order: followers(corpus, context[-order:]) for order in ORDERS if order <= len(context)
    }
    assert found == {order: dict(seen) for order, seen in expected.items() if seen}


@given(corpora, contexts, st.integers(0, 60), st.integers(0, 60))
def test_a_hidden_range_answers_nothing(corpus, context, start, length):
    hidden = range(start, start + length)
    index = index_of(corpus).without((hidden.start, hidden.stop))
    for order, seen in index.lookup(tuple(context)):
        assert counts(seen) == followers(corpus, context[-order:], hidden)


def test_a_frequent_context_is_sampled_evenly_and_counted_in_full():
    corpus = [0] * MAX_ORDER + [1, 2, 1, 3] * 5000
    ((_, seen),) = [(order, seen) for order, seen in index_of(corpus).lookup((1,)) if order == 1]
    assert seen.total == 10_000
    assert dict(zip(seen.ids.tolist(), seen.shares.tolist(), strict=True)) == pytest.approx(
        {2: 0.5, 3: 0.5}, abs=0.02
    )


def test_ids_that_do_not_fit_the_keys_are_refused():
    with pytest.raises(ValueError, match="too many"):
        sort_tokens(np.array([1 << 21] * 10, dtype=np.int32))
