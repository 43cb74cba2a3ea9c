"""Who pays for a token: every token once, the deepest node that covers it."""

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import said
from lacuna_ls.domain.completion import Token
from lacuna_ls.domain.text import Span, decode, encode
from lacuna_ls.holes.frontier import frontier
from lacuna_ls.holes.partial_program import WeightKind, build
from lacuna_ls.syntax.document import parse
from lacuna_ls.syntax.languages import languages

PYTHON = next(known for known in languages() if known.name == "python")


def program_of(
    *pieces, prefix="x = ", suffix="\n", end=-0.5, kept=None, language="python", **options
):
    completion = said(*pieces, end=end)
    text = encode(completion.text)
    kept = kept or Span(0, len(text))
    start = len(encode(prefix))
    tree = parse(encode(prefix) + text[kept.start : kept.end] + encode(suffix), PYTHON)
    region = Span(start, start + len(kept))
    return build(tree, region, PYTHON, completion, kept, **options)


def costs(*pieces, **options) -> dict[str, float]:
    """Text of each node that pays something, with what it pays; the root is `ROOT`."""
    program = program_of(*pieces, **options)
    completion = encode(said(*pieces).text)
    start = options["kept"].start if "kept" in options else 0
    names = ["ROOT"] + [
        decode(completion[s.start + start : s.end + start]) for s in program.spans[1:]
    ]
    paid: dict[str, float] = {}
    for name, cost in zip(names, program.own_nll, strict=True):
        if cost:
            paid[name] = round(paid.get(name, 0.0) + cost, 3)
    return paid


def test_a_token_is_paid_by_the_deepest_node_that_covers_it():
    assert costs(("f", -1.0), ("(", -2.0), ("a", -3.0), (")", -4.0)) == {
        "ROOT": 0.5,
        "f": 1.0,
        "(a)": 6.0,
        "a": 3.0,
    }


def test_a_straddling_token_is_paid_by_the_common_ancestor():
    assert costs(("f", -1.0), ("(a, b", -3.0), (")", -4.0)) == {
        "ROOT": 0.5,
        "f": 1.0,
        "(a, b)": 7.0,
    }


def test_space_around_a_token_does_not_make_it_straddle():
    assert costs(("a", -1.0), (" + ", -2.0), ("b", -3.0)) == {
        "ROOT": 0.5,
        "a": 1.0,
        "+": 2.0,
        "b": 3.0,
    }


def test_a_token_of_space_alone_is_paid_by_the_common_ancestor_of_its_neighbours():
    assert costs(("a", -1.0), (" ", -9.0), ("+", -2.0), ("b", -3.0)) == {
        "ROOT": 0.5,
        "a": 1.0,
        "a +b": 9.0,
        "+": 2.0,
        "b": 3.0,
    }


def test_space_at_an_end_is_paid_by_the_root():
    assert costs((" ", -9.0), ("a", -1.0), prefix="x =") == {"ROOT": 9.5, "a": 1.0}


def test_multi_byte_characters_and_tokens_that_split_one_stay_aligned():
    assert costs(("f(", -1.0), ("'ä€'", -2.0), (",", -1.0), ("ü", -4.0), (")", -1.0)) == {
        "ROOT": 0.5,
        "f('ä€',ü)": 1.0,
        "'ä€'": 2.0,
        "('ä€',ü)": 2.0,
        "ü": 4.0,
    }
    whole = said("f(é)")
    pieces = [Span(0, 2), Span(2, 3), Span(3, 4), Span(4, 5)]
    split = replace(whole, tokens=tuple(Token(span, -1.0) for span in pieces))
    tree = parse(encode("x = f(é)\n"), PYTHON)
    program = build(tree, Span(4, 9), PYTHON, split, Span(0, 5))
    assert program.own_nll[program.spans.index(Span(2, 4))] == 2.0


def test_the_end_is_paid_by_the_root():
    assert costs("a", end=-0.25)["ROOT"] == 0.25


def test_a_model_that_does_not_say_how_it_ended_leaves_one_hole():
    assert program_of("a", end=None).own_nll[0] == inf


def test_what_was_cut_off_is_paid_by_the_root():
    paid = costs(("a", -1.0), (")", -2.0), (".b", -3.0), prefix="f(", suffix=")\n", kept=Span(0, 1))
    assert paid == {"ROOT": 5.5, "a": 1.0}


def test_a_token_that_is_cut_through_is_paid_by_the_root():
    paid = costs(("a)", -1.0), prefix="f(", suffix=")\n", kept=Span(0, 1))
    assert paid == {"ROOT": 1.5}


def test_a_token_without_log_probability_must_not_stay():
    tokens = list(said("f", "(", "a", ")").tokens)
    tokens[2] = replace(tokens[2], logprob=None)
    completion = replace(said("f", "(", "a", ")"), tokens=tuple(tokens))
    tree = parse(b"x = f(a)\n", PYTHON)
    program = build(tree, Span(4, 8), PYTHON, completion, Span(0, 4))
    assert program.own_nll[program.spans.index(Span(2, 3))] == inf


def test_a_name_that_began_before_the_cursor_is_no_hole():
    assert Span(0, 3) not in program_of("ute", "(x)", prefix="x = comp").spans[1:]


def test_quotes_are_never_a_hole_of_their_own_and_their_text_is():
    spans = program_of("'abc'").spans
    assert Span(1, 4) in spans
    assert Span(0, 1) not in spans


def test_operators_may_be_holes_and_brackets_may_not():
    spans = program_of("(a", " + ", "b)").spans
    assert Span(3, 4) in spans
    assert Span(0, 1) not in spans


def test_below_an_error_nothing_may_stay():
    program = program_of("g(", "a", prefix="f(", suffix="")
    assert program.own_nll[0] == inf


def test_an_error_inside_must_go_and_the_rest_may_stay():
    program = program_of("f(a, ", "b c d", ")", ".e", prefix="x = ")
    chosen = frontier(program.ends, program.own_nll, program.weights, 4).select(10.0, 4)
    assert chosen.holes
    assert chosen.holes != (0,)


def test_removal_may_be_counted_in_tokens():
    program = program_of("f", "(", "a", ")", weight=WeightKind.TOKENS)
    assert sum(program.weights) == 4


PIECES = st.lists(
    st.tuples(
        st.sampled_from(["f", "(", ")", "a", " ", ", ", "+", "'", "é", "[", "]", " = ", "1", "# "]),
        st.floats(-5, 0),
    ),
    min_size=1,
    max_size=12,
)


@given(PIECES, st.sampled_from(["x = ", "", "# ", "def f():\n    ", "y(", "na"]), st.data())
def test_every_token_is_paid_for_exactly_once_whatever_was_cut(pieces, prefix, data):
    text = said(*pieces).text
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    kept = Span(len(encode(text[:start])), len(encode(text[:end])))
    program = program_of(*pieces, prefix=prefix, kept=kept)
    finite = sum(cost for cost in program.own_nll if cost != inf)
    total = 0.5 - sum(logprob for _, logprob in pieces)
    if inf not in program.own_nll:
        assert finite == pytest.approx(total)
    assert finite <= total + 1e-9


@given(PIECES, st.sampled_from(["x = ", "", "def f():\n    ", "y("]))
def test_the_arrays_are_a_tree_in_preorder(pieces, prefix):
    program = program_of(*pieces, prefix=prefix)
    count = len(program.spans)
    assert program.ends[0] == count
    for node, end in enumerate(program.ends):
        assert node < end <= count
        for below in range(node + 1, end):
            assert program.ends[below] <= end
            assert program.spans[node].contains(program.spans[below])
