"""The part of a long file that is parsed for one completion."""

from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.completion.window import around
from lacuna_ls.domain.text import encode
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import languages

PYTHON = next(known for known in languages() if known.name == "python")
FUNCTION = b"def f(a):\n    b = a\n\n    return b\n\n\n"


def opened(data):
    return open_document("file:///a.py", 1, PYTHON, data)


def test_a_short_file_is_its_own_window():
    document = opened(FUNCTION * 3)
    assert around(document, 20) == (document, 20)


def test_a_long_file_is_cut_at_the_margin_on_both_sides():
    document = opened(FUNCTION * 2000)
    near, offset = around(document, 1000 * len(FUNCTION) + 14)
    assert len(near.data) < 5_000
    assert near.data.startswith(b"def f")
    assert near.data.endswith(b"\n\n\n")
    assert near.data[offset:].startswith(b"b = a")
    assert near.tree is not None
    assert not near.tree.root_node.has_error


def test_a_file_without_paragraphs_is_its_own_window():
    document = opened(b"x = 1\n" * 2000)
    near, offset = around(document, 6003)
    assert (near.data, offset) == (document.data, 6003)


def test_an_error_far_away_is_not_in_the_window():
    document = opened(b"f((\n\n\n" + FUNCTION * 2000)
    near, _ = around(document, 1000 * len(FUNCTION))
    assert near.tree is not None
    assert not near.tree.root_node.has_error


@given(st.text(alphabet="ab )\n\r\té", max_size=30), st.integers(1, 300), st.floats(0, 1))
def test_the_text_around_the_cursor_is_that_of_the_file(piece, repeats, share):
    data = encode(piece) * repeats
    cursor = int(len(data) * share)
    near, offset = around(opened(data), cursor)
    before, after = near.data[:offset], near.data[offset:]
    assert data[:cursor].endswith(before)
    assert data[cursor:].startswith(after)
    assert len(before) >= min(cursor, 1500)
    assert len(after) >= min(len(data) - cursor, 1500)
    afresh = opened(near.data)
    assert near.tree is not None
    assert afresh.tree is not None
    assert str(near.tree.root_node) == str(afresh.tree.root_node)
