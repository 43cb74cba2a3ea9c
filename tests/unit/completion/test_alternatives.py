"""What is offered in a hole besides the guess."""

from dataclasses import replace

import pytest

from fakes import said
from lacuna_ls.completion.alternatives import alternatives
from lacuna_ls.domain.completion import Alternative
from lacuna_ls.domain.text import Span, encode


def offered(
    hole: str, *others: str, instead=(), said_text="f(a, b)", before=b""
) -> tuple[str, ...]:
    """Alternatives at `hole` in a completion whose tokens are its characters."""
    completion = said(*said_text)
    start = said_text.index(hole)
    tokens = list(completion.tokens)
    words = tuple(Alternative(text, -1.0) for text in instead)
    tokens[start] = replace(tokens[start], alternatives=words)
    completion = replace(completion, tokens=tuple(tokens))
    text = encode(said_text)
    place = len(encode(said_text[:start]))
    span = Span(place, place + len(encode(hole)))
    return alternatives(span, before, text, completion, Span(0, len(text)), others)


def test_what_the_model_would_have_said_instead_of_the_token_comes_first():
    assert offered("a", "f(z, b)", instead=("x", " y")) == ("x", "y", "z")


def test_a_sample_that_differs_elsewhere_says_nothing_about_the_hole():
    assert offered("a", "g(z, b)", "f(z, c)", "f(z, b).c") == ()


def test_the_guess_itself_and_repetitions_are_left_out():
    assert offered("a", "f(x, b)", instead=("a", "x", "x")) == ("x",)


def test_a_quote_that_nothing_closes_does_not_fit():
    assert offered("a", instead=("'", '"""', "'x'")) == ("'x'",)


def test_after_a_dot_only_a_name_fits():
    assert offered("a", said_text="o.a", instead=('""', "x", "3")) == ("x",)
    assert offered("a", said_text="a:", instead=("[]", "x"), before=b"for y in o.") == ("x",)


def test_there_are_at_most_four():
    assert len(offered("a", instead=tuple("uvwxyz"))) == 4


@pytest.mark.parametrize("word", ["", ",", "(", "x)", "+", "a\u202eb", "x\ny"])
def test_what_cannot_stand_in_place_of_a_value_is_left_out(word):
    assert offered("a", instead=(word,)) == ()


def test_an_operator_is_replaced_by_operators():
    assert offered("+", instead=("-", "]", ":", "x", "//"), said_text="a + b") == ("-", "//")


def test_multi_byte_text_before_the_hole_does_not_shift_it():
    assert offered("b", "f(é, c)", said_text="f(é, b)") == ("c",)
