"""Probabilities are real: over everything that may come next they sum to at most 1."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.model import characters
from lacuna_ls.model.corpus import build_index
from lacuna_ls.model.cursor import OpenFiles
from lacuna_ls.model.experts import ForeignCode, LibraryExpert
from lacuna_ls.model.gate import (
    SLOT,
    SLOTS,
    Evidence,
    Source,
    file_inputs,
    shipped,
    weigh,
)
from lacuna_ls.model.kinds import Kind
from lacuna_ls.model.mixture import Mixture
from lacuna_ls.model.vocabulary import RESERVED, Vocabulary, unseen_class

pieces = ["a", "b", "self", ".", "(", ")", " = ", "\n", "    ", "1", "é"]
code = st.lists(st.sampled_from(pieces), max_size=30).map("".join)
starts = st.sampled_from(["a", "se", " =", "(", "é", "zz"])


def mixture_at(prefix, suffix="", library=()):
    vocabulary = Vocabulary()
    index = build_index((Path("m.py"), text) for text in library)
    corpora = [ForeignCode((LibraryExpert(index, vocabulary),))] if library else []
    locating = OpenFiles(vocabulary).locate(prefix, suffix)
    try:
        while True:
            next(locating)
    except StopIteration as done:
        cursor = done.value
    return Mixture(vocabulary, cursor.file, corpora), cursor, vocabulary


@given(code, code, st.lists(code, max_size=3))
def test_all_texts_together_have_probability_one_at_most(prefix, suffix, library):
    mixture, cursor, vocabulary = mixture_at(prefix, suffix, library)
    seen = mixture.distribution(cursor.position.context)
    texts = [vocabulary.text(t) for t in range(RESERVED, len(vocabulary))]
    spelt = [seen.unseen[unseen_class(text)] * characters.probability(text) for text in texts]
    known = [seen.probability(text) - s for text, s in zip(texts, spelt, strict=True)]
    unseen = sum(
        seen.probability(text) / characters.probability(text) for text in ("zz", "Zz", "77", "%%")
    )
    assert min(known, default=0.0) >= -1e-12
    assert sum(known) + unseen <= 1.0 + 1e-9


@given(code, code, st.lists(code, max_size=3))
def test_the_end_and_what_goes_on_have_probability_one_at_most(prefix, suffix, library):
    mixture, cursor, vocabulary = mixture_at(prefix, suffix, library)
    seen = mixture.distribution(cursor.position.context)
    for closing in (None, vocabulary.add(")")):
        going_on = seen.best(len(vocabulary), closing)
        assert seen.end(closing) + sum(o.probability for o in going_on) <= 1.0 + 1e-9
        assert not {")"} & {o.text for o in going_on if closing is not None}


@given(code, code, st.lists(code, max_size=3), starts)
def test_tokens_that_start_with_what_was_typed_have_probability_one_at_most(
    prefix, suffix, library, start
):
    mixture, cursor, _ = mixture_at(prefix, suffix, library)
    options = mixture.distribution(cursor.position.context).starting_with(start, 10**6)
    assert all(o.text.startswith(start) for o in options)
    assert 0.0 < sum(o.probability for o in options) <= 1.0 + 1e-9


@given(code, code)
def test_options_have_the_probability_that_scoring_gives_their_text(prefix, suffix):
    mixture, cursor, _ = mixture_at(prefix, suffix)
    seen = mixture.distribution(cursor.position.context)
    for option in seen.best(5):
        assert option.probability == pytest.approx(seen.probability(option.text))


def test_a_context_is_mixed_again_the_same_after_others():
    mixture, cursor, vocabulary = mixture_at("a = b\na = c\na", "\na = b\n")
    first = mixture.distribution(cursor.position.context)
    mixture.distribution((vocabulary.find("b"),))
    again = mixture.distribution(cursor.position.context)
    assert np.array_equal(first.probabilities, again.probabilities)


def test_what_follows_in_the_file_counts_like_what_stands_before():
    mixture, _, vocabulary = mixture_at("x = 1\n", "\nalpha.beta\n")
    seen = mixture.distribution((vocabulary.find("alpha"), vocabulary.find(".")))
    assert seen.best(1)[0].text == "beta"


def test_a_name_that_only_the_line_above_knows_is_proposed_where_the_library_has_a_name():
    library = ["print(first)\nprint(second)\n" * 20]
    mixture, _, vocabulary = mixture_at("ours = 1\n", "", library)
    seen = mixture.distribution((vocabulary.find("print"), vocabulary.find("(")))
    assert seen.probability("ours") > 100 * seen.probability("theirs")


@given(st.text(min_size=1, max_size=3))
def test_a_spelling_is_never_likelier_than_its_beginning(text):
    assert 0.0 < characters.probability(text) < characters.starting(text)
    assert characters.starting(text) <= characters.starting(text[:1]) < 1.0


def test_a_name_is_repeated_where_others_were_in_the_same_shape():
    text = "self.width = width\nself.height = height\nself.depth = d"
    mixture, cursor, _ = mixture_at(text)
    seen = mixture.distribution(cursor.position.context)
    assert seen.probability("depth") > seen.probability("width")


def test_a_mixture_goes_on_while_the_vocabulary_grows():
    mixture, cursor, vocabulary = mixture_at("a = b\na = c\na", "\na = b\n")
    vocabulary.add_all(f"word{number}" for number in range(100))
    seen = mixture.distribution(cursor.position.context)
    assert 0.0 <= seen.probability("word99") < seen.probability(" = ")


evidence = st.dictionaries(
    st.sampled_from(range(len(SLOTS) - 1)),
    st.integers(1, 10**6).flatmap(
        lambda total: st.tuples(
            st.just(total), st.integers(1, total), st.floats(0.0, 1.0, exclude_min=True)
        )
    ),
)
kinds = st.lists(st.sampled_from([int(kind) for kind in Kind]), max_size=10)


@given(evidence, kinds, st.integers(0, 10**6), st.integers(0, 10**6))
def test_only_experts_with_an_answer_are_weighed_and_all_weights_sum_to_one(
    answers, kinds, before, after
):
    seen = Evidence()
    seen.present[-1] = True
    for slot, known in answers.items():
        seen.note(slot, *known)
    weights = weigh(shipped(), seen, kinds, file_inputs(before, after))
    assert weights.sum() == pytest.approx(1.0)
    assert weights.min() >= 0.0
    assert not weights[~seen.present].any()


def test_an_expert_is_believed_more_where_fewer_tokens_followed():
    file = SLOT[Source.FILE, 4]

    def weight(distinct, peak):
        seen = Evidence()
        seen.present[-1] = True
        seen.note(file, 9, distinct, peak)
        seen.note(SLOT[Source.LIBRARY, 1], 4000, 900, 0.1)
        return weigh(shipped(), seen, [Kind.NAME, Kind.DOT], file_inputs(900, 0))[file]

    assert weight(1, 1.0) > weight(9, 1 / 9)
