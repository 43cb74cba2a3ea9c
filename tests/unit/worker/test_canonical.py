"""Two values have one form only if nobody could tell them apart."""

import copy
import datetime as dt
import decimal
from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.worker.canonical import MAX_NODES, Lazy, form

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@dataclass
class Point:
    x: int
    seen: list[int] = field(default_factory=list)


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a: int) -> None:
        self.a = a


@given(VALUES)
def test_a_copy_has_the_same_form(value: Any) -> None:
    assert form(copy.deepcopy(value)) == form(value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        (float("nan"), 1.0),
        ([1], (1,)),
        ("1", 1),
        (b"a", "a"),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (OrderedDict(a=1), {"a": 1}),
        (Counter("a"), {"a": 1}),
        (deque([1]), [1]),
        ({1}, frozenset({1})),
        (Point(1), Point(2)),
        (Slotted(1), Slotted(2)),
        (decimal.Decimal("1.0"), decimal.Decimal("1.00")),
        (dt.date(2020, 1, 1), dt.date(2020, 1, 2)),
        (ValueError("a"), ValueError("b")),
        (Lazy("generator", [1], "ended"), Lazy("generator", [1], "")),
        (Lazy("generator", [1], "ended"), [1]),
    ],
)
def test_what_differs_has_another_exact_form(one: Any, other: Any) -> None:
    assert form(one).exact != form(other).exact


@pytest.mark.parametrize("value", [{3, 1, 2}, {"b", "a"}, frozenset({(1, 2), (0, 1)})])
def test_a_set_has_no_order(value: Any) -> None:
    again = type(value)(sorted(value, reverse=True))
    assert form(again) == form(value)


def test_objects_have_the_form_of_what_they_hold() -> None:
    assert form(Point(1, [2])) == form(Point(1, [2]))
    assert form(defaultdict(list, a=[1])) == form(defaultdict(list, a=[1]))


def test_the_loose_form_is_of_numbers_by_their_value() -> None:
    assert form([1, 0.1 + 0.2]).loose == form([1.0, 0.3]).loose
    assert form(1).loose != form(1.001).loose


def test_the_exact_form_tells_one_list_twice_from_two_lists() -> None:
    inner = [1]
    twice, two = form([inner, inner]), form([[1], [1]])
    assert twice.exact != two.exact
    assert twice.loose == two.loose


def test_the_exact_form_tells_an_argument_that_is_returned_from_a_copy() -> None:
    argument = [1]
    assert form(argument, beside=(argument,)).exact != form([1], beside=(argument,)).exact


def test_a_list_that_holds_itself_has_a_form() -> None:
    value: list[Any] = [1]
    value.append(value)
    assert form(value).whole


def test_what_is_too_large_is_not_looked_at_to_its_end() -> None:
    assert not form(list(range(MAX_NODES))).whole


def test_no_method_of_an_ordinary_object_is_called() -> None:
    class Watchful:
        def __init__(self) -> None:
            self.field = 1

        def __getattribute__(self, name: str) -> Any:
            raise AssertionError(name)

        def __repr__(self) -> str:
            raise AssertionError

    assert form(Watchful()).whole
