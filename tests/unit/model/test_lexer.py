"""The lexer keeps what it reads, takes anything, and cuts where a count model can learn."""

from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.model.lexer import (
    TAB_WIDTH,
    lex,
    lex_content,
    newline_token,
    render,
    split_indent,
    split_lines,
)

anything = st.text(st.characters(codec=None, exclude_categories=()))
code = st.text(st.sampled_from("ab1_ =+-.,:;()[]{}'\"#\\\n\r\t\f @é𝛼\ud800"), max_size=60)


@given(anything | code)
def test_the_tokens_of_a_line_concatenate_to_it(content):
    assert "".join(lex_content(content)) == content


@given(anything | code)
def test_rendering_the_tokens_of_a_text_only_spells_its_indentation_anew(text):
    def spelt_anew(line):
        indent, content = split_indent(line)
        return " " * indent + content if content else ""

    assert render(lex(text)) == "\n".join(map(spelt_anew, split_lines(text)))


@given(anything | code)
def test_no_token_is_empty(text):
    assert all(lex(text))


def test_operators_and_keywords_absorb_the_spaces_beside_them():
    assert lex_content("return -x if y is not None else a[1] + 2.5e3") == [
        "return ", "-", "x", " if ", "y", " is ", "not ", "None", " else ", "a", "[", "1", "]",
        " + ", "2.5e3",
    ]  # fmt: skip


def test_strings_and_comments_fall_into_words():
    assert lex_content("f('two words')  # said once") == [
        "f", "(", "'", "two", " words", "'", ")", "  # ", "said", " once",
    ]  # fmt: skip


def test_an_incomplete_line_lexes_up_to_where_it_stops():
    assert lex_content("x = open('a") == ["x", " = ", "open", "(", "'", "a"]


def test_newline_tokens_carry_the_change_of_indentation_and_blank_lines_carry_none():
    assert [t for t in lex("def f():\n\n    pass\nx") if t[0] == "\n"] == [
        "\n+0",
        "\n",
        "\n+4",
        "\n-4",
    ]


def test_a_tab_indents_like_the_spaces_it_stands_for():
    assert lex("if x:\n\ty") == lex("if x:\n" + " " * TAB_WIDTH + "y")


def test_javascript_operators_are_single_tokens():
    assert lex_content("a === b ?? (() => c)") == [
        "a", " === ", "b", " ?? ", "(", "(", ")", " => ", "c", ")",
    ]  # fmt: skip


def test_a_newline_token_says_both_directions():
    assert (newline_token(8, 4), newline_token(0, 8)) == ("\n+4", "\n-8")
