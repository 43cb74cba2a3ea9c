"""Every token that the lexer makes has a kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.model.kinds import FREE, Kind, kind_of
from lacuna_ls.model.lexer import lex


@given(st.text())
def test_every_token_of_any_text_has_a_kind(text):
    assert all(kind_of(token) in Kind for token in lex(text))


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("\n", Kind.BLANK_LINE),
        ("\n+4", Kind.INDENT),
        ("\n-8", Kind.DEDENT),
        ("\n+0", Kind.SAME_INDENT),
        (" = ", Kind.EQUALS),
        (" == ", Kind.OPERATOR),
        (", ", Kind.COMMA),
        ("def ", Kind.DEF),
        ("self", Kind.RECEIVER),
        (" self", Kind.WORD_OF_PROSE),
        (" word", Kind.WORD_OF_PROSE),
        ("None", Kind.CONSTANT),
        ("len", Kind.BUILTIN),
        ("Thing", Kind.TYPE_NAME),
        ("thing", Kind.NAME),
        ("12.5", Kind.NUMBER),
    ],
)
def test_a_token_is_of_its_kind(token, kind):
    assert kind_of(token) is kind


def test_what_a_language_gives_is_no_free_name():
    assert not FREE & {kind_of(word) for word in ("self", "None", "print", "return ", "this")}
