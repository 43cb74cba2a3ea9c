"""What a language model said, token by token."""

from dataclasses import dataclass
from enum import StrEnum

from lacuna_ls.domain.text import Span


class FinishReason(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another token that could have stood there, with its natural-log probability."""

    text: str
    logprob: float


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a completion.

    `span` is in bytes of the completion's UTF-8 text; a token may split a character.
    `logprob` is the natural logarithm, `None` where the model gave none that can be used.
    """

    span: Span
    logprob: float | None
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """A file and a line, from 1 on, where `tokens` tokens of a completion stand one after the other."""

    file: str
    line: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Completion:
    """A finished completion. Token spans tile `text`.

    `end_logprob` is the log-probability of stopping where the text stops: `None` if the model
    did not say or was cut off.
    """

    text: str
    tokens: tuple[Token, ...]
    end_logprob: float | None
    finish: FinishReason
    model_id: str
