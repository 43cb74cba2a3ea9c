"""Edits for clients that do not say what they count in."""

from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.domain.text import Source, Span, TextEdit, apply_edits, encode
from lacuna_ls.lsp.client_features import ClientFeatures
from lacuna_ls.lsp.convert import Encoding, on_whole_lines, range_of

TEXTS = st.text(st.sampled_from("ab \né😀"), max_size=30)


@st.composite
def changes(draw: st.DrawFn) -> tuple[Source, list[TextEdit]]:
    """A text, and edits of it that do not overlap."""
    text = draw(TEXTS)
    at = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    ends = [len(encode(text[:each])) for each in at]
    edits = [
        TextEdit(Span(start, end), encode(draw(TEXTS)))
        for start, end in zip(ends[::2], ends[1::2], strict=False)
    ]
    # Two insertions at one place have no order between them.
    starts = {edit.span: edit for edit in edits}
    return Source.of(encode(text)), list(starts.values())


@given(changes())
def test_the_text_becomes_the_same(change):
    source, edits = change
    assert apply_edits(source.data, on_whole_lines(source, edits)) == apply_edits(
        source.data, edits
    )


@given(changes())
def test_no_position_depends_on_what_is_counted(change):
    source, edits = change
    for edit in on_whole_lines(source, edits):
        ends = {
            repr((each.line, each.character))
            for encoding in Encoding
            for each in (range_of(source, edit.span, encoding).end,)
        }
        last_line = source.line_at(edit.span.end) + 1 == len(source.line_starts)
        assert len(ends) == 1 or last_line
        starts = {range_of(source, edit.span, encoding).start.character for encoding in Encoding}
        assert len(starts) == 1


def test_edits_of_plain_lines_stay_as_they_are():
    source = Source.of(b"one two\nthree\n")
    edits = [TextEdit(Span(4, 7), b"2")]
    assert on_whole_lines(source, edits) == edits


def test_a_client_says_what_it_counts_or_does_not():
    assert not ClientFeatures().position_encodings
