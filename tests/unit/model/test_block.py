"""Statements: what a line opens is gone on with until it is closed."""

import asyncio
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeFiles
from lacuna_ls.domain.completion import FinishReason
from lacuna_ls.domain.text import encode
from lacuna_ls.model.embedded import EmbeddedModel
from lacuna_ls.ports.language_model import CompletionRequest, collect

LOOPS = "for item in items:\n    print(item)\n    count(item)\n" * 8
CALLS = "call(\n    alpha,\n    beta,\n)\n" * 8
code = st.lists(
    st.sampled_from(["ab", " = ", "(", ")", ":", "\n", "    ", "\t", "if ", "é", "\r\n"]),
    max_size=30,
).map("".join)


async def statements(text, **options):
    prefix, _, suffix = text.partition("|")
    question = CompletionRequest(prefix, suffix, "python", options.pop("max_tokens", 96), **options)
    return await collect(EmbeddedModel(FakeFiles()), question)


async def statement(text, **options):
    first, *_ = await statements(text, **options)
    return first.text


async def test_a_block_is_gone_on_with_until_it_is_closed():
    assert await statement(LOOPS + "for item|") == " in items:\n    print(item)\n    count(item)"


async def test_a_bracket_left_open_is_closed_on_its_own_line():
    assert await statement(CALLS + "call|") == "(\n    alpha,\n    beta,\n)"


async def test_a_block_inside_another_keeps_its_margin():
    inner = "".join("    " + line for line in LOOPS.splitlines(keepends=True))
    text = "def run(items):\n" + inner + "    for item|"
    assert await statement(text) == " in items:\n        print(item)\n        count(item)"


async def test_a_file_with_tabs_gets_tabs():
    text = LOOPS.replace("    ", "\t") + "for item|"
    assert await statement(text) == " in items:\n\tprint(item)\n\tcount(item)"


async def test_a_line_that_opens_nothing_is_a_statement():
    assert await statement("print(item)\n" * 8 + "print|") == "(item)"


async def test_a_line_with_text_behind_the_cursor_is_not_gone_on_with():
    assert "\n" not in await statement(LOOPS + "for item| in items:\n")


async def test_a_stop_string_at_the_line_end_keeps_to_the_line():
    assert await statement(LOOPS + "for item|", stop=("\n",)) == " in items:"


async def test_a_statement_that_is_cut_short_says_so():
    (cut,) = await statements(LOOPS + "for item|", max_tokens=5)
    assert (cut.finish, cut.end_logprob) == (FinishReason.LENGTH, None)


async def test_a_closed_statement_has_the_probability_of_its_tokens_and_of_closing():
    (block,) = await statements(LOOPS + "for item|")
    assert block.finish is FinishReason.STOP
    assert 0.1 < exp(sum(t.logprob for t in block.tokens) + block.end_logprob) < 1.0


@given(code, code)
def test_the_tokens_of_any_statement_cover_its_text(prefix, suffix):
    question = CompletionRequest(prefix, suffix, "python", 20)
    for block in asyncio.run(collect(EmbeddedModel(FakeFiles()), question)):
        ends = [0, *(t.span.end for t in block.tokens)]
        assert [t.span.start for t in block.tokens] == ends[:-1]
        assert ends[-1] == len(encode(block.text))
        assert all(t.logprob is not None and t.logprob <= 1e-9 for t in block.tokens)
        assert block.end_logprob is None or block.end_logprob <= 1e-9


@pytest.mark.parametrize("text", ["if x:\n" * 40 + "if|", "f(\n" * 40 + "f|"])
async def test_what_is_never_closed_ends(text):
    assert (await statement(text)).count("\n") <= 12
