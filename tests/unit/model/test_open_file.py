"""An open file's tokens are those of its text, whatever edits led there."""

from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.model.lexer import lex
from lacuna_ls.model.open_file import OpenFile, common_prefix, common_suffix
from lacuna_ls.model.vocabulary import Vocabulary

texts = st.text(st.sampled_from("ab =(:\n\t 'é\ud800"), max_size=40)


def tokens_of(file, vocabulary):
    return [vocabulary.text(token) for token in file.tokens.tolist()]


def updated(file, text):
    for _ in file.update(text):
        pass
    return file


@given(st.lists(texts, max_size=5))
def test_after_any_sequence_of_texts_the_tokens_are_those_of_a_fresh_lexing(versions):
    vocabulary = Vocabulary()
    file = OpenFile(vocabulary)
    for text in versions:
        updated(file, text)
        assert tokens_of(file, vocabulary) == lex(text)


@given(texts, st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5), texts), max_size=5))
def test_after_any_sequence_of_edits_the_tokens_are_those_of_a_fresh_lexing(text, edits):
    vocabulary = Vocabulary()
    file = updated(OpenFile(vocabulary), text)
    for start, length, new in edits:
        text = text[:start] + new + text[start + length :]
        updated(file, text)
        assert tokens_of(file, vocabulary) == lex(text)


@given(texts, texts)
def test_updates_that_interleave_leave_a_whole_file(one, other):
    vocabulary = Vocabulary()
    file = updated(OpenFile(vocabulary), "a\n" * 1000)
    slow = file.update(one + "b\n" * 1000)
    next(slow, None)
    updated(file, other)
    for _ in slow:
        pass
    assert tokens_of(file, vocabulary) == lex(one + "b\n" * 1000)


@given(texts, st.integers(0, 40))
def test_the_tokens_around_a_line_are_those_above_it_and_those_below_it(text, offset):
    vocabulary = Vocabulary()
    file = updated(OpenFile(vocabulary), text)
    number = text[:offset].count("\n")
    lines = text.split("\n")
    assert file.line_at(min(offset, len(text))) == number
    above, below = file.around(number)
    assert [vocabulary.text(t) for t in above.tolist()] == lex("\n".join(lines[:number]))[
        : len(above)
    ]
    assert len(above) + len(below) <= len(file.tokens)
    assert [vocabulary.text(t) for t in below.tolist()] == lex(text)[
        len(file.tokens) - len(below) :
    ]


@given(texts, texts, texts, texts)
def test_common_ends_are_the_longest_there_are(head, one, other, tail):
    left, right = head + one + tail, head + other + tail
    prefix = common_prefix(left, right)
    assert left[:prefix] == right[:prefix]
    assert left[: prefix + 1] != right[: prefix + 1] or prefix == min(len(left), len(right))
    most = min(len(left), len(right)) - prefix
    suffix = common_suffix(left, right, most)
    assert left[len(left) - suffix :] == right[len(right) - suffix :]
    assert suffix == most or left[-suffix - 1] != right[-suffix - 1]
