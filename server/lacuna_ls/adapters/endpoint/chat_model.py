"""The chat side of the `LanguageModel` port, behind an OpenAI-compatible endpoint.

Whatever the endpoint does, one of two things comes back before the deadline: texts, or a
`ModelError` with one sentence that says what happened and what the user can do.
"""

import asyncio
import logging
import re
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from lacuna_ls.adapters.endpoint.address import host_of
from lacuna_ls.adapters.endpoint.refusal import Refusal
from lacuna_ls.adapters.endpoint.retries import asked_s, wait_s
from lacuna_ls.adapters.endpoint.secret_filter import SecretFilter, known_secrets
from lacuna_ls.domain.completion import Completion
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.ports.language_model import Capabilities, Chunk, CompletionRequest, Message

if TYPE_CHECKING:
    from lacuna_ls.adapters.endpoint.wire import Wire

log = logging.getLogger(__name__)

_MOST_QUOTED = 160


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What the user has named: all of it theirs, none of it from a repository.

    `name` is empty where the endpoint's first model is meant, `key_variable` where it needs no key.
    `deadline_s` bounds one answer, every attempt included.
    """

    url: str
    name: str = ""
    key_variable: str = ""
    deadline_s: float = 120.0


class EndpointModel:
    """One endpoint's model. `environment` holds the key, and other secrets that never leave."""

    def __init__(
        self,
        endpoint: Endpoint,
        environment: Mapping[str, str],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._endpoint = endpoint
        self._key = environment.get(endpoint.key_variable, "") if endpoint.key_variable else ""
        self._secrets = SecretFilter((self._key, *known_secrets(environment)))
        self._sleep = sleep
        self._host = host_of(endpoint.url)
        self._name = endpoint.name
        self._wire: asyncio.Future[Wire] | None = None
        self._unsupported: set[str] = set()

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            self._name or self._host, fill_in_middle=False, logprobs=False, chat=True
        )

    def complete(self, request: CompletionRequest) -> AsyncIterator[Chunk]:
        raise ModelError(f"{self._host} is asked for chat only")

    async def score(self, request: CompletionRequest, text: str) -> Completion:
        raise ModelError(f"{self._host} is asked for chat only")

    async def chat(
        self, messages: tuple[Message, ...], *, max_tokens: int, temperature: float, n: int
    ) -> tuple[str, ...]:
        """Up to `n` texts: not every server gives more than one.

        Raises:
            ModelError: there is no answer, or none in time.
        """
        if self._endpoint.key_variable and not self._key:
            raise ModelError(
                f"the environment variable {self._endpoint.key_variable} is not set; "
                "lacuna.model.apiKeyEnvironmentVariable names it"
            )
        said = [
            {"role": each.role, "content": _sendable(self._secrets.redacted(each.content))}
            for each in messages
        ]
        asked = {"max_tokens": max_tokens, "temperature": temperature, "n": n}
        try:
            async with asyncio.timeout(self._endpoint.deadline_s):
                texts = await self._answered(said, asked)
        except TimeoutError:
            raise ModelError(
                f"{self._host} did not answer within {self._endpoint.deadline_s:g} s"
            ) from None
        return tuple(self._secrets.restored(text) for text in texts)

    async def close(self) -> None:
        """Close the connections."""
        if self._wire is not None and self._wire.done() and not self._wire.cancelled():
            await self._wire.result().close()

    async def _answered(
        self, said: list[dict[str, str]], asked: Mapping[str, Any]
    ) -> tuple[str, ...]:
        wire = await self._connected()
        loop = asyncio.get_running_loop()
        until_s = loop.time() + self._endpoint.deadline_s
        attempt = 1
        while True:
            try:
                if not self._name:
                    self._name = await self._first_model(wire)
                body = {"model": self._name, "messages": said, **self._parameters(asked)}
                return await wire.chat(body)
            except Refusal as refusal:
                if self._learnt(refusal):
                    continue
                left_s = until_s - loop.time()
                wait = wait_s(attempt, refusal.status, refusal.retry_after, left_s)
                if wait is None:
                    raise ModelError(self._in_words(refusal)) from None
                log.info("%s is asked again in %.1f s", self._host, wait)
                attempt += 1
                await self._sleep(wait)

    async def _connected(self) -> "Wire":
        """The wire; the SDK is imported beside the event loop, because that takes its time."""
        if self._wire is None:
            self._wire = asyncio.ensure_future(self._connect())
        return await asyncio.shield(self._wire)

    async def _connect(self) -> "Wire":
        module = await asyncio.to_thread(import_module, f"{__package__}.wire")
        wire: Wire = module.Wire(self._endpoint.url, self._key)
        return wire

    async def _first_model(self, wire: "Wire") -> str:
        names = await wire.models()
        if not names:
            raise ModelError(f"{self._host} has no model loaded")
        return names[0]

    def _parameters(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """What is asked for, in the words that this server has understood so far."""
        parameters = dict(asked)
        if "max_tokens" in self._unsupported:
            parameters["max_completion_tokens"] = parameters["max_tokens"]
        return {name: value for name, value in parameters.items() if name not in self._unsupported}

    def _learnt(self, refusal: "Refusal") -> bool:
        """Whether the server refused a parameter that it can do without; remembered from then on."""
        if refusal.status not in (400, 422):
            return False
        for name in ("max_tokens", "temperature", "n"):
            named = re.search(rf"(?<![\w]){name}(?![\w])", refusal.message)
            if named and name not in self._unsupported:
                self._unsupported.add(name)
                return True
        return False

    def _in_words(self, refusal: "Refusal") -> str:
        host, status = self._host, refusal.status
        quoted = _plain(self._secrets.redacted(refusal.message))
        if status is None:
            what = quoted or "it could not be reached, or hung up"
            return f"no answer from {host}: {what}"
        if status in (401, 403):
            return (
                f"{host} did not accept the key ({status}); lacuna.model.apiKeyEnvironmentVariable "
                "names the environment variable that holds it"
            )
        if 300 <= status < 400:
            return f"{host} redirects elsewhere ({status}), and redirects are not followed"
        if status == 429:
            asked = asked_s(refusal.retry_after)
            later = f", and asks to wait {asked:.0f} s" if asked is not None else ""
            return f"{host} has had too many requests (429){later}"
        return f"{host} could not answer ({status})" + (f": {quoted}" if quoted else "")


def _sendable(text: str) -> str:
    """JSON has no form for a lone surrogate that every server takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _plain(text: str) -> str:
    """A server's sentence as one short line of plain text."""
    kept = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    line = " ".join(kept.split())
    return line if len(line) <= _MOST_QUOTED else line[: _MOST_QUOTED - 1] + "…"
