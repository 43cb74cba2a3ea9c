"""Log-probabilities over bytes, whatever shape they come in and wherever tokens are split."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.adapters.endpoint.logprobs import Alignment, part, read_logprobs
from lacuna_ls.domain.completion import Token
from lacuna_ls.domain.text import Span, encode

TEXT = st.text(alphabet="ab =\n(é€𝒳", max_size=20)


def aligned(text: str, shape: object) -> tuple[tuple[Token, ...], float | None]:
    alignment = Alignment()
    tokens = alignment.more(text, read_logprobs(shape))
    rest, end = alignment.finished()
    return (*tokens, *rest), end


def lists(*pairs: tuple[str, object], **further: object) -> dict[str, object]:
    return {"tokens": [p[0] for p in pairs], "token_logprobs": [p[1] for p in pairs], **further}


def objects(*tokens: tuple[bytes, object]) -> dict[str, object]:
    return {
        "content": [
            {"token": data.decode("utf-8", "replace"), "bytes": [*data], "logprob": logprob}
            for data, logprob in tokens
        ]
    }


def usable(tokens: tuple[Token, ...]) -> bool:
    return all(token.logprob is not None for token in tokens)


@given(TEXT, st.data())
def test_tokens_that_split_characters_tile_the_text_however_both_arrive(text, data):
    whole = encode(text)
    cuts = sorted(data.draw(st.sets(st.integers(1, max(len(whole) - 1, 1)))) - {len(whole)})
    edges = [0, *(cut for cut in cuts if 0 < cut < len(whole)), len(whole)]
    pieces = [whole[a:b] for a, b in pairwise(edges) if a < b]
    alignment = Alignment()
    tokens: list[Token] = []
    sent = 0
    for number, piece in enumerate(pieces):
        until = data.draw(st.integers(sent, len(text)))
        chunk, sent = text[sent:until], until
        tokens += alignment.more(chunk, read_logprobs(objects((piece, -float(number)))))
    tokens += alignment.more(text[sent:], read_logprobs([]))
    rest, end = alignment.finished()
    tokens += rest
    assert end is None
    assert [whole[t.span.start : t.span.end] for t in tokens] == pieces
    assert [t.logprob for t in tokens] == [-float(n) for n in range(len(pieces))]


@given(TEXT, st.lists(st.tuples(st.text("ab é", max_size=3), st.floats() | st.none()), max_size=6))
def test_tokens_of_any_kind_tile_the_text_or_have_no_number(text, pairs):
    tokens, _ = aligned(text, lists(*pairs))
    assert [t.span.start for t in tokens] == [0, *(t.span.end for t in tokens)][: len(tokens)]
    assert (tokens[-1].span.end if tokens else 0) == len(encode(text))
    assert all(t.logprob is None or t.logprob <= 0 for t in tokens)
    spelled = "".join(word for word, _ in pairs)
    assert not usable(tokens) or spelled.startswith(text)


def test_both_shapes_say_the_same():
    assert aligned("ab", lists(("a", -1), ("b", -2))) == aligned(
        "ab", objects((b"a", -1), (b"b", -2))
    )


def test_alternatives_come_with_the_most_likely_first():
    top = [{"b": -2.0, "a": -0.5}]
    (token,), _ = aligned("a", lists(("a", -0.5), top_logprobs=top))
    assert [other.text for other in token.alternatives] == ["a", "b"]


@pytest.mark.parametrize(
    "logprob", [None, float("nan"), float("-inf"), float("inf"), 0.5, "-1", True, [], -(10**400)]
)
def test_what_is_no_log_probability_is_none(logprob):
    (token,), _ = aligned("a", lists(("a", logprob)))
    assert token.logprob is None


def test_json_that_says_nan_is_read_as_no_number():
    shape = json.loads('{"tokens": ["a"], "token_logprobs": [NaN]}')
    (token,), _ = aligned("a", shape)
    assert token.logprob is None


def test_a_number_just_above_zero_is_rounded():
    (token,), _ = aligned("a", lists(("a", 1e-9)))
    assert token.logprob == 0.0


@pytest.mark.parametrize(
    "shape",
    [
        lists(("a", -1)),
        lists(("a", -1), ("b", -1), ("c", -1)),
        lists(("x", -1), ("b", -1)),
        {"tokens": ["a", "b"], "token_logprobs": [-1]},
        {"tokens": ["a", "b"], "token_logprobs": None},
        {"tokens": "ab"},
        {"tokens": [1, 2], "token_logprobs": [-1, -1]},
        None,
        7,
        [],
        {"content": [None, 3]},
    ],
)
def test_numbers_of_another_text_are_numbers_of_none(shape):
    tokens, end = aligned("ab", shape)
    assert not usable(tokens)
    assert end is None


def test_a_character_whose_bytes_are_spelled_out_is_joined():
    tokens, _ = aligned("é=", lists(("bytes:\\xc3", -1), ("bytes:\\xa9", -2), ("=", -3)))
    assert [t.span for t in tokens] == [Span(0, 1), Span(1, 2), Span(2, 3)]
    assert [t.logprob for t in tokens] == [-1, -2, -3]


def test_parts_of_a_character_that_were_lost_on_the_way_share_its_bytes():
    tokens, _ = aligned("😀 = 1", lists(("\ufffd", -1), ("\ufffd", -2), (" =", -3), (" 1", -4)))
    assert [t.span for t in tokens] == [Span(0, 1), Span(1, 4), Span(4, 6), Span(6, 8)]


@pytest.mark.parametrize("control", ["", "<|im_end|>", "</s>", "[EOS]"])
def test_a_token_for_the_end_that_is_not_in_the_text_is_the_ends_number(control):
    tokens, end = aligned("a", lists(("a", -1), (control, -0.25)))
    assert [t.logprob for t in tokens] == [-1]
    assert end == -0.25


def test_a_part_keeps_the_numbers_of_the_tokens_that_it_cuts():
    tokens, _ = aligned("abcd", lists(("ab", -1), ("cd", -2)))
    assert [(t.span, t.logprob) for t in part(tokens, Span(1, 3))] == [
        (Span(0, 1), -1),
        (Span(1, 2), -2),
    ]


def test_tokens_that_were_joined_on_the_way_have_no_number():
    joined = {
        "id": 7,
        "token": "😀",
        "bytes": [*"😀".encode()],
        "logprob": -0.1,
        "top_logprobs": [{"id": 7, "token": "", "bytes": [0x80], "logprob": -0.1}],
    }
    (token,), _ = aligned("😀", [joined])
    assert (token.span, token.logprob) == (Span(0, 4), None)


def test_bytes_that_are_no_text_are_replaced_in_both():
    broken = {"token": "\ufffd}", "bytes": [0xE8, 0x7D], "logprob": -0.1}
    (token,), _ = aligned("\ufffd}", [broken])
    assert (token.span, token.logprob) == (Span(0, 4), -0.1)
