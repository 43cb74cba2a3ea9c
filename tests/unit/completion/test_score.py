"""What a token costs: learnt for the embedded model, what it says for any other."""

from dataclasses import replace
from math import isfinite

from hypothesis import given
from hypothesis import strategies as st

from fakes import said
from lacuna_ls.completion.score import features, priced, repriced
from lacuna_ls.completion.score_weights import WEIGHTS
from lacuna_ls.domain.completion import Completion

LINE = said("count", "(", ("rows", -0.7), ")")


def embedded(completion):
    return replace(completion, model_id="embedded-1")


def logprobs_of(completion: Completion) -> list[float]:
    """Of the tokens, and of the end behind them."""
    found = [*(token.logprob for token in completion.tokens), completion.end_logprob]
    return [logprob for logprob in found if logprob is not None]


def test_another_models_numbers_are_taken_as_they_are():
    assert priced(LINE, [], b"x = ") is LINE


def test_a_model_that_does_not_say_how_it_ended_is_taken_as_it_is():
    unended = replace(embedded(LINE), end_logprob=None)
    assert priced(unended, [], b"x = ") is unended


def test_text_and_places_of_tokens_stay_what_they_were():
    found = priced(embedded(LINE), [said("count")], b"x = ")
    assert found.text == LINE.text
    assert [token.span for token in found.tokens] == [token.span for token in LINE.tokens]


def test_a_token_that_the_model_doubts_more_costs_more():
    *logprobs, _ = logprobs_of(priced(embedded(LINE), [], b"x = "))
    assert min(logprobs) == logprobs[2]


def test_what_further_samples_say_too_costs_less():
    alike = priced(embedded(LINE), [embedded(LINE), embedded(LINE)], b"x = ")
    unlike = priced(embedded(LINE), [said("len", "(", "rows", ")")] * 2, b"x = ")
    assert logprobs_of(alike)[0] > logprobs_of(unlike)[0]


def test_there_is_a_weight_for_each_feature():
    assert {len(vector) for vector in features(LINE, [], b"")} == {len(WEIGHTS)}


@given(
    st.lists(st.tuples(st.text(min_size=1, max_size=4), st.floats(-745, 0)), max_size=6),
    st.floats(-745, 0),
    st.binary(max_size=30),
)
def test_every_price_is_a_probability_below_one(pieces, end, before):
    found = logprobs_of(priced(embedded(said(*pieces, end=end)), [LINE], before))
    assert len(found) == len(pieces) + 1
    assert all(isfinite(logprob) and logprob < 0 for logprob in found)


def test_repricing_gives_the_end_its_own_chance():
    found = logprobs_of(repriced(said("a"), [0.5, 0.25]))
    assert [round(logprob, 3) for logprob in found] == [-0.693, -1.386]
