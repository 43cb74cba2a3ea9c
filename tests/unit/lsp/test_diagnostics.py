"""Findings stay with their lines: `«` and `»` mark one before, and where it is expected after."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.domain.text import Source, Span, encode
from lacuna_ls.lsp.diagnostics import moved
from lacuna_ls.test_runs.finding import Finding


def marked(text: str) -> tuple[Source, Span]:
    start = encode(text[: text.index("«")])
    plain = text.replace("«", "").replace("»", "")
    end = encode(text[: text.index("»")].replace("«", ""))
    return Source.of(encode(plain)), Span(len(start), len(end))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\n«é = b»\nc\n", "a\nx\n«é = b»\nc\n"),
        ("a\n«é = b»\nc\n", "«é = b»\nc\n"),
        ("a\n«b»\nc\n", "a\n«b»\nc\nd\n"),
        ("a\n«b»\nc\n", "a\n«b»\nC\n"),
        ("a\n«b»\nc\n", "à\n«b»\nc\n"),
        ("«a»", "import x\n«a»"),
        ("«a»\n", "«a»\n\n"),
        ("«a»\r\nb", "«a»\r\nB"),
    ],
)
def test_a_finding_moves_with_its_line(before, after):
    source, span = marked(before)
    changed, expected = marked(after)
    (finding,) = moved([Finding(span, "m", "t")], source, changed)
    assert finding.span == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\n«b»\nc", "a\nbb\nc"),
        ("a\n  «b»\nc", "a\nb\nc"),
        ("a\n«b»\nc", "a\nc"),
        ("«a»", "ab"),
        ("«a»", "ba"),
        ("a\n«b»\nc", "a\nb # x\nc"),
        ("a\n«b»\nc", "a b\nc"),
        ("a\n«b»\nc", ""),
    ],
)
def test_a_finding_on_an_edited_line_is_gone(before, after):
    source, span = marked(before)
    assert moved([Finding(span, "m", "t")], source, Source.of(encode(after))) == ()


texts = st.text("ab\n\ré😀", max_size=20).map(encode)


@given(texts, texts, st.data())
def test_what_is_kept_stands_on_the_same_whole_line(before, after, data):
    source, changed = Source.of(before), Source.of(after)
    line = data.draw(st.integers(0, len(source.line_starts) - 1))
    span = source.line_span(line)
    for finding in moved([Finding(span, "m", "t")], source, changed):
        there = changed.line_span(changed.line_at(finding.span.start))
        assert finding.span == there
        assert source.text(span) == changed.text(there)
