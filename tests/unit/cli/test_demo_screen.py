"""What the demo prints of a suggestion and of a change."""

from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.cli.demo_screen import MAX_LINES, Piece, difference, ghost, pieces
from lacuna_ls.completion.suggestion import Claim, Hole, Suggestion
from lacuna_ls.domain.text import Span, encode
from lacuna_ls.lsp.snippets import snippet

PARTS = st.lists(
    st.tuples(st.booleans(), st.text("ab$}\\,| {(é\n", min_size=1, max_size=6)), max_size=6
)
ENTRIES = st.lists(st.text("ab\\,| ", min_size=1, max_size=4), min_size=2, max_size=4, unique=True)


def suggestion(parts: list[tuple[bool, str]]) -> Suggestion:
    text, holes = "", []
    for is_hole, part in parts:
        start = len(encode(text))
        text += part
        if is_hole:
            holes.append(Hole(Span(start, start + len(encode(part)))))
    return Suggestion(Span(0, 0), text, tuple(holes), Claim(calibrated=False))


@given(PARTS)
def test_the_pieces_of_a_snippet_are_the_suggestion_it_was_made_from(parts):
    made = suggestion(parts)
    read = pieces(snippet(made))
    assert "".join(piece.text for piece in read) == made.text
    assert [p.text for p in read if p.tab_stop] == [text for is_hole, text in parts if is_hole]


@given(ENTRIES)
def test_the_entries_of_a_choice_are_the_guess_and_its_alternatives(entries):
    guess, *others = entries
    hole = Hole(Span(0, len(encode(guess))), tuple(others))
    made = Suggestion(Span(0, 0), guess, (hole,), Claim(calibrated=False))
    assert pieces(snippet(made)) == (Piece(guess, 1, tuple(others)),)


def test_a_tab_stop_stands_between_brackets():
    assert ghost([Piece("for "), Piece("line", 1), Piece(" in")]).plain == "for ⟦line⟧ in"


def test_a_changed_line_is_shown_before_and_after_under_its_number():
    shown = difference("a\nb\nc\n", "a\nB\nc\n", context=0)
    assert shown.plain.splitlines() == ["    -   2 | b", "    +   2 | B"]


def test_a_long_change_is_cut_and_says_how_much_is_left_out():
    shown = difference("", "line\n" * 50).plain.splitlines()
    assert len(shown) == MAX_LINES
    assert shown[-1].endswith(f"... {50 - MAX_LINES + 1} more lines")
