"""A tree that is parsed when somebody looks is the tree of a full parse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.domain.text import Span, TextEdit, apply_edits
from lacuna_ls.syntax.document import MAX_PARSED_BYTES, edit_document, open_document, parse
from lacuna_ls.syntax.languages import languages
from lacuna_ls.syntax.nodes import preorder

PYTHON = next(known for known in languages() if known.name == "python")
CODE = b"def f(a):\n    return a\n\n\nx = f(1)\n"


def shape(tree):
    return [(node.type, node.start_byte, node.end_byte) for node in preorder(tree.root_node)]


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.text(alphabet="ab ()[]:=\n'", max_size=8), st.booleans()),
        max_size=12,
    )
)
def test_whenever_it_is_looked_at_the_tree_is_that_of_a_full_parse(edits):
    document = open_document("file:///a.py", 1, PYTHON, CODE)
    for offset, inserted, looked_at in edits:
        at = min(offset, len(document.data))
        edit = TextEdit(Span(at, min(at + 2, len(document.data))), inserted.encode())
        expected = apply_edits(document.data, [edit])
        document = edit_document(document, document.version + 1, [edit])
        assert document.data == expected
        if looked_at:
            assert shape(document.tree) == shape(parse(document.data, PYTHON))
    assert shape(document.tree) == shape(parse(document.data, PYTHON))


def test_more_edits_than_are_remembered_are_parsed_all_the_same():
    document = open_document("file:///a.py", 1, PYTHON, CODE)
    assert document.tree is not None
    for _ in range(500):
        document = edit_document(document, 2, [TextEdit(Span(0, 0), b"y = 1\n")])
    assert shape(document.tree) == shape(parse(document.data, PYTHON))


def test_the_document_that_is_edited_is_left_as_it_was():
    document = open_document("file:///a.py", 1, PYTHON, CODE)
    before = shape(document.tree)
    edit_document(document, 2, [TextEdit(Span(0, 9), b"(")])
    assert (document.data, shape(document.tree)) == (CODE, before)


def test_an_edit_outside_the_text_is_an_error():
    document = open_document("file:///a.py", 1, PYTHON, CODE)
    with pytest.raises(ValueError, match="leaves the text"):
        edit_document(document, 2, [TextEdit(Span(0, 999), b"")])


def test_a_document_without_a_language_has_no_tree():
    document = open_document("file:///a", 1, None, b"ab")
    assert edit_document(document, 2, [TextEdit(Span(1, 1), b"x")]).tree is None


def test_a_document_that_is_too_large_has_no_tree():
    large = open_document("file:///a.py", 1, PYTHON, b"x = 1\n" * (MAX_PARSED_BYTES // 6 + 1))
    assert (large.has_tree, large.tree) == (False, None)
