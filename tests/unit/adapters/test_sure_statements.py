"""Statements that a model doubts as a whole stay unsaid; lines are passed on as they are."""

import pytest

from fakes import FakeModel, said
from lacuna_ls.adapters.sure_statements import SureStatements
from lacuna_ls.ports.language_model import CompletionRequest, collect

DOUBTED = said(*(("x", -0.1) for _ in range(20)))
SURE = said(*(("x", -0.01) for _ in range(20)))


async def texts(answer, stop):
    model = SureStatements(FakeModel(lambda _: [answer]))
    return [c.text for c in await collect(model, CompletionRequest("", "", "python", 99, stop))]


@pytest.mark.parametrize(
    ("answer", "stop", "is_said"),
    [
        (SURE, (), True),
        (DOUBTED, (), False),
        (DOUBTED, ("\n",), True),
        (said("x", end=None), (), False),
        (said("x", end=None), ("\n",), True),
    ],
)
async def test_a_statement_is_passed_on_where_the_model_is_sure_of_all_of_it(answer, stop, is_said):
    assert bool(await texts(answer, stop)) is is_said
