"""Names ranked once more: the mass stays, what the file says of each name decides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.model import names
from lacuna_ls.model.cursor import OpenFiles
from lacuna_ls.model.mixture import Mixture
from lacuna_ls.model.vocabulary import Vocabulary

pieces = ["ab", "Cd", "_ab", "self", ".", "(", ", ", ")", " = ", "def ", "None", "\n", "    "]
code = st.lists(st.sampled_from(pieces), max_size=40).map("".join)

OTHERS = (
    "class Point:\n    def __init__(self, x, y):\n        self._x = x\n        self._y = y\n\n\n"
)


def mixture_at(prefix, suffix=""):
    vocabulary = Vocabulary()
    locating = OpenFiles(vocabulary).locate(prefix, suffix)
    try:
        while True:
            next(locating)
    except StopIteration as done:
        cursor = done.value
    return Mixture(vocabulary, cursor.file, []), cursor.position.context, vocabulary


def probability_of(name, prefix):
    mixture, context, _ = mixture_at(prefix + "half_typed")
    return mixture.distribution(context).probability(name)


@given(code, code)
def test_ranking_leaves_the_mass_of_the_names_as_it_was(prefix, suffix):
    mixture, context, vocabulary = mixture_at(prefix, suffix)
    seen = mixture.observe(context)
    mixed = mixture.mixed(seen, np.where(seen.evidence.present, 1 / len(seen.evidence.present), 0))
    places, candidates = mixture.candidates(seen, mixed)
    assert vocabulary.names[candidates.names].all()
    if places.size:
        table, rows = mixture.names.features(context, candidates)
        ranked = names.rank(names.shipped(), table, rows, float(candidates.shares.sum()))
        assert np.isfinite(table).all()
        assert ranked.sum() == pytest.approx(candidates.shares.sum())
        assert ranked.min() >= 0.0


def test_a_parameter_that_was_not_used_yet_is_likelier_than_one_that_was():
    text = OTHERS + "class Box:\n    def __init__(self, {}, {}):\n        self.one = first\n"
    first_used = text.format("first", "second") + "        self.two = "
    assert probability_of("second", first_used) > 2 * probability_of("first", first_used)


def test_a_name_spelt_like_the_one_it_is_given_to_is_likelier():
    text = OTHERS + "def keep(self, weight, colour):\n    self.{} = "
    alike = probability_of("colour", text.format("_colour"))
    assert alike > 2 * probability_of("colour", text.format("_other"))
