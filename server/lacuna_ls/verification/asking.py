"""Questions to a model within bounds: of time, of rounds, and of what is sent and received."""

import asyncio

from lacuna_ls.domain.errors import ModelError
from lacuna_ls.domain.text import encode
from lacuna_ls.ports.clock import Clock
from lacuna_ls.ports.language_model import LanguageModel, Message

# Nobody knows a model's tokens but itself; of code and English a token is about four bytes.
_BYTES_PER_TOKEN = 4


class Asking:
    """One model, asked until `deadline_s` on the clock or until `max_tokens` are spent.

    `spent_tokens` counts what was sent and what came back, `calls` the questions. `failed` holds
    the model's own sentence, if it could not answer.
    """

    def __init__(
        self,
        model: LanguageModel,
        clock: Clock,
        deadline_s: float,
        max_tokens: int,
        reply_tokens: int,
    ) -> None:
        self._model = model
        self._clock = clock
        self._deadline_s = deadline_s
        self._max_tokens = max_tokens
        self._reply_tokens = reply_tokens
        self.spent_tokens = 0
        self.calls = 0
        self.failed = ""
        self._exhausted = False

    @property
    def model_id(self) -> str:
        """The model's name; some learn theirs with their first answer."""
        return self._model.capabilities.model_id

    def is_over(self) -> bool:
        """Whether a bound is reached, or the model has failed."""
        return (
            bool(self.failed)
            or self._exhausted
            or self.spent_tokens >= self._max_tokens
            or self._clock.monotonic_s() >= self._deadline_s
        )

    async def ask(
        self, messages: tuple[Message, ...], *, n: int, temperature: float
    ) -> tuple[str, ...]:
        """Up to `n` replies; none if a bound is reached or the model fails.

        A server may give fewer than were asked for: then it is asked again.
        """
        replies: list[str] = []
        for _ in range(n):
            left_tokens = self._max_tokens - self.spent_tokens - _tokens(*_texts(messages))
            wanted = n - len(replies)
            room = min(self._reply_tokens, left_tokens // max(wanted, 1))
            if wanted <= 0:
                break
            if self.is_over() or room <= 0:
                self._exhausted = True
                break
            replies += await self._answer(messages, room, wanted, temperature)
        return tuple(replies)

    async def _answer(
        self, messages: tuple[Message, ...], max_tokens: int, n: int, temperature: float
    ) -> tuple[str, ...]:
        self.calls += 1
        self.spent_tokens += _tokens(*_texts(messages))
        try:
            async with asyncio.timeout(self._deadline_s - self._clock.monotonic_s()):
                replies = await self._model.chat(
                    messages, max_tokens=max_tokens, temperature=temperature, n=n
                )
        except TimeoutError:
            self.failed = "the model did not answer in time"
            return ()
        except ModelError as error:
            self.failed = str(error)
            return ()
        self.spent_tokens += _tokens(*replies)
        return replies[:n]


def _texts(messages: tuple[Message, ...]) -> list[str]:
    return [message.content for message in messages]


def _tokens(*texts: str) -> int:
    return sum(len(encode(text)) // _BYTES_PER_TOKEN + 1 for text in texts)
