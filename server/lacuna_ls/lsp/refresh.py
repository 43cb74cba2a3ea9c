"""Has the client ask again for what it shows, where it says that it can be told to."""

import asyncio
import contextlib
from typing import TYPE_CHECKING

from lacuna_ls.lsp.errors import RequestRefusedError

if TYPE_CHECKING:
    from lacuna_ls.lsp.server import LacunaServer


class Refreshes:
    """The requests that are under way; what the client answers does not matter."""

    def __init__(self, server: "LacunaServer") -> None:
        self._server = server
        self._asked: set[asyncio.Task[None]] = set()

    def ask(self, method: str) -> None:
        """`method` is one of `workspace/.../refresh`. Returns at once."""
        task = asyncio.ensure_future(self._ask(method))
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    async def _ask(self, method: str) -> None:
        with contextlib.suppress(RequestRefusedError):
            await self._server.protocol.send_request_async(method, None)
