"""Candidates for real files: small edits, byte-exact around them, and text that parses."""

import functools
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lacuna_ls.domain.text import Span
from lacuna_ls.repair.admission import admitted
from lacuna_ls.repair.proposers.best_first import propose
from lacuna_ls.syntax.document import Document, open_document, parse
from lacuna_ls.syntax.languages import by_language_id

PYTHON = by_language_id("python")
assert PYTHON is not None
STDLIB = Path(sysconfig.get_path("stdlib"))
FILES = ("bisect.py", "heapq.py", "textwrap.py", "fractions.py", "csv.py", "colorsys.py")


@functools.cache
def document(name: str) -> Document:
    return open_document(name, 1, PYTHON, (STDLIB / name).read_bytes())


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(FILES), st.floats(0, 1), st.data())
def test_every_candidate_parses_and_keeps_all_bytes_around_its_edit(
    name: str, place: float, data: st.DataObject
):
    doc = document(name)
    lines = len(doc.source.line_starts)
    suspicion = [0.0] * lines
    start = int(place * (lines - 1))
    suspicion[start : start + 4] = [1.0] * len(suspicion[start : start + 4])
    proposals = list(propose(doc, suspicion))
    if not proposals:
        return
    proposal = data.draw(st.sampled_from(proposals))
    edits = proposal.candidate.edits
    assert all(_on_lines_of(proposal.statement, edit.span, doc) for edit in edits)
    changed = admitted(doc, proposal.candidate)
    if changed is None:
        return
    kept = doc.data
    for edit in sorted(edits, key=lambda e: e.span, reverse=True):
        kept = kept[: edit.span.start] + edit.new + kept[edit.span.end :]
    assert changed == kept
    assert PYTHON is not None
    assert not parse(changed, PYTHON).root_node.has_error


def _on_lines_of(statement: Span, span: Span, doc: Document) -> bool:
    """Within the statement's lines, or right in front of them or behind."""
    source = doc.source
    first = source.line_at(statement.start)
    last = source.line_at(max(statement.end - 1, statement.start))
    return first <= source.line_at(span.start) and source.line_at(max(span.end - 1, 0)) <= last + 1


@pytest.mark.parametrize("newline", [b"\r\n", b"\r"])
def test_no_other_line_end_appears(newline: bytes):
    text = b"def f(a, b):\n    return (a -\n            b) < 0\n".replace(b"\n", newline)
    doc = open_document("a.py", 1, PYTHON, text)
    for proposal in propose(doc, (1.0,) * len(doc.source.line_starts)):
        changed = admitted(doc, proposal.candidate)
        if changed is not None:
            assert not set(b"\r\n") & set(changed.replace(newline, b""))


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="abfx01 ()[]:=<>+-,.\n\"'é", max_size=60))
def test_any_text_is_taken(text: str):
    doc = open_document("a.py", 1, PYTHON, text.encode())
    for proposal in propose(doc, (1.0,) * len(doc.source.line_starts)):
        admitted(doc, proposal.candidate)
