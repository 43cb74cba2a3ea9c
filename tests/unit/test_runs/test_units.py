from pathlib import PurePosixPath

import pytest

from lacuna_ls.syntax.languages import by_path
from lacuna_ls.test_runs.units import LOADING, Units, units

SHOP = """import rates

VAT = 2


@cached
def price(count, factor=3):
    def one():
        return factor

    return count * one()


class Cart:
    size = 4

    @property
    def total(self):
        return self.size

    @total.setter
    def total(self, value):
        self.size = value
"""


def read(text: str) -> Units:
    language = by_path(PurePosixPath("shop.py"))
    assert language is not None
    return units(text.encode(), language)


def changed(before: str, after: str) -> set[str]:
    assert before in SHOP
    old, new = read(SHOP).digests, read(SHOP.replace(before, after)).digests
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


@pytest.mark.parametrize(
    ("before", "after"),
    [("count * one()", "count + one()"), ("return factor", "return 3"), ("one():", "one(x=1):")],
)
def test_a_change_inside_a_function_is_its_own(before, after):
    assert changed(before, after) == {"price"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("VAT = 2", "VAT = 3"),
        ("import rates", "import rate"),
        ("@cached\n", ""),
        ("factor=3", "factor=4"),
        ("size = 4", "size = 5"),
        ("class Cart:", "class Cart(Base):"),
    ],
)
def test_a_change_outside_of_bodies_concerns_whoever_loads_the_file(before, after):
    assert changed(before, after) == {LOADING}


def test_definitions_of_one_name_are_one():
    assert changed("self.size = value", "self.size = 0") == {"Cart.total"}


def test_a_new_function_is_a_change_for_whoever_loads_the_file():
    assert changed("class Cart", "def free():\n    return 0\n\n\nclass Cart") == {LOADING, "free"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("VAT = 2", "VAT  =  2  # percent"),
        ("        return self.size", "        # now\n        return  self.size"),
    ],
)
def test_comments_and_layout_do_not_count(before, after):
    assert changed(before, after) == set()


@pytest.mark.parametrize(
    ("code", "unit"),
    [
        ("VAT = 2", LOADING),
        ("@cached", "price"),
        ("def price", "price"),
        ("def one", "price"),
        ("class Cart", LOADING),
        ("size = 4", LOADING),
        ("@property", "Cart.total"),
        ("self.size = value", "Cart.total"),
    ],
)
def test_code_is_of_the_unit_that_it_stands_in(code, unit):
    assert read(SHOP).at(SHOP[: SHOP.index(code)].count("\n")) == unit


def test_a_text_with_syntax_errors_is_one_unit():
    assert set(read("def f(:\n    return 1\n").digests) == {LOADING}
