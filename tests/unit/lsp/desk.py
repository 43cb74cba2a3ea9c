"""A server and a client in one process: the client can do everything but what it is said to lack."""

import asyncio
import copy
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from lsprotocol import converters, types

from e2e.fake_server import build_services
from lacuna_ls.actions.provider import ActionKind, ActionRequest, FileEdits, Offer
from lacuna_ls.domain.text import Span, TextEdit
from lacuna_ls.lsp.framing import Framing
from lacuna_ls.lsp.lifecycle import create_server
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.lsp.services import Services
from lacuna_ls.lsp.uris import path_of, uri_of
from lacuna_ls.test_runs.finding import Finding, Related

EVERYTHING: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-8", "utf-16"]},
    "workspace": {
        "workspaceEdit": {"documentChanges": True, "changeAnnotationSupport": {}},
        "inlayHint": {"refreshSupport": True},
        "codeLens": {"refreshSupport": True},
        "diagnostics": {"refreshSupport": True},
        "executeCommand": {},
        "didChangeConfiguration": {"dynamicRegistration": True},
        "didChangeWatchedFiles": {"dynamicRegistration": True},
    },
    "textDocument": {
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "inlayHint": {},
        "codeLens": {},
        "diagnostic": {},
        "completion": {"completionItem": {"snippetSupport": True, "labelDetailsSupport": True}},
        "publishDiagnostics": {"versionSupport": True, "relatedInformation": True},
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix"]}},
            "isPreferredSupport": True,
            "disabledSupport": True,
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit"]},
        },
    },
}
PUSHES = "textDocument.publishDiagnostics"


class AddElsewhere:
    """Offers to add a line to a file that is not the one in front."""

    kind = ActionKind.QUICK_FIX

    def offers(self, request: ActionRequest) -> list[Offer]:
        uri = request.document.uri.replace("a.py", "test_a.py")
        added = FileEdits(uri, b"x = 1\n", (TextEdit(Span(6, 6), b"y = 2\n"),))
        return [Offer("Add a test", self.kind, request.document.version, elsewhere=(added,))]


def services(server: LacunaServer) -> Services:
    built = build_services(server)
    return replace(built, actions=(*built.actions, AddElsewhere()))


class Desk:
    """A server, and a client that says it can do everything but what it lacks."""

    def __init__(self, root: Path, lacking: Iterable[str] = ()) -> None:
        self.root = root.resolve()
        self.server = create_server(services)
        self.server.protocol.set_writer(self)
        self.sent: list[dict[str, Any]] = []
        self._framing = Framing()
        said = copy.deepcopy(EVERYTHING)
        for path in lacking:
            *above, last = path.split(".")
            place = said
            for name in above:
                place = place[name]
            del place[last]
        structure = converters.get_converter().structure
        capabilities = structure(said, types.ClientCapabilities)
        folder = types.WorkspaceFolder(uri_of(self.root), "w")
        trusted = {"trustedFolders": [uri_of(self.root)]}
        params = types.InitializeParams(
            capabilities, workspace_folders=[folder], initialization_options=trusted
        )
        self.served = self.ask(types.INITIALIZE, params).capabilities
        self._starting = asyncio.ensure_future(
            self.ask(types.INITIALIZED, types.InitializedParams())
        )
        self.uri = uri_of(self.root / "a.py")
        self.document = types.TextDocumentIdentifier(self.uri)

    def write(self, data: bytes) -> None:
        self.sent += map(json.loads, self._framing.feed(data))

    def close(self) -> None:
        """A writer's part that is not needed here."""

    def ask(self, method: str, params: Any) -> Any:
        return self.server.protocol.handlers[method](params)

    def open(self, text: str) -> None:
        item = types.TextDocumentItem(self.uri, "python", 3, text)
        self.ask(types.TEXT_DOCUMENT_DID_OPEN, types.DidOpenTextDocumentParams(item))

    async def show(self, text: str) -> None:
        """Open a document with a failing test in it, as after a red save."""
        self.open(text)
        document = self.server.documents.get(self.uri)
        assert document is not None
        test = path_of(self.uri)
        assert test is not None
        at = text.index("RED")
        related = (Related(test, 0, "called here"),)
        found = Finding(Span(at, at + 3), "red", "test_it", related)
        self.server.diagnostics.publish(document, [found])
        await (await self.server.services()).saved(document)

    async def menu(self) -> list[types.CodeAction]:
        nowhere = types.Range(types.Position(0, 0), types.Position(0, 0))
        params = types.CodeActionParams(
            self.document, nowhere, types.CodeActionContext(diagnostics=[])
        )
        answer = self.ask(types.TEXT_DOCUMENT_CODE_ACTION, params)
        return list(answer if isinstance(answer, list) else await answer)

    def params(self, method: str) -> list[Any]:
        return [each["params"] for each in self.sent if each.get("method") == method]

    def asked(self, method: str) -> bool:
        return any(each.get("method") == method for each in self.sent)
