"""The new name, where it stands once the edit is in."""

import pytest
from lsprotocol import types

from lacuna_ls.actions.provider import ActionKind, Offer
from lacuna_ls.domain.text import Span, TextEdit
from lacuna_ls.lsp.convert import Encoding
from lacuna_ls.lsp.rename import rename_command
from lacuna_ls.syntax.document import open_document

URI = "file:///a.py"


def offer(rename_at: int | None) -> Offer:
    edits = (TextEdit(Span(0, 0), b"def part():\n    pass\n\n\n"), TextEdit(Span(4, 5), b"part()"))
    return Offer("Extract", ActionKind.REFACTOR_EXTRACT, 1, edits, rename_at=rename_at)


@pytest.mark.parametrize(
    ("encoding", "character"), [(Encoding.UTF8, 4), (Encoding.UTF16, 2), (Encoding.UTF32, 1)]
)
def test_the_position_is_in_the_new_text_and_in_the_clients_units(encoding, character):
    document = open_document(URI, 1, None, "\U0001f600x\n".encode())
    command = rename_command(document, offer(23 + 4), encoding)
    assert command is not None
    assert command.command == "lacuna.rename"
    assert command.arguments == [URI, types.Position(4, character)]


def test_what_makes_no_name_is_not_renamed():
    document = open_document(URI, 1, None, b"12345\n")
    assert rename_command(document, offer(None), Encoding.UTF8) is None
