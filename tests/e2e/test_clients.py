"""Every request and notification that is served, asked by three kinds of editors.

The engines are scripted (`fake_server.py`): here the protocol is on trial, not what it carries.
"""

import sys
from pathlib import Path
from typing import Any

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, make_test_lsp_client

from e2e.editor import Editor, connected
from e2e.profiles import NAMES
from lacuna_ls.lsp.uris import uri_of

SERVER = Path(__file__).with_name("fake_server.py")
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_lsp.fixture(  # type: ignore[untyped-decorator]
    scope="module",
    params=NAMES,
    config=ClientServerConfig(
        server_command=[sys.executable, "-I", str(SERVER)], client_factory=make_test_lsp_client
    ),
)
async def connection(lsp_client: LanguageClient, request, tmp_path_factory):
    await connected(lsp_client, request.param, tmp_path_factory.mktemp("wörk space"))
    yield
    await lsp_client.shutdown_session()


@pytest.fixture
def editor(connection: Any) -> Any:
    return connection.editor


async def test_what_is_advertised_is_what_this_module_tests(editor):
    served = {name for name in dir(editor.served) if name.endswith("_provider")}
    advertised = {name for name in served if getattr(editor.served, name)}
    completion = {"completion_provider"}
    if editor.profile != "minimal":
        completion = {"inline_completion_provider"}
    assert advertised == {"code_action_provider", *completion}


async def test_the_encoding_is_the_best_that_the_client_offers(editor):
    expected = {"vscode": "utf-16", "neovim": "utf-8", "minimal": "utf-32"}[editor.profile]
    assert editor.served.position_encoding == expected


async def test_completion_at_the_cursor(editor):
    uri = editor.open("é = '😀' # SUGGEST\n")
    position = editor.at(0, "é = '😀' # SUGGEST")
    document = types.TextDocumentIdentifier(uri)
    if editor.profile == "minimal":
        answer = await editor.client.text_document_completion_async(
            types.CompletionParams(document, position)
        )
        assert answer.is_incomplete
        (item,) = answer.items
        word = types.Range(editor.at(0, "é = '😀' # "), position)
        assert (item.text_edit.range, item.text_edit.new_text) == (word, "SUGGESTparse(é, 10)")
        assert item.insert_text_format == types.InsertTextFormat.PlainText
        assert "uncalibrated" in item.detail
        return
    context = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic)
    answer = await editor.client.text_document_inline_completion_async(
        types.InlineCompletionParams(context, document, position)
    )
    (item,) = answer.items
    assert item.range == types.Range(position, position)
    assert item.insert_text.value == "parse(${1|é,à|}, ${2:10})$0"


@pytest.mark.parametrize("connection", ["minimal"], indirect=True)
async def test_completion_that_takes_long_does_not_hold_up_the_popup(editor):
    uri = editor.open("SLOW")
    answer = await editor.client.text_document_completion_async(
        types.CompletionParams(types.TextDocumentIdentifier(uri), types.Position(0, 4))
    )
    assert (list(answer.items), answer.is_incomplete) == ([], True)


async def test_changes_are_followed_in_the_clients_units(editor):
    uri = editor.open("'😀' + x # RED\n")
    at = types.Range(editor.at(0, "'😀' + "), editor.at(0, "'😀' + x"))
    editor.change(uri, 2, "é", at)
    editor.change(uri, 3, "\n", types.Range(types.Position(0, 0), types.Position(0, 0)))
    (found,) = await editor.saved(uri)
    assert found.range == types.Range(editor.at(1, "'😀' + é # "), editor.at(1, "'😀' + é # RED"))
    assert (found.severity, found.source) == (types.DiagnosticSeverity.Error, "lacuna")


async def test_diagnostics_move_with_edits_and_go_with_their_line(editor):
    uri = editor.open("x = 1\nRED\n")
    await editor.saved(uri)
    start = types.Range(types.Position(0, 0), types.Position(0, 0))
    editor.change(uri, 2, "# new\n", start)
    await editor.settled()
    (moved,) = editor.client.diagnostics[uri]
    assert moved.range.start == types.Position(2, 0)
    editor.change(uri, 3, "not ", types.Range(types.Position(2, 0), types.Position(2, 0)))
    await editor.settled()
    assert not editor.client.diagnostics[uri]


async def test_closing_clears_the_diagnostics(editor):
    uri = editor.open("RED")
    assert await editor.saved(uri)
    document = types.TextDocumentIdentifier(uri)
    editor.client.text_document_did_close(types.DidCloseTextDocumentParams(document))
    await editor.settled()
    assert not editor.client.diagnostics[uri]


async def test_an_action_changes_the_text(editor):
    uri = editor.open("'😀' RED\n")
    (action,) = await editor.actions(uri, ["quickfix"])
    assert action.title == "Fix: lower (3 of 3 tests pass)"
    if editor.profile == "minimal":
        assert action.edit.document_changes is None
        (change,) = action.edit.changes[uri]
    else:
        assert action.edit is None
        action = await editor.client.code_action_resolve_async(action)
        if editor.profile == "vscode":
            (document,) = action.edit.document_changes
            assert document.text_document.version == 1
            (change,) = document.edits
        else:
            (change,) = action.edit.changes[uri]
    assert change.range == types.Range(editor.at(0, "'😀' "), editor.at(0, "'😀' RED"))
    assert change.new_text == "green"


async def test_an_automatic_menu_has_quick_fixes_only(editor):
    uri = editor.open("RED\n")
    kinds = {action.kind for action in await editor.actions(uri, automatic=True)}
    assert kinds == {"quickfix"}
    assert len(await editor.actions(uri)) == 2


async def test_a_reason_why_not_is_for_those_who_asked_and_can_show_it(editor):
    uri = editor.open("green\n")
    assert await editor.actions(uri) == []
    reasons = [a.disabled.reason for a in await editor.actions(uri, ["refactor.extract"])]
    assert reasons == (["nothing is RED"] if editor.profile == "vscode" else [])


async def test_trust_is_asked_once(editor):
    uri = editor.open("RED")
    await editor.saved(uri)
    await editor.saved(uri)
    assert len(editor.questions) == 1
    assert editor.root.name in editor.questions[0]


async def test_progress_is_shown_where_there_is_progress(editor):
    uri = editor.open("RED")
    await editor.saved(uri)
    await editor.settled()
    bars = list(editor.client.progress_reports.values())
    if editor.profile == "minimal":
        assert bars == []
        return
    begin, report, *_ = bars[-1]
    assert (begin.title, begin.cancellable, report.percentage) == ("Running tests", True, 50)


async def test_settings_are_pulled_and_pushed(editor):
    uri = editor.open("SUGGEST")
    off = {"lacuna": {"completion": {"enabled": "off"}}}
    await configure(editor, off)
    assert await suggestions(editor, uri) == 0
    await configure(editor, {"lacuna": {"completion": {"enabled": "auto"}}})
    assert await suggestions(editor, uri) == 1


async def configure(editor: Editor, settings: dict[str, Any]) -> None:
    editor.client.set_configuration(settings)
    editor.client.workspace_did_change_configuration(
        types.DidChangeConfigurationParams(settings=settings)
    )
    await settings_pulled(editor)


async def settings_pulled(editor: Editor) -> None:
    """The server asks the client for its settings; that is answered before the last of these."""
    for _ in range(3):
        await editor.settled()


async def suggestions(editor: Editor, uri: str) -> int:
    document, position = types.TextDocumentIdentifier(uri), types.Position(0, 7)
    if editor.profile == "minimal":
        answer = await editor.client.text_document_completion_async(
            types.CompletionParams(document, position)
        )
        return len(answer.items)
    context = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked)
    inline = await editor.client.text_document_inline_completion_async(
        types.InlineCompletionParams(context, document, position)
    )
    return len(inline.items)


async def test_the_repositorys_settings_are_read_again_when_its_file_changes(editor):
    uri = editor.open("SUGGEST")
    file = editor.root / "lacuna.toml"
    for setting, expected in (("off", 0), ("on", 1)):
        file.write_text(f'[completion]\nenabled = "{setting}"\n')
        change = types.FileEvent(uri_of(file), types.FileChangeType.Changed)
        params = types.DidChangeWatchedFilesParams([change])
        editor.client.workspace_did_change_watched_files(params)
        await settings_pulled(editor)
        assert await suggestions(editor, uri) == expected


async def test_folders_come_and_go(editor):
    folder = types.WorkspaceFolder(uri_of(editor.root / "other"), "other")
    for added, removed in (([folder], []), ([], [folder])):
        event = types.WorkspaceFoldersChangeEvent(added=added, removed=removed)
        editor.client.workspace_did_change_workspace_folders(
            types.DidChangeWorkspaceFoldersParams(event)
        )
    assert await editor.saved(editor.open("RED"))
