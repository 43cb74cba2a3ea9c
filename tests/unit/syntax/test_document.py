"""Snapshots and their trees. That trees follow any edits is tested with the text they come from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.domain.text import Span, TextEdit
from lacuna_ls.syntax.document import (
    MAX_PARSED_BYTES,
    MAX_PARSED_LINES,
    edit_document,
    open_document,
)
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.syntax.nodes import preorder
from lacuna_ls.syntax.store import DocumentStore

PYTHON = by_language_id("python")


def opened(data: bytes, version: int = 1):
    return open_document("file:///a.py", version, PYTHON, data)


def test_a_snapshot_stays_as_it_was_when_the_document_is_edited():
    before = opened(b"x = 1\n")
    edit_document(before, 2, [TextEdit(Span(0, 1), b"long_name")])
    assert before.data == b"x = 1\n"
    assert before.tree is not None
    assert [n.end_byte for n in preorder(before.tree.root_node) if n.type == "identifier"] == [1]


def test_edits_apply_in_order_each_to_what_the_one_before_left():
    edits = [TextEdit(Span(0, 0), b"ab"), TextEdit(Span(1, 2), b"c")]
    assert edit_document(opened(b""), 2, edits).data == b"ac"


def test_an_edit_beyond_the_text_is_refused():
    with pytest.raises(ValueError, match="leaves the text"):
        edit_document(opened(b"x"), 2, [TextEdit(Span(0, 2), b"")])


@pytest.mark.parametrize(
    "data", [b"#" * (MAX_PARSED_BYTES + 1), b"\n" * MAX_PARSED_LINES], ids=["bytes", "lines"]
)
def test_above_the_size_limits_there_is_text_and_no_tree(data):
    large = opened(data)
    assert large.tree is None
    small = edit_document(large, 2, [TextEdit(Span(0, len(data)), b"x = 1")])
    assert small.tree is not None
    assert small.tree.root_node.type == "module"


def test_a_language_nobody_knows_has_no_tree():
    assert open_document("file:///a.xyz", 1, None, b"(").tree is None


def test_twenty_thousand_parentheses_are_parsed_and_walked():
    deep = opened(b"x = " + b"(" * 20_000 + b"1" + b")" * 20_000)
    assert deep.tree is not None
    assert sum(1 for _ in preorder(deep.tree.root_node)) > 20_000


def test_the_store_keeps_the_newest_snapshot_until_it_is_closed():
    store = DocumentStore()
    store.put(opened(b"a", 1))
    store.put(opened(b"b", 2))
    newest = store.get("file:///a.py")
    assert newest is not None
    assert newest.version == 2
    store.close("file:///a.py")
    assert list(store) == []


lines = st.sampled_from(
    [b"x = 1", b"if x:", b"    y = f(x)", b"", b"    '''", b"def f(a):", b"(", b")"]
)


@given(st.lists(lines, max_size=12).map(b"\n".join), st.integers(0, 100), lines)
def test_a_document_has_errors_where_its_tree_does(data, at, typed):
    before = opened(data)
    assert before.tree is not None
    at = min(at, len(data))
    after = edit_document(before, 2, [TextEdit(Span(at, at), typed)])
    has_errors = after.has_errors
    afresh = opened(after.data)
    assert afresh.tree is not None
    assert after.tree is not None
    assert has_errors == afresh.tree.root_node.has_error == after.tree.root_node.has_error
