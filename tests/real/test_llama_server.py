"""A real server of llama.cpp: what it says is noise, how it says it is not. `make test-real`."""

import asyncio
import os
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from lacuna_ls.adapters.endpoint.chat_model import Endpoint, EndpointModel
from lacuna_ls.adapters.endpoint.routes import Route
from lacuna_ls.cli.calibration_endpoint import measure_endpoint
from lacuna_ls.cli.calibration_run import usable
from lacuna_ls.completion.remote.engine import name_of
from lacuna_ls.domain.completion import Token
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.domain.text import decode, encode
from lacuna_ls.ports.language_model import CompletionRequest, Excerpt, Message, PromptedRequest
from lacuna_ls.settings import Settings
from real.tiny_model import write_tiny_model

PROGRAM = os.environ.get("LACUNA_LLAMA_SERVER", "")
REQUEST = PromptedRequest(
    "def f(x):\n    return ",
    "\n",
    "python",
    24,
    top_logprobs=3,
    context=(Excerpt("util.py", "def g(): ..."),),
)
HELLO = (Message("system", "Mend it."), Message("user", "def f(x):\n    return x\n"))

pytestmark = [
    pytest.mark.skipif(not PROGRAM, reason="`make test-real` brings a llama-server"),
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where a server listens that has two slots, with a model that only converses."""
    yield from served(tmp_path_factory.mktemp("model"), fills_in=False)


@pytest.fixture(scope="module")
def filling_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """One with a model that fills in the middle."""
    yield from served(tmp_path_factory.mktemp("filling"), fills_in=True)


def served(folder: Path, *, fills_in: bool) -> Iterator[int]:
    write_tiny_model(folder / "noise.gguf", fills_in=fills_in)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    command = [
        PROGRAM,
        "--model",
        str(folder / "noise.gguf"),
        "--alias",
        "noise",
        "--parallel",
        "2",
    ]
    command += ["--host", "127.0.0.1", "--port", str(number), "--threads", "1"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield number
    finally:
        process.kill()
        process.wait()


@pytest_asyncio.fixture(loop_scope="module")
async def model(port: int) -> AsyncIterator[EndpointModel]:
    async for own in ready(port):
        yield own


@pytest_asyncio.fixture(loop_scope="module")
async def filling(filling_port: int) -> AsyncIterator[EndpointModel]:
    async for own in ready(filling_port):
        yield own


async def ready(port: int) -> AsyncIterator[EndpointModel]:
    own = EndpointModel(Endpoint(f"http://127.0.0.1:{port}"), {})
    async with asyncio.timeout(60):
        while True:
            try:
                await own.chat(HELLO, max_tokens=1, temperature=0.0, n=1)
                break
            except ModelError:
                await asyncio.sleep(0.2)
    yield own
    await own.close()


def connections(port: int) -> int:
    """Established ones to the server, as the system counts them."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    entries = [line.split() for line in lines]
    return sum(e[2].endswith(f":{port:04X}") and e[3] == "01" for e in entries)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - the system tells nobody of its connections
            await asyncio.sleep(0.005)


async def test_a_question_is_answered_by_the_model_that_is_there(model: EndpointModel):
    (text,) = await model.chat(HELLO, max_tokens=16, temperature=0.5, n=1)
    assert text
    assert model.capabilities.model_id == "noise"


async def test_several_answers_come_as_several(model: EndpointModel):
    texts = await model.chat(HELLO, max_tokens=16, temperature=1.0, n=2)
    assert 1 <= len(texts) <= 2
    assert all(texts)


async def test_cancelling_closes_the_connection_and_the_next_question_is_answered(
    model: EndpointModel, port: int
):
    before = connections(port)
    asked = asyncio.ensure_future(model.chat(HELLO, max_tokens=100_000, temperature=1.0, n=1))
    await until(lambda: connections(port) > before or asked.done())
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    await until(lambda: connections(port) == 0)
    assert await model.chat(HELLO, max_tokens=4, temperature=0.0, n=1)


async def test_a_question_that_is_too_long_is_refused_in_the_servers_words(model: EndpointModel):
    long = (Message("user", "x = 1\n" * 5000),)
    with pytest.raises(ModelError, match=r"could not answer \(400\): .*context"):
        await model.chat(long, max_tokens=4, temperature=0.0, n=1)


async def test_another_path_is_said_to_be_wrong(port: int):
    own = EndpointModel(Endpoint(f"http://127.0.0.1:{port}/nothing", "noise"), {})
    with pytest.raises(ModelError, match=r"could not answer \(404\)"):
        await own.chat(HELLO, max_tokens=4, temperature=0.0, n=1)
    await own.close()


async def said(own: EndpointModel, request: CompletionRequest = REQUEST) -> tuple[str, list[Token]]:
    text = ""
    tokens: list[Token] = []
    async with aclosing(own.complete(request)) as chunks:
        async for chunk in chunks:
            text += chunk.text
            tokens += chunk.tokens
    return text, tokens


async def test_a_model_that_fills_in_is_asked_by_infill(filling: EndpointModel):
    routing = await filling.routing()
    assert (routing.route, routing.logprobs) == (Route.INFILL, True)
    assert routing.context_tokens >= 512


async def test_tokens_of_bytes_tile_what_is_said_and_have_numbers(filling: EndpointModel):
    text, tokens = await said(filling)
    assert text
    spans = [token.span for token in tokens]
    assert [span.start for span in spans] == [0, *(span.end for span in spans[:-1])]
    assert spans[-1].end == len(encode(text))
    assert all(token.logprob is None or token.logprob <= 0 for token in tokens)
    assert any(token.logprob is not None for token in tokens)
    assert decode(encode(text)) == text


async def test_who_stops_reading_closes_the_connection(filling: EndpointModel, filling_port: int):
    long = replace(REQUEST, max_tokens=2000)
    async with aclosing(filling.complete(long)) as chunks:
        await anext(chunks)
    await until(lambda: connections(filling_port) == 0)


async def test_a_model_without_control_tokens_is_asked_to_fill_the_hole(model: EndpointModel):
    routing = await model.routing()
    assert routing.route is Route.CHAT
    assert any("infill: refused" in reason for reason in routing.why)
    assert any("not read" in reason for reason in routing.why)
    text, _ = await said(model, replace(REQUEST, max_tokens=8))
    assert isinstance(text, str)


async def test_a_long_file_is_cut_to_what_the_server_counts(filling: EndpointModel):
    long = "".join(f"größe_{number} = count(rows)\n" for number in range(2000))
    text, _ = await said(filling, replace(REQUEST, prefix=long, suffix=long))
    assert text


async def test_its_model_is_calibrated_by_its_own_numbers(
    filling: EndpointModel, filling_port: int, tmp_path: Path
):
    text = "".join(f"value_{number} = count(rows_{number})\n" for number in range(20))
    for number in range(4):
        (tmp_path / f"file_{number}.py").write_text(text)
    settings = Settings(model_endpoint=f"http://127.0.0.1:{filling_port}")
    measured = await measure_endpoint(tmp_path, settings, 4, 0)
    await filling.routing()
    names = {one.model_id for one in measured}
    assert names == {name_of(filling.capabilities)}
    assert not any(usable(one.calibration) for one in measured)
