"""What is made of the reports of programs, whatever stands in them."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lacuna_ls.adapters.program_reports import read_report
from lacuna_ls.domain.test_result import Outcome

ROOT = Path("/project")
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
NODE_KEYS = ["type", "name", "file", "line", "nesting", "skipped", "todo", "error", "duration_ms"]
VITEST_KEYS = ["testResults", "assertionResults", "name", "title", "status", "location", "message"]


def events(*each: dict[str, object]) -> str:
    return "".join(json.dumps(event) + "\n" for event in each)


@pytest.mark.parametrize("form", ["node", "vitest"])
@settings(max_examples=30)
@given(text=st.text() | values.map(json.dumps))
def test_what_is_no_report_says_nothing(form, text):
    said = read_report(form, text, ROOT)
    assert said.results == ()


@settings(max_examples=40)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(NODE_KEYS), values)
        | st.fixed_dictionaries({"type": st.sampled_from(["test:fail", "test:pass"])}),
        max_size=4,
    )
)
def test_a_strange_event_of_node_costs_no_more_than_itself(strange):
    good = {"type": "test:pass", "name": "good", "file": "/project/a.test.mjs", "nesting": 0}
    said = read_report("node", events(*strange, good), ROOT)
    assert said.results[-1].test_id.endswith("good")


@settings(max_examples=40)
@given(st.lists(st.dictionaries(st.sampled_from(VITEST_KEYS), values), max_size=4))
def test_a_strange_file_of_vitest_costs_no_more_than_itself(strange):
    test = {"title": "good", "status": "passed"}
    good = {"name": "/project/a.test.ts", "assertionResults": [test]}
    said = read_report("vitest", json.dumps({"testResults": [*strange, good]}), ROOT)
    assert said.results[-1].test_id == "a.test.ts::good"


def test_a_todo_that_fails_is_expected_to():
    event = {"type": "test:fail", "name": "x", "file": "/project/a.mjs", "todo": True, "nesting": 0}
    (result,) = read_report("node", events(event), ROOT).results
    assert (result.outcome, result.failure) == (Outcome.XFAILED, None)


def test_tests_of_one_name_are_numbered():
    event = {"type": "test:pass", "name": "x", "file": "/project/a.mjs", "nesting": 0}
    ids = [result.test_id for result in read_report("node", events(event, event), ROOT).results]
    assert ids == ["a.mjs::x", "a.mjs::x[2]"]


def test_colours_are_taken_out():
    test = {"title": "x", "status": "failed", "failureMessages": ["\x1b[31mError: no\x1b[0m\n at"]}
    file = {"name": "/project/a.test.ts", "assertionResults": [test]}
    (result,) = read_report("vitest", json.dumps({"testResults": [file]}), ROOT).results
    assert result.failure is not None
    assert "\x1b" not in result.failure.message
