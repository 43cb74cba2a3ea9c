"""A prompt fits: by the server's count where it has one, else by an estimate that is never too long."""

import re
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from endpoints.scripted_server import Asked, completed, in_json, refusal, sent, serving_by
from lacuna_ls.adapters.endpoint.chat_model import Endpoint, EndpointModel
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.domain.text import encode
from lacuna_ls.ports.language_model import Excerpt, PromptedRequest, collect

WINDOW = 1024
TEXT = "".join(f"    value_{n} = count(rows_{n}, 'größe')\n" for n in range(400))
CONTEXT = (
    Excerpt("AGENTS.md", "Be brief. " * 20),
    Excerpt("util.py", "def count(rows): ...\n" * 9),
)
REQUEST = PromptedRequest(TEXT, TEXT, "python", 32, top_logprobs=1, context=CONTEXT)


def by_bytes(size: float) -> Callable[[str], int]:
    """A tokenizer whose tokens are so many bytes long."""
    return lambda text: -(-len(encode(text)) // size).__trunc__()


def by_kind(text: str) -> int:
    """One whose tokens are letters where they are rare, and words where they are not."""
    return sum(1 if word.isascii() else len(encode(word)) for word in text.split())


def by_digits(text: str) -> int:
    """One that knows words and marks, and no number but digit by digit."""
    return len(re.findall(r"\d|[^\d]{1,8}", text))


@dataclass
class Server:
    """Reads suffixes, has `WINDOW` tokens of `count`, and refuses what is longer."""

    count: Callable[[str], int]
    tokenizes: bool = True
    window: int = WINDOW
    overruns: int = 0
    prompts: list[str] = field(default_factory=list)
    tokenized: int = 0

    def script(self, asked: Asked) -> Any:
        part = asked.path.rpartition("/")[2]
        if part == "models":
            return in_json({"data": [{"id": "coder", "max_model_len": WINDOW}]})
        if part == "tokenize" and self.tokenizes:
            self.tokenized += 1
            return in_json({"tokens": [0] * self.count(asked.body["content"])})
        if part != "completions" or "messages" in asked.body:
            return refusal(404)
        prompt, suffix = asked.body["prompt"], asked.body.get("suffix", "")
        tokens = self.count(prompt) + self.count(suffix)
        usage = {"prompt_tokens": tokens}
        if not asked.body.get("stream"):
            return in_json({"choices": [{"text": "a"}], "usage": usage})
        if tokens + asked.body["max_tokens"] > self.window:
            self.overruns += 1
            return refusal(400, f"This model's maximum context length is {self.window} tokens")
        self.prompts.append(prompt)
        events = completed(("a", -0.1))
        return sent(*events[:-1], {**events[-1], "usage": usage})


@asynccontextmanager
async def model(own: Server):
    async with serving_by(own.script) as server:
        made = EndpointModel(Endpoint(server.url, "coder"), {})
        try:
            yield made
        finally:
            await made.close()


@pytest.mark.parametrize("count", [by_bytes(1), by_bytes(2.3), by_bytes(4.5), by_kind])
async def test_with_the_servers_own_count_no_prompt_is_too_long(count):
    own = Server(count)
    async with model(own) as made:
        await collect(made, REQUEST)
    assert own.overruns == 0
    assert own.count(own.prompts[0]) > WINDOW * 0.2


async def test_it_is_not_asked_to_count_with_every_key():
    own = Server(by_bytes(2))
    async with model(own) as made:
        for n in range(20):
            await collect(made, replace(REQUEST, prefix=TEXT + "x" * n))
    assert own.overruns == 0
    assert own.tokenized <= 4


@pytest.mark.parametrize("count", [by_bytes(1), by_bytes(2.3), by_bytes(4.5), by_kind])
async def test_without_it_what_the_server_has_counted_of_code_is_taken_with_caution(count):
    own = Server(count, tokenizes=False)
    async with model(own) as made:
        for _ in range(3):
            await collect(made, REQUEST)
    assert own.overruns == 0


async def test_where_nothing_is_counted_no_token_is_taken_for_longer_than_a_byte():
    asked_for: list[str] = []

    def chat_only(asked: Asked) -> Any:
        if asked.path.endswith("/models"):
            return in_json({"data": [{"id": "coder", "max_model_len": WINDOW}]})
        if not asked.path.endswith("/chat/completions"):
            return refusal(404)
        asked_for.append(asked.prompt)
        if not asked.body.get("stream"):
            return in_json({"choices": [{"message": {"content": "a"}}]})
        return sent({"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": "stop"}]})

    async with serving_by(chat_only) as server:
        made = EndpointModel(Endpoint(server.url, "coder"), {})
        await collect(made, REQUEST)
        await made.close()
    assert len(encode(asked_for[-1])) + 2 * REQUEST.max_tokens <= WINDOW


async def test_a_prompt_that_is_refused_for_its_length_is_made_shorter():
    own = Server(by_digits, tokenizes=False)
    dense = replace(REQUEST, prefix="1234567890\n" * 900, suffix="", context=())
    async with model(own) as made:
        await collect(made, dense)
        await collect(made, dense)
    assert 1 <= own.overruns <= 3
    assert len(own.prompts) == 2


async def test_a_prompt_that_cannot_be_short_enough_is_an_error():
    own = Server(by_bytes(2), window=0)
    async with model(own) as made:
        with pytest.raises(ModelError, match="maximum context length"):
            await collect(made, replace(REQUEST, prefix="x = ", suffix="\n", context=()))


async def test_the_head_of_a_prompt_stays_from_key_to_key():
    own = Server(by_bytes(2.3))
    keys = [TEXT + "total = count(rows)"[:n] for n in range(20)]
    async with model(own) as made:
        for prefix in keys:
            await collect(made, replace(REQUEST, prefix=prefix))
    heads = {prompt[: len(own.prompts[0])] for prompt in own.prompts}
    assert len(heads) == 1
    assert own.prompts[0].startswith("# AGENTS.md:\n# Be brief.")


@settings(max_examples=12)
@given(st.lists(st.sampled_from(["x", "é", "\n", " = ", "日本"]), max_size=60).map("".join))
async def test_whatever_is_typed_fits(typed):
    own = Server(by_kind)
    async with model(own) as made:
        await collect(made, replace(REQUEST, prefix=TEXT + typed))
    assert own.overruns == 0
