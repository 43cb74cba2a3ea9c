"""Slips of syntax: the text that was meant is among the first candidates."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lacuna_ls.domain.text import encode
from lacuna_ls.repair.admission import admitted
from lacuna_ls.repair.proposers.best_first import propose
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id


def candidates(text: str, *messages: str) -> list[str]:
    doc = open_document("file:///w/a.py", 1, by_language_id("python"), encode(text))
    found = propose(doc, (1.0,) * len(doc.source.line_starts), messages)
    return [d.decode() for p in found if (d := admitted(doc, p.candidate, layout=True)) is not None]


RIGHT = "def f(a, b):\n    if a == b:\n        return [a, (b)]\n    return 'x'\n"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("def f(a, b):", "def f(a, b)"),
        ("def f(a, b):", "def f(a, b:"),
        ("if a == b:", "if a == b"),
        ("if a == b:", "if a = b:"),
        ("[a, (b)]", "[a, (b)"),
        ("[a, (b)]", "[a, (b)]]"),
        ("'x'", "'x"),
    ],
)
def test_what_is_missing_or_too_much_is_found(right: str, wrong: str):
    assert RIGHT in candidates(RIGHT.replace(right, wrong))[:6]


def test_a_line_that_python_finds_indented_wrongly_is_indented_as_its_block():
    wrong = "def f(a):\n    b = a\n      return b\n"
    right = "def f(a):\n    b = a\n    return b\n"
    assert right in candidates(wrong, "unexpected indent (a.py, line 3)")


def test_a_body_that_is_not_indented_is_moved_into_its_block():
    wrong = "def f(a):\nreturn a\n"
    message = "expected an indented block after function definition on line 1 (a.py, line 2)"
    assert "def f(a):\n    return a\n" in candidates(wrong, message)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="abdefir ()[]:=\n\"'#", max_size=60), st.integers(0, 9))
def test_any_broken_text_is_taken(text: str, line: int):
    candidates(text, f"invalid syntax (a.py, line {line})")
