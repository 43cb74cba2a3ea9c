"""A look at an edit that nobody has made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.domain.text import Span, TextEdit, apply_edits
from lacuna_ls.syntax.document import open_document, parse, try_edit
from lacuna_ls.syntax.languages import languages
from lacuna_ls.syntax.nodes import preorder

PYTHON = next(known for known in languages() if known.name == "python")
CODE = b"def f(a):\n    return a\n\n\nx = f(1)\n"


def shape(tree):
    return [(node.type, node.start_byte, node.end_byte) for node in preorder(tree.root_node)]


@given(st.integers(0, len(CODE)), st.text(alphabet="ab ()[]:=\n", max_size=8))
def test_the_text_is_edited_and_a_tree_without_errors_is_that_of_a_full_parse(offset, inserted):
    document = open_document("file:///a.py", 1, PYTHON, CODE)
    edit = TextEdit(Span(offset, offset), inserted.encode())
    tried = try_edit(document, edit)
    assert tried.data == apply_edits(CODE, [edit])
    assert tried.tree is not None
    if not tried.tree.root_node.has_error:
        assert shape(tried.tree) == shape(parse(tried.data, PYTHON))


def test_the_document_itself_is_left_as_it_was():
    document = open_document("file:///a.py", 1, PYTHON, CODE)
    before = shape(document.tree)
    try_edit(document, TextEdit(Span(0, 9), b"("))
    assert (document.data, shape(document.tree)) == (CODE, before)


def test_an_edit_outside_the_text_is_an_error():
    document = open_document("file:///a.py", 1, PYTHON, CODE)
    with pytest.raises(ValueError, match="leaves the text"):
        try_edit(document, TextEdit(Span(0, 999), b""))


def test_a_document_without_a_language_has_no_tree_afterwards_either():
    tried = try_edit(open_document("file:///a", 1, None, b"ab"), TextEdit(Span(1, 1), b"x"))
    assert (tried.data, tried.tree) == (b"axb", None)
