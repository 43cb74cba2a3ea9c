import doctest
import linecache
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.worker.failure import describe
from lacuna_ls.worker.messages import FailureRecord


def failure_of(function: Callable[..., object], *arguments: object) -> FailureRecord:
    with pytest.raises(Exception) as raised:
        function(*arguments)
    return describe(raised.value, __file__)


def unwritten(body: str) -> Callable[..., object]:
    """A function whose assertions pytest has not rewritten."""
    source = f"def check(total, expected):\n{body}\n"
    linecache.cache["<unwritten>"] = (len(source), None, source.splitlines(True), "<unwritten>")
    names: dict[str, Any] = {}
    exec(compile(source, "<unwritten>", "exec"), names)
    check: Callable[..., object] = names["check"]
    return check


def test_a_plain_assertion_shows_the_values_of_its_names():
    check = unwritten("    assert total + 1 == expected")
    message = failure_of(check, 3, 5).message
    assert message == "assert total + 1 == expected where total = 3, expected = 5"


def test_a_plain_assertion_over_several_lines():
    check = unwritten("    assert (\n        total\n        == expected\n    )")
    assert failure_of(check, 3, [1]).message.endswith("where total = 3, expected = [1]")


def test_an_assertion_with_a_message_keeps_it():
    check = unwritten("    assert total == expected, 'the sum is wrong'")
    assert failure_of(check, 3, 5).message == "the sum is wrong"


def test_a_value_whose_repr_fails_does_no_harm():
    class Bad:
        def __repr__(self):
            raise ValueError

    check = unwritten("    assert total == expected")
    assert "total = <" in failure_of(check, Bad(), 5).message


def test_an_error_in_a_doctest_has_the_line_of_the_example_and_those_below():
    def fails():
        raise OSError("no")

    test = doctest.DocTestParser().get_doctest(
        "\n>>> 1\n1\n>>> fails()\n", {"fails": fails}, "mod.f", "/somewhere/mod.py", 10
    )
    try:
        doctest.DebugRunner().run(test)
    except doctest.UnexpectedException as error:
        record = describe(error)
    assert record.exception == "OSError"
    assert record.frames[0] == ("/somewhere/mod.py", 13, "mod.f")
    assert record.frames[-1][2] == "fails"


@given(st.text())
def test_any_message_is_kept_within_bounds(text):
    def fails():
        raise ValueError(text * 100)

    assert failure_of(fails).message == (text * 100)[:4000]


def test_the_example_that_a_generator_of_inputs_found_is_kept():
    error = AssertionError("no")
    error.add_note(
        "Explanation:\n  Falsifying example: test_it(\n    n=0,\n)\nYou can reproduce ..."
    )
    try:
        raise error
    except AssertionError:
        assert describe(error).example == "Falsifying example: test_it(\n    n=0,\n)"
