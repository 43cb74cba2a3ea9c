"""What will judge candidates is there before a save turns red.

It is got ready in a moment of rest after a green save: to start it then takes nobody's time, and
once tests fail somebody waits for the menu.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

from lacuna_ls.domain.errors import LacunaError
from lacuna_ls.ports.code_runner import TestRequest

# Whoever goes on saving needs the machine for the runs themselves.
_AT_REST_S = 2.0


class Readiness:
    """One for all roots. `started` makes a task that somebody owns."""

    def __init__(
        self,
        expect: Callable[[TestRequest], Awaitable[None]],
        started: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._expect = expect
        self._started = started
        self._waiting: dict[Path, asyncio.Task[None]] = {}

    def after(self, request: TestRequest) -> None:
        """This run was green; the next one like it may not be."""
        self.interrupt(request.root)
        self._waiting[request.root] = self._started(self._get_ready(request))

    def interrupt(self, root: Path) -> None:
        """Something else runs in the root."""
        task = self._waiting.pop(root, None)
        if task is not None:
            task.cancel()

    async def _get_ready(self, request: TestRequest) -> None:
        await asyncio.sleep(_AT_REST_S)
        # The search that needs it says what is wrong.
        with contextlib.suppress(LacunaError):
            await self._expect(request)
