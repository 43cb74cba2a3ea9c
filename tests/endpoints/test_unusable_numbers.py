"""Numbers that cannot be used, from the wire to what is shown: no confidence is made up."""

import pytest

from endpoints.scripted_server import Answer, completing, sent, serving_by
from fakes import FakeCalibrations
from lacuna_ls.adapters.endpoint.chat_model import Endpoint, EndpointModel
from lacuna_ls.completion.remote.engine import propose, suggestion
from lacuna_ls.completion.suggestion import CompletionOptions
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id

MAIN = b"def total():\n    basket = "


def numbered(*logprobs: object, tokens: tuple[str, ...] = ("load", "_basket()")) -> Answer:
    """A completion with these for numbers."""
    given = {"tokens": [*tokens], "token_logprobs": [*logprobs]}
    choice = {"index": 0, "text": "load_basket()", "logprobs": given, "finish_reason": "stop"}
    return sent({"choices": [choice]})


UNUSABLE = {
    "null": numbered(None, -0.1),
    "short": numbered(-0.1),
    "long": numbered(-0.1, -0.1, -0.1),
    "NaN": numbered(float("nan"), -0.1),
    "positive": numbered(0.5, -0.1),
    "text unlike its tokens": numbered(-0.1, tokens=("x",)),
}


@pytest.mark.parametrize("name", UNUSABLE)
async def test_numbers_that_cannot_be_used_are_not_made_up(name):
    async with serving_by(completing(UNUSABLE[name])) as server:
        model = EndpointModel(Endpoint(server.url, "coder"), {})
        document = open_document("file:///a.py", 1, by_language_id("python"), MAIN)
        proposal = await propose(document, len(MAIN), model, None)
        await model.close()
    assert proposal is not None
    assert not proposal.scored
    one = suggestion(proposal, len(MAIN), FakeCalibrations(), CompletionOptions())
    assert one is not None
    assert (one.text, one.holes, one.claim.calibrated) == ("load_basket()", (), False)
