import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.domain.text import (
    Source,
    Span,
    TextEdit,
    apply_edits,
    changed_span,
    decode,
    encode,
)

texts = st.text("ab\r\n\f\u2028é😀\ud83d", max_size=30)


@given(st.text(st.characters()))
def test_any_text_survives_as_bytes(text):
    assert decode(encode(text)) == text


def test_foreign_bytes_become_replacement_characters():
    assert decode(b"a\xff\xe9b") == "a\ufffd\ufffdb"


@given(texts)
def test_lines_end_at_cr_lf_and_crlf_and_nowhere_else(text):
    source = Source.of(encode(text))
    lines = [source.text(source.line_span(n)) for n in range(len(source.line_starts))]
    assert lines == text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


@given(texts, texts, st.data())
def test_an_edited_source_is_that_of_the_edited_text(text, new, data):
    source = Source.of(encode(text))
    ends = st.integers(0, len(source.data))
    start, end = sorted((data.draw(ends), data.draw(ends)))
    edit = TextEdit(Span(start, end), encode(new))
    assert source.replaced(edit) == Source.of(apply_edits(source.data, [edit]))


@given(texts, texts)
def test_what_two_texts_share_at_their_ends_is_not_in_the_changed_span(before, after):
    old, new = encode(before), encode(after)
    span = changed_span(old, new)
    middle = new[span.start : len(new) - (len(old) - span.end)]
    assert apply_edits(old, [TextEdit(span, middle)]) == new
    assert before.startswith(decode(old[: span.start]))
    assert before.endswith(decode(old[span.end :]))


def test_equal_texts_have_an_empty_changed_span():
    assert len(changed_span(b"abc", b"abc")) == 0


@pytest.mark.parametrize("spans", [((0, 2), (1, 3)), ((0, 9),)])
def test_edits_that_overlap_or_leave_the_text_are_refused(spans):
    with pytest.raises(ValueError, match="overlaps another or leaves"):
        apply_edits(b"abc", [TextEdit(Span(*span), b"") for span in spans])
