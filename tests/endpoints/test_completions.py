"""Completions of endpoints: every route, and what comes of servers that misbehave."""

import asyncio
import json
from contextlib import aclosing
from typing import Any

import pytest

from endpoints.scripted_server import (
    Answer,
    Asked,
    answer,
    by_path,
    completed,
    completing,
    endless,
    event,
    in_json,
    models,
    refusal,
    sent,
    serving_by,
    streamed,
)
from lacuna_ls.adapters.endpoint.chat_model import Endpoint, EndpointModel
from lacuna_ls.adapters.endpoint.routes import Route
from lacuna_ls.domain.completion import Completion, FinishReason
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.ports.language_model import CompletionRequest, Excerpt, PromptedRequest, collect

REQUEST = CompletionRequest("def f(x):\n    return ", "\n", "python", 16, top_logprobs=2)
GOOD = sent(*completed(("x", -0.1), (" + ", -0.2), ("é", -0.3)))


def model(url: str, name: str = "coder", deadline_s: float = 20.0, **environment: str):
    variable = "CODER_KEY" if environment else ""
    endpoint = Endpoint(url, name, variable, complete_deadline_s=deadline_s)
    return EndpointModel(endpoint, environment)


async def completion(own: EndpointModel, request: CompletionRequest = REQUEST) -> Completion:
    try:
        (found,) = await collect(own, request)
        return found
    finally:
        await own.close()


async def answered(stream: Answer, request: CompletionRequest = REQUEST) -> Completion:
    async with serving_by(completing(stream)) as server:
        return await completion(model(server.url), request)


async def complaint(stream: Answer, deadline_s: float = 20.0) -> str:
    async with serving_by(completing(stream)) as server:
        with pytest.raises(ModelError) as caught:
            await completion(model(server.url, deadline_s=deadline_s))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def numbers(found: Completion) -> list[float | None]:
    return [token.logprob for token in found.tokens]


async def routed(script: Any, name: str = "coder") -> tuple[Any, list[Asked]]:
    async with serving_by(script) as server:
        own = model(server.url, name)
        try:
            routing = await own.routing()
            assert await own.routing() is routing
            return routing, list(server.asked)
        finally:
            await own.close()


async def test_tokens_come_with_their_numbers_and_tile_the_text():
    found = await answered(GOOD)
    assert (found.text, found.finish) == ("x + é", FinishReason.STOP)
    assert numbers(found) == [-0.1, -0.2, -0.3]
    assert [(t.span.start, t.span.end) for t in found.tokens] == [(0, 1), (1, 4), (4, 6)]


async def test_the_endpoint_is_probed_once():
    async with serving_by(completing(GOOD)) as server:
        own = model(server.url)
        await collect(own, REQUEST)
        before = len(server.asked)
        await collect(own, REQUEST)
        assert len(server.asked) == before + 1
        await own.close()


async def test_a_suffix_that_lengthens_the_prompt_is_read():
    routing, _ = await routed(completing(GOOD))
    assert routing.route is Route.SUFFIX
    assert routing.logprobs


async def test_a_suffix_that_is_taken_and_not_read_is_not_believed():
    counted = {"choices": [{"text": "a"}], "usage": {"prompt_tokens": 9}}
    chatted = {"choices": [{"message": {"content": "a"}}]}

    def script(asked: Asked) -> Answer:
        return in_json(chatted if asked.path.endswith("chat/completions") else counted)

    routing, _ = await routed(script)
    assert routing.route is Route.CHAT
    assert any("not read" in reason for reason in routing.why)


@pytest.mark.parametrize(("count", "route"), [(3, Route.CONTROL_TOKENS), (17, Route.CHAT)])
async def test_control_tokens_are_used_if_they_count_as_one_each(count: int, route: Route):
    def script(asked: Asked) -> Answer:
        if asked.path.endswith("chat/completions"):
            return in_json({"choices": [{"message": {"content": "a"}}]})
        if asked.body and "suffix" in asked.body:
            return refusal(400, "suffix is not supported")
        return in_json({"choices": [{"text": "a"}], "usage": {"prompt_tokens": count}})

    routing, _ = await routed(script, "qwen2.5-coder:7b")
    assert routing.route is route


async def test_llama_cpp_is_asked_for_infill():
    properties = {"default_generation_settings": {"n_ctx": 2048}}
    events = [
        {
            "content": "a",
            "stop": False,
            "completion_probabilities": [{"token": "a", "bytes": [97], "logprob": -0.5}],
        },
        {"content": "", "stop": True, "stop_type": "limit", "tokens_evaluated": 100},
    ]

    def script(asked: Asked) -> Answer:
        if asked.path == "/props":
            return in_json(properties)
        if asked.path == "/infill":
            return sent(*events) if asked.body.get("stream") else in_json(events[0])
        return models("coder")

    async with serving_by(script) as server:
        own = model(server.url)
        context = (Excerpt("util.py", "def g(): ..."),)
        request = PromptedRequest("a = ", "\n", "python", 16, context=context)
        found = await completion(own, request)
        routing = await own.routing()
    assert (found.text, numbers(found), found.finish) == ("a", [-0.5], FinishReason.LENGTH)
    assert (routing.route, routing.context_tokens) == (Route.INFILL, 2048)
    assert server.asked[-1].body["input_extra"] == [{"filename": "util.py", "text": "def g(): ..."}]


async def test_a_model_that_only_converses_fills_the_hole():
    reply = "```python\n    return x + 1\n```"
    logprobs = {"content": [{"token": reply, "bytes": [*reply.encode()], "logprob": -0.5}]}
    choice = {"index": 0, "delta": {"content": reply}, "logprobs": logprobs}

    def script(asked: Asked) -> Answer:
        if not asked.path.endswith("chat/completions"):
            return refusal(404)
        if not asked.body.get("stream"):
            return in_json({"choices": [{"message": {"content": "a"}, "logprobs": logprobs}]})
        return sent({"choices": [choice]}, {"choices": [{"index": 0, "finish_reason": "stop"}]})

    async with serving_by(script) as server:
        found = await completion(model(server.url))
    assert (found.text, numbers(found)) == ("x + 1", [-0.5])
    assert "<HOLE/>" in server.asked[-1].prompt


async def test_the_context_stands_in_front_as_comments():
    context = (Excerpt("util.py", "def g():\n    ..."),)
    request = PromptedRequest("a = ", "\n", "python", 16, context=context)
    async with serving_by(completing(GOOD)) as server:
        await completion(model(server.url), request)
    assert server.asked[-1].body["prompt"] == "# util.py:\n# def g():\n#     ...\na = "


async def test_secrets_leave_neither_with_the_file_nor_with_its_context():
    secret = "ghp_" + "a1B2" * 6
    context = (Excerpt("config.py", f"TOKEN = '{secret}'"),)
    request = PromptedRequest(
        f"t = '{secret}'\nx = ", f"\ny = '{secret}'", "python", 9, context=context
    )
    async with serving_by(
        completing(sent(*completed(("'REDACTED_", -1), ("SECRET_1'", -1))))
    ) as server:
        found = await completion(model(server.url), request)
    assert secret not in str(server.asked)
    assert found.text == f"'{secret}'"
    assert numbers(found) == [None]


@pytest.mark.parametrize(
    ("prefix", "suffix"),
    [
        ('password = "hunt', 'er22"\n'),
        ('password = "hunter2', ""),
        ("t = 'ghp_aaaaaaaaaa", "aaaaaaaaaaaaaa'"),
    ],
)
async def test_inside_a_secret_nothing_is_asked(prefix: str, suffix: str):
    async with serving_by(completing(GOOD)) as server:
        own = model(server.url)
        assert await collect(own, CompletionRequest(prefix, suffix, "python", 9)) == ()
        await own.close()
    assert not any(a.body and a.body.get("stream") for a in server.asked)


async def test_a_reader_who_stops_hangs_up():
    chunks = completed(("a", -1))[:1]
    async with serving_by(completing(sent(*chunks, then="hang"))) as server:
        own = model(server.url)
        async with aclosing(own.complete(REQUEST)) as stream:
            await anext(stream)
            server.hung_up.clear()
        await asyncio.wait_for(server.hung_up.wait(), 10)
        await own.close()


async def test_cancelling_hangs_up():
    async with serving_by(completing(sent(*completed(("a", -1))[:1], then="hang"))) as server:
        own = model(server.url)
        await own.routing()
        server.hung_up.clear()
        server.came.clear()
        task = asyncio.ensure_future(collect(own, REQUEST))
        await server.came.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.hung_up.wait(), 10)
        await own.close()


async def test_a_parameter_that_is_refused_is_left_out_from_then_on():
    def script(asked: Asked) -> Answer:
        if asked.body and "logprobs" in asked.body:
            return refusal(400, "logprobs is not supported")
        return completing(sent({"choices": [{"text": "a", "finish_reason": "stop"}]}))(asked)

    async with serving_by(script) as server:
        found = await completion(model(server.url))
    assert (found.text, numbers(found)) == ("a", [None])


async def test_more_texts_than_asked_for_are_left_alone():
    extra = {"choices": [{"index": 7, "text": "b", "finish_reason": "stop"}]}
    assert (await answered(sent(extra, *completed(("a", -1))))).text == "a"


async def test_characters_split_between_packets_arrive_whole():
    data = b"".join(
        b"data: " + json.dumps(e, ensure_ascii=False).encode() + b"\n\n"
        for e in completed(("¼ ", -1), ("😀", -2))
    )
    found = await answered(streamed(*(data[i : i + 1] for i in range(len(data)))))
    assert (found.text, numbers(found)) == ("¼ 😀", [-1, -2])


async def test_an_end_without_done_is_an_end():
    events = completed(("a", -1))
    pieces = [b"data: " + json.dumps(e).encode() + b"\n\n" for e in events]
    assert (await answered(streamed(*pieces))).text == "a"


@pytest.mark.parametrize(
    "tokens",
    [
        [("a", None), ("b", -1.0)],
        [("a", float("nan")), ("b", -1.0)],
        [("a", 0.7), ("b", -1.0)],
    ],
)
async def test_a_number_that_is_none_is_not_made_one(tokens: list[tuple[str, float | None]]):
    assert numbers(await answered(sent(*completed(*tokens)))) == [None, -1.0]


@pytest.mark.parametrize(
    "logprobs",
    [
        None,
        {"tokens": ["a"], "token_logprobs": [-1, -1, -1]},
        {"tokens": ["a", "b", "c"], "token_logprobs": [-1, -1, -1]},
        {"tokens": ["x"], "token_logprobs": [-1]},
        {"tokens": None},
        "nonsense",
    ],
)
async def test_numbers_that_fit_no_text_are_not_shown(logprobs: Any):
    choice = {"index": 0, "text": "ab", "logprobs": logprobs, "finish_reason": "stop"}
    found = await answered(sent({"choices": [choice]}))
    assert found.text == "ab"
    assert None in numbers(found)


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        (sent(*completed(("a", -1))[:1], then="reset"), "no answer from"),
        (sent(*completed(("a", -1))[:1]), "broke off"),
        (answer(200, "text/html", b"<html>Welcome</html>"), "text/html was answered"),
        (refusal(401, "bad key"), "did not accept the key"),
        (refusal(429, Retry_After="1e9"), "asks to wait 1000000000 s"),
        (refusal(500, "out of memory"), r"(500): out of memory"),
        (refusal(307, Location="http://127.0.0.1:9"), "redirects are not followed"),
        (endless(b"data: " + b'{"choices": []}' + b" " * 60_000 + b"\n\n"), "more than 8 MB"),
        (answer(200, "application/json", b"[" + b" " * (100 << 20)), "more than 8 MB"),
        (streamed(b"data: {\n\n"), "could not be read"),
        (streamed(b"data: 7\n\n"), "could not be read"),
        (streamed(b"data: \xff\xfe\n\n"), "could not be read"),
        (streamed(b""), "broke off"),
    ],
)
async def test_what_a_server_does_wrong_is_said_in_one_sentence(stream: Answer, words: str):
    assert words in await complaint(stream)


async def test_a_server_that_drips_is_left_at_the_deadline():
    assert "did not answer within 0.3 s" in await complaint(
        sent(*completed(("a", -1))[:1], then="hang"), deadline_s=0.3
    )


async def test_a_server_that_says_nothing_is_left_at_the_deadline():
    async with serving_by(by_path(models=streamed(then="hang"))) as server:
        with pytest.raises(ModelError, match="did not answer within"):
            await completion(model(server.url, deadline_s=0.2))


async def test_a_probe_that_failed_is_made_again():
    down = [True]

    def script(asked: Asked) -> Answer:
        return refusal(503) if down[0] else completing(GOOD)(asked)

    async with serving_by(script) as server:
        own = model(server.url)
        with pytest.raises(ModelError):
            await own.routing()
        down[0] = False
        assert (await completion(own)).text == "x + é"


async def test_a_chat_without_an_end_is_no_completion():
    def script(asked: Asked) -> Answer:
        if not asked.path.endswith("chat/completions"):
            return refusal(404)
        whole = {"choices": [{"message": {"content": "a"}}]}
        return streamed(event("half")) if asked.body.get("stream") else in_json(whole)

    async with serving_by(script) as server:
        with pytest.raises(ModelError, match="broke off"):
            await completion(model(server.url))
