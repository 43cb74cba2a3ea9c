"""Every misbehaviour of an endpoint, seen by who types: one answer, the right standing, no fright."""

import asyncio

import pytest

from endpoints.scripted_server import (
    Answer,
    answer,
    completed,
    completing,
    endless,
    refusal,
    sent,
    serving_by,
    streamed,
)
from fakes import FakeCalibrations, FakeClock

# The SDK takes its time to be imported, which no deadline here is for.
from lacuna_ls.adapters.endpoint import wire as _wire  # noqa: F401
from lacuna_ls.adapters.endpoint.chat_model import Endpoint, EndpointModel
from lacuna_ls.completion.remote.session import RemoteCompletions, Tools
from lacuna_ls.completion.suggestion import Claim, CompletionOptions, Suggestion
from lacuna_ls.domain.text import Span
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id

DOCUMENT = open_document("file:///a.py", 1, by_language_id("python"), b"x = ")
HALF = completed(("a", -1))[:1]

MISBEHAVIOURS: dict[str, tuple[Answer, str]] = {
    "slow-loris": (sent(*HALF, then="hang"), "did not answer within"),
    "reset mid-stream": (sent(*HALF, then="reset"), "no answer from"),
    "split UTF-8 without an end": (
        streamed(b'data: {"choices": [{"text": "\xf0\x9f'),
        "could not be read",
    ),
    "HTML with 200": (answer(200, "text/html", b"<html>Welcome</html>"), "text/html was answered"),
    "401": (refusal(401, "bad key"), "did not accept the key"),
    "429 for a billion seconds": (refusal(429, Retry_After="1e9"), "too many requests"),
    "500": (refusal(500, "out of memory"), "out of memory"),
    "no finish reason": (sent(*HALF), "broke off"),
    "100 MB": (answer(200, "application/json", b"[" + b" " * (100 << 20)), "more than 8 MB"),
    "without an end": (endless(b": ping" + b" " * 60_000 + b"\n\n"), "more than 8 MB"),
    "nonsense": (streamed(b"data: {\n\n"), "could not be read"),
    "a redirect": (refusal(307, Location="http://127.0.0.1:9/"), "redirects are not followed"),
}


async def embedded(document, offset, options) -> tuple[Suggestion, ...]:
    return (Suggestion(Span(offset, offset), "near", (), Claim(calibrated=False)),)


async def no_context(document, offset):
    return ()


async def no_time(seconds: float) -> None:
    """Passes at once."""


@pytest.mark.parametrize("name", MISBEHAVIOURS)
async def test_the_embedded_model_answers_and_the_reason_is_told(name):
    misbehaviour, reason = MISBEHAVIOURS[name]
    told: list[str] = []
    async with serving_by(completing(misbehaviour)) as server:
        deadline_s = 1.0 if name == "slow-loris" else 20.0
        model = EndpointModel(Endpoint(server.url, "coder", complete_deadline_s=deadline_s), {})
        await model.routing()
        session = RemoteCompletions(
            Tools(
                model=lambda document: model,
                embedded=embedded,
                context=no_context,
                path=lambda document: None,
                scorer=None,
                calibrations=FakeCalibrations(),
                clock=FakeClock(),
                said=told.append,
                sleep=no_time,
            )
        )
        (one,) = await session.complete(DOCUMENT, 4, CompletionOptions())
        assert session._asking is not None
        await asyncio.wait({session._asking})
        assert session._asking.result() is None
        (again,) = await session.complete(DOCUMENT, 4, CompletionOptions())
        await session.close()
        await model.close()
    assert [one.text, again.text] == ["near", "near"]
    assert not session.standing.may_ask(0.0)
    assert len(told) == 1
    assert reason in told[0]
