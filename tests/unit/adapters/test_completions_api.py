"""Completions in OpenAI's words: what is understood, what is refused, what is answered."""

import asyncio
from contextlib import suppress
from math import isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import FakeFiles, FakeModel
from lacuna_ls.adapters.completions_api import (
    MOST_SCORED,
    RefusedError,
    answer,
    models,
    pieces,
    understood,
)
from lacuna_ls.domain.completion import Token
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.domain.text import Span
from lacuna_ls.model.embedded import EmbeddedModel, model_id
from lacuna_ls.ports.language_model import Chunk

LOOPS = "for item in items:\n    print(item)\n" * 8
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
fields = st.sampled_from(
    ["prompt", "suffix", "max_tokens", "n", "temperature", "stop", "logprobs", "echo", "stream"]
)


async def answered(**body):
    return await answer(EmbeddedModel(FakeFiles()), understood(body))


async def texts(**body):
    return [choice["text"] for choice in (await answered(**body))["choices"]]


async def test_a_prompt_is_completed():
    assert await texts(prompt=LOOPS + "for item in", stop="\n") == [" items:"]


async def test_without_a_stop_string_a_statement_is_closed():
    prompt = {"prompt": LOOPS + "for item in", "max_tokens": 40}
    assert await texts(**prompt) == [" items:\n    print(item)"]


async def test_a_suffix_is_heeded():
    assert await texts(prompt=LOOPS + "print(", suffix=")\n", stop=["\n"]) == ["item"]


async def test_several_choices_differ_and_are_numbered():
    whole = await answered(prompt="f(a)\nf(b)\nf(c)\n" * 3 + "f(", n=3, stop="\n")
    assert [choice["index"] for choice in whole["choices"]] == [0, 1, 2]
    assert len({choice["text"] for choice in whole["choices"]}) == 3


async def test_the_token_limit_is_why_a_choice_ended():
    whole = await answered(prompt=LOOPS + "for item", max_tokens=2, stop="\n")
    assert whole["choices"][0]["finish_reason"] == "length"
    assert whole["usage"]["completion_tokens"] == 2


async def test_log_probabilities_have_texts_offsets_and_alternatives():
    prompt = LOOPS + "for é in items:\nfor item in"
    (choice,) = (await answered(prompt=prompt, stop="\n", logprobs=2))["choices"]
    told = choice["logprobs"]
    assert "".join(told["tokens"]) == choice["text"]
    assert told["text_offset"][0] == len(prompt)
    assert all(number <= 0 for number in told["token_logprobs"])
    assert all(text in top for text, top in zip(told["tokens"], told["top_logprobs"], strict=True))


async def test_an_echoed_prompt_is_scored():
    (choice,) = (await answered(prompt=LOOPS, echo=True, logprobs=0, max_tokens=0))["choices"]
    told = choice["logprobs"]
    assert "".join(told["tokens"]) == choice["text"] == LOOPS
    assert told["token_logprobs"][0] is None
    assert all(number <= 1e-9 for number in told["token_logprobs"][1:])
    assert told["text_offset"][-1] + len(told["tokens"][-1]) == len(LOOPS)


async def test_an_echo_and_its_completion_are_one_text():
    prompt = LOOPS + "for item in"
    (choice,) = (await answered(prompt=prompt, echo=True, logprobs=1, stop="\n"))["choices"]
    assert choice["text"] == prompt + " items:"
    assert "".join(choice["logprobs"]["tokens"]) == choice["text"]


async def streamed(**body):
    asked = understood({**body, "stream": True})
    return [piece["choices"][0] async for piece in pieces(EmbeddedModel(FakeFiles()), asked)]


async def test_a_stream_comes_token_by_token_and_then_says_why_it_ended():
    *said, last = await streamed(prompt=LOOPS + "for item in", stop="\n")
    assert [(piece["text"], piece["finish_reason"]) for piece in said] == [
        (" ", None),
        ("items", None),
        (":", None),
    ]
    assert (last["text"], last["finish_reason"]) == ("", "stop")


async def test_a_model_that_breaks_off_in_a_stream_has_said_what_it_said():
    class BreaksOff(FakeModel):
        async def complete(self, request):
            yield Chunk(0, "a", (Token(Span(0, 1), -1.0),))
            raise ModelError("gone")

    model = BreaksOff(lambda _: [])
    events = pieces(model, understood({"prompt": "x"}))
    assert (await anext(events))["choices"][0]["text"] == "a"
    with pytest.raises(ModelError):
        await anext(events)


stop_strings = st.lists(
    st.sampled_from(["\n", "\n\n", "item", "print", ":\n", ")\nf", "\n    p", "zzz"]), max_size=2
)


@settings(max_examples=40)
@given(
    st.sampled_from([LOOPS, LOOPS + "for", LOOPS + "for item in items", "", "é = '🙂'\né ="]),
    stop_strings,
    st.integers(1, 3),
    st.integers(0, 24),
    st.sampled_from([None, 0, 2]),
    st.booleans(),
    st.sampled_from([0, 1]),
)
def test_a_stream_is_the_answer_in_pieces(prompt, stop, n, most, logprobs, echo, temperature):
    body = {
        "prompt": prompt, "stop": stop, "n": n, "max_tokens": most, "logprobs": logprobs,
        "echo": echo, "temperature": temperature,
    }  # fmt: skip

    async def both():
        return await answered(**body), await streamed(**body)

    whole, said = asyncio.run(both())
    for choice in whole["choices"]:
        own = [piece for piece in said if piece["index"] == choice["index"]]
        assert "".join(piece["text"] for piece in own) == choice["text"]
        assert [piece["finish_reason"] for piece in own if piece["finish_reason"]] == [
            choice["finish_reason"]
        ]
        told = [piece["logprobs"] for piece in own if piece["logprobs"]]
        for key in ("tokens", "token_logprobs", "text_offset"):
            everything = [value for each in told for value in each[key]]
            assert everything == (choice["logprobs"] or {key: []})[key]
        completion = choice["text"].removeprefix(prompt if echo else "")
        assert not any(string in completion for string in stop)
    assert {piece["index"] for piece in said} == {choice["index"] for choice in whole["choices"]}


def test_the_model_is_listed_by_its_name():
    assert [each["id"] for each in models(EmbeddedModel(FakeFiles()))["data"]] == [model_id()]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ([], "object"),
        ({"prompt": [1, 2]}, "prompt"),
        ({"prompt": ["a", "b"]}, "prompt"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"max_tokens": 10**9}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"n": 0}, "n has"),
        ({"logprobs": 99}, "logprobs"),
        ({"temperature": float("nan")}, "temperature"),
        ({"stop": [""]}, "stop"),
        ({"stop": ["a"] * 99}, "stop"),
        ({"suffix": 3}, "suffix"),
        ({"echo": "yes"}, "echo"),
        ({"echo": True, "logprobs": 1, "prompt": "x" * (MOST_SCORED + 1)}, "echo"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(body, named):
    with pytest.raises(RefusedError, match=named):
        understood(body)


@given(st.dictionaries(fields, values, max_size=5))
def test_any_body_is_understood_or_refused(body):
    with suppress(RefusedError):
        asked = understood(body)
        assert isfinite(asked.request.temperature)
        assert asked.request.n >= 1
