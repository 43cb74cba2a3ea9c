"""Code lenses: what the tests of a definition say, above it; a click runs the file's tests."""

from lsprotocol import types

from lacuna_ls.lsp.convert import position_at
from lacuna_ls.lsp.observed import Observed
from lacuna_ls.lsp.server import RUN_TESTS, LacunaServer
from lacuna_ls.test_runs.tested import Judged, in_words


def register(server: LacunaServer) -> None:
    def code_lens(params: types.CodeLensParams) -> list[types.CodeLens]:
        observed = server.observed.get(params.text_document.uri)
        if observed is None:
            return []
        found = server.observed.judged(params.text_document.uri)
        lenses = (_lens(server, observed, each) for each in found)
        return [lens for lens in lenses if lens is not None]

    if server.client.code_lenses:
        server.on(types.TEXT_DOCUMENT_CODE_LENS, code_lens)


def _lens(server: LacunaServer, observed: Observed, each: Judged) -> types.CodeLens | None:
    definition = each.definition
    line = observed.standing.block(definition.first_line, definition.last_line)
    newest = server.documents.get(observed.document.uri)
    if line is None or newest is None:
        return None
    down = observed.document.source.line_at(definition.name.start) - definition.first_line
    span = newest.source.line_span(line + down)
    place = position_at(newest.source, span.start, server.encoding)
    can_run = server.client.execute_command
    command = types.Command(
        title=in_words(each),
        # A lens with an empty command is shown, and does nothing.
        command=RUN_TESTS if can_run else "",
        arguments=[newest.uri] if can_run else None,
    )
    return types.CodeLens(range=types.Range(place, place), command=command)
