"""What a model is asked for a faster function, and what it is told of its attempts.

Two stages (LLM4EFFI, Ye et al., 2025): algorithms with their growth first, code second. It sees where
the time goes (Effi-Code, Huang et al., 2024), and after that what became of its attempts: where one
does something else, and of those that do the same the fastest so far beside another one, as a contrast
says more than numbers do (MaxCode, 2026).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lacuna_ls.ports.language_model import Message

_SYSTEM = (
    "You make one function of a program faster without changing anything that it does: the same "
    "results of the same types, the same exceptions, the same order, the same changes to its "
    "arguments, nothing kept from one call to the next. Use the standard library only."
)


@dataclass(frozen=True, slots=True)
class Case:
    """One function. `inputs` are calls, `profile` says where its time goes; both may be empty."""

    fence: str
    name: str
    code: str
    inputs: str = ""
    profile: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A text of the function, and in a sentence what became of it."""

    code: str
    result: str


def planning(case: Case) -> tuple[Message, ...]:
    """For algorithms, before any code."""
    return (Message("system", _SYSTEM), Message("user", f"{_head(case)}\n\n{_PLAN}"))


def implementing(asked: Sequence[Message], plan: str) -> tuple[Message, ...]:
    return (*asked, Message("assistant", plan), Message("user", _WRITE))


def criticising(
    case: Case, wrong: Sequence[Attempt], best: Attempt, other: Attempt | None
) -> tuple[Message, ...]:
    """For what limits the best so far, before the next code."""
    parts = [
        _head(case),
        *(f"An attempt that does something else:\n{_attempt(case, each)}" for each in wrong),
        f"The fastest so far that does the same:\n{_attempt(case, best)}",
        f"One that does the same and is slower:\n{_attempt(case, other)}" if other else "",
        _CRITICISE,
    ]
    return (Message("system", _SYSTEM), Message("user", "\n\n".join(filter(None, parts))))


_PLAN = (
    "Name up to three essentially different ways to compute the same, each in a sentence, with its "
    "growth in the size of the input and what it costs for each element; the most promising first. "
    "Say for which inputs it could differ from the function. Write no code yet."
)
_WRITE = (
    "Write the most promising way that differs for no input. Keep the function's name and "
    "parameters. Reply with the whole function in one fenced block of code, and with nothing else."
)
_CRITICISE = (
    "Say in a few sentences what still costs the time of the fastest one, what made a slower or a "
    "wrong one so, and what would be faster. Write no code yet."
)


def _head(case: Case) -> str:
    parts = [
        f"The function `{case.name}`:\n{_fenced(case, case.code)}",
        f"Calls of its tests:\n{_fenced(case, case.inputs)}" if case.inputs else "",
        f"Where its time goes:\n{case.profile}" if case.profile else "",
    ]
    return "\n\n".join(filter(None, parts))


def _attempt(case: Case, attempt: Attempt) -> str:
    return f"{_fenced(case, attempt.code)}\n{attempt.result}"


def _fenced(case: Case, text: str) -> str:
    return f"```{case.fence}\n{text.rstrip()}\n```"
