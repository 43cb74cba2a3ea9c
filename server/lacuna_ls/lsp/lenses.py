"""Code lenses: what the tests of a definition say, above it; a click runs the file's tests.

Above a slow function a second one says in which lines its time goes; a click searches for a speed-up.
"""

from lsprotocol import types

from lacuna_ls.lsp.convert import position_at
from lacuna_ls.lsp.observed import Hot, Observed
from lacuna_ls.lsp.server import RUN_TESTS, SPEED_UP, LacunaServer
from lacuna_ls.test_runs.tested import Judged, in_words

_MOST_LINES = 2
_LEAST_SHARE = 0.1


def register(server: LacunaServer) -> None:
    def code_lens(params: types.CodeLensParams) -> list[types.CodeLens]:
        observed = server.observed.get(params.text_document.uri)
        if observed is None:
            return []
        found = server.observed.judged(params.text_document.uri)
        lenses = [_lens(server, observed, each) for each in found]
        lenses += [
            _hot_lens(server, observed, each, hot)
            for hot in observed.hottest
            for each in found
            if ".".join(each.definition.path) == hot.name
        ]
        return [lens for lens in lenses if lens is not None]

    if server.client.code_lenses:
        server.on(types.TEXT_DOCUMENT_CODE_LENS, code_lens)


def _lens(server: LacunaServer, observed: Observed, each: Judged) -> types.CodeLens | None:
    newest = server.documents.get(observed.document.uri)
    uri = "" if newest is None else newest.uri
    return _above(server, observed, each, in_words(each), (RUN_TESTS, uri))


def _hot_lens(
    server: LacunaServer, observed: Observed, each: Judged, hot: Hot
) -> types.CodeLens | None:
    """None of its lines may have gone."""
    parts = []
    for cost in hot.lines[:_MOST_LINES]:
        line = observed.standing.line(cost.line)
        if line is None:
            return None
        if cost.share >= _LEAST_SHARE:
            times = "once" if cost.count == 1 else f"{cost.count:,} times"
            parts.append(f"{cost.share:.0%} in line {line + 1} ({times})")
    if not parts:
        return None
    title = f"time: {', '.join(parts)}; search for a speed-up"
    return _above(server, observed, each, title, (SPEED_UP, observed.document.uri, hot.name))


def _above(
    server: LacunaServer, observed: Observed, each: Judged, title: str, called: tuple[str, ...]
) -> types.CodeLens | None:
    """A lens above a definition that still stands; `called` is a command with its arguments."""
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
        title=title,
        # A lens with an empty command is shown, and does nothing.
        command=called[0] if can_run else "",
        arguments=list(called[1:]) if can_run else None,
    )
    return types.CodeLens(range=types.Range(place, place), command=command)
