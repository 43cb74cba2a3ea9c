"""Inputs that are made keep to what those of the tests have in common."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lacuna_ls.worker.capture import Call
from lacuna_ls.worker.inputs import Mutant, mutants


def made_from(*calls: tuple[Any, ...], count: int = 60) -> list[Mutant]:
    return mutants([Call(call, {}, "t") for call in calls], count, seed=1)


def inside(*calls: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    return [mutant.call.positional for mutant in made_from(*calls) if not mutant.edge]


def at_the_edge(*calls: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    return [mutant.call.positional for mutant in made_from(*calls) if mutant.edge]


def test_a_list_that_is_always_sorted_stays_sorted() -> None:
    found = inside(([1, 2, 5],), ([0, 3],), ([2, 2, 9],), ([4, 7],))
    assert found
    assert all(values == sorted(values) for (values,) in found)


def test_lists_of_equal_lengths_stay_so() -> None:
    found = inside(([1, 2], "ab"), ([1], "c"), ([3, 1, 2], "xyz"))
    assert found
    assert all(len(one) == len(other) for one, other in found)


def test_a_number_that_is_never_negative_stays_so() -> None:
    assert all(n >= 0 for (n,) in inside((0,), (3,), (12,), (1,)))


def test_a_list_that_is_never_empty_is_empty_at_the_edge_only() -> None:
    few = ([3, 1],), ([2],)
    assert ([],) not in inside(*few)
    assert ([],) in at_the_edge(*few)


def test_an_empty_list_is_tried_where_a_test_has_one() -> None:
    found = inside(([1], 2), ([], 3), ([5, 6], 1))
    assert any(values == [] for values, _ in found)


def test_no_type_is_tried_that_no_test_uses() -> None:
    assert all(type(n) is int and isinstance(text, str) for n, text in inside((1, "a"), (2, "b")))


def test_an_index_stays_within_its_list() -> None:
    calls = ([4, 5, 6], 1), ([7], 0), ([1, 2], 1), ([3, 3, 3, 3], 2)
    assert all(0 <= index < len(values) for values, index in inside(*calls))


def test_brackets_stay_brackets() -> None:
    calls = ("(())",), ("()",), (")(",), ("((",)
    assert all(set(text) <= {"(", ")"} for (text,) in inside(*calls))


def test_the_same_inputs_are_made_each_time() -> None:
    calls = ([3, 1, 2], "abc"), ([9], "z")
    assert made_from(*calls) == made_from(*calls)


def test_a_rectangle_stays_one() -> None:
    calls = ([[1, 2], [3, 4]],), ([[1], [2], [3]],), ([[1, 2, 3], [4, 5, 6]],)
    assert all(len({len(row) for row in rows}) <= 1 for (rows,) in inside(*calls))


def test_large_arguments_do_not_take_long() -> None:
    large = list(range(15_000))
    assert len(made_from((large, 1), (large, 2), count=500)) < 60


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=4))
def test_any_calls_lead_to_no_more_than_what_was_asked_for(calls: list[tuple[Any, ...]]) -> None:
    before = repr(calls)
    assert len(made_from(*calls, count=10)) <= 20
    assert repr(calls) == before
