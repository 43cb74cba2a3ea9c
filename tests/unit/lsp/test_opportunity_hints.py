"""When hints are looked for, where they go, and when they vanish."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from e2e.fake_server import build_services
from lacuna_ls.domain.text import Source, Span, encode
from lacuna_ls.lsp import text_sync
from lacuna_ls.lsp.client_features import ClientFeatures
from lacuna_ls.lsp.diagnostics import MOST_SHOWN
from lacuna_ls.lsp.framing import Framing
from lacuna_ls.lsp.lifecycle import create_server
from lacuna_ls.lsp.opportunity_hints import OpportunityHints
from lacuna_ls.lsp.uris import uri_of
from lacuna_ls.settings import Settings
from lacuna_ls.test_runs.finding import Finding

REPORT = """\
def publish(report, folder, log):
    log.info("publish %s", report.title)
    # Count the words of all sections
    counts = {}
    for section in report.sections:
        for line in section.lines:
            for word in line.split():
                if word.isalpha():
                    key = word.lower()
                    counts[key] = counts.get(key, 0) + 1
                elif word in report.aliases:
                    alias = report.aliases[word]
                    counts[alias] = counts.get(alias, 0) + 1

    if not counts:
        log.warning("nothing in %s for %s", report, folder)
        return None
    with folder.create("index.html") as page:
        page.write(report.title, report.author, counts)
        page.write(report.licence, report.date, log.level)
        if report.pages > folder.room:
            raise ValueError(log.name)
        while page.waits(folder):
            log.info("waits for %s and %s", folder, report)
    return page
"""


class Desk:
    """A server without a client's process."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.server = create_server(build_services)
        self.server.client = ClientFeatures(quick_fix_diagnostics=True)
        self.server.roots = (self.root,)
        self.server.protocol.set_writer(self)
        text_sync.register(self.server)
        self.server.opportunity_hints = OpportunityHints(self.server, rest_s=0)
        self.published: list[list[dict[str, Any]]] = []
        self._framing = Framing()

    def write(self, data: bytes) -> None:
        for message in map(json.loads, self._framing.feed(data)):
            if message.get("method") == "textDocument/publishDiagnostics":
                self.published.append(message["params"]["diagnostics"])

    def close(self) -> None:
        """A writer's part that is not needed here."""

    def open(self, name: str, text: str) -> str:
        return self.open_uri(uri_of(self.root / name), text)

    def open_uri(self, uri: str, text: str) -> str:
        self._call(
            types.TEXT_DOCUMENT_DID_OPEN,
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, text)),
        )
        return uri

    def type(self, uri: str, old: str, new: str) -> None:
        """Replace one piece of the text, as typing does."""
        document = self.server.documents.get(uri)
        assert document is not None
        start = document.data.index(encode(old))
        range_ = types.Range(*(self._position(document.source, start + n) for n in (0, len(old))))
        change = types.TextDocumentContentChangePartial(range=range_, text=new)
        self._call(
            types.TEXT_DOCUMENT_DID_CHANGE,
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(document.version + 1, uri), [change]
            ),
        )

    async def rested(self) -> None:
        """Until nothing is looked for any more."""
        while self.server.opportunity_hints.is_busy:  # noqa: ASYNC110 - a thread works
            await asyncio.sleep(0)

    def _call(self, method: str, params: Any) -> None:
        self.server.protocol.handlers[method](params)

    def _position(self, source: Source, offset: int) -> types.Position:
        line = source.line_at(offset)
        return types.Position(line, offset - source.line_starts[line])


@pytest.fixture
async def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_a_file_that_rests_has_a_hint_on_the_first_line_of_what_could_be_a_function(desk):
    desk.open("a.py", REPORT)
    await desk.rested()
    ((hint,),) = desk.published
    assert hint["severity"] == types.DiagnosticSeverity.Hint
    assert hint["message"] == "These 11 lines could be a function: count_words_sections"
    assert hint["range"]["start"] == {"line": 2, "character": 4}
    assert hint["range"]["end"]["line"] == 2


async def test_a_cell_of_a_notebook_has_hints_as_a_file_has(desk):
    notebook = uri_of(desk.root / "notes.ipynb").removeprefix("file://")
    desk.open_uri(f"vscode-notebook-cell:{notebook}#W0sZmlsZQ%3D%3D", REPORT)
    await desk.rested()
    ((hint,),) = desk.published
    assert hint["message"] == "These 11 lines could be a function: count_words_sections"


async def test_a_cell_of_a_notebook_outside_of_the_folders_is_left_alone(desk):
    desk.open_uri("vscode-notebook-cell:/elsewhere/notes.ipynb#W0s", REPORT)
    await desk.rested()
    assert desk.published == []


async def test_an_edit_elsewhere_moves_the_hint_and_one_on_its_line_is_not_told(desk):
    uri = desk.open("a.py", REPORT)
    await desk.rested()
    desk.type(uri, "return page", "return  page")
    assert len(desk.published) == 1
    desk.type(uri, "def publish", "import os\n\n\ndef publish")
    assert desk.published[1][0]["range"]["start"]["line"] == 5


async def test_an_edit_inside_takes_the_hint_away_at_once(desk):
    uri = desk.open("a.py", REPORT)
    await desk.rested()
    desk.type(uri, "word.lower()", "word.upper()")
    assert desk.published[1:] == [[]]
    await desk.rested()
    assert len(desk.published[2]) == 1


async def test_what_is_edited_meanwhile_is_looked_at_again(desk):
    uri = desk.open("a.py", REPORT)
    await asyncio.sleep(0)
    desk.type(uri, "# Count the words of all", "# Collect words of")
    await desk.rested()
    ((hint,),) = desk.published
    assert hint["message"].endswith(": collect_words_sections")


@pytest.mark.parametrize("name", ["a.pyi", ".venv/lib/a.py", "src/_vendor/a.py", "../elsewhere.py"])
async def test_what_is_not_the_users_own_code_is_left_alone(desk, name):
    desk.open(name, REPORT)
    await desk.rested()
    assert desk.published == []


async def test_the_setting_switches_hints_off_and_on_again(desk):
    uri = desk.open("a.py", REPORT)
    await desk.rested()
    desk.server.settings = Settings(extract_hints="off")
    desk.server.opportunity_hints.touched(uri)
    await desk.rested()
    assert desk.published[1:] == [[]]
    desk.server.settings = Settings()
    desk.server.opportunity_hints.touched(uri)
    await desk.rested()
    assert len(desk.published[2]) == 1


async def test_a_client_that_cannot_fix_what_is_shown_is_shown_nothing(desk):
    desk.server.client = replace(desk.server.client, quick_fix_diagnostics=False)
    desk.open("a.py", REPORT)
    await desk.rested()
    assert desk.published == []


async def test_failures_come_first_and_leave_less_room(desk):
    uri = desk.open("a.py", REPORT)
    await desk.rested()
    document = desk.server.documents.get(uri)
    failures = [Finding(Span(0, 3), "red", f"t{n}") for n in range(MOST_SHOWN)]
    desk.server.diagnostics.publish(document, failures[1:])
    assert [each["severity"] for each in desk.published[-1]] == [1] * (MOST_SHOWN - 1) + [4]
    desk.server.diagnostics.publish(document, failures)
    assert [each["severity"] for each in desk.published[-1]] == [1] * MOST_SHOWN


async def test_a_closed_file_has_none(desk):
    uri = desk.open("a.py", REPORT)
    await desk.rested()
    close = types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
    desk.server.protocol.handlers[types.TEXT_DOCUMENT_DID_CLOSE](close)
    assert desk.published[1:] == [[]]


async def test_a_server_that_ends_does_not_wait_for_a_search(desk):
    desk.open("a.py", REPORT)
    running = asyncio.ensure_future(desk.server.run())
    await asyncio.sleep(0)
    desk.server.stop(0)
    await desk.rested()
    assert await running == 0
    assert desk.published == []
