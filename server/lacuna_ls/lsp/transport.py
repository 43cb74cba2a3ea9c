"""Bytes between the client and the server: standard streams or one TCP connection.

Reading has a thread of its own, so that a busy loop never keeps a client from writing; nothing
else in the server uses threads for messages.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from threading import Thread
from typing import TYPE_CHECKING, Any, BinaryIO

from lacuna_ls.lsp.framing import Framing, FramingError

if TYPE_CHECKING:
    from lacuna_ls.lsp.server import LacunaServer

log = logging.getLogger(__name__)

_READ_BYTES = 1 << 16
# What cancelled tasks may take to end their children.
_LAST_WORDS_S = 0.5


def serve_stdio(server: "LacunaServer") -> int:
    """Serve one client on the standard streams; the exit status of the process.

    The streams are taken over: what anything else prints goes to standard error.
    """
    incoming, outgoing = _take_over_streams()

    async def main() -> int:
        loop = asyncio.get_running_loop()
        server.protocol.set_writer(_Flushing(outgoing))
        Thread(target=_pump, args=(incoming, loop, server), name="stdin", daemon=True).start()
        return await server.run()

    return _run(main, server)


def serve_tcp(server: "LacunaServer", host: str, port: int) -> int:
    """Wait for one client on `host:port`, serve it, and end when it goes."""

    async def main() -> int:
        connected: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
        connected = asyncio.Queue()
        listener = await asyncio.start_server(lambda r, w: connected.put_nowait((r, w)), host, port)
        name = listener.sockets[0].getsockname()
        print(f"listening on {name[0]}:{name[1]}", file=sys.stderr, flush=True)  # noqa: T201
        reader, writer = await connected.get()
        listener.close()
        server.protocol.set_writer(writer)
        pump = asyncio.ensure_future(_pump_tcp(reader, server))
        status = await server.run()
        pump.cancel()
        with contextlib.suppress(OSError):
            writer.close()
        return status

    return _run(main, server)


def _run(main: Callable[[], Coroutine[Any, Any, int]], server: "LacunaServer") -> int:
    """Like `asyncio.run`, but a thread that is still at work does not hold up the end."""
    loop = asyncio.new_event_loop()
    try:
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            with contextlib.suppress(NotImplementedError, AttributeError, ValueError):
                loop.add_signal_handler(getattr(signal, name), server.stop, 1)
        status = loop.run_until_complete(main())
        loop.run_until_complete(_end_tasks())
        return status
    finally:
        loop.close()


async def _end_tasks() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left, timeout=_LAST_WORDS_S)


def _take_over_streams() -> tuple[BinaryIO, BinaryIO]:
    sys.stdout.flush()
    incoming = open(os.dup(0), "rb", buffering=0)  # noqa: SIM115, PTH123
    outgoing = open(os.dup(1), "wb")  # noqa: SIM115, PTH123
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return incoming, outgoing


class _Flushing:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, data: bytes) -> None:
        self._stream.write(data)
        self._stream.flush()

    def close(self) -> None:
        self._stream.close()


def _pump(stream: BinaryIO, loop: asyncio.AbstractEventLoop, server: "LacunaServer") -> None:
    framing = Framing()
    # The loop may be closed at any moment: then nobody is there to tell.
    with contextlib.suppress(RuntimeError):
        try:
            while data := stream.read(_READ_BYTES):
                for body in framing.feed(data):
                    loop.call_soon_threadsafe(server.protocol.receive, body)
        except (OSError, FramingError) as error:
            log.warning("the client's stream broke: %s", error)
        loop.call_soon_threadsafe(server.stop, 1)


async def _pump_tcp(reader: asyncio.StreamReader, server: "LacunaServer") -> None:
    framing = Framing()
    try:
        while data := await reader.read(_READ_BYTES):
            for body in framing.feed(data):
                server.protocol.receive(body)
    except (OSError, FramingError) as error:
        log.warning("the client's stream broke: %s", error)
    server.stop(1)
