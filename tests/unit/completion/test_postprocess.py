"""Golden cases: what a model said, and what of it is shown.

A file under `golden/` holds cases of one topic. In a case, `=== title` is followed by the document
with the cursor as `‸`, by what the model said and by what is shown (nothing, if that part is
empty); `·` is a space and `→` a tab where a reader would not see them.
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import said
from lacuna_ls.completion.postprocess import hides_something, open_for_completion, shown
from lacuna_ls.domain.text import Span, TextEdit, apply_edits, decode, encode
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id, languages

GOLDEN = Path(__file__).parent / "golden"
PYTHON = next(known for known in languages() if known.name == "python")


def cases():
    for path in sorted(GOLDEN.glob("*.txt")):
        text = path.read_text(encoding="utf-8").replace("·", " ").replace("→", "\t")
        for case in text.split("=== ")[1:]:
            title, _, body = case.partition("\n")
            yield pytest.param(body, path.stem, id=f"{path.stem}: {title}")


def parts(body: str) -> tuple[str, str, str, bool]:
    """Document, said, shown, truncated."""
    document, _, rest = body.partition("--- said")
    mark, _, rest = rest.partition("\n")
    answer, _, expected = rest.partition("--- shown\n")
    return document, answer.removesuffix("\n"), expected.removesuffix("\n"), "cut off" in mark


@pytest.mark.parametrize(("body", "topic"), list(cases()))
def test_golden_case(body, topic):
    marked, answer, expected, truncated = parts(body)
    language = by_language_id("javascript" if topic == "javascript" else "python")
    before, mark, after = marked.partition("‸")
    assert mark
    document = open_document("file:///a", 1, language, encode(before + after))
    part = shown(document, len(encode(before)), said(answer, end=None if truncated else -0.1))
    kept = encode(answer)[part.kept.start : part.kept.end] if part else b""
    assert decode(kept) == expected.rstrip("\n")


def test_there_are_enough_golden_cases():
    assert len(list(cases())) >= 30


TEXT = st.text(alphabet="ab ()[]{}:.,'\"=+\n\t#é€𝒳", max_size=12)


@given(TEXT, TEXT, TEXT)
def test_what_is_shown_is_one_line_of_what_was_said_inserted_at_the_cursor(before, answer, after):
    data, offset = encode(before + after), len(encode(before))
    document = open_document("file:///a.py", 1, PYTHON, data)
    part = shown(document, offset, said(answer))
    if part is None:
        return
    text = encode(answer)[part.kept.start : part.kept.end]
    assert text.strip()
    assert b"\n" not in text
    edited = apply_edits(data, [TextEdit(Span(offset, offset), text)])
    _, newline, below = edited[offset + len(text) :].partition(b"\n")
    line_end = len(edited) - len(newline + below)
    closers = part.document.data[line_end : len(part.document.data) - len(newline + below)]
    assert part.document.data == edited[:line_end] + closers + newline + below
    assert not closers.strip(b")]}")


@pytest.mark.parametrize(
    "character",
    ["\u202e", "\u2066", "\u200b", "\u2060", "\ufeff", "\U000e0041", "\x1b", "\ufffd", "\ue000"],
)
def test_a_character_that_hides_or_reorders_text_suppresses_the_completion(character):
    assert hides_something(f"a{character}b")


def test_letters_of_any_script_are_no_reason_to_suppress():
    assert not hides_something("größe = naïve('日本', 'עברית', '🙂')\t")


@pytest.mark.parametrize(
    ("line", "is_open"),
    [
        ("x = ‸", True),
        ("f(‸)", True),
        ("f(a, ['‸'])", True),
        ("if x‸:", True),
        ("x = ‸   ", True),
        ("x‸yz", False),
        ("f(‸ + b)", False),
        ("‸return 1", False),
    ],
)
def test_a_cursor_is_open_where_only_closing_characters_stand_behind_it(line, is_open):
    before, _, after = line.partition("‸")
    document = open_document("file:///a.py", 1, PYTHON, encode(f"{before}{after}\ny = 1\n"))
    assert open_for_completion(document, len(encode(before))) is is_open
