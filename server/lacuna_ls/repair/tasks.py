"""Tasks of one search, which end together with it."""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")


class Tasks:
    """A block at whose end all that was started in it has ended, each cancelled at the same time.

    To end a task can take a moment, as processes have to be gone: one after the other they would
    hold up whoever has cancelled the search. A task's error is raised where the task is awaited.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        return task

    async def result(self, task: asyncio.Task[T]) -> T:
        """What the task gives. Who is cancelled while waiting for that does not wait for its end."""
        await asyncio.wait([task])
        return task.result()

    async def end(self, *tasks: asyncio.Task[Any]) -> None:
        """End these now."""
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.difference_update(tasks)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.end(*self._tasks)
