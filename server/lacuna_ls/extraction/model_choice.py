"""What a model may say of an extraction: which part, under which name. It never writes code.

The parts are those that the engine can extract, in its own order with its own names, and what comes
back is a number and a name, which the engine checks like a user's. So a reply can be useless, and
then there is no choice, but it cannot break anything.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lacuna_ls.domain.errors import ModelError
from lacuna_ls.ports.language_model import LanguageModel, Message

MAX_TOKENS = 60
_SYSTEM = (
    "You choose which part of a function should become a function of its own, and how that is "
    "called. Good parts do one thing that a name says; good names say what a caller gets, in the "
    "style of the names around. You never write code. Answer with one line and nothing else: the "
    "number of the part, a space, the name."
)
_CHOICE = re.compile(r"(?<![\w.])(\d{1,3})(?![\w.])\W{0,4}([A-Za-z_]\w{0,63})\b")
_PLACEHOLDERS = frozenset(
    {"the", "part", "name", "number", "extracted", "new_function", "function"}
)


@dataclass(frozen=True, slots=True)
class Part:
    """Code that can be extracted, and the engine's name for it."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """`part` is an index into the parts that were given."""

    part: int
    name: str


async def choose(model: LanguageModel, function: str, parts: Sequence[Part]) -> Choice | None:
    """The model's choice; `None` if there is no part, or it says nothing that can be used.

    Raises:
        ModelError: it cannot be asked.
    """
    if not parts:
        return None
    if not model.capabilities.chat:
        raise ModelError(f"{model.capabilities.model_id} cannot chat.")
    replies = await model.chat(
        _question(function, parts), max_tokens=MAX_TOKENS, temperature=0.0, n=1
    )
    return next((c for c in (read(reply, len(parts)) for reply in replies) if c), None)


def read(reply: str, parts: int) -> Choice | None:
    """The first number of a part with a name behind it, whatever stands around them."""
    for found in _CHOICE.finditer(reply):
        number, name = int(found[1]), found[2]
        if 1 <= number <= parts and name.lower() not in _PLACEHOLDERS:
            return Choice(number - 1, name)
    return None


def _question(function: str, parts: Sequence[Part]) -> tuple[Message, ...]:
    listed = "\n\n".join(
        f"Part {number} (now called {part.name}):\n{part.code}"
        for number, part in enumerate(parts, 1)
    )
    return (
        Message("system", _SYSTEM),
        Message("user", f"The function:\n{function}\n\n{listed}\n\nWhich part, and which name?"),
    )
