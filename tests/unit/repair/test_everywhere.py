"""The same change at all places of a function."""

from lacuna_ls.domain.text import apply_edits, encode
from lacuna_ls.repair.proposers.best_first import propose
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id


def texts(text: str) -> list[str]:
    doc = open_document("file:///w/a.py", 1, by_language_id("python"), encode(text))
    found = propose(doc, (1.0,) * len(doc.source.line_starts))
    return [apply_edits(doc.data, p.candidate.edits).decode() for p in found]


def test_an_operator_that_is_wrong_twice_is_changed_twice():
    before = "def f(a, b, c):\n    return a == b and b == c and a\n"
    assert before.replace("and", "or") in texts(before)


def test_a_constant_that_is_wrong_in_two_statements_is_changed_in_both():
    before = 'def f(a):\n    if a:\n        return " "\n    return " "\n'
    assert before.replace('" "', '""') in texts(before)


def test_two_functions_are_not_changed_together():
    before = "def f(a, b):\n    return a and b\n\n\ndef g(a, b):\n    return a and b\n"
    assert before.replace("and", "or") not in texts(before)


def test_the_change_at_one_place_comes_before_the_same_at_all():
    before = "def f(a, b, c):\n    return (a and b) + (b and c)\n"
    found = texts(before)
    assert found.index(before.replace("and", "or", 1)) < found.index(before.replace("and", "or"))
