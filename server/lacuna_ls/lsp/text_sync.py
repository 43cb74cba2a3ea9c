"""Open documents follow the editor: the only writer of the document store.

These handlers run to their end before the next message is looked at, so every request reads a
snapshot that the client has sent in full.
"""

import logging
from pathlib import Path
from typing import Any

from lsprotocol import types

from lacuna_ls.domain.text import TextEdit
from lacuna_ls.lsp.convert import edit_of, text_of
from lacuna_ls.lsp.diagnostics import Diagnostics
from lacuna_ls.lsp.observed import Observations
from lacuna_ls.lsp.opportunity_hints import OpportunityHints
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.lsp.untouched import Untouched
from lacuna_ls.lsp.uris import path_of
from lacuna_ls.syntax.document import edit_document, open_document
from lacuna_ls.syntax.languages import Language, by_language_id, by_path
from lacuna_ls.syntax.store import DocumentStore

log = logging.getLogger(__name__)


def register(server: LacunaServer) -> None:
    server.documents = DocumentStore()
    server.diagnostics = Diagnostics(server)
    server.observed = Observations(server)
    server.opportunity_hints = OpportunityHints(server)
    server.untouched = Untouched(server)

    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        data = text_of(item.text, server.encoding)
        language = _language(item.language_id, item.uri)
        server.documents.put(open_document(item.uri, item.version, language, data))
        server.opportunity_hints.touched(item.uri)

    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        before = server.documents.get(params.text_document.uri)
        if before is None:
            log.warning("a change to a document that is not open")
            return
        edits: list[TextEdit] = []
        source = before.source
        for change in params.content_changes:
            if edits:
                source = source.replaced(edits[-1])
            edits.append(edit_of(source, change, server.encoding))
        after = edit_document(before, params.text_document.version, edits)
        server.documents.put(after)
        server.diagnostics.edited(before, after)
        server.observed.edited(before, after)
        server.opportunity_hints.touched(after.uri)
        services = server.built_services()
        if services is not None:
            services.edited(after.uri)

    def change_lost(params: Any) -> None:
        """After a change that nobody understood, what later changes refer to is unknown."""
        identifier = params.get("textDocument") if isinstance(params, dict) else None
        uri = identifier.get("uri") if isinstance(identifier, dict) else None
        if isinstance(uri, str) and server.documents.get(uri) is not None:
            log.warning("a document is not followed any more until it is opened again")
            forget(uri)

    def forget(uri: str) -> None:
        server.documents.close(uri)
        server.diagnostics.clear(uri)
        server.observed.clear(uri)
        server.opportunity_hints.forget(uri)

    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        forget(params.text_document.uri)

    async def did_save(params: types.DidSaveTextDocumentParams) -> None:
        document = server.documents.get(params.text_document.uri)
        if document is not None:
            services = await server.services()
            await services.saved(document)

    server.on(types.TEXT_DOCUMENT_DID_OPEN, did_open)
    server.on(types.TEXT_DOCUMENT_DID_CHANGE, did_change)
    server.protocol.on_malformed[types.TEXT_DOCUMENT_DID_CHANGE] = change_lost
    server.on(types.TEXT_DOCUMENT_DID_CLOSE, did_close)
    server.on(types.TEXT_DOCUMENT_DID_SAVE, did_save)


def _language(language_id: str, uri: str) -> Language | None:
    return by_language_id(language_id) or by_path(path_of(uri) or Path())
