"""The SDK, held to what a user may rely on: one host, no redirects, nothing large, nothing said twice.

Importing this takes half a second: only `chat_model` does, in a thread, before the first request.
"""

import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2
import openai

from lacuna_ls.adapters.endpoint.address import base_url, host_of
from lacuna_ls.adapters.endpoint.refusal import Refusal
from lacuna_ls.domain.errors import ModelError

_MOST_BYTES = 8 << 20
_CONNECTING_S = 10.0
_SENT_HEADERS = frozenset(
    {"host", "content-type", "content-length", "accept", "connection", "authorization"}
)
_LOUD = ("openai", "httpx2", "httpcore2")


@dataclass(slots=True)
class _Choice:
    """One of the texts of an answer, as far as it has come."""

    pieces: list[str] = field(default_factory=list)
    finished: bool = False


class Wire:
    """Connections to one endpoint, which are reused. Made on the event loop that uses it."""

    def __init__(self, endpoint: str, key: str) -> None:
        for name in _LOUD:
            # At their DEBUG they write what is sent, headers included.
            logging.getLogger(name).setLevel(logging.WARNING)
        self._host = host_of(endpoint)
        self._root = base_url(endpoint).removesuffix("/v1")
        self._client = openai.AsyncOpenAI(
            # Never empty and never `None`: the SDK would look for a key of its own.
            api_key=key or "none",
            base_url=base_url(endpoint),
            max_retries=0,
            timeout=httpx2.Timeout(None, connect=_CONNECTING_S),
            http_client=httpx2.AsyncClient(
                transport=_Transport(self._host, has_key=bool(key)),
                follow_redirects=False,
                trust_env=False,
            ),
        )

    async def close(self) -> None:
        await self._client.close()

    async def models(self) -> tuple[str, ...]:
        """The names of the models that the endpoint has.

        Raises:
            Refusal: it does not say.
        """
        try:
            page = await self._client.models.list()
            return tuple(model.id for model in page.data if isinstance(model.id, str))
        except openai.APIError as error:
            raise _refusal(error) from error
        except (AttributeError, TypeError, ValueError) as error:
            raise Refusal(200, "no list of models") from error

    async def chat(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        """The texts of one answer to the request `body`.

        Raises:
            Refusal: the server refused it, or its answer broke off.
            ModelError: what it answered is not chat, or too large.
        """
        create: Any = self._client.chat.completions.create
        try:
            async with await create(**body, stream=True) as events:
                kind = events.response.headers.get("content-type", "").partition(";")[0].strip()
                if kind == "application/json":
                    return self._whole(json.loads(await events.response.aread()))
                if kind != "text/event-stream":
                    what = kind if kind and len(kind) < 40 and kind.isprintable() else "something"
                    raise self._not_chat(f"{what} was answered")
                return await self._streamed(events)
        except openai.APIError as error:
            raise _refusal(error) from error
        except httpx2.HTTPError as error:
            raise Refusal(None) from error
        except (AttributeError, TypeError, KeyError, IndexError, ValueError) as error:
            raise self._not_chat("its answer could not be read") from error

    async def answered(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The JSON of one answer that is not streamed; without a body it is only asked for.

        `path` counts from the API's root; with a slash in front, from the server's.

        Raises:
            Refusal: the server refused it.
            ModelError: what it answered is too large.
        """
        url = self._url(path)
        try:
            if body is None:
                return await self._client.get(url, cast_to=object)
            return await self._client.post(url, cast_to=object, body=body)
        except openai.APIError as error:
            raise _refusal(error) from error
        except (httpx2.HTTPError, ValueError) as error:
            raise Refusal(None) from error

    async def events(
        self, path: str, body: Mapping[str, Any]
    ) -> AsyncGenerator[Mapping[str, Any], None]:
        """What is streamed of an answer, event by event; closing the iterator hangs up.

        Raises:
            Refusal: the server refused it, or its answer broke off.
            ModelError: what it answered is something else, or too large.
        """
        kind = openai.AsyncStream[object]
        try:
            async with await self._client.post(
                self._url(path),
                cast_to=object,
                body={**body, "stream": True},
                stream=True,
                stream_cls=kind,
            ) as events:
                sent = events.response.headers.get("content-type", "").partition(";")[0].strip()
                if sent == "application/json":
                    yield self._mapping(json.loads(await events.response.aread()))
                    return
                if sent != "text/event-stream":
                    what = sent if sent and len(sent) < 40 and sent.isprintable() else "something"
                    raise self._not_chat(f"{what} was answered")
                async for event in events:
                    yield self._mapping(event)
        except openai.APIError as error:
            raise _refusal(error) from error
        except httpx2.HTTPError as error:
            raise Refusal(None) from error
        except ValueError as error:
            raise self._not_chat("its answer could not be read") from error

    def _mapping(self, event: Any) -> Mapping[str, Any]:
        if not isinstance(event, Mapping):
            raise self._not_chat("its answer could not be read")
        return event

    def _url(self, path: str) -> str:
        return path if not path.startswith("/") else f"{self._root}{path}"

    async def _streamed(self, events: Any) -> tuple[str, ...]:
        choices: dict[int, _Choice] = {}
        async for event in events:
            for piece in event.choices or ():
                choice = choices.setdefault(piece.index, _Choice())
                text = piece.delta.content if piece.delta is not None else None
                if isinstance(text, str):
                    choice.pieces.append(text)
                choice.finished |= piece.finish_reason is not None
        if not choices:
            raise self._not_chat("its answer holds no text")
        return self._texts([choices[index] for index in sorted(choices)])

    def _whole(self, answer: Any) -> tuple[str, ...]:
        """The answer of a server that does not stream."""
        texts = [choice["message"].get("content") or "" for choice in answer["choices"]]
        if not texts or not all(isinstance(text, str) for text in texts):
            raise self._not_chat("its answer holds no text")
        return tuple(texts)

    def _texts(self, choices: Sequence[_Choice]) -> tuple[str, ...]:
        whole = tuple("".join(choice.pieces) for choice in choices if choice.finished)
        if not whole:
            raise Refusal(None, "its answer broke off")
        return whole

    def _not_chat(self, what: str) -> ModelError:
        return ModelError(
            f"{self._host} is not an OpenAI-compatible chat endpoint: {what}; "
            "lacuna.model.endpoint names its root, often one that ends in /v1"
        )


class _Transport(httpx2.AsyncHTTPTransport):
    """Speaks to `host` alone, sends what a request needs, reads so much and no more."""

    def __init__(self, host: str, *, has_key: bool) -> None:
        super().__init__(trust_env=False)
        self._host = host
        self._sent = _SENT_HEADERS if has_key else _SENT_HEADERS - {"authorization"}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.netloc.decode("ascii") != self._host:
            raise ModelError(f"a request to another host than {self._host} was not made")
        headers = [(k, v) for k, v in request.headers.raw if k.decode().lower() in self._sent]
        # What is packed could be small on the way and large here.
        request.headers = httpx2.Headers([*headers, (b"accept-encoding", b"identity")])
        response = await super().handle_async_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise ModelError(f"{self._host} sent a packed answer, which was not asked for")
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Capped(response.stream, self._host)
        return response


class _Capped(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, host: str) -> None:
        self._stream = stream
        self._host = host

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for data in self._stream:
            read += len(data)
            if read > _MOST_BYTES:
                raise ModelError(f"{self._host} answered with more than {_MOST_BYTES >> 20} MB")
            yield data

    async def aclose(self) -> None:
        await self._stream.aclose()


def _refusal(error: openai.APIError) -> Refusal:
    if isinstance(error, openai.APIStatusError):
        retry_after = error.response.headers.get("retry-after", "")
        return Refusal(error.status_code, _message(error.body), retry_after)
    if isinstance(error, openai.APIConnectionError):
        return Refusal(None)
    return Refusal(200, _message(error.body) or error.message)


def _message(body: object) -> str:
    """The sentence of an error's body: some servers have it one level further down."""
    found: Any = body
    for _ in range(3):
        if isinstance(found, Mapping):
            found = found.get("message") or found.get("error") or found.get("detail")
    if isinstance(found, str):
        return found
    return " ".join(_strings(found)) if isinstance(found, list) else ""


def _strings(items: Iterable[Any]) -> list[str]:
    return [str(item.get("msg", "")) for item in items if isinstance(item, Mapping)]
