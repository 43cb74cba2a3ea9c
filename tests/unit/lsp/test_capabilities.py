"""What changes for a client that lacks one thing, capability by capability."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from unit.lsp.desk import PUSHES, Desk


async def _shown(desk: Desk) -> dict[str, Any]:
    await desk.show("RED\n")
    first: dict[str, Any] = desk.params(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)[0]
    return first


async def test_diagnostics_name_their_version_where_that_is_understood(tmp_path):
    assert (await _shown(Desk(tmp_path)))["version"] == 3
    lacking = Desk(tmp_path, [f"{PUSHES}.versionSupport"])
    assert "version" not in await _shown(lacking)


async def test_diagnostics_name_further_places_where_they_can_be_shown(tmp_path):
    (full,) = (await _shown(Desk(tmp_path)))["diagnostics"]
    assert full["relatedInformation"][0]["message"] == "called here"
    (plain,) = (await _shown(Desk(tmp_path, [f"{PUSHES}.relatedInformation"])))["diagnostics"]
    assert "relatedInformation" not in plain


async def test_who_is_told_of_diagnostics_is_not_asked_to_pull_them(tmp_path):
    desk = Desk(tmp_path)
    await desk.show("RED\n")
    assert desk.served.diagnostic_provider is None
    assert not desk.asked(types.WORKSPACE_DIAGNOSTIC_REFRESH)


async def test_who_cannot_be_told_pulls_diagnostics(tmp_path):
    desk = Desk(tmp_path, [PUSHES])
    await desk.show("RED\n")
    assert desk.served.diagnostic_provider is not None
    report = desk.ask(types.TEXT_DOCUMENT_DIAGNOSTIC, types.DocumentDiagnosticParams(desk.document))
    assert [each.source for each in report.items] == ["lacuna"]
    assert not desk.asked(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    assert desk.asked(types.WORKSPACE_DIAGNOSTIC_REFRESH)


async def test_a_document_that_is_not_open_has_no_diagnostics_to_pull(tmp_path):
    desk = Desk(tmp_path, [PUSHES])
    params = types.DocumentDiagnosticParams(desk.document)
    assert desk.ask(types.TEXT_DOCUMENT_DIAGNOSTIC, params).items == []


@pytest.mark.parametrize(
    ("capability", "method"),
    [
        ("workspace.diagnostics", types.WORKSPACE_DIAGNOSTIC_REFRESH),
        ("workspace.inlayHint", types.WORKSPACE_INLAY_HINT_REFRESH),
        ("workspace.codeLens", types.WORKSPACE_CODE_LENS_REFRESH),
    ],
)
async def test_only_who_can_be_told_so_is_told_to_ask_again(tmp_path, capability, method):
    for lacking, told in (([PUSHES], True), ([PUSHES, f"{capability}.refreshSupport"], False)):
        desk = Desk(tmp_path, lacking)
        await desk.show("RED\n")
        await asyncio.sleep(0)
        assert desk.asked(method) is told


@pytest.mark.parametrize(
    ("capability", "provider"),
    [
        ("textDocument.hover", "hover_provider"),
        ("textDocument.inlayHint", "inlay_hint_provider"),
        ("textDocument.codeLens", "code_lens_provider"),
        ("workspace.executeCommand", "execute_command_provider"),
    ],
)
async def test_what_nobody_would_show_is_not_served(tmp_path, capability, provider):
    assert getattr(Desk(tmp_path).served, provider)
    assert getattr(Desk(tmp_path, [capability]).served, provider) is None


async def test_actions_are_for_who_understands_more_than_commands(tmp_path):
    desk = Desk(tmp_path, ["textDocument.codeAction.codeActionLiteralSupport"])
    desk.open("RED\n")
    assert await desk.menu() == []


async def test_the_first_fix_is_marked_where_marks_are_understood(tmp_path):
    for lacking, marked in (([], True), (["textDocument.codeAction.isPreferredSupport"], None)):
        desk = Desk(tmp_path, lacking)
        desk.open("RED\n")
        assert (await desk.menu())[0].is_preferred is marked


@pytest.mark.parametrize("lacking", ["resolveSupport", "dataSupport"])
async def test_who_cannot_ask_for_an_edit_later_has_it_at_once(tmp_path, lacking):
    full, less = Desk(tmp_path), Desk(tmp_path, [f"textDocument.codeAction.{lacking}"])
    for desk, held_back in ((full, True), (less, False)):
        desk.open("RED\n")
        first, *_ = await desk.menu()
        assert (first.edit is None) is held_back


async def _elsewhere(tmp_path: Path, lacking: list[str]) -> types.WorkspaceEdit:
    desk = Desk(tmp_path, ["textDocument.codeAction.resolveSupport", *lacking])
    desk.open("RED\n")
    (added,) = [each for each in await desk.menu() if each.title == "Add a test"]
    assert added.edit is not None
    return added.edit


async def test_a_change_of_another_file_is_shown_before_it_is_made(tmp_path):
    edit = await _elsewhere(tmp_path, [])
    assert edit.document_changes is not None
    (document,) = edit.document_changes
    assert isinstance(document, types.TextDocumentEdit)
    (change,) = document.edits
    assert isinstance(change, types.AnnotatedTextEdit)
    annotation = (edit.change_annotations or {})[change.annotation_id]
    assert (annotation.label, annotation.needs_confirmation) == ("Add a test", True)


@pytest.mark.parametrize("lacking", ["changeAnnotationSupport", "documentChanges"])
async def test_annotations_are_for_who_understands_them(tmp_path, lacking):
    edit = await _elsewhere(tmp_path, [f"workspace.workspaceEdit.{lacking}"])
    assert edit.change_annotations is None
    assert (edit.document_changes is None) is (lacking == "documentChanges")


async def test_changes_are_by_uri_for_who_knows_no_documents(tmp_path):
    edit = await _elsewhere(tmp_path, ["workspace.workspaceEdit.documentChanges"])
    ((uri, (change,)),) = (edit.changes or {}).items()
    assert uri.endswith("/test_a.py")
    assert change.new_text == "y = 2\n"


async def _item(desk: Desk) -> types.CompletionItem:
    desk.open("SUGGEST\n")
    params = types.CompletionParams(desk.document, types.Position(0, 7))
    answer = await desk.ask(types.TEXT_DOCUMENT_COMPLETION, params)
    item: types.CompletionItem = answer.items[0]
    return item


async def test_holes_are_tab_stops_where_snippets_are_understood(tmp_path):
    edit = (await _item(Desk(tmp_path))).text_edit
    assert edit is not None
    assert edit.new_text == "SUGGESTparse(${1|é,à|}, ${2:10})$0"
    lacking = ["textDocument.completion.completionItem.snippetSupport"]
    plain = (await _item(Desk(tmp_path, lacking))).text_edit
    assert plain is not None
    assert plain.new_text == "SUGGESTparse(é, 10)"


async def test_a_claim_stands_beside_the_label_where_there_is_room(tmp_path):
    details = (await _item(Desk(tmp_path))).label_details
    assert details is not None
    assert details.description == "uncalibrated"
    lacking = ["textDocument.completion.completionItem.labelDetailsSupport"]
    assert (await _item(Desk(tmp_path, lacking))).label_details is None


@pytest.mark.parametrize("change", ["didChangeConfiguration", "didChangeWatchedFiles"])
async def test_only_who_registers_is_asked_to_tell_of_changes(tmp_path, change):
    def registered(desk: Desk) -> bool:
        told = desk.params(types.CLIENT_REGISTER_CAPABILITY)
        return any(
            each["method"] == f"workspace/{change}" for r in told for each in r["registrations"]
        )

    assert registered(Desk(tmp_path))
    assert not registered(Desk(tmp_path, [f"workspace.{change}.dynamicRegistration"]))


async def test_positions_count_what_the_protocol_says_where_nothing_was_agreed(tmp_path):
    assert Desk(tmp_path).served.position_encoding == "utf-8"
    assert Desk(tmp_path, ["general.positionEncodings"]).served.position_encoding == "utf-16"
