"""An editor for tests: a pytest-lsp client with a profile, in that editor's units."""

from pathlib import Path
from typing import Any, cast

import pytest
from lsprotocol import types
from pytest_lsp import LanguageClient

from e2e.profiles import capabilities, unit_bytes
from lacuna_ls.lsp.client import edited, wire_range
from lacuna_ls.lsp.convert import Encoding
from lacuna_ls.lsp.uris import uri_of

NOWHERE = types.Range(types.Position(0, 0), types.Position(0, 0))


class Editor:
    """A client with its profile, and the answers it gives."""

    def __init__(self, client: LanguageClient, profile: str, root: Path) -> None:
        self.client: Any = client
        self.profile = profile
        self.root = root.resolve()
        self.served: types.ServerCapabilities
        self.questions: list[str] = []
        self.refreshed: list[str] = []
        self.texts: dict[str, str] = {}
        self._opened = 0

    def at(self, line: int, before: str) -> types.Position:
        """The place behind the text `before`, in this editor's units."""
        units = len(before.encode(unit_bytes(self.profile)))
        width = {"vscode": 2, "neovim": 1, "minimal": 4}[self.profile]
        return types.Position(line, units // width)

    def open(self, text: str) -> str:
        self._opened += 1
        path = self.root / f"tést {self._opened}.py"
        path.write_text(text, "utf-8")
        uri = uri_of(path)
        self.texts[uri] = text
        item = types.TextDocumentItem(uri=uri, language_id="python", version=1, text=text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri: str, version: int, text: str, range_: types.Range) -> None:
        change = types.TextDocumentContentChangePartial(text=text, range=range_)
        identifier = types.VersionedTextDocumentIdentifier(version=version, uri=uri)
        params = types.DidChangeTextDocumentParams(identifier, [change])
        self.client.text_document_did_change(params)

    async def settled(self) -> None:
        """Everything that was sent has been handled."""
        with pytest.raises(Exception, match="Unknown method"):
            await self.client.protocol.send_request_async("$/settled", None)

    async def resolved(self, action: types.CodeAction) -> types.CodeAction:
        """The action with its edit, asked for where the server holds it back."""
        if action.edit is not None:
            return action
        return cast(types.CodeAction, await self.client.code_action_resolve_async(action))

    def applied(self, uri: str, action: types.CodeAction) -> str:
        """The text after the action's edit; the editor's own text stays as it is."""
        assert action.edit is not None
        if action.edit.document_changes:
            (document,) = action.edit.document_changes
            edits: Any = document.edits  # type: ignore[union-attr]
        else:
            edits = (action.edit.changes or {})[uri]
        wire = [{"range": wire_range(e.range), "newText": e.new_text} for e in edits]
        return edited(self.texts[uri], wire, Encoding(self.served.position_encoding or "utf-16"))

    async def saved(self, uri: str) -> list[types.Diagnostic]:
        params = types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri))
        self.client.text_document_did_save(params)
        while uri not in self.client.diagnostics:
            await self.client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        return list(self.client.diagnostics.pop(uri))

    async def actions(
        self,
        uri: str,
        only: list[str] | None = None,
        *,
        automatic: bool = False,
        at: types.Range = NOWHERE,
    ) -> list[Any]:
        triggers = types.CodeActionTriggerKind
        context = types.CodeActionContext(
            diagnostics=[],
            only=only,
            trigger_kind=triggers.Automatic if automatic else triggers.Invoked,
        )
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri), at, context)
        return list(await self.client.text_document_code_action_async(params) or ())


async def connected(
    client: LanguageClient, profile: str, root: Path, options: dict[str, Any] | None = None
) -> Editor:
    """Initialize with what this kind of editor says; questions get the first answer offered."""
    editor = Editor(client, profile, root)
    client.editor = editor  # type: ignore[attr-defined]

    @client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)  # type: ignore[untyped-decorator]
    def question(params: types.ShowMessageRequestParams) -> types.MessageActionItem:
        editor.questions.append(params.message)
        assert params.actions
        return params.actions[0]

    for method in (types.WORKSPACE_INLAY_HINT_REFRESH, types.WORKSPACE_CODE_LENS_REFRESH):
        client.feature(method)(lambda params, method=method: editor.refreshed.append(method))

    params = types.InitializeParams(
        process_id=None,
        capabilities=capabilities(profile),
        workspace_folders=[types.WorkspaceFolder(uri_of(editor.root), "w")],
        initialization_options=options or {},
    )
    editor.served = (await client.initialize_session(params)).capabilities
    return editor
