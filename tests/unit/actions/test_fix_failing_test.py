import pytest

from lacuna_ls.actions.fix_failing_test import provider
from lacuna_ls.actions.provider import ActionRequest, Offer
from lacuna_ls.domain.candidate import Candidate
from lacuna_ls.domain.text import Span, TextEdit
from lacuna_ls.repair.finished import FinishedFixes
from lacuna_ls.repair.fix import Fix
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.verification.evidence import Evidence
from marked_text import read_marks

TEXT = "limit = 1\n\n\ndef f(a):\n    b = a\n    return b > limit\n\n\ndef g(a):\n    return f(a)\n"
F = Span(12, 51)
URI = "file:///w/a.py"


def fix(summary: str, at: int = TEXT.index(">")) -> Fix:
    candidate = Candidate(summary, (TextEdit(Span(at, at + 1), b">="),))
    return Fix(candidate, Evidence(12, 12), F)


def offers(marked: str, *, verified: int = 1, shown_at: tuple[Span, ...] = ()) -> list[Offer]:
    data, span = read_marks(marked)
    finished = FinishedFixes()
    finished.put(URI, verified, [fix("compare with >="), fix("use it")], shown_at)
    document = open_document(URI, 1, by_language_id("python"), data)
    return list(provider(finished).offers(ActionRequest(document, span)))


def test_fixes_are_titled_with_their_evidence_and_only_the_first_is_preferred():
    found = offers(TEXT.replace("b = a", "b |= a"))
    assert [o.title for o in found] == [
        "Fix: compare with >= (12 of 12 tests pass)",
        "Fix: use it (12 of 12 tests pass)",
    ]
    assert [o.preferred for o in found] == [True, False]


def test_fixes_that_do_the_same_in_two_places_name_their_lines():
    data, span = read_marks(TEXT.replace("b = a", "b |= a"))
    finished = FinishedFixes()
    finished.put(URI, 1, [fix("use 1"), fix("use 1", at=TEXT.index("a):")), fix("use 2")])
    document = open_document(URI, 1, by_language_id("python"), data)
    titles = [o.title for o in provider(finished).offers(ActionRequest(document, span))]
    assert [t.partition(" (")[0] for t in titles] == [
        "Fix: use 1 on line 6",
        "Fix: use 1 on line 4",
        "Fix: use 2",
    ]


@pytest.mark.parametrize(
    "marked",
    [
        TEXT.replace("def f", "|def f"),
        TEXT.replace("return b > limit", "return b > limit|"),
        TEXT.replace("limit = 1", "«limit = 1").replace("def f(a):", "def f»(a):"),
    ],
)
def test_fixes_are_listed_anywhere_on_the_lines_of_the_edited_function(marked: str):
    assert offers(marked)


@pytest.mark.parametrize("place", ["limit = 1", "return f(a)"])
def test_fixes_are_not_listed_elsewhere(place: str):
    assert offers(TEXT.replace(place, f"{place}|")) == []


def test_fixes_are_listed_on_the_line_of_a_finding():
    at = TEXT.index("f(a)\n", 60)
    marked = TEXT.replace("return f(a)", "|return f(a)")
    assert offers(marked, shown_at=(Span(at, at + 4),))


def test_fixes_of_another_version_are_not_listed():
    assert offers(TEXT.replace("b = a", "b |= a"), verified=2) == []


def test_a_document_can_be_forgotten():
    finished = FinishedFixes()
    finished.put(URI, 4, [fix("a")])
    finished.drop(URI, version=3)
    assert finished.get(URI, 4) is not None
    finished.drop(URI)
    assert finished.get(URI, 4) is None
