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
EVERYTHING = types.Range(types.Position(0, 0), types.Position(100, 0))
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
    shown = {"hover_provider"}
    if editor.profile != "minimal":
        shown |= {"inlay_hint_provider", "code_lens_provider"}
    if editor.profile == "vscode":
        shown.add("execute_command_provider")
    assert advertised == {"code_action_provider", *completion, *shown}


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


async def hints(editor: Editor, uri: str) -> list[tuple[int, int, str]]:
    params = types.InlayHintParams(types.TextDocumentIdentifier(uri), EVERYTHING)
    found = await editor.client.text_document_inlay_hint_async(params)
    return [(hint.position.line, hint.position.character, hint.label) for hint in found]


async def lenses(editor: Editor, uri: str) -> list[Any]:
    params = types.CodeLensParams(types.TextDocumentIdentifier(uri))
    return list(await editor.client.text_document_code_lens_async(params))


async def hover(editor: Editor, uri: str, line: int, character: int = 0) -> types.Hover | None:
    place = types.Position(line, character)
    params = types.HoverParams(types.TextDocumentIdentifier(uri), place)
    answer: types.Hover | None = await editor.client.text_document_hover_async(params)
    return answer


showing = pytest.mark.parametrize("connection", ["vscode", "neovim"], indirect=True)


@showing
async def test_values_stand_at_the_end_of_their_lines_and_go_with_them(editor):
    uri = editor.open("x = '😀'; RED\n")
    await editor.saved(uri)
    end = editor.at(0, "x = '😀'; RED").character
    assert await hints(editor, uri) == [(0, end, "n = 'é'")]
    editor.change(uri, 2, "# new\n", types.Range(types.Position(0, 0), types.Position(0, 0)))
    assert await hints(editor, uri) == [(1, end, "n = 'é'")]
    editor.change(uri, 3, "y", types.Range(types.Position(1, 0), types.Position(1, 0)))
    assert await hints(editor, uri) == []


@showing
async def test_values_outside_the_range_are_not_sent(editor):
    uri = editor.open("x = 1\nRED\n")
    await editor.saved(uri)
    first = types.Range(types.Position(0, 0), types.Position(0, 5))
    params = types.InlayHintParams(types.TextDocumentIdentifier(uri), first)
    assert not await editor.client.text_document_inlay_hint_async(params)


@showing
async def test_the_editor_is_told_to_ask_again_where_it_can_be_told(editor):
    uri = editor.open("RED\n")
    editor.refreshed.clear()
    await editor.saved(uri)
    await editor.settled()
    expected = {"workspace/inlayHint/refresh"}
    if editor.profile == "vscode":
        expected.add("workspace/codeLens/refresh")
    assert set(editor.refreshed) == expected


@showing
async def test_a_lens_says_what_the_tests_of_a_definition_say(editor):
    uri = editor.open("def test_it():\n    RED\n")
    await editor.saved(uri)
    (lens,) = await lenses(editor, uri)
    assert lens.range.start == types.Position(0, 0)
    assert lens.command.title == "fails, 14 ms"
    editor.change(uri, 2, "#\n", types.Range(types.Position(0, 0), types.Position(0, 0)))
    (moved,) = await lenses(editor, uri)
    assert moved.range.start == types.Position(1, 0)
    editor.change(uri, 3, "not ", types.Range(types.Position(2, 4), types.Position(2, 4)))
    assert await lenses(editor, uri) == []


@showing
async def test_a_lens_runs_the_tests_where_commands_can_be_run(editor):
    uri = editor.open("def test_it():\n    RED\n")
    await editor.saved(uri)
    (lens,) = await lenses(editor, uri)
    if editor.profile != "vscode":
        assert (lens.command.command, lens.command.arguments) == ("", None)
        return
    editor.client.diagnostics.pop(uri, None)
    params = types.ExecuteCommandParams(lens.command.command, lens.command.arguments)
    await editor.client.workspace_execute_command_async(params)
    await editor.settled()
    assert len(editor.client.diagnostics[uri]) == 1


@pytest.mark.parametrize("connection", ["vscode"], indirect=True)
async def test_a_command_that_nobody_offered_is_refused(editor):
    for params in (
        types.ExecuteCommandParams("rm", []),
        types.ExecuteCommandParams("lacuna.runTests", []),
        types.ExecuteCommandParams("lacuna.runTests", [1]),
    ):
        with pytest.raises(Exception, match="Invalid parameters"):
            await editor.client.workspace_execute_command_async(params)
    unknown = types.ExecuteCommandParams("lacuna.runTests", ["file:///nowhere.py"])
    assert await editor.client.workspace_execute_command_async(unknown) is None


async def test_the_trace_of_a_failing_test_is_shown_where_it_is(editor):
    uri = editor.open("x = 1\nRED\n")
    await editor.saved(uri)
    answer = await hover(editor, uri, 1, 1)
    assert answer is not None
    text = answer.contents.value  # type: ignore[union-attr]
    assert "# what test_it did" in text
    assert "RED\n#     n = '```'" in text
    if editor.profile == "minimal":
        assert answer.contents.kind == types.MarkupKind.PlainText  # type: ignore[union-attr]
        assert not text.startswith("`")
    else:
        assert text.startswith("````python\n")
        assert text.endswith("\n````")
    assert await hover(editor, uri, 0, 1) is None


async def test_no_trace_is_shown_of_code_that_changed(editor):
    uri = editor.open("x = 1\nRED\n")
    await editor.saved(uri)
    editor.change(uri, 2, " ", types.Range(types.Position(1, 3), types.Position(1, 3)))
    assert await hover(editor, uri, 1, 1) is None


async def test_a_hover_over_a_test_says_why_it_ran(editor):
    uri = editor.open("def test_it():\n    pass\n")
    await editor.saved(uri)
    answer = await hover(editor, uri, 0, 5)
    assert answer is not None
    assert "# passes, 14 ms\n# ran because it was saved" in answer.contents.value  # type: ignore[union-attr]


async def test_closing_clears_the_diagnostics(editor):
    uri = editor.open("RED")
    assert await editor.saved(uri)
    document = types.TextDocumentIdentifier(uri)
    editor.client.text_document_did_close(types.DidCloseTextDocumentParams(document))
    await editor.settled()
    assert not editor.client.diagnostics[uri]
    assert await hover(editor, uri, 0) is None


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
