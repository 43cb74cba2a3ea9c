"""Counterexamples that real runs find, and the tests that are made of them."""

import os
import time
from pathlib import Path
from unittest.mock import patch

import pytest
import pytest_asyncio

from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.text import Span, decode
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.verification.breaking import Broken, Target, Unbroken, in_words, try_to_break
from lacuna_ls.verification.callables import callable_at
from real_runs import Trusting, project, request

# One process for all: they share a folder, and the loop that it belongs to.
pytestmark = pytest.mark.asyncio(loop_scope="module")


class Monotonic:
    def monotonic_s(self) -> float:
        return time.monotonic()


class Workspace:
    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self.pool = WorkerPool(Trusting())

    async def attempt(
        self, source: str, tests: str, before: str | None = None
    ) -> Broken | Unbroken:
        """On the first function of the source."""
        tests = f"from it import *\n\n\n{tests}"
        project(self._root, {"it.py": source, "test_it.py": tests})
        path = self._root / "it.py"
        document = open_document(path.as_uri(), 1, by_language_id("python"), source.encode())
        assert document.tree is not None
        start = source.index("def ")
        function = callable_at(
            document.tree.root_node, Span(start, start + 3), frozenset({"function_definition"})
        )
        assert function is not None
        target = Target(
            document,
            path,
            function,
            request(self._root, "test_it.py"),
            self._root / "test_it.py",
            tests.encode(),
            None if before is None else before.encode(),
        )
        with patch.dict(os.environ):
            del os.environ["PYTEST_CURRENT_TEST"]
            return await try_to_break(target, self.pool, Monotonic(), 10.0)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def workspace(tmp_path_factory):
    made = Workspace(tmp_path_factory.mktemp("broken"))
    yield made
    await made.pool.close()


def added(result: Broken | Unbroken) -> str:
    assert isinstance(result, Broken), in_words("f", result)
    return decode(result.test.edit.new).strip()


async def test_a_slip_on_an_input_like_those_of_the_tests(workspace):
    source = "def second(xs):\n    return sorted(set(xs))[1]\n"
    tests = (
        "def test_second():\n    assert second([3, 1, 2]) == 2\n    assert second([5, 4]) == 5\n"
        "    assert second([9, 7, 7]) == 9\n"
    )
    result = await workspace.attempt(source, tests)
    assert added(result).endswith(result.counterexample.call)
    assert result.counterexample.says == "raises IndexError"


async def test_what_it_did_at_head_where_the_tests_do_not_ask_for_something_else(workspace):
    before = "def clamp(n, low, high):\n    return max(low, min(n, high))\n"
    source = before.replace("max(low, min(n, high))", "min(n, high)")
    tests = "def test_clamp():\n    assert clamp(5, 0, 9) == 5\n    assert clamp(12, 1, 9) == 9\n"
    result = await workspace.attempt(source, tests, before)
    assert "at HEAD it returns" in result.counterexample.says
    assert added(result).startswith("def test_clamp_counterexample():\n    assert clamp(")


async def test_nothing_is_held_against_it_that_the_tests_ask_for(workspace):
    before = "def double(n):\n    return n\n"
    source = "def double(n):\n    return 2 * n\n"
    tests = "def test_double():\n    assert double(5) == 10\n    assert double(4) == 8\n"
    result = await workspace.attempt(source, tests, before)
    assert isinstance(result, Unbroken)
    assert in_words("double", result).startswith("could not break double in ")


async def test_a_function_that_no_test_calls_says_so(workspace):
    result = await workspace.attempt("def f(x):\n    return x\n", "def test_it(): ...\n")
    assert "no test calls the function" in in_words("f", result)
