"""Facts on their way from a real test process, and from one that says what it likes."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.adapters.worker_facts import function_facts
from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.test_result import RunStatus
from lacuna_ls.domain.text import Source
from lacuna_ls.test_runs.facts import line_notes
from real_runs import Trusting, project, request

SHOP = "def price(n):\n    total = n * 3\n    return total\n"
TESTS = """from hypothesis import given, settings, strategies as st
from shop import price

def test_right():
    assert price(1) == 3

def test_wrong():
    got = price(2)
    assert got == 8

@given(st.integers(0, 50))
def test_small(n):
    assert price(n) < 30
"""


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", str(tmp_path / "examples"))
    return project(tmp_path, {"shop.py": SHOP, "test_shop.py": TESTS}).resolve()


async def test_red_tests_come_with_what_they_did_in_the_files_that_were_named(shop):
    path = shop / "shop.py"
    asked = replace(request(shop, "test_shop.py"), facts=(path,))
    report = await WorkerPool(Trusting()).run(asked)
    assert report.status is RunStatus.COMPLETED
    right, wrong, small = report.results
    assert right.facts == ()
    source = Source.of(SHOP.encode())
    assert line_notes([wrong], path, source) == ((0, "n = 2"), (1, "total = 6"), (2, "→ 6"))
    (seen,) = wrong.facts
    (call,) = seen.captured
    assert (call.caller.path, call.caller.line) == (shop / "test_shop.py", 7)
    assert line_notes([small], path, source)[1] == (1, "total = 30")
    assert "price" in small.names
    assert small.failure is not None
    assert "n=10" in small.failure.example


async def test_a_run_that_was_not_asked_for_facts_brings_none(shop):
    report = await WorkerPool(Trusting()).run(request(shop, "test_shop.py::test_wrong"))
    assert [result.facts for result in report.results] == [()]


async def test_a_run_for_facts_leaves_the_users_coverage_alone(shop):
    test = (
        "import os\ndef test_it():\n    assert os.environ['COVERAGE_FILE'].startswith('/nowhere')\n"
    )
    project(shop, {"test_it.py": test})
    asked = replace(request(shop, "test_it.py"), facts=(shop / "test_it.py",))
    (result,) = (await WorkerPool(Trusting()).run(asked)).results
    assert result.failure is not None
    assert "lacuna-run-" in result.failure.message


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=8),
    max_leaves=20,
)


@given(anything | st.lists(anything, min_size=7, max_size=7))
def test_what_is_no_record_is_refused(record):
    with suppress(ValueError, TypeError):
        function_facts("shop.py", record)


def test_text_that_an_editor_should_not_show_is_taken_out():
    line = [1, 1, [["n\u202e", "\x1b[31m1\u200b", "2\n", 1]], [], "E" * 1000]
    facts = function_facts("shop.py", ["f", 0, 1, 1, [line], [], []])
    (value,) = facts.lines[0].values
    assert (value.name, value.first, value.last) == ("n", "[31m1", "2")
    assert len(facts.lines[0].raised) == 200
