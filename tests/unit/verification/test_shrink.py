"""Calls are made smaller step by step."""

import ast
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.verification.shrink import smaller

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1000, 1000)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=6,
)


def shrunk(code: str, fails: Any) -> str:
    while True:
        less = next((each for each in smaller(code, 100) if fails(each)), None)
        if less is None:
            return code
        code = less


def test_the_boldest_step_comes_first_for_each_argument() -> None:
    assert smaller("f([1, 2, 3], 8)", 3) == ("f([], 8)", "f([1, 2, 3], 0)", "f([1], 8)")


def test_what_does_not_matter_is_left_out() -> None:
    def has_a_large_number(code: str) -> bool:
        call = ast.parse(code, mode="eval").body
        assert isinstance(call, ast.Call)
        return any(n >= 5 for n in ast.literal_eval(call.args[0]))

    assert shrunk("f([3, 17, 2, 9], text='abc')", has_a_large_number) == "f([5], text='')"


def test_equal_members_are_made_smaller_together() -> None:
    def has_two_alike(code: str) -> bool:
        call = ast.parse(code, mode="eval").body
        assert isinstance(call, ast.Call)
        values = ast.literal_eval(call.args[0])
        return len(values) != len(set(values))

    assert shrunk("f([7, 3, 7])", has_two_alike) == "f([0, 0])"


def test_a_call_with_what_is_no_literal_has_none() -> None:
    assert smaller("f(x)", 5) == ()


@given(VALUES, VALUES)
def test_shrinking_comes_to_an_end(one: Any, other: Any) -> None:
    assert shrunk(f"f({one!r}, k={other!r})", lambda _: True)


@given(VALUES)
def test_smaller_calls_are_calls_of_literals(value: Any) -> None:
    for code in smaller(f"f({value!r})", 50):
        call = ast.parse(code, mode="eval").body
        assert isinstance(call, ast.Call)
        ast.literal_eval(call.args[0])
