"""An HTTP server on loopback that answers as its script says, and does what real ones must not."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: `body` is its JSON, `None` if it has none."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any

    @property
    def prompt(self) -> str:
        """All that was said, in one text."""
        if "messages" in self.body:
            return "\n".join(message["content"] for message in self.body["messages"])
        return json.dumps(self.body, ensure_ascii=False)


Answer = Callable[[Asked, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class ScriptedServer:
    """`asked` are the requests so far. An answer is chosen by the script, request by request."""

    script: Callable[[Asked], Answer]
    asked: list[Asked] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (asked := await _request(reader)) is not None:
                self.asked.append(asked)
                self.came.set()
                await self.script(asked)(asked, reader, writer)
                await writer.drain()
                if writer.is_closing():
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.hung_up.set()
            writer.close()


@asynccontextmanager
async def serving(*script: Answer) -> AsyncIterator[ScriptedServer]:
    """A server that gives these answers in turn, the last one again and again."""
    left = list(script)
    async with serving_by(lambda _: left.pop(0) if len(left) > 1 else left[0]) as server:
        yield server


@asynccontextmanager
async def serving_by(script: Callable[[Asked], Answer]) -> AsyncIterator[ScriptedServer]:
    scripted = ScriptedServer(script)
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await scripted.handle(reader, writer)
        except asyncio.CancelledError:
            writer.close()
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    scripted.port = server.sockets[0].getsockname()[1]
    try:
        yield scripted
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tuple(tasks), return_exceptions=True)


async def _request(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, path, _ = first.split(" ", 2)
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
    data = await reader.readexactly(int(headers.get("content-length", 0)))
    return Asked(method, path, headers, json.loads(data) if data else None)


def answer(status: int, kind: str, body: bytes, **headers: str) -> Answer:
    """A whole response."""

    async def give(
        asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(_head(status, kind, length=len(body), **headers) + body)

    return give


def refusal(status: int, message: str = "no", **headers: str) -> Answer:
    body = json.dumps({"error": {"message": message}}).encode()
    return answer(status, "application/json", body, **headers)


def models(*names: str) -> Answer:
    data = [{"id": name, "object": "model", "created": 0, "owned_by": "test"} for name in names]
    body = json.dumps({"object": "list", "data": data}).encode()
    return answer(200, "application/json", body)


def said(*texts: str) -> Answer:
    """A well-behaved stream with one choice for each text, at most as many as were asked for."""

    async def give(
        asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(_head(200, "text/event-stream"))
        for index, text in enumerate(texts[: asked.body.get("n", 1)]):
            for piece in (text[: len(text) // 2], text[len(text) // 2 :]):
                writer.write(event(piece, index=index))
            writer.write(event("", index=index, finish="stop"))
        writer.write(b"data: [DONE]\n\n")
        writer.close()

    return give


def streamed(*pieces: bytes, then: str = "close") -> Answer:
    """Raw pieces of a stream, each in a packet of its own; `then` is close, reset or hang."""

    async def give(
        asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(_head(200, "text/event-stream"))
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if then == "hang":
            # Until the client hangs up.
            await reader.read()
        elif then == "reset":
            writer.transport.abort()
        writer.close()

    return give


def endless(piece: bytes, kind: str = "text/event-stream") -> Answer:
    """The same piece for as long as somebody listens."""

    async def give(
        asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(_head(200, kind))
        while True:
            writer.write(piece)
            await writer.drain()

    return give


def event(text: str, *, index: int = 0, finish: str | None = None) -> bytes:
    """One chunk of a chat, as servers stream it."""
    choice: dict[str, Any] = {"index": index, "delta": {"content": text}, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice]}, ensure_ascii=False).encode() + b"\n\n"


def by_path(**answers: Answer) -> Callable[[Asked], Answer]:
    """A script that answers by the last part of the path; 404 for a part that it has nothing for."""
    return lambda asked: answers.get(asked.path.rpartition("/")[2], refusal(404))


def in_json(value: Any) -> Answer:
    return answer(200, "application/json", json.dumps(value).encode())


def sent(*events: Any, then: str = "close") -> Answer:
    """A stream of these events, as they are; `[DONE]` follows unless something else does."""
    pieces = [b"data: " + json.dumps(each).encode() + b"\n\n" for each in events]
    return streamed(*pieces, *([b"data: [DONE]\n\n"] if then == "close" else []), then=then)


def completed(*tokens: tuple[str, float | None], finish: str | None = "stop") -> list[Any]:
    """The events of a completion with log-probabilities in parallel lists, a token in each."""
    events: list[Any] = [
        {
            "choices": [
                {
                    "index": 0,
                    "text": text,
                    "logprobs": {"tokens": [text], "token_logprobs": [logprob]},
                    "finish_reason": None,
                }
            ]
        }
        for text, logprob in tokens
    ]
    return [*events, {"choices": [{"index": 0, "text": "", "finish_reason": finish}]}]


def completing(answer: Answer, *, counts: bool = True) -> Callable[[Asked], Answer]:
    """A script of a server that reads suffixes: the probe finds that, and `answer` is for the rest."""

    def script(asked: Asked) -> Answer:
        part = asked.path.rpartition("/")[2]
        if part == "models":
            return models("coder")
        if part != "completions" or asked.body is None or "messages" in asked.body:
            return refusal(404)
        if asked.body.get("stream"):
            return answer
        words = len(asked.body["prompt"].split()) + len(asked.body.get("suffix", "").split())
        usage = {"prompt_tokens": words} if counts else None
        logprobs = {"tokens": ["a"], "token_logprobs": [-0.1]}
        return in_json({"choices": [{"text": "a", "logprobs": logprobs}], "usage": usage})

    return script


def _head(status: int, kind: str, *, length: int | None = None, **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} -", f"Content-Type: {kind}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines.append("Connection: close" if length is None else f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def prompts(asked: Sequence[Asked]) -> list[str]:
    return [each.prompt for each in asked if each.body is not None]
