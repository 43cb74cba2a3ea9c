"""Open documents against an independent model: a string, walked one character at a time."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol.types import (
    Position,
    Range,
    TextDocumentContentChangePartial,
    TextDocumentContentChangeWholeDocument,
)

from lacuna_ls.domain.text import Source, decode, encode
from lacuna_ls.lsp.convert import Encoding, edit_of, offset_at, position_at, text_of
from lacuna_ls.syntax.document import Document, edit_document, open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.syntax.nodes import Tree, preorder

PYTHON = by_language_id("python")

PIECES = (
    *("\r", "\n", "\r\n", "\f", "\v", "\u2028", "\u2029", "\x85", "\0", "\ufeff"),
    *("é", "…", "😀", "𝒳", "\ud83d", "\ude00", "\udfff", "e\u0301"),
    *("a", "b1", " ", "    ", "\t", "(", ")", "[", "]", ":", "=", "'", '"""', "#", "\\", ","),
    *("def f(x):", "if a:\n    b\n", "return", "class A:\n", "f'{x}'", "lambda", "1.5", "@d\n"),
)

Change = tuple[str, tuple[int, int, int, int] | None]


class Model:
    """What the protocol says the text is. Halves that meet are one character in UTF-16."""

    def __init__(self, text: str, encoding: Encoding) -> None:
        self.encoding = encoding
        self.text = self._joined(text)

    def change(self, new: str, ends: tuple[int, int, int, int] | None) -> None:
        if ends is None:
            self.text = self._joined(new)
            return
        a, b = sorted((self.index(*ends[:2]), self.index(*ends[2:])))
        self.text = self._joined(self.text[:a] + new + self.text[b:])

    def index(self, line: int, character: int) -> int:
        """Index into the text; beyond the end of a line or of the text is the end."""
        i = 0
        for _ in range(line):
            while i < len(self.text) and self.text[i] not in "\r\n":
                i += 1
            if i == len(self.text):
                return i
            i += 2 if self.text[i : i + 2] == "\r\n" else 1
        units = 0
        while i < len(self.text) and self.text[i] not in "\r\n":
            units += self._width(self.text[i])
            if units > character:
                break
            i += 1
        return i

    def _width(self, character: str) -> int:
        if self.encoding is Encoding.UTF32:
            return 1
        if self.encoding is Encoding.UTF16:
            return 2 if ord(character) > 0xFFFF else 1
        return len(character.encode("utf-8", "surrogatepass"))

    def _joined(self, text: str) -> str:
        if self.encoding is not Encoding.UTF16:
            return text
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def opened(text: str, encoding: Encoding) -> Document:
    return open_document("file:///a.py", 1, PYTHON, text_of(text, encoding))


def changed(document: Document, changes: list[Change], encoding: Encoding) -> Document:
    source, edits = document.source, []
    for new, ends in changes:
        edit = edit_of(source, content_change(new, ends), encoding)
        source = source.replaced(edit)
        edits.append(edit)
    return edit_document(document, document.version + 1, edits)


def content_change(new: str, ends: tuple[int, int, int, int] | None):
    if ends is None:
        return TextDocumentContentChangeWholeDocument(text=new)
    start, end = Position(*ends[:2]), Position(*ends[2:])
    return TextDocumentContentChangePartial(text=new, range=Range(start, end))


def outline(tree: Tree) -> list[tuple[str, int, int, bool, bool]]:
    return [
        (n.type, n.start_byte, n.end_byte, n.is_missing, n.is_extra)
        for n in preorder(tree.root_node)
    ]


def assert_follows(document: Document, model: Model) -> None:
    assert decode(document.data) == model.text
    assert document.source == Source.of(document.data)


def assert_tree_is_that_of_the_text(document: Document) -> None:
    fresh = open_document(document.uri, 1, PYTHON, document.data)
    assert document.tree is not None
    assert fresh.tree is not None
    assert outline(document.tree) == outline(fresh.tree)


texts = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
places = st.tuples(*[st.integers(0, 6), st.one_of(st.integers(0, 9), st.just(2**31 - 1))] * 2)
changes = st.tuples(texts, st.one_of(places, places, places, st.none()))


@settings(max_examples=250, deadline=None)
@given(texts, st.lists(st.lists(changes, min_size=1, max_size=3), max_size=6))
@pytest.mark.parametrize("encoding", list(Encoding))
def test_text_and_tree_follow_any_changes(encoding, text, messages):
    document, model = opened(text, encoding), Model(text, encoding)
    for message in messages:
        document = changed(document, message, encoding)
        for new, ends in message:
            model.change(new, ends)
        assert_follows(document, model)
        assert_tree_is_that_of_the_text(document)


@pytest.mark.parametrize("encoding", list(Encoding))
def test_long_sessions_stay_in_step(encoding):
    """About a thousand sessions of thirty edits over the three encodings."""
    chance = random.Random(f"sessions in {encoding}")

    def text(most: int) -> str:
        return "".join(chance.choices(PIECES, k=chance.randrange(most)))

    def ends() -> tuple[int, int, int, int]:
        line = chance.randrange(8)
        near = max(0, line + chance.choice((0, 0, 0, 1, -1)))
        return (line, chance.randrange(12), near, chance.randrange(12))

    for _ in range(340):
        start = text(30)
        document, model = opened(start, encoding), Model(start, encoding)
        for _ in range(30):
            change = (text(4), ends())
            document = changed(document, [change], encoding)
            model.change(*change)
        assert_follows(document, model)
        assert_tree_is_that_of_the_text(document)


@given(texts, st.integers(0, 6), st.integers(0, 12))
@pytest.mark.parametrize("encoding", list(Encoding))
def test_a_position_is_the_models_place(encoding, text, line, character):
    source, model = Source.of(text_of(text, encoding)), Model(text, encoding)
    at = offset_at(source, Position(line, character), encoding)
    assert decode(source.data[:at]) == model.text[: model.index(line, character)]


@given(texts, st.integers(0, 60))
@pytest.mark.parametrize("encoding", list(Encoding))
def test_an_offset_survives_the_way_out_and_back(encoding, text, index):
    source, model = Source.of(text_of(text, encoding)), Model(text, encoding)
    before = model.text[:index]
    at = len(encode(before))
    inside_line_end = before.endswith("\r") and model.text[index : index + 1] == "\n"
    if not inside_line_end:
        assert offset_at(source, position_at(source, at, encoding), encoding) == at
