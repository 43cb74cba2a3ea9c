"""The `LanguageModel` port behind an OpenAI-compatible endpoint.

Whatever the endpoint does, one of two things comes back before the deadline: texts, or a
`ModelError` with one sentence that says what happened and what the user can do.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any

from lacuna_ls.adapters.endpoint.completions import Completions, prompt_digest
from lacuna_ls.adapters.endpoint.connection import Connection, Endpoint, sendable
from lacuna_ls.adapters.endpoint.refusal import Refusal
from lacuna_ls.adapters.endpoint.retries import wait_s
from lacuna_ls.adapters.endpoint.routes import Route, Routing
from lacuna_ls.domain.completion import Completion
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.ports.language_model import Capabilities, Chunk, CompletionRequest, Message

__all__ = ["Endpoint", "EndpointModel"]

log = logging.getLogger(__name__)


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
        self._connection = Connection(endpoint, environment)
        self._completions = Completions(self._connection)
        self._sleep = sleep

    @property
    def capabilities(self) -> Capabilities:
        """What is known so far: whether there are log-probabilities shows in the first answers."""
        routing = self._completions.routing
        return Capabilities(
            self._connection.model_id,
            fill_in_middle=routing is not None and routing.route is not Route.CHAT,
            logprobs=routing is not None and routing.logprobs,
            chat=True,
            form=self._form(routing),
        )

    def complete(self, request: CompletionRequest) -> AsyncGenerator[Chunk, None]:
        """Streamed; whoever stops reading closes the iterator, and with it the connection."""
        return self._completions.complete(request)

    async def routing(self) -> Routing:
        """How completions are asked for here; probed once.

        Raises:
            ModelError: the endpoint did not answer.
        """
        return await self._completions.probed()

    async def score(self, request: CompletionRequest, text: str) -> Completion:
        raise ModelError(f"{self._connection.host} does not score text")

    async def chat(
        self, messages: tuple[Message, ...], *, max_tokens: int, temperature: float, n: int
    ) -> tuple[str, ...]:
        """Up to `n` texts: not every server gives more than one.

        Raises:
            ModelError: there is no answer, or none in time.
        """
        own = self._connection
        own.demand_key()
        asked = {"max_tokens": max_tokens, "temperature": temperature, "n": n}
        try:
            async with asyncio.timeout(self._endpoint.deadline_s):
                texts = await self._answered(messages, asked)
        except TimeoutError:
            raise ModelError(
                f"{own.host} did not answer within {self._endpoint.deadline_s:g} s"
            ) from None
        return tuple(own.secrets.restored(text) for text in texts)

    async def close(self) -> None:
        """Close the connections."""
        await self._completions.close()
        await self._connection.close()

    def _form(self, routing: Routing | None) -> str:
        """Where and how it is asked; empty as long as that is not known."""
        if routing is None:
            return ""
        family = f" of {routing.family.name}" if routing.family is not None else ""
        tokens = f"{routing.context_tokens} tokens"
        return f"{routing.route}{family} at {self._connection.host}, {tokens}, {prompt_digest()}"

    async def _answered(
        self, messages: tuple[Message, ...], asked: Mapping[str, Any]
    ) -> tuple[str, ...]:
        own = self._connection
        wire = await own.wire()
        # The key that must not leave is known with the wire.
        said = [
            {"role": each.role, "content": sendable(own.secrets.redacted(each.content))}
            for each in messages
        ]
        loop = asyncio.get_running_loop()
        until_s = loop.time() + self._endpoint.deadline_s
        attempt = 1
        while True:
            try:
                body = {"model": await own.named(), "messages": said, **own.parameters(asked)}
                return await wire.chat(body)
            except Refusal as refusal:
                if own.learnt(refusal, asked):
                    continue
                left_s = until_s - loop.time()
                wait = wait_s(attempt, refusal.status, refusal.retry_after, left_s)
                if wait is None:
                    raise own.error_of(refusal) from None
                log.info("%s is asked again in %.1f s", own.host, wait)
                attempt += 1
                await self._sleep(wait)
