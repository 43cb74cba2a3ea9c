"""What a model is asked, in which words.

All questions about one failure begin with the same text, so that a server can keep what it has
computed for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lacuna_ls.ports.language_model import Message
from lacuna_ls.repair.model_loop.briefing import Briefing

_SYSTEM = (
    "You mend one function of a program so that its tests pass. The tests are right. Keep the "
    "function's name and parameters, keep what already works, and change as little as possible. "
    "Never change tests, and never write code that looks for them."
)


class Strategy(StrEnum):
    """How a draft was asked for."""

    SAMPLE = "sample"
    GLOBAL = "global"
    LOCAL = "local"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A text of the function that does not pass, and what became of each test with it."""

    code: str
    results: str


@dataclass(frozen=True, slots=True)
class Case:
    """One failure. `fence` is the name under which code of its language stands in a reply."""

    fence: str
    file_name: str
    surroundings: str
    signature: str
    code: str
    briefing: Briefing


def sampling(case: Case) -> tuple[Message, ...]:
    """For a first answer, without anything found out yet."""
    return _asked(case, f"The function:\n{_fenced(case, case.code)}\n\n{_WHOLE}")


def explaining(
    case: Case, current: Attempt, others: Sequence[Attempt], values: str
) -> tuple[Message, ...]:
    """For an explanation of what goes wrong, before any code (Self-Debug, Chen et al., 2023).

    `values` are those of `current`, block by block (LDB).
    """
    parts = [
        *(f"An attempt that does not pass:\n{_attempt(case, each)}" for each in others),
        f"The function as it stands:\n{_attempt(case, current)}",
        f"What it did, block by block:\n{_fenced(case, values)}" if values else "",
        _EXPLAIN,
    ]
    return _asked(case, "\n\n".join(part for part in parts if part))


def mending(asked: Sequence[Message], explanation: str, strategy: Strategy) -> tuple[Message, ...]:
    """For code that follows from the explanation: the whole function, or only what changes."""
    form = _CHANGES if strategy is Strategy.LOCAL else _WHOLE
    return (*asked, Message("assistant", explanation), Message("user", form))


def restarting(case: Case) -> tuple[Message, ...]:
    """For a fresh start, with the old code out of sight (CYCLE, Ding et al., 2024)."""
    return _asked(
        case,
        "The function's present body is wrong and is not shown. Write it anew:\n"
        f"{_fenced(case, case.signature)}\n\n{_WHOLE}",
    )


_EXPLAIN = (
    "Follow what it does with the values given. Explain in a few sentences what the function does "
    "with this input and where it first departs from what the test expects. Write no code yet."
)
_WHOLE = (
    "Reply with the whole corrected function in one fenced block of code, and with nothing else."
)
_CHANGES = (
    "Reply only with what changes in the function, in this form, each part as short as it can be "
    "and still stand in the function exactly once:\n"
    "<<<<<<< SEARCH\nlines as they are\n=======\nlines as they shall be\n>>>>>>> REPLACE"
)


def _asked(case: Case, question: str) -> tuple[Message, ...]:
    return (Message("system", _SYSTEM), Message("user", f"{_head(case)}\n\n{question}"))


def _head(case: Case) -> str:
    seen = case.briefing
    parts = [
        f"The rest of `{case.file_name}`:\n{_fenced(case, case.surroundings)}"
        if case.surroundings
        else "",
        f"Tests that fail:\n{_fenced(case, seen.tests)}" if seen.tests else "",
        f"The smallest failing input: {seen.example}" if seen.example else "",
        f"What it breaks:\n{_fenced(case, seen.broken)}" if seen.broken else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _attempt(case: Case, attempt: Attempt) -> str:
    code = _fenced(case, attempt.code)
    return f"{code}\n{attempt.results}" if attempt.results else code


def _fenced(case: Case, code: str) -> str:
    # Longer than any fence inside, so that nothing shown can end it.
    mark = "```"
    while mark in code:
        mark += "`"
    return f"{mark}{case.fence}\n{code.rstrip()}\n{mark}"
