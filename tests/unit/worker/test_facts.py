"""What is recorded of code, written behind its lines."""

import ast
import json
import linecache
import math
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lacuna_ls.adapters.worker_facts import function_facts
from lacuna_ls.domain.facts import FunctionFacts
from lacuna_ls.domain.test_result import Outcome, TestResult
from lacuna_ls.domain.text import Source, encode
from lacuna_ls.test_runs.facts import line_notes, trace
from lacuna_ls.worker import facts, messages
from lacuna_ls.worker.listening import recorder
from lacuna_ls.worker.values import MAX_TEXT, Shown, literal
from real_interpreters import VERSIONS, interpreter

WORKER = Path(messages.__file__).parent

numbers = count()


def recorded(source: str, again: str | None = None) -> tuple[str, tuple[FunctionFacts, ...]]:
    """The facts of `run()` in `source`, whatever it raises, and the name of its file."""
    name = f"/nowhere/recorded{next(numbers)}.py"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    names: dict[str, Any] = {}
    exec(compile(source, name, "exec"), names)
    watching = recorder([name])
    watching.start(names[again].__code__ if again else None)
    try:
        with suppress(Exception):
            names["run"]()
    finally:
        watching.freeze()
    found = watching.take().get(name, [])
    watching.close()
    return name, tuple(function_facts(name, json.loads(json.dumps(each))) for each in found)


def noted(source: str) -> str:
    """The source with what was seen written behind each line."""
    source = textwrap.dedent(source).strip("\n")
    plain = "\n".join(line.partition("  # ")[0] for line in source.splitlines())
    name, seen = recorded(plain)
    result = TestResult("t", Outcome.FAILED, 0.0, facts=seen)
    notes = dict(line_notes([result], Path(name), Source.of(encode(plain))))
    lines = plain.splitlines()
    return "\n".join(
        f"{line}  # {notes[at]}" if at in notes else line for at, line in enumerate(lines)
    )


@pytest.mark.parametrize(
    "source",
    [
        """
        def run(n=2):  # n = 2
            total = n + 1  # total = 3
            return total  # → 3
        """,
        """
        def run():
            total = 0  # total = 0
            for each in [1, 2, 5]:  # each = 1 … 5 (3×)
                total += each  # total = 1 … 8 (3×)
            return total  # → 8
        """,
        """
        def run():
            items = []  # items = []
            for each in (1, 2):  # each = 1 … 2 (2×)
                items.append(each)  # items = [1] … [1, 2] (2×)
        """,
        """
        def run():
            n = 3  # n = 3
            while n:
                n -= 1  # n = 2 … 0 (3×)
        """,
        """
        def run():
            for i in range(2):  # i = 0 … 1 (2×)
                for j in range(3):  # j = 0 … 2 (6×)
                    pass
        """,
        """
        def run():
            try:
                int("x")  # ValueError: invalid literal for int() with base 10: 'x'
            except ValueError:
                return None  # → None
        """,
        """
        def half(n):  # n = 0
            return 1 / n  # ZeroDivisionError: division by zero

        def run():
            half(2)
            half(0)  # ZeroDivisionError: division by zero
        """,
        """
        import asyncio

        async def double(n):  # n = 2
            await asyncio.sleep(0)
            return 2 * n  # → 4

        def run():
            total = asyncio.run(double(2))  # total = 4
        """,
        """
        from concurrent.futures import ThreadPoolExecutor

        def other():
            return 1

        def run():
            n = ThreadPoolExecutor(1).submit(other).result()  # n = 1
        """,
        """
        class Cart:
            def __init__(self, price):  # price = 3
                self.price = price  # self = Cart(price=3)

        def run():
            cart = Cart(3)  # cart = Cart(price=3)
        """,
        """
        def numbers(n):  # n = 2
            for each in range(n):  # each = 0 … 1 (2×)
                yield each  # yield = 0 … 1 (2×)

        def run():
            total = sum(numbers(2))  # total = 1
        """,
        """
        def plus(a, *more, b=1, **named):  # a = 1, b = 3, more = (2,), named = {'c': 4}
            def inner(x):  # x = 5
                return x + a  # → 6
            return inner(5)  # → 6

        def run():
            plus(1, 2, b=3, c=4)
        """,
        """
        def same(f):
            return f

        def run():
            import os
            @same
            def inner(n):  # n = 1
                return [n]  # → [1]
            return inner(1)  # → [1]
        """,
    ],
)
def test_what_was_seen_is_written_behind_each_line(source):
    expected = textwrap.dedent(source).strip("\n")
    assert noted(source) == expected


def test_the_call_that_failed_is_shown_and_not_the_one_before():
    (seen, _) = recorded_by_name(
        "def f(n):\n    return 6 // n\ndef run():\n    f(2)\n    f(3)\n    f(0)\n"
    )
    assert seen.lines[0].values[0].last == "0"
    assert [call.returned for call in seen.captured] == ["3", "2", None]
    assert seen.captured[-1].raised == "ZeroDivisionError: integer division or modulo by zero"


def recorded_by_name(source: str) -> list[FunctionFacts]:
    return sorted(recorded(source)[1], key=lambda each: each.name)


def test_branches_say_which_lines_followed():
    code = (
        "def run():\n    for n in (1, 2, 3):\n        if n > 1:\n            n = 0\n    return n\n"
    )
    (seen,) = recorded_by_name(code)
    branches = {line.line: line.branches for line in seen.lines}
    assert branches[2] == ((1, 1), (3, 2))
    assert dict(branches[1])[2] == 3


def test_calls_are_captured_as_they_came_in_and_with_their_caller():
    code = "def f(a, b):\n    a.append(b)\n    return a\ndef run():\n    f([1], 2)\n"
    (seen, _) = recorded_by_name(code)
    (call,) = seen.captured
    assert [argument.literal for argument in call.arguments] == ["[1]", "2"]
    assert (call.returned_literal, call.caller.function, call.caller.line) == ("[1, 2]", "run", 4)


def test_of_many_blocks_and_calls_the_first_and_the_last_few_are_kept():
    code = "def f(n):\n    return n\ndef run():\n    for n in range(100):\n        f(n)\n"
    seen = recorded_by_name(code)
    assert [call.returned for call in seen[0].captured] == [*"01234", "95", "96", "97", "98", "99"]
    shown = trace(seen)
    assert shown.total == 301
    assert [block.number for _, block in shown.first] == [1, 2, 3, 4, 5]
    assert [block.number for _, block in shown.last] == [297, 298, 299, 300, 301]


def test_recording_begins_anew_with_each_example_of_a_test():
    code = "def example(n):\n    x = n\ndef run():\n    for n in range(9):\n        example(n)\n"
    _, (example,) = recorded(code, again="example")
    assert (example.calls, example.lines[1].values[0].last) == (1, "8")


def test_a_test_that_does_too_much_is_not_recorded(monkeypatch):
    monkeypatch.setattr(facts, "_BUDGET_S", 0.0)
    assert recorded("def run():\n    return 1\n")[1] == ()


def test_an_error_while_recording_ends_the_recording_and_not_the_test(monkeypatch):
    def broken(*arguments):
        raise RecursionError

    monkeypatch.setattr(facts.Recorder, "line", broken)
    ran: list[int] = []
    monkeypatch.setattr(sys.modules[__name__], "RAN", ran, raising=False)
    code = f"import sys\ndef run():\n    sys.modules[{__name__!r}].RAN.append(1)\n"
    assert (recorded(code)[1], ran) == ((), [1])


def test_recursion_to_the_end_of_the_stack_is_survived():
    code = "def down(n):\n    return down(n + 1)\ndef run():\n    down(0)\n"
    names = {each.name for each in recorded(code)[1]}
    assert names in (set(), {"down", "run"})


def test_other_files_are_not_followed():
    (seen,) = recorded_by_name("import json\ndef run():\n    return json.dumps([1])\n")
    assert seen.name == "run"


@pytest.mark.parametrize("version", VERSIONS)
def test_every_python_records_the_same(version, tmp_path):
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    (tmp_path / "code.py").write_text(
        "import asyncio\ndef add(prices):\n    total = 0\n    for price in prices:\n        if price > 2:\n"
        "            total += price\n    return 1 / total\nasync def wait(n):\n    await asyncio.sleep(0)\n    return n\n"
        "def count(n):\n    yield n\n    return 7\n"
        "def run():\n    asyncio.run(wait(*count(5)))\n    add([1, 3, 4])\n    add([])\n"
    )
    (tmp_path / "main.py").write_text(
        "import sys, json, importlib.util as u\n"
        f"spec = u.spec_from_file_location('w', {str(WORKER / '__init__.py')!r},"
        f" submodule_search_locations=[{str(WORKER)!r}])\n"
        "sys.modules['w'] = u.module_from_spec(spec)\nfrom w.listening import recorder\nimport code_\n"
        "r = recorder([code_.__file__])\nr.start()\n"
        "try:\n    code_.run()\nexcept ZeroDivisionError:\n    pass\nr.freeze()\n"
        "print(json.dumps(r.take()[code_.__file__]))\n"
    )
    (tmp_path / "code.py").rename(tmp_path / "code_.py")
    told = subprocess.run(
        [python, "main.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    add, count, run, wait = sorted(
        (function_facts("code_.py", each) for each in json.loads(told.stdout)),
        key=lambda each: each.name,
    )
    assert (add.name, add.line, add.calls, run.calls) == ("add", 1, 2, 1)
    assert [call.returned for each in (count, wait) for call in each.captured] == ["7", "5"]
    assert {line.line: line.raised for line in add.lines if line.raised} == {
        6: "ZeroDivisionError: division by zero"
    }
    assert [call.returned for call in add.captured] == ["0.14285714285714285", None]
    assert [value.last for line in add.lines for value in line.values] == ["[]", "0"]


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@settings(max_examples=40)
@given(plain)
def test_a_literal_is_an_equal_value_or_there_is_none(value):
    text = literal(value)
    if text is not None:
        assert repr(ast.literal_eval(text)) == repr(value)


@pytest.mark.parametrize(
    "value", [object(), [object()], math.nan, [math.inf], "x" * 9999, {1: len}]
)
def test_what_no_short_literal_can_say_has_none(value):
    assert literal(value) is None


@settings(max_examples=40)
@given(plain)
def test_a_value_is_shown_on_one_short_line(value):
    text = Shown().text(value)
    assert len(text) <= MAX_TEXT
    assert "\n" not in text


def endless() -> Iterator[int]:
    yield from count()


class Noisy:
    def __repr__(self) -> str:
        raise SystemError


class Slow:
    """Showing one takes a second of the log's time."""

    def __init__(self, log: list[str]) -> None:
        self.log = log

    def __repr__(self) -> str:
        self.log.append("shown")
        return "slow"


class Loop:
    def __init__(self) -> None:
        self.me = self


@pytest.mark.parametrize(
    ("make", "start"),
    [
        (Noisy, "<Noisy>"),
        (Loop, "Loop(me=Loop(me=Loop(me=<Loop>"),
        (endless, "<generator"),
        (lambda: list(range(1000)), "[0, 1, 2, 3, 4, 5, ...]"),
        (lambda: dict.fromkeys(range(1000)), "{0: None, "),
        (lambda: 10**5000, "<int"),
        (lambda: "x" * 10**6, "'xxx"),
    ],
)
def test_odd_values_are_shown_too(make: Callable[[], object], start: str):
    assert Shown().text(make()).startswith(start)


def test_a_type_that_is_slow_to_show_is_shown_once():
    log: list[str] = []
    shown = Shown(clock_s=lambda: len(log))
    assert [shown.text(Slow(log)) for _ in range(3)] == ["slow", "<Slow>", "<Slow>"]
    assert len(log) == 1


def test_this_interpreter_is_left_as_it_was():
    before = sys.gettrace()
    recorded("def run():\n    pass\n")
    assert sys.gettrace() is before
