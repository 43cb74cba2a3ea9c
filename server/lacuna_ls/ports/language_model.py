"""The one port to every language model, embedded or behind an endpoint."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lacuna_ls.domain.completion import Completion, FinishReason, Token


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model can do. `model_id` names it in calibrations and in what users read.

    With `blocks` a completion without a line end among its stop strings ends where the statement of
    the cursor's line is closed. `form` names what shapes its answers besides itself, such as how an
    endpoint is asked; empty where that is the model's name alone.
    """

    model_id: str
    fill_in_middle: bool
    logprobs: bool
    chat: bool
    blocks: bool = False
    form: str = ""


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """Text around the cursor. `language` is a name from the language registry.

    `stop` strings end a completion and are not part of it. `n` samples are asked for;
    `temperature` 0 asks for the most likely ones. `path` is the file that the text is a version of,
    where there is one: a model that has read the workspace leaves its own copy of it out.
    """

    prefix: str
    suffix: str
    language: str
    max_tokens: int
    stop: tuple[str, ...] = ()
    n: int = 1
    temperature: float = 0.0
    top_logprobs: int = 0
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of another text that helps: `name` is what a reader would call where it is from."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class PromptedRequest(CompletionRequest):
    """A request with what the project says besides: `context`, what changes least first.

    `line_comment` begins a comment in the language, for models that are told of the context so.
    """

    context: tuple[Excerpt, ...] = ()
    line_comment: str = "#"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the completion number `index`. Spans in `tokens` count from the completion's start.

    `finish` and `end_logprob` come with the last chunk of each index.
    """

    index: int
    text: str
    tokens: tuple[Token, ...]
    finish: FinishReason | None = None
    end_logprob: float | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat. `role` is system, user or assistant."""

    role: str
    content: str


class LanguageModel(Protocol):
    """Cancelling the task that awaits any of these stops the work behind it.

    Every method raises `ModelError` if the model cannot answer or lacks the capability.
    """

    @property
    def capabilities(self) -> Capabilities: ...

    def complete(self, request: CompletionRequest) -> AsyncIterator[Chunk]: ...

    async def score(self, request: CompletionRequest, text: str) -> Completion:
        """`text` as a completion of `request`, with the log-probabilities the model gives it."""
        ...

    async def chat(
        self, messages: tuple[Message, ...], *, max_tokens: int, temperature: float, n: int
    ) -> tuple[str, ...]: ...


async def collect(model: LanguageModel, request: CompletionRequest) -> tuple[Completion, ...]:
    """Drain `complete` into finished completions, in the order of their indices."""
    texts: dict[int, str] = {}
    tokens: dict[int, tuple[Token, ...]] = {}
    ends: dict[int, tuple[FinishReason, float | None]] = {}
    async for chunk in model.complete(request):
        texts[chunk.index] = texts.get(chunk.index, "") + chunk.text
        tokens[chunk.index] = tokens.get(chunk.index, ()) + chunk.tokens
        if chunk.finish is not None:
            ends[chunk.index] = (chunk.finish, chunk.end_logprob)
    model_id = model.capabilities.model_id
    cut_off = (FinishReason.CANCELLED, None)
    return tuple(
        Completion(texts[i], tokens[i], ends.get(i, cut_off)[1], ends.get(i, cut_off)[0], model_id)
        for i in sorted(texts)
    )
