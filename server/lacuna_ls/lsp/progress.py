"""Progress in the editor, always cancellable; nothing at all in clients without it."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from lsprotocol import types

from lacuna_ls.lsp.errors import RequestRefusedError
from lacuna_ls.lsp.server import LacunaServer

log = logging.getLogger(__name__)


class Progress:
    """One bar. Without a token the client has no progress and every call does nothing."""

    def __init__(self, server: LacunaServer, token: str | None) -> None:
        self._server = server
        self._token = token

    def report(self, message: str, percentage: int | None = None) -> None:
        self.send(types.WorkDoneProgressReport(message=message, percentage=percentage))

    def send(self, value: Any) -> None:
        if self._token is not None:
            self._server.protocol.notify(
                types.PROGRESS, types.ProgressParams(token=self._token, value=value)
            )


@asynccontextmanager
async def progress(server: LacunaServer, title: str) -> AsyncIterator[Progress]:
    """Show `title` while the block runs; if the user cancels it, the current task is cancelled."""
    token = await _created(server)
    bar = Progress(server, token)
    task = asyncio.current_task()
    if token is not None and task is not None:
        server.progress_tasks[token] = task
    bar.send(types.WorkDoneProgressBegin(title=title, cancellable=True))
    try:
        yield bar
    finally:
        if token is not None:
            server.progress_tasks.pop(token, None)
        bar.send(types.WorkDoneProgressEnd())


def register(server: LacunaServer) -> None:
    def cancel(params: types.WorkDoneProgressCancelParams) -> None:
        task = server.progress_tasks.get(str(params.token))
        if task is not None:
            task.cancel()

    server.on(types.WINDOW_WORK_DONE_PROGRESS_CANCEL, cancel)


async def _created(server: LacunaServer) -> str | None:
    if not server.client.progress:
        return None
    token = str(uuid.uuid4())
    try:
        await server.protocol.send_request_async(
            types.WINDOW_WORK_DONE_PROGRESS_CREATE, types.WorkDoneProgressCreateParams(token=token)
        )
    except RequestRefusedError:
        log.debug("the client refused a progress bar")
        return None
    return token
