"""Chat with an endpoint that behaves, and with ones that do not: one answer or one sentence."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable

import pytest

from endpoints.scripted_server import (
    Answer,
    answer,
    endless,
    event,
    models,
    refusal,
    said,
    serving,
    streamed,
)
from lacuna_ls.adapters.endpoint.chat_model import Endpoint, EndpointModel
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.ports.language_model import CompletionRequest, Message

KEY = "a-key-of-nobody-4711"
HELLO = (Message("user", "Hello"),)


async def nothing(seconds: float) -> None:
    """Sleeps not at all."""


def model(
    url: str,
    name: str = "coder",
    deadline_s: float = 20.0,
    environment: dict[str, str] | None = None,
    sleep: Callable[[float], Awaitable[None]] = nothing,
) -> EndpointModel:
    variable = "CODER_KEY" if environment else ""
    return EndpointModel(Endpoint(url, name, variable, deadline_s), environment or {}, sleep=sleep)


async def chatted(own: EndpointModel, n: int = 1, said: str = "Hello") -> tuple[str, ...]:
    try:
        return await own.chat((Message("user", said),), max_tokens=64, temperature=0.5, n=n)
    finally:
        await own.close()


async def complaint(answer: Answer, deadline_s: float = 20.0) -> str:
    """The sentence that comes of an answer."""
    async with serving(answer) as server:
        with pytest.raises(ModelError) as caught:
            await chatted(model(server.url, deadline_s=deadline_s))
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert f"127.0.0.1:{server.port}" in sentence
    return sentence.replace(f"127.0.0.1:{server.port}", "HOST")


async def test_every_choice_comes_back_in_order():
    async with serving(said("first ¼", "second")) as server:
        assert await chatted(model(server.url), n=2) == ("first ¼", "second")
    (asked,) = server.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.body == {
        "model": "coder",
        "messages": [{"role": "user", "content": "Hello"}],
        "max_tokens": 64,
        "temperature": 0.5,
        "n": 2,
        "stream": True,
    }


async def test_a_server_that_ignores_how_many_were_asked_for_gives_what_it_gives():
    async with serving(streamed(event("one"), event("", finish="stop"))) as server:
        assert await chatted(model(server.url), n=4) == ("one",)


async def test_a_server_that_does_not_stream_is_understood():
    whole = {"choices": [{"index": 0, "message": {"content": "all at once"}}]}
    body = json.dumps(whole).encode()
    async with serving(answer(200, "application/json; charset=utf-8", body)) as server:
        assert await chatted(model(server.url)) == ("all at once",)


async def test_a_path_in_the_endpoint_is_kept():
    async with serving(said("yes")) as server:
        await chatted(model(server.url + "/api/v3/"))
    assert server.asked[0].path == "/api/v3/chat/completions"


async def test_without_a_name_the_endpoints_first_model_is_asked():
    async with serving(models("tiny", "large"), said("yes")) as server:
        own = model(server.url, name="")
        assert await chatted(own) == ("yes",)
    assert server.asked[1].body["model"] == "tiny"
    assert own.capabilities.model_id == "tiny"


async def test_only_what_a_request_needs_is_sent():
    async with serving(said("yes")) as server:
        await chatted(model(server.url))
    assert set(server.asked[0].headers) == {
        "host", "content-type", "content-length", "accept", "connection", "accept-encoding",
    }  # fmt: skip


async def test_the_key_of_the_users_variable_is_sent_and_no_other(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "another-key-of-nobody")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-nobody")
    async with serving(said("yes")) as server:
        await chatted(model(server.url, environment={"CODER_KEY": KEY}))
        await chatted(model(server.url))
    with_key, without = server.asked
    assert with_key.headers["authorization"] == f"Bearer {KEY}"
    assert "another-key" not in str(without.headers)
    assert "org-of-nobody" not in str(server.asked)


async def test_a_variable_that_is_not_set_is_named_before_anything_is_sent():
    async with serving(said("yes")) as server:
        own = model(server.url, environment={"OTHER": "x"})
        with pytest.raises(ModelError, match="CODER_KEY is not set"):
            await chatted(own)
    assert server.asked == []


async def test_a_character_that_is_split_between_packets_arrives_whole():
    data = event("¼ → 😀") + event("", finish="stop")
    pieces = [data[i : i + 1] for i in range(len(data))]
    async with serving(streamed(*pieces)) as server:
        assert await chatted(model(server.url)) == ("¼ → 😀",)


async def test_an_end_that_is_not_announced_is_an_end():
    async with serving(streamed(event("whole"), event("", finish="length"))) as server:
        assert await chatted(model(server.url)) == ("whole",)


async def test_a_reply_that_drips_for_ever_ends_at_the_deadline():
    async with serving(streamed(event("a"), then="hang")) as server:
        with pytest.raises(ModelError, match=r"did not answer within 0\.2 s"):
            await chatted(model(server.url, deadline_s=0.2))
        await asyncio.wait_for(server.hung_up.wait(), 10)


async def test_a_reply_that_is_reset_half_way_is_said():
    assert (await complaint(streamed(event("half"), then="reset"))).startswith(
        "no answer from HOST"
    )


async def test_a_reply_that_ends_without_a_reason_is_not_taken_for_whole():
    assert await complaint(streamed(event("half"))) == "no answer from HOST: its answer broke off"


async def test_a_page_instead_of_chat_is_said():
    said_of_it = await complaint(answer(200, "text/html", b"<html>Welcome</html>"))
    assert "not an OpenAI-compatible chat endpoint: text/html" in said_of_it


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"null", b'{"choices": null}', b'{"choices": [{"message": {"content": 3}}]}'],
)
async def test_json_that_is_no_chat_is_said(body: bytes):
    assert "not an OpenAI-compatible" in await complaint(answer(200, "application/json", body))


@pytest.mark.parametrize(
    "line",
    [
        b"data: {\n\n",
        b"data: 7\n\n",
        b'data: {"choices": 5}\n\n',
        b'data: {"choices": [7]}\n\n',
        b"data: \xff\xfe\n\n",
        b"<html>\n\n",
        b"",
    ],
)
async def test_a_stream_that_is_no_chat_is_said(line: bytes):
    assert "not an OpenAI-compatible" in await complaint(streamed(line))


async def test_an_error_inside_a_stream_is_said_in_the_servers_words():
    told = b'data: {"error": {"message": "out of\\nmemory"}}\n\n'
    assert (await complaint(streamed(told))).endswith("out of memory")


async def test_a_refused_key_is_said_with_what_names_it_and_not_with_the_key():
    sentence = await complaint(refusal(401, f"Incorrect API key: {KEY}"))
    assert "apiKeyEnvironmentVariable" in sentence
    assert KEY not in sentence


async def test_an_answer_without_end_is_cut_off():
    assert "more than 8 MB" in await complaint(endless(event("x" * 60_000)))


async def test_a_body_of_a_hundred_megabytes_is_not_read():
    body = answer(200, "application/json", b"[" + b" " * (100 << 20))
    assert "more than 8 MB" in await complaint(body)


async def test_a_packed_answer_is_not_unpacked():
    packed = answer(200, "application/json", b"\x1f\x8b", Content_Encoding="gzip")
    assert "packed" in await complaint(packed)


async def test_a_redirect_is_not_followed():
    async with serving(said("elsewhere")) as elsewhere:
        sentence = await complaint(refusal(307, Location=elsewhere.url))
    assert "redirects are not followed" in sentence
    assert elsewhere.asked == []


async def test_an_unknown_model_is_said_in_the_servers_words():
    sentence = await complaint(refusal(404, "model 'coder' not found"))
    assert sentence == "HOST could not answer (404): model 'coder' not found"


async def test_a_server_that_is_not_there_is_said():
    async with serving(said("yes")) as server:
        url = server.url
    with pytest.raises(ModelError, match="could not be reached"):
        await chatted(model(url))


async def test_what_goes_wrong_once_is_tried_again():
    async with serving(refusal(503), refusal(500), said("at last")) as server:
        assert await chatted(model(server.url)) == ("at last",)


async def test_what_keeps_going_wrong_is_given_up():
    async with serving(refusal(500, "out of memory")) as server:
        with pytest.raises(ModelError, match=r"could not answer \(500\): out of memory"):
            await chatted(model(server.url))
    assert len(server.asked) == 3


async def test_it_waits_as_long_as_the_server_asks():
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async with serving(refusal(429, Retry_After="3"), said("yes")) as server:
        assert await chatted(model(server.url, sleep=sleep)) == ("yes",)
    assert waited == [3.0]


@pytest.mark.parametrize("seconds", ["1e9", "86400"])
async def test_a_wait_beyond_the_deadline_is_said_instead_of_waited_for(seconds: str):
    async with serving(refusal(429, Retry_After=seconds)) as server:
        with pytest.raises(ModelError, match=f"asks to wait {float(seconds):.0f} s"):
            await chatted(model(server.url))
    assert len(server.asked) == 1


async def test_a_cancelled_request_closes_its_connection():
    async with serving(streamed(event("half"), then="hang")) as server:
        own = model(server.url)
        task = asyncio.ensure_future(own.chat(HELLO, max_tokens=9, temperature=0.0, n=1))
        await server.came.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.hung_up.wait(), 10)
        await own.close()


@pytest.mark.parametrize(
    ("refused", "left_out", "instead"),
    [
        ("'max_tokens' is not supported", "max_tokens", "max_completion_tokens"),
        ("Unsupported value: 'temperature'", "temperature", None),
        ("n must be 1", "n", None),
    ],
)
async def test_a_parameter_that_a_server_refuses_is_left_out_from_then_on(
    refused: str, left_out: str, instead: str | None
):
    async with serving(refusal(400, refused), said("yes")) as server:
        own = model(server.url)
        assert await own.chat(HELLO, max_tokens=9, temperature=0.0, n=1) == ("yes",)
        assert await chatted(own) == ("yes",)
    assert len(server.asked) == 3
    for asked in server.asked[1:]:
        assert left_out not in asked.body
        assert instead is None or asked.body[instead]


async def test_a_secret_never_leaves_and_comes_back_in_the_reply():
    prompt = f'password = "hunter2!"\nkey = {KEY}\n'

    def parrot_of(text: str) -> Answer:
        return said(text)

    async with serving(parrot_of('password = "REDACTED_SECRET_2"')) as server:
        own = model(server.url, environment={"CODER_KEY": KEY})
        assert await chatted(own, said=prompt) == ('password = "hunter2!"',)
    assert "hunter2" not in server.asked[0].prompt
    assert KEY not in server.asked[0].prompt


async def test_nothing_of_prompt_key_or_reply_is_logged(caplog):
    caplog.set_level(logging.DEBUG)
    async with serving(refusal(500, "a private prompt"), said("a private reply")) as server:
        own = model(server.url, environment={"CODER_KEY": KEY})
        await chatted(own, said="a private prompt")
    logged = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert KEY not in logged
    assert "private" not in logged


async def test_it_does_not_score():
    request = CompletionRequest("", "", "python", 1)
    with pytest.raises(ModelError, match="does not score"):
        await model("http://127.0.0.1:9").score(request, "x")
