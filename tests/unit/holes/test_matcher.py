"""What a partial program covers; holes are written as «...»."""

import pytest

from lacuna_ls.domain.text import Span, encode
from lacuna_ls.holes.matcher import Insertion, fillings, truth_extent
from lacuna_ls.syntax.document import parse
from lacuna_ls.syntax.languages import languages
from lacuna_ls.syntax.nodes import preorder


def insertion(prefix, text, suffix, language):
    data = encode(prefix + text + suffix)
    start = len(encode(prefix))
    return Insertion(parse(data, language), data, Span(start, start + len(encode(text))))


def matches(shown, truth, prefix="x = ", suffix="\n", language_id="python"):
    language = next(known for known in languages() if language_id in known.language_ids)
    spans, plain = [], ""
    for piece in shown.split("«"):
        hole, mark, rest = piece.rpartition("»")
        start = len(encode(prefix + plain))
        if mark:
            spans.append((start, start + len(encode(hole))))
        plain += hole + rest
    left = insertion(prefix, plain, suffix, language)
    ids = {n.id for n in preorder(left.tree.root_node) if (n.start_byte, n.end_byte) in spans}
    return fillings(left, insertion(prefix, truth, suffix, language), ids, language) is not None


@pytest.mark.parametrize(
    ("shown", "truth"),
    [
        ("a - b", "a - b"),
        ("a-b", "a  -  b"),
        ("a - «b»", "a - c.d(1)"),
        ("a «-» b", "a + b"),
        ("f(a, «b»)", "f(a, lambda: 0)"),
        ("f(«a», «b»)", "f(1, 2)"),
        ("'a b'", "'a b'"),
        ("'«a b»'", "'any text'"),
        ("a", "a  # why"),
        ("a  # because", "a  # why"),
        ("f(a, b)", "f(a,b)"),
        ("'grüße' + «x»", "'grüße' + ä"),
    ],
)
def test_covers_what_is_equal_outside_the_holes(shown, truth):
    assert matches(shown, truth)


@pytest.mark.parametrize(
    ("shown", "truth"),
    [
        ("a - b", "b - a"),
        ("f(a, b)", "f(b, a)"),
        ("'a b'", "'ab'"),
        ("'a\\n b'", "'a\\nb'"),
        ("' \\n'", "'\\n'"),
        ("a + b", "a - b"),
        ("f(«a»)", "f(a, b)"),
        ("f(«a», b)", "f(b)"),
        ("f(a)", "f(a,)"),
        ("a if b else c", "c if b else a"),
        ("a", "a.b"),
        ("«a»", "a; y = 2"),
        ("{1: 2}", "{2: 1}"),
        ("b'x'", "'x'"),
        ("«a» - b", "b"),
    ],
)
def test_does_not_cover_what_differs_outside_the_holes(shown, truth):
    assert not matches(shown, truth)


def test_a_token_that_began_before_the_cursor_counts():
    assert not matches("_name", "_names", prefix="x = my")


def test_a_comment_in_which_the_cursor_stands_counts():
    assert not matches(" is good", " is bad", prefix="# this")


def test_a_hole_does_not_cover_text_that_the_cursor_had_behind_it():
    assert not matches("«a»", "a + b", prefix="x = (1 + ", suffix=" * c)\n")


def test_anonymous_tokens_count_in_other_languages_too():
    assert matches("a «===» b", "a == b", language_id="javascript", prefix="x = ")
    assert not matches("a === b", "a == b", language_id="javascript", prefix="x = ")
    assert not matches("`a ${b} c`", "`a ${b}c`", language_id="javascript", prefix="x = ")


def test_the_truth_extends_over_as_many_lines_as_are_proposed():
    assert truth_extent("a", "b\nc\nd\n") == "b"
    assert truth_extent("a\nb", "b\nc\nd\n") == "b\nc"


def test_the_truth_extends_to_where_its_brackets_are_closed():
    assert truth_extent("a", "f(\n    b,\n)\nc\n") == "f(\n    b,\n)"
    assert truth_extent("a", "f(  # (\n    ')',\n)\nc\n") == "f(  # (\n    ')',\n)"


def test_brackets_that_are_never_closed_extend_nothing():
    assert truth_extent("a", "f(\nb\nc\n") == "f("
