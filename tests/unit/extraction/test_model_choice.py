"""A model chooses among what the engine can extract, and names it; whatever else it says is nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeModel
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.extraction.model_choice import Choice, Part, choose, read
from scripted_model import ScriptedModel

PARTS = (Part("total = a + b", "compute_total"), Part("print(total)", "print_total"))


@pytest.mark.parametrize(
    ("reply", "choice"),
    [
        ("2 show_total", Choice(1, "show_total")),
        ("Part 1: `sum_of_both`", Choice(0, "sum_of_both")),
        ("**1** add_prices\n\nBecause it does one thing.", Choice(0, "add_prices")),
        ("I would take part 2, show_total.", Choice(1, "show_total")),
        ("3 beyond_the_last", None),
        ("0 before_the_first", None),
        ("the first one", None),
        ("1", None),
        ("def add(a, b): ...", None),
        ("1.5 seconds", None),
        ("", None),
    ],
)
def test_a_number_with_a_name_behind_it_is_a_choice(reply, choice):
    assert read(reply, len(PARTS)) == choice


@given(st.text(), st.integers(1, 20))
def test_any_reply_gives_a_part_that_is_there_under_an_identifier_or_nothing(reply, parts):
    choice = read(reply, parts)
    assert choice is None or (0 <= choice.part < parts and choice.name.isidentifier())


async def test_the_model_sees_the_function_and_each_part_under_its_name():
    model = ScriptedModel(lambda _: ("2 show_total",))
    choice = await choose(model, "def f(a, b): ...", PARTS)
    assert choice == Choice(1, "show_total")
    (question,) = model.questions
    for said in ("def f(a, b): ...", "Part 1", "total = a + b", "print_total"):
        assert said in question.text


async def test_a_reply_of_no_use_is_no_choice():
    assert await choose(ScriptedModel(lambda _: ("I cannot say.",)), "f", PARTS) is None


async def test_without_a_part_the_model_is_not_asked():
    model = ScriptedModel(lambda _: ("1 name",))
    assert await choose(model, "f", ()) is None
    assert not model.questions


async def test_a_model_that_only_completes_is_no_model_to_ask():
    with pytest.raises(ModelError, match="cannot chat"):
        await choose(FakeModel(lambda _: ()), "f", PARTS)
