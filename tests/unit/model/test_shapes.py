"""A shape says which names of a context are the same, and nothing else of free names."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.model.shapes import (
    FIRST_TOKEN,
    FRESH,
    REACH,
    ShapeReading,
    codes_at,
    codes_before,
    shape_of,
)
from lacuna_ls.model.suffix_index import MAX_ORDER, SuffixIndex

# Tokens 0 to 3 are fixed, 4 to 9 are free names.
FREE = np.arange(10) >= 4
tokens = st.lists(st.integers(0, 9), min_size=1, max_size=60)


def test_a_repeated_name_is_as_far_back_as_it_stands_and_others_are_fresh():
    assert shape_of((5, 1, 4, 2, 4), FREE) == (
        FRESH,
        1 + FIRST_TOKEN,
        1,
        2 + FIRST_TOKEN,
        FRESH,
    )


@given(tokens, st.permutations(range(4, 10)))
def test_renaming_keeps_the_shape(context, names):
    renamed = [names[token - 4] if token >= 4 else token for token in context]
    assert shape_of(tuple(context), FREE) == shape_of(tuple(renamed), FREE)


@given(tokens)
def test_a_corpus_is_coded_as_a_context_is(corpus):
    text = np.array(corpus, dtype=np.int32)
    for position in range(MAX_ORDER, len(corpus)):
        shape = shape_of(tuple(corpus[:position]), FREE)
        reading = ShapeReading(text, FREE)
        for distance in range(1, MAX_ORDER + 1):
            (code,) = codes_before(text, FREE, np.array([position]), distance)
            assert code == shape[-distance] == reading.code_before(position, distance)


@given(tokens)
def test_what_follows_is_a_token_or_how_far_back_its_name_stands(corpus):
    text = np.array(corpus, dtype=np.int32)
    positions = np.arange(REACH, len(corpus))
    for position, code in zip(positions.tolist(), codes_at(text, FREE, positions), strict=True):
        back = [d for d in range(1, REACH + 1) if corpus[position - d] == corpus[position]]
        if not FREE[corpus[position]]:
            assert code == corpus[position] + FIRST_TOKEN
        else:
            assert code == (back[0] if back else FRESH)


@given(tokens, tokens)
def test_the_index_finds_every_place_of_a_shape(corpus, context):
    text = np.array(corpus, dtype=np.int32)
    reading = ShapeReading(text, FREE)
    shape = shape_of(tuple(context), FREE)
    for order, seen in SuffixIndex(reading, reading.positions()).lookup(shape):
        places = [
            position
            for position in range(REACH, len(corpus))
            if shape_of(tuple(corpus[:position]), FREE)[-order:] == shape[-order:]
        ]
        assert seen.total == len(places)
