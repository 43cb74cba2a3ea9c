"""The embedded model behind its port: lines with log-probabilities that scoring confirms."""

import asyncio
from math import exp, log
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeFiles
from lacuna_ls.domain.completion import FinishReason
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.domain.text import encode
from lacuna_ls.model.corpus import build_index
from lacuna_ls.model.embedded import EmbeddedModel, model_id
from lacuna_ls.ports.language_model import CompletionRequest, Message, collect

LOOPS = "for item in items:\n    print(item)\n" * 8
anything = st.text(st.characters(codec=None, exclude_categories=()), max_size=30)
code = st.text(st.sampled_from("ab =(:)[].\n\t '\"#é\ud800\r"), max_size=30)


def request(text, *, n=1, max_tokens=24, **options):
    prefix, _, suffix = text.partition("|")
    return CompletionRequest(prefix, suffix, "python", max_tokens, ("\n",), n, **options)


async def completed(text, model=None, **options):
    return await collect(model or EmbeddedModel(FakeFiles()), request(text, **options))


async def rest_of_line(text, **options):
    first, *_ = await completed(text, **options)
    return first.text


async def test_a_line_that_the_file_repeats_is_completed_to_its_end():
    assert await rest_of_line(LOOPS + "for item in|") == " items:"


async def test_a_half_typed_name_is_completed():
    assert await rest_of_line(LOOPS + "for it|") == "em in items:"


async def test_a_half_typed_operator_is_completed():
    assert await rest_of_line("a == b\n" * 8 + "a =|") == "= b"


async def test_what_stands_below_the_cursor_helps():
    assert await rest_of_line("for |\n" + LOOPS) == "item in items:"


async def test_a_bracket_that_already_stands_behind_the_cursor_ends_the_completion():
    assert await rest_of_line(LOOPS + "print(|)\n") == "item"


async def test_a_bracket_opened_in_the_completion_is_closed_before_it_ends():
    text = "print(str(item))\n" * 8
    assert await rest_of_line(text + "print(|)\n") == "str(item)"


async def test_indentation_that_stands_is_not_repeated():
    assert await rest_of_line(LOOPS + "for item in items:\n    |") == "print(item)"


async def test_a_stop_string_ends_a_line_and_is_no_part_of_it():
    (line,) = await collect(
        EmbeddedModel(FakeFiles()), CompletionRequest(LOOPS + "for", "", "python", 24, ("items",))
    )
    assert (line.text, line.finish) == (" item in ", FinishReason.STOP)
    assert line.end_logprob is not None


async def test_the_token_limit_ends_a_line_without_an_end():
    (line,) = await completed(LOOPS + "for item|", max_tokens=2)
    assert (line.finish, line.end_logprob, len(line.tokens)) == (FinishReason.LENGTH, None, 2)


async def test_samples_differ_and_come_best_first():
    lines = await completed("f(alpha)\nf(beta)\nf(gamma)\n" * 3 + "f(|", n=3)
    totals = [sum(t.logprob for t in line.tokens) + line.end_logprob for line in lines]
    assert len({line.text for line in lines}) == 3
    assert totals == sorted(totals, reverse=True)


async def test_alternatives_are_other_tokens_best_first():
    (line,) = await completed("f(alpha)\nf(alpha)\nf(beta)\nf(|", top_logprobs=2)
    name = line.tokens[0]
    others = {"f(alpha": "beta", "f(beta": "alpha"}
    assert name.alternatives[0].text == others["f(" + line.text[: name.span.end]]
    assert len(name.alternatives) <= 2
    assert name.logprob >= name.alternatives[0].logprob


async def test_as_many_alternatives_come_as_were_asked_for():
    (line,) = await completed(
        "".join(f"f({name})\n" for name in "abcdefgh") + "f(|", top_logprobs=6
    )
    assert len(line.tokens[0].alternatives) == 6


async def test_drawn_lines_depend_on_the_seed_alone():
    text = "f(alpha)\nf(beta)\nf(gamma)\n" + "f(|"

    async def drawn(seed):
        model = EmbeddedModel(FakeFiles(), seed=seed)
        return [c.text for c in await completed(text, model, n=4, temperature=1.0)]

    assert await drawn(1) == await drawn(1)
    assert len({tuple(await drawn(seed)) for seed in range(5)}) > 1


@pytest.mark.parametrize(
    "text", [LOOPS + "for it|", LOOPS + "print(|)", "|", "x = |", "q|\n" + LOOPS]
)
async def test_scoring_a_completion_gives_the_log_probabilities_it_came_with(text):
    model = EmbeddedModel(FakeFiles())
    for line in await completed(text, model, n=3):
        if line.end_logprob is None:
            continue
        scored = await model.score(request(text), line.text)
        assert [t.span for t in scored.tokens] == [t.span for t in line.tokens]
        assert [t.logprob for t in scored.tokens] == pytest.approx([t.logprob for t in line.tokens])
        assert scored.end_logprob == pytest.approx(line.end_logprob)


async def test_all_completions_of_a_cursor_have_probability_one_at_most():
    lines = await completed("f(a)\nf(b)\ng(a, b)\n" * 3 + "f(|", n=60)
    stopped = [line for line in lines if line.end_logprob is not None]
    assert len(stopped) > 10
    assert sum(exp(sum(t.logprob for t in c.tokens) + c.end_logprob) for c in stopped) <= 1.0


async def test_a_word_that_no_corpus_has_is_possible_and_unlikely():
    model = EmbeddedModel(FakeFiles())
    scored = await model.score(request(LOOPS + "print(|"), "zebra)")
    assert -100 < (scored.tokens[0].logprob or 0.0) < log(0.01)


@given(anything | code, anything | code, anything | code)
def test_any_text_is_completed_and_scored(prefix, suffix, text):
    async def both():
        model = EmbeddedModel(FakeFiles())
        question = CompletionRequest(prefix, suffix, "python", 4, (), 2, top_logprobs=1)
        return (*await collect(model, question), await model.score(question, text))

    for completion in asyncio.run(both()):
        ends = [0, *(t.span.end for t in completion.tokens)]
        assert [t.span.start for t in completion.tokens] == ends[:-1]
        assert ends[-1] == len(encode(completion.text))
        assert all(t.logprob <= 1e-9 for t in completion.tokens)
        assert completion.end_logprob is None or completion.end_logprob <= 1e-9


async def test_a_line_of_megabytes_is_answered_from_what_is_near():
    (line,) = await completed("x = '" + "ab " * 700_000 + "|\n" + LOOPS)
    assert line.tokens


async def test_the_library_answers_once_it_is_there():
    model = EmbeddedModel(FakeFiles())
    text = "import os\npath = os.path.|"
    before = await rest_of_line(text, model=model)
    await model.add_library(build_index([(Path("a.py"), "here = os.path.dirname(x)\n")] * 9))
    assert before != await rest_of_line(text, model=model) == "dirname(x)"


async def test_the_library_of_one_language_does_not_speak_in_another():
    model = EmbeddedModel(FakeFiles())
    await model.add_library(build_index([(Path("a.py"), "here = os.path.dirname(x)\n")] * 9))
    question = CompletionRequest("path = os.path.", "", "javascript", 24, ("\n",))
    assert "dirname" not in {line.text for line in await collect(model, question)}


SCRIPT = "for (const row of rows) {\n  console.log(row.name);\n}\n" * 6


async def test_javascript_is_completed_from_its_file():
    question = CompletionRequest(SCRIPT + "for (const ro", "", "javascript", 24, ("\n",))
    first, *_ = await collect(EmbeddedModel(FakeFiles()), question)
    assert first.text == "w of rows) {"


async def test_a_javascript_block_is_closed_at_its_bracket():
    question = CompletionRequest(SCRIPT + "for (const ro", "", "javascript", 60)
    first, *_ = await collect(EmbeddedModel(FakeFiles()), question)
    assert first.text == "w of rows) {\n  console.log(row.name);\n}"


async def test_javascript_is_completed_from_its_workspace():
    model = EmbeddedModel(FakeFiles({Path("/w/a.js"): SCRIPT.encode()}))
    await model.workspace.refresh(Path("/w"), frozenset({".js"}))
    question = CompletionRequest("for (const ", "", "javascript", 24, ("\n",))
    first, *_ = await collect(model, question)
    assert first.text == "row of rows) {"


async def test_cancelling_stops_and_leaves_the_model_usable():
    model = EmbeddedModel(FakeFiles())
    task = asyncio.ensure_future(completed(LOOPS * 200 + "for|", model))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await rest_of_line(LOOPS + "for item in|", model=model) == " items:"


async def test_requests_for_two_files_may_interleave():
    model = EmbeddedModel(FakeFiles())
    texts = [LOOPS * 50 + "for item in|", "a == b\n" * 900 + "a|"]
    answers = await asyncio.gather(*(rest_of_line(text, model=model) for text in texts * 3))
    assert answers == [" items:", " == b"] * 3


async def test_chat_is_refused_and_says_what_to_do():
    with pytest.raises(ModelError, match=r"lacuna\.model\.endpoint"):
        await EmbeddedModel(FakeFiles()).chat(
            (Message("user", "hello"),), max_tokens=1, temperature=0.0, n=1
        )


def test_the_model_is_named_after_its_code():
    assert model_id() == EmbeddedModel(FakeFiles()).capabilities.model_id
    assert model_id().startswith("embedded-")
