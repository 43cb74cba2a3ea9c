"""What a module offers, as lines that use it."""

from pathlib import PurePath

from hypothesis import example, given
from hypothesis import strategies as st

from lacuna_ls.model.interface import MOST_NAMES, interface, module_name
from lacuna_ls.model.lexer import lex_lines, render, split_lines


def used(text, module="shop"):
    lines = list(lex_lines(split_lines(text)))
    return render([token for line in interface(module, lines) for token in line])


def test_functions_classes_and_constants_at_the_margin_are_offered():
    text = "def b(x):\n    inner = 1\n\nclass A:\n    field = 1\n\nLIMIT: int = 3\nsize = 2\n"
    assert used(text).splitlines()[0] == "from shop import A, LIMIT, b, size"


def test_each_name_is_offered_behind_the_module_too():
    assert used("async def b(x):\n    pass\n") == "from shop import b\nfrom shop import b\nshop.b"


def test_what_a_package_imports_is_offered_and_private_names_are_not():
    assert "Router" in used("from .routing import Router, _private\n")
    assert "_private" not in used("from .routing import Router, _private\ndef _own():\n    pass\n")


def test_a_package_is_named_by_its_folder():
    assert module_name(PurePath("web/__init__.py")) == "web"
    assert module_name(PurePath("web/app.py")) == "app"


@given(st.text(max_size=60))
@example("async")
def test_any_text_has_an_interface(text):
    lines = list(lex_lines(split_lines(text)))
    assert len(list(interface("m", lines))) <= 3 * MOST_NAMES
