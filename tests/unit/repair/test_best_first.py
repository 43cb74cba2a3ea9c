"""Candidates come most promising first, and the first of them without the others."""

import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lacuna_ls.repair.proposers import best_first
from lacuna_ls.repair.proposers.best_first import propose
from lacuna_ls.repair.proposers.python import TEMPLATES
from lacuna_ls.repair.proposers.template import Rule
from lacuna_ls.syntax.document import Document, open_document
from lacuna_ls.syntax.languages import by_language_id

STDLIB = Path(sysconfig.get_path("stdlib"))
FILES = ("bisect.py", "heapq.py", "textwrap.py", "colorsys.py")
MESSAGES = ("name 'width' is not defined", "assert None == [1]", "KeyError: 'text'")


def document(data: bytes) -> Document:
    return open_document("file:///w/a.py", 1, by_language_id("python"), data)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(FILES), st.integers(0, 400), st.floats(0.01, 1.0), st.sampled_from(MESSAGES))
def test_none_is_more_promising_than_one_before_it(
    name: str, line: int, beside: float, message: str
):
    doc = document((STDLIB / name).read_bytes())
    suspicion = [0.0] * len(doc.source.line_starts)
    for each in range(line, min(line + 20, len(suspicion))):
        suspicion[each] = beside
    suspicion[min(line + 7, len(suspicion) - 1)] = 1.0
    priorities = [proposal.priority for proposal in propose(doc, suspicion, (message,))]
    assert priorities == sorted(priorities, reverse=True)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=12), st.binary(max_size=12), st.binary(max_size=12))
def test_what_two_texts_begin_with_is_found(start: bytes, one: bytes, other: bytes):
    common = best_first._common(start + one, start + other)
    assert (start + one)[:common] == (start + other)[:common]
    rest = (start + one)[common:], (start + other)[common:]
    assert not all(rest) or rest[0][0] != rest[1][0]


def test_a_rule_of_little_promise_is_not_asked_before_it_can_matter(
    monkeypatch: pytest.MonkeyPatch,
):
    asked: list[str] = []

    def watched(rule: Rule) -> Rule:
        def splices(node, context):
            asked.append(rule.splices.__name__)
            return rule.splices(node, context)

        return replace(rule, splices=splices)

    templates = replace(TEMPLATES, rules=tuple(map(watched, TEMPLATES.rules)))
    monkeypatch.setattr(best_first, "templates_of", lambda _: templates)
    doc = document(b"def f(a, b):\n    if a < b:\n        return a\n    return b\n")
    found = propose(doc, (0.2, 1.0, 1.0, 1.0))
    assert next(found).candidate.summary.startswith("compare")
    assert "comparison" in asked
    assert "exchanged" not in asked
    list(found)
    assert "exchanged" in asked
