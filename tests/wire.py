"""A server without a process: what it writes is taken apart, what it reads is handed to it."""

import asyncio
import json
from typing import Any

from e2e.fake_server import build_services
from lacuna_ls.lsp.framing import Framing
from lacuna_ls.lsp.lifecycle import create_server
from lacuna_ls.lsp.server import LacunaServer

URI = "file:///w/a.py"
AT = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 0}}
INLINE = {**AT, "context": {"triggerKind": 1}}


class Wire:
    """One connection; `sent` holds every message that the server wrote, in order."""

    def __init__(self) -> None:
        self.server: LacunaServer = create_server(build_services)
        self.server.protocol.set_writer(self)
        self._framing = Framing()
        self.sent: list[dict[str, Any]] = []

    def write(self, data: bytes) -> None:
        self.sent += map(json.loads, self._framing.feed(data))

    def close(self) -> None:
        """The writer's part that a server without a process does not need."""

    def receive(self, *messages: Any) -> None:
        for message in messages:
            body = message if isinstance(message, bytes) else json.dumps(message).encode()
            self.server.protocol.receive(body)

    def answers(self, msg_id: Any) -> list[dict[str, Any]]:
        return [m for m in self.sent if "method" not in m and m["id"] == msg_id]

    async def answer(self, msg_id: Any) -> dict[str, Any]:
        for _ in range(1000):
            if found := self.answers(msg_id):
                return found[0]
            await asyncio.sleep(0)
            await asyncio.get_running_loop().run_in_executor(None, lambda: None)
        raise AssertionError(f"{msg_id} was not answered")

    async def ask(self, method: str, params: Any = None, msg_id: Any = 99) -> dict[str, Any]:
        self.receive({"jsonrpc": "2.0", "id": msg_id, "method": method, "params": params})
        return await self.answer(msg_id)

    async def initialized(self, text: str = "", **options: Any) -> "Wire":
        changes = {"dynamicRegistration": True}
        capabilities = {
            "workspace": {"didChangeConfiguration": changes, "didChangeWatchedFiles": changes},
            "textDocument": {
                "inlineCompletion": {},
                "codeAction": {
                    "codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}},
                    "dataSupport": True,
                    "resolveSupport": {"properties": ["edit"]},
                },
            },
        }
        params = {"processId": None, "capabilities": capabilities, "initializationOptions": options}
        await self.ask("initialize", params, "init")
        self.receive(notification("initialized", {}))
        item = {"uri": URI, "languageId": "python", "version": 1, "text": text}
        self.receive(notification("textDocument/didOpen", {"textDocument": item}))
        await self.server.services()
        return self


def notification(method: str, params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "method": method, "params": params}


def request(msg_id: Any, method: str, params: Any = None) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": msg_id, "method": method, "params": params}
