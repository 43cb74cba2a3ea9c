"""A small language client: it starts a server as an editor would, for the demo and for tests.

It speaks plain JSON (dictionaries as on the wire), keeps its own text of the open files, and does
what an editor does with edits, saves and questions. It knows nothing of the server's inside.

    async with await Client.start([sys.executable, "-I", "-m", "lacuna_ls"]) as client:
        await client.initialize(root)
        file = client.open(root / "orders.py")
        await client.save(file)
        found = await client.diagnostics(file, timeout_s=30)
        actions = await client.code_actions(file, found[0]["range"])
        await client.apply(actions[0])
"""

import asyncio
import contextlib
import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lsprotocol.types import Position, Range

from lacuna_ls.domain.text import Source, TextEdit, apply_edits, changed_span, decode, encode
from lacuna_ls.lsp.convert import Encoding, position_at, range_of, span_of
from lacuna_ls.lsp.framing import Framing
from lacuna_ls.lsp.uris import uri_of

log = logging.getLogger(__name__)

# What a full-featured editor says of itself.
CAPABILITIES: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-16"]},
    "window": {"workDoneProgress": True, "showMessage": {}},
    "workspace": {
        "configuration": True,
        "workspaceFolders": True,
        "workspaceEdit": {"documentChanges": True},
    },
    "textDocument": {
        "synchronization": {"didSave": True},
        "inlineCompletion": {},
        "publishDiagnostics": {"versionSupport": True, "relatedInformation": True},
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "refactor"]}},
            "isPreferredSupport": True,
            "disabledSupport": True,
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit"]},
        },
    },
}


class ServerError(Exception):
    """The server answered with an error, or is gone (`code` 0)."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{message} ({code})" if code else message)
        self.code = code


@dataclass(slots=True)
class OpenFile:
    """A file as the client sees it. `text` is what the editor shows, saved or not."""

    path: Path
    version: int
    text: str
    language_id: str

    @property
    def uri(self) -> str:
        return uri_of(self.path)


@dataclass(slots=True)
class Client:
    """One connection to a server process.

    `trust` is the answer to a question about a folder. `configuration` answers
    `workspace/configuration` for the section "lacuna", which the server asked for
    `configuration_asked` times. `messages` collects what the user was shown
    or told in the log, `progress` the values of progress notifications.
    """

    process: asyncio.subprocess.Process
    trust: bool = True
    configuration: dict[str, Any] = field(default_factory=dict)
    configuration_asked: int = 0
    capabilities: dict[str, Any] = field(default_factory=dict)
    encoding: Encoding = Encoding.UTF16
    files: dict[str, OpenFile] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    progress: list[dict[str, Any]] = field(default_factory=list)
    _count: int = 0
    _waiting: dict[int, asyncio.Future[Any]] = field(default_factory=dict)
    _published: dict[str, asyncio.Future[list[dict[str, Any]]]] = field(default_factory=dict)
    _reader: asyncio.Task[None] | None = None

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        stderr: int | None = None,
    ) -> Self:
        """Start the server; `environment` is added to the caller's. `stderr` as in `subprocess`."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
            env={**os.environ, **(environment or {})},
        )
        client = cls(process)
        client._reader = asyncio.create_task(client._read())
        return client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    # Life

    async def initialize(
        self,
        root: Path,
        *,
        options: Mapping[str, Any] | None = None,
        capabilities: Mapping[str, Any] = CAPABILITIES,
    ) -> dict[str, Any]:
        """Initialize and send `initialized`; the server's capabilities."""
        folder = _folder(root)
        answer = await self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": folder["uri"],
                "workspaceFolders": [folder],
                "capabilities": dict(capabilities),
                "initializationOptions": dict(options or {}),
            },
        )
        self.capabilities = answer["capabilities"]
        self.encoding = Encoding(self.capabilities.get("positionEncoding", "utf-16"))
        self.notify("initialized", {})
        return self.capabilities

    async def close(self, *, timeout_s: float = 5.0) -> int:
        """Shut the server down, by force if it does not end in time; its exit status."""
        with contextlib.suppress(ServerError, TimeoutError, ConnectionError):
            await self.request("shutdown", None, timeout_s=timeout_s)
            self.notify("exit", None)
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            status = await asyncio.wait_for(self.process.wait(), timeout_s)
        except TimeoutError:
            self.process.kill()
            status = await self.process.wait()
        if self._reader is not None:
            await self._reader
        return status

    # Messages

    async def request(self, method: str, params: Any, *, timeout_s: float = 30.0) -> Any:
        """The result.

        Raises:
            ServerError: the answer is an error, or the server ended.
            TimeoutError: there was no answer; the request has been cancelled.
        """
        self._count += 1
        msg_id = self._count
        if self._reader is None or self._reader.done():
            raise ServerError(0, "The server has ended")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[msg_id] = future
        message = {"id": msg_id, "method": method}
        self._send(message if params is None else {**message, "params": params})
        try:
            return await asyncio.wait_for(future, timeout_s)
        except (TimeoutError, asyncio.CancelledError):
            self.notify("$/cancelRequest", {"id": msg_id})
            raise

    def notify(self, method: str, params: Any) -> None:
        self._send({"method": method} if params is None else {"method": method, "params": params})

    # Files

    def open(self, path: Path, text: str | None = None, language_id: str = "python") -> OpenFile:
        """Open a file, with `text` in place of what is on disk if given."""
        shown = path.read_bytes().decode("utf-8", "replace") if text is None else text
        file = OpenFile(path.resolve(), 1, shown, language_id)
        self.files[file.uri] = file
        item = {"uri": file.uri, "languageId": language_id, "version": 1, "text": shown}
        self.notify("textDocument/didOpen", {"textDocument": item})
        return file

    def change(self, file: OpenFile, text: str) -> None:
        """Make `text` the file's text, sent as one change of what differs."""
        before, after = Source.of(encode(file.text)), encode(text)
        span = changed_span(before.data, after)
        new = after[span.start : len(after) - (len(before.data) - span.end)]
        change = {
            "range": wire_range(range_of(before, span, self.encoding)),
            "text": decode(new),
        }
        file.version += 1
        file.text = text
        identifier = {"uri": file.uri, "version": file.version}
        params = {"textDocument": identifier, "contentChanges": [change]}
        self.notify("textDocument/didChange", params)

    async def save(self, file: OpenFile) -> None:
        """Write the file and tell the server; `diagnostics` then waits for what it finds."""
        # What the server says of earlier edits arrives before its answer to anything later.
        with contextlib.suppress(ServerError):
            await self.request("$/settled", None)
        self._published.pop(file.uri, None)
        file.path.write_bytes(encode(file.text))
        self.notify("textDocument/didSave", {"textDocument": {"uri": file.uri}})

    async def diagnostics(self, file: OpenFile, *, timeout_s: float) -> list[dict[str, Any]]:
        """The first diagnostics of this file that were published after its last save.

        Raises:
            TimeoutError: there were none.
        """
        return await asyncio.wait_for(asyncio.shield(self._publication(file.uri)), timeout_s)

    # What a user does

    async def complete(self, file: OpenFile, offset: int) -> list[dict[str, Any]]:
        """Inline completion items with the cursor before the byte `offset` of the file's text."""
        position = self.position(file, offset)
        params = {"textDocument": {"uri": file.uri}, "position": position}
        answer = await self.request(
            "textDocument/inlineCompletion", {**params, "context": {"triggerKind": 1}}
        )
        items = answer["items"] if isinstance(answer, dict) else answer
        return list(items or ())

    async def code_actions(
        self, file: OpenFile, range_: dict[str, Any], only: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """The menu at a range (as on the wire), of the kinds `only` if given."""
        context: dict[str, Any] = {"diagnostics": [], "triggerKind": 1}
        if only:
            context["only"] = list(only)
        params = {"textDocument": {"uri": file.uri}, "range": range_, "context": context}
        return list(await self.request("textDocument/codeAction", params) or ())

    async def apply(self, action: dict[str, Any]) -> tuple[OpenFile, ...]:
        """Resolve a code action if need be and apply its edit; the files that it changed.

        Raises:
            ValueError: the edit is for another version, or for a file that is not open.
        """
        if "edit" not in action and "data" in action:
            action = await self.request("codeAction/resolve", action)
        return self.apply_edit(action["edit"])

    def apply_edit(self, edit: dict[str, Any]) -> tuple[OpenFile, ...]:
        """Apply a workspace edit to open files, and tell the server of the changes."""
        changed: list[OpenFile] = []
        changes = list(edit.get("changes", {}).items())
        for entry in edit.get("documentChanges", ()):
            uri, version = entry["textDocument"]["uri"], entry["textDocument"].get("version")
            if uri in self.files and version not in (None, self.files[uri].version):
                raise ValueError(f"the edit is for version {version}")
            changes.append((uri, entry["edits"]))
        for uri, edits in changes:
            if uri not in self.files:
                raise ValueError("the edit is for a file that is not open")
            file = self.files[uri]
            self.change(file, edited(file.text, edits, self.encoding))
            changed.append(file)
        return tuple(changed)

    def position(self, file: OpenFile, offset: int) -> dict[str, int]:
        """Position on the wire of a byte offset of the file's text."""
        position = position_at(Source.of(encode(file.text)), offset, self.encoding)
        return {"line": position.line, "character": position.character}

    # The wire

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        with contextlib.suppress(ConnectionError):
            self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    async def _read(self) -> None:
        assert self.process.stdout is not None
        framing = Framing()
        while data := await self.process.stdout.read(1 << 16):
            for body in framing.feed(data):
                self._receive(json.loads(body))
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ServerError(0, "The server ended"))
                future.exception()

    def _receive(self, message: dict[str, Any]) -> None:
        if "method" in message and "id" in message:
            answer = self._answer(message["method"], message.get("params"))
            self._send({"id": message["id"], "result": answer})
        elif "method" in message:
            self._notified(message["method"], message.get("params"))
        elif (future := self._waiting.pop(message["id"], None)) and not future.done():
            if "error" in message:
                error = message["error"]
                future.set_exception(ServerError(error["code"], error["message"]))
            else:
                future.set_result(message["result"])

    def _answer(self, method: str, params: Any) -> Any:
        if method == "workspace/configuration":
            self.configuration_asked += 1
            return [self.configuration for _ in params["items"]]
        if method == "window/showMessageRequest":
            self.messages.append(params["message"])
            return params["actions"][0 if self.trust else -1]
        return None

    def _notified(self, method: str, params: Any) -> None:
        if method == "textDocument/publishDiagnostics":
            future = self._publication(params["uri"])
            if future.done():
                self._published.pop(params["uri"])
                future = self._publication(params["uri"])
            future.set_result(params["diagnostics"])
        elif method in ("window/showMessage", "window/logMessage"):
            self.messages.append(params["message"])
        elif method == "$/progress":
            self.progress.append(params["value"])

    def _publication(self, uri: str) -> asyncio.Future[list[dict[str, Any]]]:
        if uri not in self._published:
            self._published[uri] = asyncio.get_running_loop().create_future()
        return self._published[uri]


def edited(text: str, edits: Sequence[dict[str, Any]], encoding: Encoding) -> str:
    """Text after edits as they stand on the wire, all of which refer to `text`."""
    source = Source.of(encode(text))
    spans = [span_of(source, _range(edit["range"]), encoding) for edit in edits]
    new = [encode(edit["newText"]) for edit in edits]
    return decode(apply_edits(source.data, map(TextEdit, spans, new)))


def _folder(root: Path) -> dict[str, str]:
    return {"uri": uri_of(root.resolve()), "name": root.name}


def wire_range(range_: Range) -> dict[str, dict[str, int]]:
    """A range as it stands on the wire."""
    return {
        name: {"line": end.line, "character": end.character}
        for name, end in (("start", range_.start), ("end", range_.end))
    }


def _range(wire: Mapping[str, Mapping[str, int]]) -> Range:
    return Range(Position(**wire["start"]), Position(**wire["end"]))
