"""What is sent is no longer than fits, and its head stays the same while somebody types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.adapters.endpoint.fill_the_hole import filling
from lacuna_ls.adapters.endpoint.fim import FAMILIES, family_of
from lacuna_ls.adapters.endpoint.prompt import fitted
from lacuna_ls.domain.text import encode
from lacuna_ls.ports.language_model import CompletionRequest, Excerpt, PromptedRequest

LINES = st.lists(st.text("ab é=\t", max_size=30), max_size=40).map("\n".join)


@given(LINES, LINES, LINES, st.integers(64, 1000), st.floats(1.0, 6.0))
def test_a_prompt_holds_the_cursor_and_no_more_than_fits(prefix, suffix, told, room, size):
    request = PromptedRequest(prefix, suffix, "python", 32, context=(Excerpt("a.py", told),))
    prompt = fitted(request, room, size)
    assert prefix.endswith(prompt.prefix)
    assert suffix.startswith(prompt.suffix)
    assert len(encode(prompt.with_context)) + len(encode(prompt.suffix)) <= room * size + 1


def test_the_head_stays_while_a_long_file_is_typed_in():
    text = "".join(f"line_{n} = {n}\n" for n in range(3000))
    heads = {
        fitted(CompletionRequest(text + "x" * n, "", "python", 64), 4096, 3.0).prefix[:200]
        for n in range(200)
    }
    assert len(heads) == 1


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("qwen2.5-coder:7b", "Qwen Coder"),
        ("Qwen/Qwen3-Coder-30B", "Qwen Coder"),
        ("starcoder2:3b", "StarCoder"),
        ("deepseek-coder-v2:16b", "DeepSeek Coder"),
        ("codellama:7b-code", "Code Llama"),
        ("codestral-latest", "Codestral"),
        ("granite-code:3b", "StarCoder"),
        ("codegemma:2b", "CodeGemma"),
    ],
)
def test_a_family_is_told_by_its_name(name, family):
    found = family_of(name)
    assert found is not None
    assert found.name == family


def test_a_name_of_no_family_has_none():
    assert family_of("gpt-5") is None


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_braces_in_code_are_left_alone(family):
    prompt = family.prompt("a = {prefix}", "{suffix} = b")
    assert "a = {prefix}" in prompt
    assert "{suffix} = b" in prompt


@pytest.mark.parametrize(
    ("answer", "filled"),
    [
        ("x + 1", "x + 1"),
        ("```python\nx + 1\n```", "x + 1"),
        ("<think>Hm.</think>\nx + 1", "x + 1"),
        ("<think>Hm.</think>\n```\nx + 1\n```\n", "x + 1"),
        ("    return x + 1", "x + 1"),
        ("return x + 1", "x + 1"),
    ],
)
def test_of_an_answer_only_what_fills_the_hole_is_taken(answer, filled):
    kept = filling(answer, "def f(x):\n    return ")
    assert encode(answer)[kept.start : kept.end].decode().strip() == filled
