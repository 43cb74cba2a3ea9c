"""Inlay hints: what a failing test saw, at the end of each line that still stands."""

from collections.abc import Iterator

from lsprotocol import types

from lacuna_ls.lsp.convert import position_at
from lacuna_ls.lsp.observed import Observed
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.syntax.document import Document
from lacuna_ls.test_runs.facts import line_notes


def register(server: LacunaServer) -> None:
    def inlay_hint(params: types.InlayHintParams) -> list[types.InlayHint]:
        document = server.documents.get(params.text_document.uri)
        observed = server.observed.get(params.text_document.uri)
        if document is None or observed is None or not observed.recorded:
            return []
        lines = range(params.range.start.line, params.range.end.line + 1)
        return [
            types.InlayHint(
                position=position_at(
                    document.source, document.source.line_span(line).end, server.encoding
                ),
                label=text,
                padding_left=True,
            )
            for line, text in _standing_notes(document, observed)
            if line in lines
        ]

    if server.client.inlay_hints:
        server.on(types.TEXT_DOCUMENT_INLAY_HINT, inlay_hint)


def _standing_notes(document: Document, observed: Observed) -> Iterator[tuple[int, str]]:
    """Notes on the lines of the newest text."""
    for old, text in line_notes(observed.recorded, observed.path, observed.document.source):
        line = observed.standing.line(old)
        if line is not None and line < len(document.source.line_starts):
            yield line, text
