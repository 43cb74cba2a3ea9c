"""Puts a new name under rename once its edit is in, where the client has a command for that."""

from lsprotocol import types

from lacuna_ls.actions.provider import Offer
from lacuna_ls.domain.text import Source, apply_edits
from lacuna_ls.lsp.client_features import RENAME_COMMAND
from lacuna_ls.lsp.convert import Encoding, position_at
from lacuna_ls.syntax.document import Document


def rename_command(document: Document, offer: Offer, encoding: Encoding) -> types.Command | None:
    """The command that follows the edit of an offer; `None` if it makes no new name."""
    if offer.rename_at is None:
        return None
    after = Source.of(apply_edits(document.data, offer.edits))
    position = position_at(after, offer.rename_at, encoding)
    return types.Command(title="Rename", command=RENAME_COMMAND, arguments=[document.uri, position])
