"""The search for a rewrite that a model writes: a script in place of the model, a fake that runs."""

from dataclasses import dataclass

from lacuna_ls.domain.errors import ModelError
from lacuna_ls.domain.observation import (
    Behaviour,
    Ending,
    InputKind,
    Observation,
    ObservedInput,
)
from lacuna_ls.domain.timing import LineCost, Timing
from lacuna_ls.optimization.engine import Faster, NothingFaster
from lacuna_ls.optimization.model_search import ModelBudget, search_with_model
from lacuna_ls.ports.code_runner import ObserveRequest
from lacuna_ls.ports.code_timer import TimeRequest
from lacuna_ls.verification.asking import Asking
from lacuna_ls.verification.evidence import in_words
from scripted_model import Question, ScriptedModel
from speed_runner import TEXT, Runner, green, target

SUM = "```python\ndef total(xs):\n    return sum(xs)\n```"
OTHER = "```python\ndef total(xs):\n    return sum(xs[::-1])\n```"
WRONG = "```python\ndef total(xs):\n    return len(xs)\n```"


class Still:
    """A clock that stands."""

    def monotonic_s(self) -> float:
        return 0.0


@dataclass
class Profiled(Runner):
    """Knows where the time goes."""

    async def time(self, request: TimeRequest) -> Timing:
        timing = await Runner.time(self, request)
        return Timing(
            timing.variants, confined="x", lines=(LineCost(3, 900, 0.8), LineCost(2, 900, 0.01))
        )


def observed(request: ObserveRequest) -> Observation:
    """What counts elements gives something else."""
    behaviours = tuple(
        Behaviour(
            Ending.RETURNED,
            value="1" if b"len(xs)" in each else "6",
            shown="1" if b"len(xs)" in each else "6",
        )
        for each in request.variants
    )
    return Observation(
        (ObservedInput("total([1, 2, 3])", "", InputKind.CAPTURED, "", True, behaviours),)
    )


def cost_ns(text: bytes) -> float:
    if text.strip() == TEXT.strip():
        return 4000.0
    return 1000.0 if b"[::-1]" not in text else 2000.0


def asking(model: ScriptedModel, max_tokens: int = 50_000) -> Asking:
    return Asking(model, Still(), 60.0, max_tokens, 1_000)


def runner() -> Profiled:
    return Profiled(green, behaviour=observed, cost_ns=cost_ns)


def script(*codes: str) -> ScriptedModel:
    """Plans and critiques are one sentence; code comes in this order, the last again and again."""
    left = list(codes)

    def said(question: Question) -> list[str]:
        if "Write no code yet" in question.last:
            return ["Add them up at once."] * question.n
        return [left.pop(0) if len(left) > 1 else left[0]]

    return ScriptedModel(said)


async def test_what_a_model_wrote_is_found_and_says_so() -> None:
    found = await search_with_model(target(), asking(script(SUM)), runner())
    assert isinstance(found, Faster)
    assert b"return sum(xs)" in found.data
    assert in_words(found.evidence).endswith(", written by models/coder.gguf")


async def test_algorithms_are_asked_for_before_code() -> None:
    model = script(SUM)
    await search_with_model(target(), asking(model), runner(), budget=ModelBudget(1, 0))
    plan, code = model.questions
    assert "Write no code yet" in plan.last
    assert code.messages[:2] == plan.messages
    assert code.messages[2].content == "Add them up at once."


async def test_the_question_says_where_the_time_goes_and_what_the_tests_call() -> None:
    model = script(SUM)
    await search_with_model(target(), asking(model), runner(), budget=ModelBudget(1, 0))
    assert "80% of the time, 900 times: t += x" in model.questions[0].text
    assert "total([1, 2, 3])" in model.questions[0].text


async def test_a_critique_sees_the_fastest_beside_a_slower_one_and_what_was_wrong() -> None:
    model = script(OTHER, WRONG, SUM, SUM)
    await search_with_model(target(), asking(model), runner(), budget=ModelBudget(3, 1))
    (critique,) = [q for q in model.questions if "The fastest so far" in q.last]
    assert "It takes 0.25 of the original's time." in critique.last
    assert "It takes 0.50 of the original's time." in critique.last
    assert "`total([1, 2, 3])` returns 6; it returns 1 instead." in critique.last


async def test_a_wrong_rewrite_is_never_found() -> None:
    found = await search_with_model(target(), asking(script(WRONG)), runner())
    assert isinstance(found, NothingFaster)


async def test_a_round_without_gain_is_the_last() -> None:
    model = script(SUM)
    await search_with_model(target(), asking(model), runner(), budget=ModelBudget(1, 5))
    assert sum("The fastest so far" in q.last for q in model.questions if len(q.messages) == 2) == 1


async def test_a_budget_of_tokens_ends_it() -> None:
    model = script(SUM)
    await search_with_model(target(), asking(model, max_tokens=400), runner())
    assert len(model.questions) <= 2


async def test_a_model_that_fails_is_quoted() -> None:
    def fails(question: Question) -> list[str]:
        raise ModelError("no such model")

    found = await search_with_model(target(), asking(ScriptedModel(fails)), runner())
    assert isinstance(found, NothingFaster)
    assert found.reason.endswith("no such model")
