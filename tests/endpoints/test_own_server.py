"""The model in the package, served on loopback, is an endpoint like any other."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

from fakes import FakeFiles
from lacuna_ls.adapters.endpoint.chat_model import Endpoint, EndpointModel
from lacuna_ls.adapters.model_server import ADDRESS, ModelServer
from lacuna_ls.domain.completion import FinishReason
from lacuna_ls.model.embedded import EmbeddedModel, model_id
from lacuna_ls.ports.language_model import CompletionRequest, collect

LOOPS = "for item in items:\n    print(item)\n" * 8
QUESTION = CompletionRequest(LOOPS + "for item in", "\n", "python", 24, ("\n",), top_logprobs=2)


@asynccontextmanager
async def served():
    own = EmbeddedModel(FakeFiles())
    server = ModelServer(own, asyncio.get_running_loop())
    server.start()
    remote = EndpointModel(Endpoint(f"http://{ADDRESS}:{server.port}/v1", model_id(), ""), {})
    try:
        yield own, remote
    finally:
        await remote.close()
        await asyncio.to_thread(server.close)


async def test_a_client_gets_what_the_model_says():
    async with served() as (own, remote):
        # A client takes no stop string at line ends: it cuts itself what does not fit.
        (here,) = await collect(own, replace(QUESTION, stop=()))
        there, *_ = await collect(remote, QUESTION)
    assert there.text == here.text == " items:\n    print(item)"
    assert there.finish is FinishReason.STOP
    assert [t.span for t in there.tokens] == [t.span for t in here.tokens]
    assert [t.logprob for t in there.tokens] == [t.logprob for t in here.tokens]
