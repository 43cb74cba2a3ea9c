"""Right but for its form, refused by a conversion, or asked in another order: before and after."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.domain.text import encode
from lacuna_ls.repair.admission import admitted
from lacuna_ls.repair.proposers.best_first import propose
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id

PYTHON = by_language_id("python")


def candidates(text: str, *messages: str) -> list[str]:
    """Texts of the admitted candidates, most promising first, every line equally suspected."""
    doc = open_document("file:///w/a.py", 1, PYTHON, encode(text))
    suspicion = (1.0,) * len(doc.source.line_starts)
    found = [admitted(doc, p.candidate) for p in propose(doc, suspicion, messages)]
    return [data.decode() for data in found if data is not None]


RESULTS = [
    ("assert [1, 2] == (1, 2)", "tuple(xs)"),
    ("assert (1, 2) == [1, 2]", "list(xs)"),
    ("assert [2, 1] == [1, 2]", "sorted(xs)"),
    ("assert [1, 3, 2] == [2, 3, 1]", "xs[::-1]"),
    ("assert [1, 2, 1] == {1, 2}", "set(xs)"),
    ("assert [2, 1, 2] == [2, 1]", "list(dict.fromkeys(xs))"),
    ("assert ['a', 'b'] == 'ab'", '"".join(xs)'),
    ("assert ['1', '2'] == [1, 2]", "list(map(int, xs))"),
    ("assert [[1], [2]] == [(1,), (2,)]", "list(map(tuple, xs))"),
    ("assert 3.7 == 3", "int(xs)"),
    ("assert 1.23456 == 1.23", "round(xs, 2)"),
    ("assert 3 == '3'", "str(xs)"),
    ("assert 'AB c' == 'ab c'", "xs.lower()"),
    ("assert -2 == 2", "abs(xs)"),
    ("assert <generator object f at 0x7f> == [1, 2]", "list(xs)"),
    ("assert dict_keys(['a']) == {'a'}", "set(xs)"),
    ("assert <map object at 0x7f> == (1, 2)", "tuple(xs)"),
]


@pytest.mark.parametrize(("message", "new"), RESULTS)
def test_a_result_is_converted_as_the_failing_test_shows(message: str, new: str) -> None:
    after = f"def f(xs):\n    return {new}\n"
    assert after in candidates("def f(xs):\n    return xs\n", message)[:12]


def test_an_operation_is_put_in_parentheses() -> None:
    found = candidates("def f(a, b):\n    return a + b\n", "assert [1, 3, 2] == [2, 3, 1]")
    assert "def f(a, b):\n    return (a + b)[::-1]\n" in found


def test_results_without_parentheses_are_converted_together() -> None:
    found = candidates("def f(a, b):\n    return a, b\n", "assert (1, 2) == [1, 2]")
    assert "def f(a, b):\n    return list((a, b))\n" in found


def test_no_conversion_is_made_that_does_not_give_what_is_expected() -> None:
    found = candidates("def f(xs):\n    return xs\n", "assert [1, 2] == [3, 4]")
    assert "def f(xs):\n    return tuple(xs)\n" not in found


def test_a_string_is_spelt_as_the_failing_test_expects() -> None:
    before = 'def f(n):\n    return "even" if n else "Not Prime"\n'
    after = 'def f(n):\n    return "even" if n else "not prime!"\n'
    assert after in candidates(before, "assert 'Not Prime' == 'not prime!'")


def test_a_string_is_no_answer_that_has_nothing_of_the_expected_one() -> None:
    found = candidates('def f(n):\n    return "even"\n', "assert 'even' == 'banana'")
    assert 'def f(n):\n    return "banana"\n' not in found


def test_a_call_is_awaited_where_a_coroutine_came_out() -> None:
    message = "assert <coroutine object g at 0x7f> == 1"
    found = candidates("async def f():\n    return g()\n", message)
    assert "async def f():\n    return await g()\n" in found
    found = candidates(
        "async def f():\n    return g().name\n", "'coroutine' object has no attribute"
    )
    assert "async def f():\n    return (await g()).name\n" in found


def test_nothing_is_awaited_outside_of_an_async_function() -> None:
    found = candidates("def f():\n    return g()\n", "assert <coroutine object g at 0x7f> == 1")
    assert not any("await" in text for text in found)


REFUSED = "invalid literal for int() with base 10: 'x'"


def test_a_conversion_that_refuses_gets_a_fallback() -> None:
    after = (
        "def f(s):\n    try:\n        return int(s)\n    except ValueError:\n        return None\n"
    )
    assert after in candidates("def f(s):\n    return int(s)\n", REFUSED)


def test_in_a_loop_what_cannot_be_converted_is_passed_over() -> None:
    before = "def f(xs):\n    n = 0\n    for x in xs:\n        n += int(x)\n    return n\n"
    after = (
        "def f(xs):\n    n = 0\n    for x in xs:\n        try:\n            n += int(x)\n"
        "        except ValueError:\n            continue\n    return n\n"
    )
    assert after in candidates(before, REFUSED)


ORDERS = [
    (
        "def f(xs, ys):\n    for x in xs:\n        for y in ys:\n            g(x, y)\n",
        "def f(xs, ys):\n    for y in ys:\n        for x in xs:\n            g(x, y)\n",
    ),
    (
        "def f(xs, ys):\n    return [x + y for x in xs for y in ys]\n",
        "def f(xs, ys):\n    return [x + y for y in ys for x in xs]\n",
    ),
    (
        "def f(n):\n    if n % 3 == 0:\n        return 1\n    elif n % 15 == 0:\n        return 2\n",
        "def f(n):\n    if n % 15 == 0:\n        return 2\n    elif n % 3 == 0:\n        return 1\n",
    ),
    ("def f(n):\n    return sum(range(n))\n", "def f(n):\n    return sum(range(1, n + 1))\n"),
    ("def f(n):\n    return sum(range(1, n))\n", "def f(n):\n    return sum(range(2, n + 1))\n"),
    ("def f(xs):\n    m = 0\n    return m\n", 'def f(xs):\n    m = float("-inf")\n    return m\n'),
]


@pytest.mark.parametrize(("before", "after"), ORDERS)
def test_the_fix_is_among_the_candidates(before: str, after: str) -> None:
    assert after in candidates(before)


def test_an_inner_loop_over_the_outer_variable_stays_inside() -> None:
    before = "def f(xs):\n    for x in xs:\n        for y in x:\n            g(y)\n"
    assert (
        "def f(xs):\n    for y in x:\n        for x in xs:\n            g(y)\n"
        not in candidates(before)
    )


LITERALS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner),
    max_leaves=5,
)


@given(LITERALS, LITERALS)
def test_answers_of_any_kind_are_taken(answer: object, expected: object) -> None:
    candidates('def f(xs):\n    return xs or "even"\n', f"assert {answer!r} == {expected!r}")
