"""How completions are asked for at one endpoint, found out once by asking.

Servers that do not know a parameter often ignore it, and a model takes control tokens that it was
not trained with for text. Both give answers that look like answers. So nothing is believed for being
answered with 200: a suffix counts as understood if it makes the prompt longer by the server's own
count, and control tokens if that count is one for each.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from lacuna_ls.adapters.endpoint.connection import Connection
from lacuna_ls.adapters.endpoint.fim import Family, family_of
from lacuna_ls.adapters.endpoint.logprobs import read_logprobs
from lacuna_ls.adapters.endpoint.refusal import Refusal

log = logging.getLogger(__name__)

DEFAULT_CONTEXT_TOKENS = 4096
_TOLERATED = 3
_REFUSALS = frozenset({400, 404, 405, 415, 422, 500, 501})
# Long enough to tell how many bytes of code a token has.
_SUFFIX = """

def mean(values: list[float], default: float = 0.0) -> float:
    if not values:
        return default
    return sum(values) / len(values)


class Basket:
    def __init__(self, prices: dict[str, float]) -> None:
        self.prices = dict(prices)

    def total(self, names: list[str]) -> float:
        return round(sum(self.prices[name] for name in names), 2)


if __name__ == "__main__":
    basket = Basket({"apple": 0.5, "pear": 1.25})
    print(f"{basket.total(['apple', 'pear']):.2f} EUR", mean([1.0, 2.0]))
"""


class Route(StrEnum):
    """The words are those of `lacuna-ls doctor`."""

    INFILL = "llama.cpp /infill"
    SUFFIX = "/v1/completions with suffix"
    CONTROL_TOKENS = "/v1/completions with control tokens"
    CHAT = "chat, asked to fill the hole"


@dataclass(frozen=True, slots=True)
class Routing:
    """The route, and `why` in words: what was tried, in order. `family` is that of its control tokens.

    `bytes_per_token` is what the server's counts say of code, `None` where it has given none.
    """

    route: Route
    why: tuple[str, ...]
    logprobs: bool
    context_tokens: int = DEFAULT_CONTEXT_TOKENS
    family: Family | None = None
    bytes_per_token: float | None = None


async def probe(connection: Connection) -> Routing:
    """Ask for a few tokens on each route until one holds what it promises.

    Raises:
        Refusal: the endpoint cannot be asked at all: not there, or the key is not taken.
        ModelError: what answers is no such endpoint.
    """
    name = await connection.named()
    properties = await _properties(connection)
    tokens = _context_tokens(properties) or await _listed_tokens(connection, name)
    why: list[str] = []
    for attempt in (_infill, _suffix, _control_tokens, _chat):
        if attempt is _infill and properties is None:
            continue
        found = await attempt(connection, name, why)
        if found is not None:
            return replace(found, why=tuple(why), context_tokens=tokens or DEFAULT_CONTEXT_TOKENS)
    return Routing(Route.CHAT, tuple(why), False, tokens or DEFAULT_CONTEXT_TOKENS)


async def _infill(connection: Connection, name: str, why: list[str]) -> Routing | None:
    body = {"input_prefix": "def add(a, b):\n    return ", "input_suffix": "\n", "prompt": ""}
    answer = await _tried(connection, "/infill", {**body, "n_predict": 8, "n_probs": 1}, why)
    if answer is None:
        return None
    why.append("/infill: answered")
    return Routing(Route.INFILL, (), logprobs=_has_logprobs(answer))


async def _suffix(connection: Connection, name: str, why: list[str]) -> Routing | None:
    body = {"model": name, "prompt": "def add(a, b):\n    return ", "max_tokens": 1, "logprobs": 1}
    short = await _tried(connection, "completions", {**body, "suffix": "\n"}, why)
    if short is None:
        return None
    long = await _tried(connection, "completions", {**body, "suffix": _SUFFIX}, why)
    counts = _prompt_tokens(short), _prompt_tokens(long) if long is not None else None
    if counts[0] is None or counts[1] is None:
        why.append("suffix: the server counts no tokens, so nobody can tell whether it is read")
        return None
    if counts[1] < counts[0] + 8:
        why.append("suffix: taken and not read, the prompt is no longer with it")
        return None
    why.append("suffix: read, by the server's count of tokens")
    size = (len(_SUFFIX) - 1) / (counts[1] - counts[0])
    return Routing(Route.SUFFIX, (), logprobs=_has_logprobs(short), bytes_per_token=size)


async def _control_tokens(connection: Connection, name: str, why: list[str]) -> Routing | None:
    family = family_of(name)
    if family is None:
        why.append(f"control tokens: {name} is of no family that is known to have them")
        return None
    body = {"model": name, "prompt": family.prompt("", ""), "max_tokens": 1, "logprobs": 1}
    answer = await _tried(connection, "completions", body, why)
    if answer is None:
        return None
    count = _prompt_tokens(answer)
    if count is not None and count > family.controls + _TOLERATED:
        why.append(f"control tokens of {family.name}: read as text, they are {count} tokens")
        return None
    checked = "unchecked, no count is given" if count is None else f"{count} by the server's count"
    why.append(f"control tokens of {family.name}: {checked}")
    size = None
    if count is not None:
        long = {**body, "prompt": family.prompt(_SUFFIX, "")}
        counted = _prompt_tokens(await _tried(connection, "completions", long, why) or {})
        size = len(_SUFFIX) / counted if counted is not None else None
    return Routing(
        Route.CONTROL_TOKENS,
        (),
        logprobs=_has_logprobs(answer),
        family=family,
        bytes_per_token=size,
    )


async def _chat(connection: Connection, name: str, why: list[str]) -> Routing | None:
    messages = [{"role": "user", "content": f"Say one word of this:\n{_SUFFIX}"}]
    body = {"model": name, "messages": messages, "max_tokens": 1, "logprobs": True}
    answer = await _tried(connection, "chat/completions", body, why)
    if answer is None:
        # What is wrong is told with the first question: the same for all of them.
        raise Refusal(404, f"{name} answers neither completions nor chat")
    why.append("chat: answered")
    count = _prompt_tokens(answer)
    size = len(_SUFFIX) / count if count is not None else None
    return Routing(Route.CHAT, (), logprobs=_has_logprobs(answer), bytes_per_token=size)


async def _tried(
    connection: Connection, path: str, body: Mapping[str, Any], why: list[str]
) -> Mapping[str, Any] | None:
    """The answer; `None` if this is not to be had here, which `why` then says."""
    wire = await connection.wire()
    while True:
        try:
            answer = await wire.answered(path, connection.parameters(body))
        except Refusal as refusal:
            if connection.learnt(refusal, body):
                continue
            if refusal.status not in _REFUSALS:
                raise
            why.append(f"{path}: refused ({refusal.status})")
            return None
        if isinstance(answer, Mapping) and (answer.get("choices") or "content" in answer):
            return answer
        why.append(f"{path}: answered something else")
        return None


async def _properties(connection: Connection) -> Mapping[str, Any] | None:
    """What a server of llama.cpp says of itself, `None` for any other."""
    try:
        found = await (await connection.wire()).answered("/props")
    except Refusal as refusal:
        if refusal.status in (None, 401, 403, 429) or refusal.status >= 500:
            raise
        return None
    of_llama = isinstance(found, Mapping) and "default_generation_settings" in found
    return found if of_llama else None


def _context_tokens(properties: Mapping[str, Any] | None) -> int | None:
    settings = (properties or {}).get("default_generation_settings")
    return _count(settings.get("n_ctx")) if isinstance(settings, Mapping) else None


async def _listed_tokens(connection: Connection, name: str) -> int | None:
    """Some servers say in their list of models how long a prompt may be."""
    try:
        listed = await (await connection.wire()).answered("models")
    except Refusal:
        return None
    models = listed.get("data") if isinstance(listed, Mapping) else None
    for model in models if isinstance(models, list) else ():
        if isinstance(model, Mapping) and model.get("id") == name:
            return _count(model.get("max_model_len"))
    return None


def _prompt_tokens(answer: Mapping[str, Any]) -> int | None:
    usage = answer.get("usage")
    return _count(usage.get("prompt_tokens")) if isinstance(usage, Mapping) else None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _has_logprobs(answer: Mapping[str, Any]) -> bool:
    choices = answer.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else answer
    if not isinstance(first, Mapping):
        return False
    written = read_logprobs(first.get("logprobs") or first.get("completion_probabilities"))
    return any(token.logprob is not None for token in written or ())
