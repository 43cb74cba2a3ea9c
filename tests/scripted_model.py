"""A model for tests that says what its script says, and remembers what it was asked."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from lacuna_ls.domain.completion import Completion
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.ports.language_model import Capabilities, Chunk, CompletionRequest, Message


@dataclass(frozen=True, slots=True)
class Question:
    """One call of `chat`."""

    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float
    n: int

    @property
    def text(self) -> str:
        """All that was said so far."""
        return "\n".join(message.content for message in self.messages)

    @property
    def last(self) -> str:
        return self.messages[-1].content

    @property
    def kind(self) -> str:
        """Which of the loop's questions this is."""
        if "Write no code yet" in self.last:
            return "explain"
        if "SEARCH" in self.last:
            return "local"
        if "Write it anew" in self.last:
            return "restart"
        return "sample" if len(self.messages) == 2 else "global"


@dataclass
class ScriptedModel:
    """A `LanguageModel` that chats. A script may raise `ModelError`."""

    script: Callable[[Question], Sequence[str]]
    capabilities: Capabilities = Capabilities(
        "models/coder.gguf", fill_in_middle=False, logprobs=False, chat=True
    )
    questions: list[Question] = field(default_factory=list)

    async def chat(
        self, messages: tuple[Message, ...], *, max_tokens: int, temperature: float, n: int
    ) -> tuple[str, ...]:
        question = Question(messages, max_tokens, temperature, n)
        self.questions.append(question)
        return tuple(self.script(question))

    def complete(self, request: CompletionRequest) -> AsyncIterator[Chunk]:
        raise ModelError("the scripted model does not complete")

    async def score(self, request: CompletionRequest, text: str) -> Completion:
        raise ModelError("the scripted model does not score")

    @property
    def kinds(self) -> list[str]:
        return [question.kind for question in self.questions]
