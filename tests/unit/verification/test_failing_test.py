"""A counterexample as a test in the style of the file that it goes to."""

import ast
from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.verification.claims import Counterexample
from lacuna_ls.verification.failing_test import failing_test

SLIP = Counterexample("f([])", "raises IndexError", ("f([])",), "IndexError")
PATH = PurePath("src/pkg/rank.py")


def added(text: str, counterexample: Counterexample = SLIP) -> str:
    made = failing_test(text.encode(), "f", PATH, counterexample)
    assert made is not None
    return made.edit.new.decode()


def test_what_is_imported_is_used() -> None:
    assert added("from pkg.rank import f\n") == "\n\ndef test_f_counterexample():\n    f([])\n"
    assert added("from pkg.rank import *\n") == "\n\ndef test_f_counterexample():\n    f([])\n"


@pytest.mark.parametrize(
    ("imports", "expected"),
    [
        ("from pkg.rank import g\n", "from pkg.rank import f"),
        ("import pkg.rank\n", "from pkg.rank import f"),
        ("from pkg import rank\n", "from pkg.rank import f"),
        ("from ..rank import g\n", "from ..rank import f"),
        ("import os\n", "from pkg.rank import f"),
    ],
)
def test_what_is_not_imported_is_imported_as_the_file_does(imports: str, expected: str) -> None:
    assert added(imports) == f"\n\ndef test_f_counterexample():\n    {expected}\n\n    f([])\n"


def test_a_name_that_is_taken_is_not_used_again() -> None:
    text = "from pkg.rank import f\n\n\ndef test_f_counterexample(): ...\n"
    assert "def test_f_counterexample_2():" in added(text)


def test_pytest_is_imported_where_it_is_needed() -> None:
    raising = Counterexample(
        "f([])", "", ("with pytest.raises(ValueError):", "    f([])"), needs=("pytest",)
    )
    text = "from pkg.rank import f\n"
    assert "    import pytest\n\n    with" in added(text, raising)
    assert "import pytest" not in added("import pytest\n" + text, raising)


def test_line_ends_are_those_of_the_file() -> None:
    new = added("from pkg.rank import f\r\n")
    assert new.count("\n") == new.count("\r\n")


def test_a_file_that_does_not_parse_gets_none() -> None:
    assert failing_test(b"def (", "f", PATH, SLIP) is None


@given(st.sampled_from(["", "x = 1", "x = 1\n", "from pkg.rank import f\n\n# end\n"]))
def test_the_file_stays_a_module_and_its_bytes_stay(text: str) -> None:
    ast.parse(text + added(text))
