"""Each family by example: the fix must be among the candidates for the broken text."""

import pytest

from lacuna_ls.domain.text import apply_edits, encode
from lacuna_ls.repair.admission import admitted
from lacuna_ls.repair.proposers.best_first import propose
from lacuna_ls.syntax.document import Document, open_document
from lacuna_ls.syntax.languages import by_language_id

PYTHON = by_language_id("python")


def document(text: str) -> Document:
    return open_document("file:///w/a.py", 1, PYTHON, encode(text))


def candidates(text: str, *messages: str) -> list[str]:
    """Texts of the admitted candidates, most promising first, every line equally suspected."""
    doc = document(text)
    suspicion = (1.0,) * len(doc.source.line_starts)
    found = [admitted(doc, p.candidate) for p in propose(doc, suspicion, messages)]
    return [data.decode() for data in found if data is not None]


def function(*lines: str, signature: str = "f(a, b, xs)") -> str:
    return f"def {signature}:\n" + "".join(f"    {line}\n" for line in lines)


LINES = [
    # comparison
    ("return a < b", "return a <= b"),
    ("return a >= b", "return a > b"),
    ("return a == b", "return a != b"),
    ("return a is b", "return a == b"),
    ("return a is not b", "return a is b"),
    ("return a not in xs", "return a in xs"),
    ("return 0 < a < b", "return 0 < a <= b"),
    ("return not a is b", "return not a == b"),
    # off by one
    ("return xs[a]", "return xs[a - 1]"),
    ("return xs[:a]", "return xs[:a + 1]"),
    ("return xs[a:]", "return xs[a + 1:]"),
    ("return xs[1:]", "return xs[:]"),
    ("return xs[:]", "return xs[1:]"),
    ("return xs[:]", "return xs[:-1]"),
    ("return list(range(a))", "return list(range(a + 1))"),
    ("return list(range(a))", "return list(range(1, a))"),
    ("return list(range(1, a))", "return list(range(0, a))"),
    ("return range(a, b)", "return range(a, b + 1)"),
    ("return len(xs) > a", "return len(xs) > a + 1"),
    ("return len(xs)", "return len(xs) - 1"),
    ("return a | b", "return (a | b) + 1"),
    ("return a < (b if a else 1)", "return a <= (b if a else 1)"),
    # arithmetic, boolean, augmented
    ("return a + b", "return a - b"),
    ("return a / b", "return a // b"),
    ("return a // b", "return a % b"),
    ("return a * b", "return a ** b"),
    ("return a ^ b", "return a ** b"),
    ("a -= b", "a += b"),
    ("a = b", "a += b"),
    ("a += b", "a = b"),
    ("return a and b", "return a or b"),
    ("return -a", "return a"),
    # constants and initial values
    ("return xs[2]", "return xs[1]"),
    ("return xs[-2]", "return xs[-1]"),
    ("return a * 10", "return a * 9"),
    ("return True", "return False"),
    ("total = 1", "total = 0"),
    ("total = []", "total = None"),
    ("return a * 1.0", "return a * 0.5"),
    ('return " ".join(xs)', 'return "".join(xs)'),
    ('return a == "ab" or "cd" in b', 'return a == "cd" or "cd" in b'),
    ("return a.strip('é ')", "return a.strip('é')"),
    # names
    ("return a * a", "return a * b"),
    ("return [a for x in xs]", "return [x for x in xs]"),
    ("x = self.left; y = self.right; return self.left", "x = self.left; y = self.right; return self.right"),
    # operands, arguments, elements, branches
    ("return a - b", "return b - a"),
    ("return a - (b - 1)", "return (b - 1) - a"),
    ("return a + b", "return b"),
    ("return a and b and xs", "return a and b"),
    ("return divmod(a, b)", "return divmod(b, a)"),
    ("a, b = b, a", "a, b = a, b"),
    ("return [a, b]", "return [b, a]"),
    ("return a if xs else b", "return b if xs else a"),
    # siblings and wrappers
    ("return min(xs)", "return max(xs)"),
    ("return any(xs)", "return all(xs)"),
    ("xs.append(a)", "xs.extend(a)"),
    ("return a.lstrip()", "return a.rstrip()"),
    ("return abs(a - b) * 2", "return (a - b) * 2"),
    ("return a.lower()", "return a"),
    ("return a - b < 1", "return abs(a - b) < 1"),
    ("return len(xs)", "return len(set(xs))"),
    ("return a == b", "return a.lower() == b"),
    ("for x in xs: pass", "for x in xs[1:]: pass"),
    # negation
    ("if a: return b", "if not a: return b"),
    ("return b if a and xs else 1", "return b if not (a and xs) else 1"),
    ("return not a", "return a"),
    ("return any(xs)", "return not any(xs)"),
    ("return [x for x in xs if x]", "return [x for x in xs if not x]"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), LINES)
def test_the_fix_is_among_the_candidates(before: str, after: str):
    assert function(after) in candidates(function(before))


@pytest.mark.parametrize(
    ("before", "message", "after"),
    [
        ("return a * bb", "name 'bb' is not defined", "return a * b"),
        ("return xs.lenght", "'Box' object has no attribute 'lenght'. Did you mean: 'length'?", "return xs.length"),
        ("return g(speling=a)", "g() got an unexpected keyword argument 'speling'. Did you mean 'spelling'?", "return g(spelling=a)"),
    ],
)  # fmt: skip
def test_a_misspelt_name_that_the_failure_quotes_is_respelt_first(
    before: str, message: str, after: str
):
    assert candidates(function(before), message)[0] == function(after)


def test_a_name_that_only_self_has_gets_its_self():
    before = "class A:\n    def f(self):\n        self.size = 1\n        return size\n"
    after = before.replace("return size", "return self.size")
    assert candidates(before, "name 'size' is not defined")[0] == after


def test_a_keyword_argument_takes_the_name_of_a_parameter():
    before = "def g(width=1): return width\n\ndef f(): return g(widht=2)\n"
    assert "def g(width=1): return width\n\ndef f(): return g(width=2)\n" in candidates(before)


def test_a_default_value_can_be_the_fault():
    assert "def f(a=1):\n    return a\n" in candidates("def f(a=2):\n    return a\n")


@pytest.mark.parametrize(
    "text",
    [
        "def test_f():\n    a = 1\n    return a < 2\n",
        "class TestF:\n    limit = 1\n",
        "def f(a):\n    assert a < 1\n",
        "from a import b\nimport c\n",
        "def f() -> 'int | 1': pass\n",
        'def f():\n    "one"\n',
        "def f(a):\n    return a <\n",
    ],
)
def test_tests_assertions_imports_annotations_docstrings_and_broken_text_are_left_alone(text: str):
    assert candidates(text) == []


def test_a_candidate_never_adds_a_way_to_the_test_runner():
    text = "import sys\n\n\ndef f(a):\n    return sys.maxsize < a\n"
    assert not any("return sys.maxsize < sys\n" in candidate for candidate in candidates(text))


def test_the_module_that_names_are_imported_from_is_no_name():
    text = "from shop.prices import total\n\n\ndef f(a):\n    return total(a)\n"
    assert not any("return shop" in c or "return prices" in c for c in candidates(text))


def test_an_unsuspected_line_is_not_edited():
    doc = document("def f(a):\n    b = a + 1\n    return b\n")
    lines = {doc.source.line_at(p.statement.start) for p in propose(doc, (0.0, 0.0, 1.0, 0.0))}
    assert lines == {2}


def test_the_more_suspicious_of_two_equal_lines_comes_first():
    doc = document("def f(a):\n    x = a < 1\n    y = a < 1\n")
    best = next(propose(doc, (0.0, 0.5, 1.0, 0.0)))
    assert doc.source.line_at(best.statement.start) == 2


def test_a_language_without_templates_has_no_candidates():
    doc = open_document("file:///w/a.js", 1, by_language_id("javascript"), b"f = a < b")
    assert list(propose(doc, (1.0,))) == []


def test_each_text_is_proposed_once_and_in_the_same_order_each_time():
    text = function("if a < b and xs[0] == 'x': return a + 1", "return b - 1")
    doc = document(text)
    proposals = list(propose(doc, (1.0, 1.0, 1.0, 1.0)))
    texts = [apply_edits(doc.data, p.candidate.edits) for p in proposals]
    assert len(set(texts)) == len(texts)
    assert proposals == list(propose(doc, (1.0, 1.0, 1.0, 1.0)))


def test_a_negative_number_becomes_zero_and_no_negative_zero():
    found = candidates("def f():\n    return -1\n")
    assert "def f():\n    return 0\n" in found
    assert not any("-0" in text for text in found)


def test_a_result_is_passed_through_a_function_of_the_file_that_takes_one_argument():
    plain = "def plain(text):\n    return text.strip().lower()\n\n\n"
    found = candidates(plain + "def key(word):\n    return word\n")
    assert plain + "def key(word):\n    return plain(word)\n" in found
