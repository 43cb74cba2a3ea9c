"""The embedded model in the words of OpenAI's completions: what is asked, what is answered.

`/v1/completions` in its legacy form: `prompt`, `suffix`, `max_tokens`, `n`, `temperature`, `stop`,
`logprobs`, `echo`, `stream`. One field more, `language`, says what the prompt is written in. A
completion ends where the statement of the cursor's line is closed, sooner at a stop string. What a
request may not hold is refused by name; fields that change nothing here are passed over.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

from lacuna_ls.domain.completion import Completion, FinishReason, Token
from lacuna_ls.domain.text import Span, decode, encode
from lacuna_ls.model.lexer import lex
from lacuna_ls.ports.language_model import Chunk, CompletionRequest, LanguageModel, collect

MOST_TOKENS = 512
MOST_CHOICES = 16
MOST_LOGPROBS = 20
MOST_STOPS = 16
MOST_SCORED = 16_000
"""Characters of a prompt whose own tokens can be given log-probabilities (`echo` with `logprobs`)."""

_DEFAULT_TOKENS = 16

Json = dict[str, Any]
_Row = tuple[str, float | None, dict[str, float] | None, int]


class RefusedError(Exception):
    """A request that cannot be answered; `status` is that of HTTP, the message is for its sender."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it was understood. `logprobs` is `None` where none were asked for."""

    request: CompletionRequest
    logprobs: int | None
    echo: bool
    stream: bool


def understood(body: object) -> Asked:
    """What a body asks for.

    Raises:
        RefusedError: a field has a value that cannot be used.
    """
    if not isinstance(body, dict):
        raise RefusedError("the body has to be a JSON object")
    logprobs = _optional_integer(body, "logprobs", 0, MOST_LOGPROBS)
    request = CompletionRequest(
        prefix=_prompt(body.get("prompt", "")),
        suffix=_string(body, "suffix"),
        language=_string(body, "language") or "python",
        max_tokens=_integer(body, "max_tokens", 0, MOST_TOKENS, _DEFAULT_TOKENS),
        stop=_stop(body.get("stop")),
        n=_integer(body, "n", 1, MOST_CHOICES, 1),
        temperature=_temperature(body.get("temperature")),
        top_logprobs=logprobs or 0,
    )
    asked = Asked(request, logprobs, _flag(body, "echo"), _flag(body, "stream"))
    if asked.echo and logprobs is not None and len(request.prefix) > MOST_SCORED:
        raise RefusedError(f"with echo and logprobs a prompt has at most {MOST_SCORED} characters")
    return asked


async def answer(model: LanguageModel, asked: Asked) -> Json:
    """The whole answer as one object.

    Raises:
        ModelError: the model could not answer.
    """
    request = asked.request
    prompt = await _echoed(model, asked)
    found = await collect(model, request) if request.max_tokens else ()
    completions = found or (Completion("", (), None, FinishReason.STOP, ""),)
    choices = [_choice(index, each, asked, prompt) for index, each in enumerate(completions)]
    told = await asyncio.to_thread(_token_count, request)
    spoken = sum(len(each.tokens) for each in found)
    usage = {"prompt_tokens": told, "completion_tokens": spoken, "total_tokens": told + spoken}
    return {**_head(model), "choices": choices, "usage": usage}


async def pieces(model: LanguageModel, asked: Asked) -> AsyncGenerator[Json, None]:
    """The same answer as a stream sends it: each choice's tokens, then why it ended.

    Raises:
        ModelError: the model could not answer.
    """
    head = _head(model)
    prompt = await _echoed(model, asked)
    said: dict[int, str] = {}
    if asked.request.max_tokens:
        async with aclosing(_chunks(model, asked.request)) as chunks:
            async for chunk in chunks:
                if chunk.index not in said and prompt:
                    yield head | _piece(chunk.index, prompt.text, asked, _echoed_rows(prompt))
                before = said.setdefault(chunk.index, "")
                for row in _rows(chunk, _start(asked) + len(before)):
                    yield head | _piece(chunk.index, row[0], asked, [row])
                said[chunk.index] = before + chunk.text
                if chunk.finish is not None:
                    yield head | _piece(chunk.index, "", asked, None, chunk.finish)
    if not said:
        if prompt:
            yield head | _piece(0, prompt.text, asked, _echoed_rows(prompt))
        yield head | _piece(0, "", asked, None, FinishReason.STOP)


def _chunks(model: LanguageModel, request: CompletionRequest) -> AsyncGenerator[Chunk, None]:
    return cast("AsyncGenerator[Chunk, None]", model.complete(request))


def models(model: LanguageModel) -> Json:
    return {"object": "list", "data": [described(model)]}


def described(model: LanguageModel) -> Json:
    name = model.capabilities.model_id
    return {"id": name, "object": "model", "created": 0, "owned_by": "lacuna-ls"}


def refusal(message: str, status: int) -> Json:
    kind = "invalid_request_error" if status < 500 else "server_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}


def _head(model: LanguageModel) -> Json:
    return {
        "id": f"cmpl-{uuid4().hex}",
        "object": "text_completion",
        "created": int(time.time()),
        "model": model.capabilities.model_id,
    }


def _token_count(request: CompletionRequest) -> int:
    return len(lex(request.prefix)) + (len(lex(request.suffix)) if request.suffix else 0)


async def _echoed(model: LanguageModel, asked: Asked) -> Completion | None:
    """The prompt with its tokens, scored where that is asked for."""
    if not asked.echo:
        return None
    text = asked.request.prefix
    if asked.logprobs is None:
        return Completion(text, (), None, FinishReason.STOP, "")
    nothing = CompletionRequest("", "", asked.request.language, 0)
    return await model.score(nothing, text)


def _choice(index: int, completion: Completion, asked: Asked, prompt: Completion | None) -> Json:
    rows = _echoed_rows(prompt) if prompt else []
    rows += _rows(completion, _start(asked))
    text = (prompt.text if prompt else "") + completion.text
    return _choice_of(index, text, asked, rows, completion.finish)


def _piece(
    index: int, text: str, asked: Asked, rows: list[_Row] | None, finish: FinishReason | None = None
) -> Json:
    return {"choices": [_choice_of(index, text, asked, rows, finish)]}


def _choice_of(
    index: int, text: str, asked: Asked, rows: list[_Row] | None, finish: FinishReason | None
) -> Json:
    logprobs = None
    if asked.logprobs is not None and rows is not None:
        logprobs = {
            "tokens": [text for text, _, _, _ in rows],
            "token_logprobs": [logprob for _, logprob, _, _ in rows],
            "top_logprobs": [top for _, _, top, _ in rows] if asked.logprobs else None,
            "text_offset": [offset for _, _, _, offset in rows],
        }
    reason = None if finish is None else str(finish)
    return {"index": index, "text": text, "logprobs": logprobs, "finish_reason": reason}


def _start(asked: Asked) -> int:
    """Where a completion begins, in characters of the prompt and it."""
    return len(asked.request.prefix)


def _echoed_rows(prompt: Completion) -> list[_Row]:
    rows = _rows(prompt, 0)
    # As OpenAI has it: nothing stands before the first token that could make it likely.
    return [(rows[0][0], None, None, rows[0][3]), *rows[1:]] if rows else []


def _rows(said: Completion | Chunk, start: int) -> list[_Row]:
    """Text, log-probability, alternatives and offset in characters of each token."""
    data = encode(said.text)
    first = said.tokens[0].span.start if said.tokens else 0
    rows: list[_Row] = []
    for token in said.tokens:
        text = _text(data, Span(token.span.start - first, token.span.end - first))
        rows.append((text, token.logprob, _top(text, token), start))
        start += len(text)
    return rows


def _top(text: str, token: Token) -> dict[str, float]:
    top = {} if token.logprob is None else {text: token.logprob}
    for other in token.alternatives:
        top.setdefault(other.text, other.logprob)
    return top


def _text(data: bytes, span: Span) -> str:
    return decode(data[span.start : span.end])


def _prompt(given: object) -> str:
    if isinstance(given, list) and len(given) == 1:
        given = given[0]
    if not isinstance(given, str):
        raise RefusedError("prompt has to be one string")
    return given


def _string(body: Mapping[str, object], name: str) -> str:
    given = body.get(name)
    if given is None:
        return ""
    if not isinstance(given, str):
        raise RefusedError(f"{name} has to be a string")
    return given


def _flag(body: Mapping[str, object], name: str) -> bool:
    given = body.get(name)
    if given is not None and not isinstance(given, bool):
        raise RefusedError(f"{name} has to be true or false")
    return bool(given)


def _integer(body: Mapping[str, object], name: str, least: int, most: int, default: int) -> int:
    given = _optional_integer(body, name, least, most)
    return default if given is None else given


def _optional_integer(body: Mapping[str, object], name: str, least: int, most: int) -> int | None:
    given = body.get(name)
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise RefusedError(f"{name} has to be a whole number from {least} to {most}")
    return given


def _temperature(given: object) -> float:
    if given is None:
        return 0.0
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 2:
        raise RefusedError("temperature has to be a number from 0 to 2")
    # Of less than this the likeliest is all that can come.
    return float(given) if given >= 0.01 else 0.0


def _stop(given: object) -> tuple[str, ...]:
    stops = [given] if isinstance(given, str) else given
    if stops is None:
        return ()
    if (
        not isinstance(stops, list)
        or len(stops) > MOST_STOPS
        or not all(isinstance(stop, str) and stop for stop in stops)
    ):
        raise RefusedError(f"stop has to be a string or a list of at most {MOST_STOPS}, none empty")
    return tuple(stops)
