"""`lacuna-ls model serve` as its own process, and this project's client at its socket. `make test-real`."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from lacuna_ls.adapters.endpoint.chat_model import Endpoint, EndpointModel
from lacuna_ls.adapters.endpoint.routes import Route
from lacuna_ls.cli.calibration_endpoint import measure_endpoint
from lacuna_ls.completion.remote import engine
from lacuna_ls.domain.completion import FinishReason
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.domain.text import encode
from lacuna_ls.ports.language_model import CompletionRequest, Message, collect
from lacuna_ls.settings import Settings
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id

pytestmark = [
    pytest.mark.skipif("LACUNA_LLAMA_SERVER" not in os.environ, reason="run by `make test-real`"),
    pytest.mark.asyncio(loop_scope="module"),
]

LOOPS = "for item in items:\n    print(item)\n" * 8
QUESTION = CompletionRequest(LOOPS + "for item in", "\n", "python", 24, top_logprobs=2)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    for number in range(6):
        (root / f"file_{number}.py").write_text(LOOPS * 3)
    return root


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url(project: Path) -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", "lacuna_ls", "model", "serve", "--port", "0"),
        *("--workspace", str(project)),
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        yield line.split()[-1]
    finally:
        process.kill()
        await process.wait()


@pytest_asyncio.fixture(loop_scope="module")
async def model(url: str) -> AsyncIterator[EndpointModel]:
    own = EndpointModel(Endpoint(url), {})
    yield own
    await own.close()


async def test_it_is_found_to_read_suffixes_and_to_give_numbers(model: EndpointModel):
    routing = await model.routing()
    assert (routing.route, routing.logprobs) == (Route.SUFFIX, True)
    assert model.capabilities.model_id.startswith("embedded-")


async def test_what_it_streams_is_text_with_tokens_that_tile_it(model: EndpointModel):
    chunks = [chunk async for chunk in model.complete(QUESTION)]
    text = "".join(chunk.text for chunk in chunks)
    spans = [token.span for chunk in chunks for token in chunk.tokens]
    assert text == " items:\n    print(item)"
    assert [span.start for span in spans] == [0, *(span.end for span in spans[:-1])]
    assert spans[-1].end == len(encode(text))
    assert all((t.logprob or 0) <= 0 and t.alternatives for c in chunks for t in c.tokens)
    assert [chunk.finish for chunk in chunks if chunk.finish] == [FinishReason.STOP]


async def test_several_answers_and_a_limit_are_kept_to(model: EndpointModel):
    short = replace(QUESTION, n=3, max_tokens=2, temperature=1.0)
    found = await collect(model, short)
    assert 1 <= len(found) <= 3
    assert all(len(each.tokens) <= 2 for each in found)


async def test_who_stops_reading_can_ask_again(model: EndpointModel):
    for _ in range(5):
        async with aclosing(model.complete(QUESTION)) as chunks:
            await anext(chunks)
    (found,) = await collect(model, QUESTION)
    assert found.text.startswith(" items")


async def test_many_ask_at_once_and_each_is_answered(model: EndpointModel):
    answers = await asyncio.gather(*(collect(model, QUESTION) for _ in range(8)))
    assert {found.text for (found,) in answers} == {" items:\n    print(item)"}


async def test_it_does_not_converse_and_says_so(model: EndpointModel):
    with pytest.raises(ModelError, match=r"404"):
        await model.chat((Message("user", "Hello"),), max_tokens=4, temperature=0.0, n=1)


async def test_its_lines_are_offered_with_its_own_numbers(model: EndpointModel):
    data = (LOOPS + "\n\ndef show(items):\n    for item in").encode()
    document = open_document("", 0, by_language_id("python"), data)
    proposal = await engine.propose(document, len(data), model, None)
    assert proposal is not None
    assert proposal.text.startswith(b" items:")
    assert proposal.scored
    assert proposal.completion.model_id == engine.name_of(model.capabilities)


async def test_it_is_calibrated_like_any_endpoint(model: EndpointModel, url: str, project: Path):
    await model.routing()
    (measured,) = await measure_endpoint(project, Settings(model_endpoint=url), 6, 0)
    assert measured.model_id == engine.name_of(model.capabilities)
    offered = {cell.group: cell.n for cell in measured.calibration.cells}
    assert offered["mid-line"] >= 3
