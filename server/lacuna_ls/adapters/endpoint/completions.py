"""Completions of one endpoint, streamed, by the route that it was found to understand."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from functools import cache
from importlib.resources import files
from typing import Any

from lacuna_ls.adapters.endpoint.budget import Budget
from lacuna_ls.adapters.endpoint.connection import Connection, sendable
from lacuna_ls.adapters.endpoint.fill_the_hole import filling, messages
from lacuna_ls.adapters.endpoint.logprobs import Alignment, part, read_logprobs
from lacuna_ls.adapters.endpoint.prompt import (
    CHAT_RESERVED_TOKENS,
    RESERVED_TOKENS,
    Prompt,
    fitted,
    room_tokens,
)
from lacuna_ls.adapters.endpoint.refusal import Refusal
from lacuna_ls.adapters.endpoint.routes import Route, Routing, probe
from lacuna_ls.domain.completion import FinishReason, Token
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.domain.text import Span, encode
from lacuna_ls.holes.calibration import predictor_key
from lacuna_ls.ports.language_model import Chunk, CompletionRequest

# A placeholder that may still be coming.
_HELD_BACK = re.compile(r"(?<!\w)R[A-Z_]*\d*\Z")
_CHAT_TOKENS = 2


@cache
def prompt_digest() -> str:
    """Of the code that makes prompts and reads answers: what is calibrated holds for one of them."""
    names = ("budget", "completions", "fill_the_hole", "fim", "logprobs", "prompt")
    package = files(__package__)
    return predictor_key({}, ((n, package.joinpath(f"{n}.py").read_bytes()) for n in names))[:12]


class Completions:
    """Asks, and remembers how; one for an endpoint and its model."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._probing: asyncio.Future[Routing] | None = None
        self._budget = Budget(connection)
        self.routing: Routing | None = None

    async def probed(self) -> Routing:
        """The routing; asked for once, and again only after it could not be found.

        Raises:
            ModelError: the endpoint did not answer.
        """
        if self.routing is not None:
            return self.routing
        if self._probing is None:
            self._probing = asyncio.ensure_future(self._probe())
        try:
            self.routing = await asyncio.shield(self._probing)
        except (Refusal, ModelError) as error:
            self._probing = None
            raise self._in_words(error) from None
        return self.routing

    async def _probe(self) -> Routing:
        self._connection.demand_key()
        try:
            async with asyncio.timeout(self._connection.endpoint.complete_deadline_s):
                return await probe(self._connection)
        except TimeoutError:
            raise self._late() from None

    async def close(self) -> None:
        """Stop probing, if that is still going on."""
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.gather(self._probing, return_exceptions=True)

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[Chunk, None]:
        """The chunks as they come. See `LanguageModel`.

        Raises:
            ModelError: there is no answer, none in time, or one that broke off.
        """
        own = self._connection
        own.demand_key()
        until_s = asyncio.get_running_loop().time() + own.endpoint.complete_deadline_s
        try:
            async with asyncio.timeout_at(until_s):
                routing = await self.probed()
            async with aclosing(self._asked(request, routing)) as chunks:
                while True:
                    # Around what is waited for and not around `yield`: the reader's time is its own.
                    async with asyncio.timeout_at(until_s):
                        chunk = await anext(chunks, None)
                    if chunk is None:
                        return
                    yield chunk
        except TimeoutError:
            raise self._late() from None
        except Refusal as refusal:
            raise own.error_of(refusal) from None

    async def _asked(
        self, request: CompletionRequest, routing: Routing
    ) -> AsyncGenerator[Chunk, None]:
        own = self._connection
        while True:
            prompt = await self._prompt(request, routing)
            if prompt is None:
                # The cursor stands in a secret.
                return
            path, body = self._question(request, prompt, routing)
            try:
                events = (await own.wire()).events(path, own.parameters(body))
                async with aclosing(self._read(events, request, prompt, routing)) as chunks:
                    async for chunk in chunks:
                        yield chunk
            except Refusal as refusal:
                if not own.learnt(refusal, body) and not self._budget.learnt(refusal):
                    raise
            else:
                return

    async def _prompt(self, request: CompletionRequest, routing: Routing) -> Prompt | None:
        """What is sent, without secrets; `None` where nothing can be."""
        is_chat = routing.route is Route.CHAT
        answer = request.max_tokens * (_CHAT_TOKENS if is_chat else 1)
        reserved = CHAT_RESERVED_TOKENS if is_chat else RESERVED_TOKENS
        room = room_tokens(routing.context_tokens, answer, reserved)

        def make(bytes_per_token: float) -> Prompt | None:
            return self._without_secrets(fitted(request, room, bytes_per_token))

        return await self._budget.fitting(make, room, routing.bytes_per_token)

    def _without_secrets(self, prompt: Prompt) -> Prompt | None:
        secrets = self._connection.secrets
        around = secrets.around(prompt.prefix, prompt.suffix)
        if around is None:
            return None
        context = tuple(
            type(e)(sendable(secrets.redacted(e.name)), sendable(secrets.redacted(e.text)))
            for e in prompt.context
        )
        prefix, suffix = around
        return Prompt(sendable(prefix), sendable(suffix), context, prompt.line_comment)

    def _question(
        self, request: CompletionRequest, prompt: Prompt, routing: Routing
    ) -> tuple[str, dict[str, Any]]:
        if routing.route is Route.INFILL:
            return "/infill", {
                "input_prefix": prompt.prefix,
                "input_suffix": prompt.suffix,
                "input_extra": [{"filename": e.name, "text": e.text} for e in prompt.context],
                "prompt": "",
                "n_predict": request.max_tokens,
                "temperature": request.temperature,
                "n_probs": max(request.top_logprobs, 1),
                "cache_prompt": True,
            }
        asked: dict[str, Any] = {"model": self._connection.name, "temperature": request.temperature}
        if request.n > 1:
            asked["n"] = request.n
        if routing.route is Route.CHAT:
            return "chat/completions", {
                **asked,
                "max_tokens": request.max_tokens * _CHAT_TOKENS,
                "messages": messages(prompt, request.language),
                **(
                    {"logprobs": True, "top_logprobs": request.top_logprobs}
                    if routing.logprobs
                    else {}
                ),
            }
        asked["max_tokens"] = request.max_tokens
        if routing.logprobs:
            asked["logprobs"] = max(request.top_logprobs, 1)
        if routing.route is Route.SUFFIX:
            return "completions", {
                **asked,
                "prompt": prompt.with_context,
                "suffix": prompt.suffix,
            }
        assert routing.family is not None
        return "completions", {
            **asked,
            "prompt": routing.family.prompt(prompt.with_context, prompt.suffix),
            "stop": list(routing.family.ends[:4]),
        }

    async def _read(
        self,
        events: AsyncGenerator[Mapping[str, Any], None],
        request: CompletionRequest,
        prompt: Prompt,
        routing: Routing,
    ) -> AsyncGenerator[Chunk, None]:
        """Chunks of the events; a chat is read to its end before anything of it is code."""
        readers: dict[int, _Reader] = {}
        async with aclosing(events):
            async for event in events:
                self._count(event, prompt)
                for piece in _pieces(event):
                    index = _index(piece)
                    if index >= request.n:
                        continue
                    reader = readers.setdefault(index, self._reader(index, prompt, routing))
                    for chunk in reader.more(piece):
                        yield chunk
        if not readers or not any(reader.finished for reader in readers.values()):
            raise Refusal(None, "its answer broke off")

    def _reader(self, index: int, prompt: Prompt, routing: Routing) -> "_Reader":
        ends = routing.family.ends if routing.family is not None else ()
        return _Reader(index, self._connection, prompt, ends, whole=routing.route is Route.CHAT)

    def _count(self, event: Mapping[str, Any], prompt: Prompt) -> None:
        """Learn from the server's own count how many bytes make a token."""
        usage = event.get("usage")
        counted = usage.get("prompt_tokens") if isinstance(usage, Mapping) else None
        size = len(encode(prompt.with_context)) + len(encode(prompt.suffix))
        self._budget.counted(size, counted or event.get("tokens_evaluated"))

    def _late(self) -> ModelError:
        own = self._connection
        return ModelError(
            f"{own.host} did not answer within {own.endpoint.complete_deadline_s:g} s"
        )

    def _in_words(self, error: Refusal | ModelError) -> ModelError:
        return self._connection.error_of(error) if isinstance(error, Refusal) else error


class _Reader:
    """One of the texts of an answer."""

    def __init__(
        self,
        index: int,
        connection: Connection,
        prompt: Prompt,
        ends: tuple[str, ...],
        *,
        whole: bool,
    ) -> None:
        self._index = index
        self._connection = connection
        self._prompt = prompt
        self._ends = ends
        self._whole = whole
        self._alignment = Alignment()
        self._text = ""
        self._given = 0
        self._tiled = 0
        self._tokens: list[Token] = []
        self.finished = False

    def more(self, piece: Mapping[str, Any]) -> list[Chunk]:
        """What a piece of the stream adds."""
        if self.finished:
            return []
        text = _text(piece)
        self._text += text
        self._tokens += self._alignment.more(text, _written(piece))
        finish = _finish(piece)
        if finish is None:
            return [] if self._whole else self._flushed()
        self.finished = True
        rest, end = self._alignment.finished()
        self._tokens += rest
        return [self._last(finish, end)]

    def _flushed(self) -> list[Chunk]:
        """What has come and holds neither a placeholder nor the beginning of an end."""
        held = _HELD_BACK.search(self._text, self._given)
        until = held.start() if held else len(self._text)
        if "REDACTED_SECRET" in self._text or any(
            self._text.endswith(end[:size]) for end in self._ends for size in range(1, len(end) + 1)
        ):
            until = self._given
        if until == self._given:
            return []
        text, self._given = self._text[self._given : until], until
        size = len(encode(self._text[:until]))
        tokens = tuple(token for token in self._tokens if token.span.end <= size)
        del self._tokens[: len(tokens)]
        self._tiled = tokens[-1].span.end if tokens else self._tiled
        return [Chunk(self._index, text, tokens)]

    def _last(self, finish: FinishReason, end: float | None) -> Chunk:
        cut = min((at for e in self._ends if (at := self._text.find(e)) >= 0), default=None)
        if cut is not None:
            self._text, finish = self._text[:cut], FinishReason.STOP
            size = len(encode(self._text))
            self._tokens = [token for token in self._tokens if token.span.end <= size]
        tokens = tuple(self._tokens)
        text = self._text[self._given :]
        if self._whole:
            kept = filling(self._text, self._prompt.prefix)
            tokens = part(tokens, kept)
            text = encode(self._text)[kept.start : kept.end].decode("utf-8", "surrogatepass")
        restored = self._connection.secrets.restored(text)
        if restored != text:
            # The numbers speak of another text.
            size = len(encode(self._text[: self._given] + restored))
            tokens = (Token(Span(self._tiled, size), None),)
            text = restored
        return Chunk(self._index, text, tokens, finish, end)


def _pieces(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The choices of an event; llama.cpp's own events are their only one."""
    if "choices" not in event:
        return [event] if "content" in event else []
    choices = event["choices"]
    return [c for c in choices if isinstance(c, Mapping)] if isinstance(choices, list) else []


def _index(piece: Mapping[str, Any]) -> int:
    index = piece.get("index", 0)
    return index if isinstance(index, int) and index >= 0 else 0


def _text(piece: Mapping[str, Any]) -> str:
    for holder in (piece.get("delta"), piece.get("message"), piece):
        if isinstance(holder, Mapping):
            text = holder.get("content", holder.get("text"))
            if isinstance(text, str):
                return text
    return ""


def _written(piece: Mapping[str, Any]) -> Any:
    given = piece.get("logprobs")
    return read_logprobs(given if given is not None else piece.get("completion_probabilities"))


def _finish(piece: Mapping[str, Any]) -> FinishReason | None:
    if piece.get("stop") is True:
        limited = piece.get("stop_type") == "limit" or piece.get("stopped_limit") is True
        return FinishReason.LENGTH if limited else FinishReason.STOP
    reason = piece.get("finish_reason")
    if not isinstance(reason, str):
        return None
    return FinishReason.STOP if reason == "stop" else FinishReason.LENGTH
