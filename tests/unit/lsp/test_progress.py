import asyncio
import contextlib
from dataclasses import replace
from typing import Any

from lacuna_ls.lsp.progress import progress
from wire import Wire, notification


def told(wire: Wire, token: str | None = None) -> list[str]:
    bars = [m["params"] for m in wire.sent if m.get("method") == "$/progress"]
    return [bar["value"]["kind"] for bar in bars if token in (None, bar["token"])]


async def with_progress() -> Wire:
    wire = await Wire().initialized()
    wire.server.client = replace(wire.server.client, progress=True)
    return wire


async def creating(wire: Wire) -> dict[str, Any]:
    """The server's question for a progress bar."""
    for _ in range(100):
        for message in wire.sent:
            if message.get("method") == "window/workDoneProgress/create":
                return message
        await asyncio.sleep(0)
    raise AssertionError("no progress bar was asked for")


async def work(wire: Wire, started: asyncio.Event) -> None:
    async with progress(wire.server, "Working") as bar:
        bar.report("half", 50)
        started.set()
        await asyncio.Event().wait()


async def test_the_user_can_cancel_what_a_bar_stands_for():
    wire = await with_progress()
    started = asyncio.Event()
    task = asyncio.create_task(work(wire, started))
    asked = await creating(wire)
    wire.receive({"jsonrpc": "2.0", "id": asked["id"], "result": None})
    await started.wait()
    wire.receive(notification("window/workDoneProgress/cancel", asked["params"]))
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()
    assert told(wire, asked["params"]["token"]) == ["begin", "report", "end"]
    assert wire.server.progress_tasks == {}


async def test_the_work_goes_on_without_a_bar_if_the_client_refuses_one():
    wire = await with_progress()
    started = asyncio.Event()
    task = asyncio.create_task(work(wire, started))
    asked = await creating(wire)
    error = {"code": -32603, "message": "no"}
    wire.receive({"jsonrpc": "2.0", "id": asked["id"], "error": error})
    await started.wait()
    task.cancel()
    assert told(wire) == []


async def test_a_cancelled_wait_for_the_client_survives_its_late_answer():
    wire = await with_progress()
    task = asyncio.create_task(work(wire, asyncio.Event()))
    asked = await creating(wire)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    wire.receive({"jsonrpc": "2.0", "id": asked["id"], "result": None})
    assert "result" in await wire.ask("shutdown")


async def test_a_client_without_progress_is_left_alone():
    wire = await Wire().initialized()
    async with progress(wire.server, "Working") as bar:
        bar.report("half")
    assert told(wire) == []


async def test_a_cancelled_bar_that_nobody_knows_is_nothing():
    wire = await Wire().initialized()
    wire.receive(notification("window/workDoneProgress/cancel", {"token": 7}))
    assert "result" in await wire.ask("shutdown")
