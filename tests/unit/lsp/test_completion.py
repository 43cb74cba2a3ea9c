"""How a suggestion is fitted to what editors do when they insert it. `|` marks the cursor."""

import pytest

from lacuna_ls.completion.suggestion import Claim, Hole, Suggestion
from lacuna_ls.domain.completion import Origin
from lacuna_ls.domain.text import Source, Span, encode
from lacuna_ls.lsp.completion import documentation, in_words, without_indentation, without_typed

NOTHING = Claim(calibrated=False)


def at_cursor(text: str) -> tuple[Source, int]:
    return Source.of(encode(text.replace("|", ""))), len(encode(text[: text.index("|")]))


def holes_in(suggestion: Suggestion) -> list[str]:
    data = encode(suggestion.text)
    return [data[h.span.start : h.span.end].decode() for h in suggestion.holes]


def test_what_is_typed_already_is_left_alone():
    source, offset = at_cursor("x = pär|")
    holes = (Hole(Span(1, 6)), Hole(Span(7, 8)))
    shown = without_typed(Suggestion(Span(4, 8), "pärse(a)", holes, NOTHING), source, offset)
    assert (shown.replace, shown.text) == (Span(8, 8), "se(a)")
    assert holes_in(shown) == ["se", "a"]


def test_a_suggestion_that_corrects_what_is_typed_keeps_its_range():
    source, offset = at_cursor("x = prase|")
    suggestion = Suggestion(Span(4, 9), "parse", (), NOTHING)
    assert without_typed(suggestion, source, offset) == suggestion


def test_later_lines_lose_the_indentation_that_the_editor_adds():
    source, offset = at_cursor("def f():\n    if a:|")
    text = "\n        é = b\n\n    return é"
    holes = (Hole(Span(9, 11)), Hole(Span(14, 15)), Hole(Span(28, 30)))
    shown = without_indentation(Suggestion(Span(0, 0), text, holes, NOTHING), source, offset)
    assert shown is not None
    assert shown.text == "\n    é = b\n\nreturn é"
    assert holes_in(shown) == ["é", "b", "é"]


def test_a_later_line_to_the_left_of_the_cursors_line_is_no_snippet():
    source, offset = at_cursor("    pass|")
    suggestion = Suggestion(Span(0, 0), "\nx = 1", (), NOTHING)
    assert without_indentation(suggestion, source, offset) is None


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (NOTHING, "uncalibrated"),
        (Claim(True, 0.1, 0.1, 1200, "p"), "misses outside holes ≤ 0.1 (δ = 0.1, n = 1200)"),
        (
            Claim(True, 0.1, 0.1, 1200, "p", listed=0.459),
            "misses outside holes ≤ 0.1, lists hold it in ≥ 0.45 (δ = 0.1, n = 1200)",
        ),
    ],
)
def test_the_claim_is_said_in_words(claim, words):
    assert in_words(claim) == words


@pytest.mark.parametrize(
    ("text", "origin", "told"),
    [
        ("x = 1", None, None),
        ("if x:\n    y", None, "if x:\n    y"),
        ("x = 1", Origin("a.py", 3, 12), "Lacuna: 12 tokens as in a.py:3"),
        ("if x:\n    y", Origin("a.py", 3, 12), "if x:\n    y\n\nLacuna: 12 tokens as in a.py:3"),
    ],
)
def test_an_item_says_its_further_lines_and_where_it_comes_from(text, origin, told):
    assert documentation(Suggestion(Span(0, 0), text, (), NOTHING, origin)) == told
