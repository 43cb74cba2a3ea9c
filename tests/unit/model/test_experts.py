"""The open file as an expert finds every place of a context, above the cursor and below it."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.model.experts import FILE_ORDERS, FileExpert
from lacuna_ls.model.gate import SLOTS
from lacuna_ls.model.vocabulary import Vocabulary

words = st.lists(st.sampled_from("ab.("), max_size=20)


@given(words, st.integers(1, 40), words, words)
def test_every_order_finds_what_a_scan_of_the_file_finds(above, repeats, line, below):
    vocabulary = Vocabulary()
    above = above * repeats
    parts = [vocabulary.add_all(part) for part in (above, line, below)]
    before, after = (np.array(part, dtype=np.int32) for part in (parts[0], parts[2]))
    expert = FileExpert(vocabulary, before, parts[1], after, 0)
    context = tuple((parts[0] + parts[1])[-max(FILE_ORDERS) :])
    found = {SLOTS[slot][1]: seen for slot, seen in expert.lookup(context)} if context else {}
    for order in FILE_ORDERS:
        expected = Counter(
            part[i]
            for part in (parts[0] + parts[1], parts[2])
            for i in range(order, len(part))
            if tuple(part[i - order : i]) == context[-order:]
        )
        if len(context) < order or not expected:
            assert order not in found
        else:
            assert found[order].total == expected.total()
            assert set(found[order].ids.tolist()) == set(expected)
