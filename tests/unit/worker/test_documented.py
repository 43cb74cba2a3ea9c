"""What a function's documentation says it gives."""

from collections.abc import Callable
from typing import Any

import pytest

from lacuna_ls.worker.documented import examples


def documented(text: str) -> Callable[..., Any]:
    def f(x: Any, k: Any = None) -> Any: ...

    f.__doc__ = text
    return f


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (">>> f([1, 2])\n[2, 1]\n", [2, 1]),
        ("f(3) == 9", 9),
        ("For example f((1, 2)) -> 'a)b'.", "a)b"),
        ("f('a(b)') => {'a': 1}  # a dict", {"a": 1}),
        ("f(2) \u279e True", True),
        ("f(2) should return 4, as it is even", 4),
        ("f(2) returns 4", 4),
        (">>> f(1)\n>>> f(2)\n", None),
    ],
)
def test_what_stands_beside_a_call_is_expected_of_it(text: str, expected: Any) -> None:
    found = next(examples(documented(text), "f"))
    assert found.expected == (None if expected is None else (expected,))


def test_calls_with_what_is_no_literal_or_does_not_fit_are_left_out() -> None:
    text = "f(x) -> 1\nf(1, 2, 3) -> 1\nf(unknown()) -> 1\nf(4, k=[5]) -> 2\n"
    assert [(e.call.positional, e.call.named) for e in examples(documented(text), "f")] == [
        ((4,), {"k": [5]})
    ]


def test_no_documentation_has_no_examples() -> None:
    assert list(examples(lambda x: x, "f")) == []
