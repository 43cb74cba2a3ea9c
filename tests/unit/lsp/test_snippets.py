import re

from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.completion.suggestion import Claim, Hole, Suggestion
from lacuna_ls.domain.text import Span, encode
from lacuna_ls.lsp.snippets import snippet


def suggestion(marked: str, *alternatives: tuple[str, ...]) -> Suggestion:
    """A suggestion whose holes stand between `«` and `»`."""
    text, spans = "", []
    for part in re.split("([«»])", marked):
        if part == "«":
            start = len(encode(text))
        elif part == "»":
            spans.append(Span(start, len(encode(text))))
        else:
            text += part
    chosen = (*alternatives, *[()] * len(spans))
    holes = tuple(Hole(span, others) for span, others in zip(spans, chosen, strict=False))
    return Suggestion(Span(0, 0), text, holes, Claim(calibrated=False))


def test_each_hole_is_a_tab_stop_with_the_guess_in_it():
    assert snippet(suggestion("f(«é», «b»)")) == "f(${1:é}, ${2:b})$0"


def test_alternatives_are_a_choice_best_first():
    assert snippet(suggestion("f(«a»)", ("b", "c"))) == "f(${1|a,b,c|})$0"


def test_the_same_guess_twice_is_one_linked_tab_stop():
    assert snippet(suggestion("«a» = «b» + «a»")) == "${1:a} = ${2:b} + ${1:a}$0"


def test_special_characters_are_escaped():
    assert snippet(suggestion(r"$x}\ «a$}\»")) == r"\$x\}\\ ${1:a\$\}\\}$0"


def test_choices_escape_what_ends_an_entry():
    assert snippet(suggestion("«a,b»", ("c|d", "e\\"))) == r"${1|a\,b,c\|d,e\\|}$0"


def test_no_choice_where_editors_read_an_escape_differently():
    assert snippet(suggestion("«a»", ("$b",))) == "${1:a}$0"


def test_an_empty_guess_is_a_bare_tab_stop():
    assert snippet(suggestion("f(«»)")) == "f(${1})$0"


def test_a_digit_after_an_empty_guess_is_not_of_the_tab_stops_number():
    assert snippet(suggestion("«»0")) == "${1}0$0"


@given(st.lists(st.tuples(st.text(), st.booleans()), max_size=6))
def test_expanding_gives_the_text_back(parts):
    text, holes = "", []
    for part, is_hole in parts:
        start = len(encode(text))
        text += part
        if is_hole:
            holes.append(Hole(Span(start, len(encode(text)))))
    given_ = Suggestion(Span(0, 0), text, tuple(holes), Claim(calibrated=False))
    assert expanded(snippet(given_)) == text


def expanded(form: str) -> str:
    """The text an editor inserts, by the protocol's grammar of placeholders and escapes."""
    out, i = "", 0
    while i < len(form):
        if form[i] == "\\":
            out, i = out + form[i + 1], i + 2
        elif form[i] == "}":
            i += 1
        elif match := re.compile(r"\$\{\d+:?|\$\d+").match(form, i):
            i = match.end()
        else:
            out, i = out + form[i], i + 1
    return out
