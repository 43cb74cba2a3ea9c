"""A model that keeps statements to itself which it doubts.

Of a line that is doubted towards its end the sure beginning is still worth showing; a statement of
several lines is taken whole or not at all. Its tokens are likely one by one long before all of them
together are, so it is held to the probability of the whole.
"""

from collections.abc import AsyncIterator
from math import exp

from lacuna_ls.domain.completion import Completion, FinishReason
from lacuna_ls.ports.language_model import (
    Capabilities,
    Chunk,
    CompletionRequest,
    LanguageModel,
    Message,
)

LEAST_PROBABILITY = 0.2
"""Of packages that the model had not seen, from here on four of five characters were retained."""


class SureStatements:
    """`model`, whose completions without a line end among their stop strings are those it is sure of."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model

    @property
    def capabilities(self) -> Capabilities:
        return self._model.capabilities

    async def complete(self, request: CompletionRequest) -> AsyncIterator[Chunk]:
        is_statement = "\n" not in request.stop
        async for chunk in self._model.complete(request):
            if not is_statement or _probability(chunk) >= LEAST_PROBABILITY:
                yield chunk

    async def score(self, request: CompletionRequest, text: str) -> Completion:
        return await self._model.score(request, text)

    async def chat(
        self, messages: tuple[Message, ...], *, max_tokens: int, temperature: float, n: int
    ) -> tuple[str, ...]:
        return await self._model.chat(messages, max_tokens=max_tokens, temperature=temperature, n=n)


def _probability(chunk: Chunk) -> float:
    """Of a whole sample in one chunk; 0 if it came to no end."""
    if chunk.finish is not FinishReason.STOP or chunk.end_logprob is None:
        return 0.0
    logprobs = [token.logprob for token in chunk.tokens]
    known = [logprob for logprob in logprobs if logprob is not None]
    return exp(sum(known) + chunk.end_logprob) if len(known) == len(logprobs) else 0.0
