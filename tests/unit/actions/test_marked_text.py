import pytest

from lacuna_ls.domain.text import Span
from marked_text import read_marks


def test_a_selection_is_measured_in_bytes_without_its_marks():
    assert read_marks("é = «ü | b»\n") == ("é = ü | b\n".encode(), Span(5, 11))


def test_a_cursor_is_an_empty_span():
    assert read_marks("a =| b\n") == (b"a = b\n", Span(3, 3))


@pytest.mark.parametrize("text", ["a = b", "a | b | c", "«a", "«a» «b»", "a»"])
def test_text_without_exactly_one_mark_is_refused(text: str):
    with pytest.raises(ValueError, match="not exactly one"):
        read_marks(text)
