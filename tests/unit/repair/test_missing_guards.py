"""A guard that was left out is among the candidates: from the tests, its sibling, or what nobody reads."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.domain.text import encode
from lacuna_ls.repair.admission import admitted
from lacuna_ls.repair.fix import RedTests
from lacuna_ls.repair.proposers.best_first import propose
from lacuna_ls.repair.proposers.python.expectations import Wanted, raised, wanted_errors
from lacuna_ls.repair.proposers.template import Context, Names
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id

PYTHON = by_language_id("python")
ACCOUNT = """\
class Account:
    def __init__(self, limit, name):
        self.limit = limit
        self.name = name

    def take(self, key):
        cost = price(key)
        self.limit -= cost
        return self.limit
"""


def candidates(text: str, message: str = "", *tests: RedTests) -> list[str]:
    """Texts of the admitted candidates, most promising first, every line equally suspected."""
    doc = open_document("file:///w/a.py", 1, PYTHON, encode(text))
    suspicion = (1.0,) * len(doc.source.line_starts)
    found = [admitted(doc, p.candidate) for p in propose(doc, suspicion, (message,), tests)]
    return [data.decode() for data in found if data is not None]


def red(text: str, *names: str, raised: str = "") -> RedTests:
    return RedTests(encode(text), (names,), (raised,) if raised else ())


def wanted(text: str, *names: str, message: str = "") -> tuple[Wanted, ...]:
    doc = open_document("file:///w/a.py", 1, PYTHON, b"")
    assert doc.tree is not None
    tests = (red(text, *names),)
    return wanted_errors(
        Context(doc.source, doc.tree.root_node, Names((), ()), frozenset(), (message,), tests)
    )


def test_an_error_that_does_not_come_up_is_raised_for_a_bad_argument():
    guard = '        if limit < 0:\n            raise ValueError("limit must not be negative")\n'
    after = ACCOUNT.replace("        self.limit = limit\n", guard + "        self.limit = limit\n")
    assert after in candidates(ACCOUNT, "ValueError not raised")[:40]


def test_an_error_that_does_not_come_up_is_raised_for_what_was_just_computed():
    line = "        cost = price(key)\n"
    guard = '        if cost < 0:\n            raise ValueError("cost must not be negative")\n'
    after = ACCOUNT.replace(line, line + guard)
    assert after in candidates(ACCOUNT, "DID NOT RAISE <class 'ValueError'>")[:40]


def test_the_error_says_what_the_failing_test_asks_for():
    test = "def test_take():\n    with pytest.raises(ValueError, match='too dear'):\n        take('x')\n"
    line = "        cost = price(key)\n"
    guard = '        if cost < 0:\n            raise ValueError("too dear")\n'
    after = ACCOUNT.replace(line, line + guard)
    message = "DID NOT RAISE <class 'ValueError'>"
    assert after in candidates(ACCOUNT, message, red(test, "test_take"))[:30]


def test_a_crash_where_a_test_waits_for_another_error_is_met_by_that_error():
    before = "def call(*args):\n    func, rest = args[0], args[1:]\n    return func(*rest)\n"
    guard = '    if not args:\n        raise TypeError("args must not be empty")\n'
    after = before.replace("    func", guard + "    func")
    test = "def test_call():\n    with pytest.raises(TypeError):\n        call()\n"
    message = "tuple index out of range"
    assert after in candidates(before, message, red(test, "test_call", raised="IndexError"))[:5]


def test_none_is_given_back_where_it_crashes():
    before = (
        "def clamp(value: float | None, low=None):\n    import math\n\n"
        "    if not math.isfinite(value):\n        return low\n    return max(value, low)\n"
    )
    guard = "    if value is None:\n        return None\n"
    after = before.replace("    if not", guard + "    if not")
    assert after in candidates(before, "must be real number, not NoneType")[:60]


def test_what_is_computed_and_never_read_is_what_the_guard_asks_for():
    before = (
        "def fits(func):\n    varargs = has_varargs(func)\n    keywords = has_keywords(func)\n"
        "    if keywords:\n        return False\n    return True\n"
    )
    line = "    varargs = has_varargs(func)\n"
    after = before.replace(line, line + "    if varargs:\n        return False\n")
    assert after in candidates(before, "assert True is False")[:10]


SIBLINGS = """\
known = {}


def size(func):
    if func not in known:
        return None
    return known[func]


def rank(func):
    if func not in known:
        return None
    return max(known[func])


def kind(func):
    return known[func].kind
"""


def test_the_guard_of_the_sibling_functions_is_tried_early_where_the_crash_is_the_one_it_prevents():
    guard = "    if func not in known:\n        return None\n"
    after = SIBLINGS.replace("    return known[func].kind", guard + "    return known[func].kind")
    assert after in candidates(SIBLINGS, "1", red("", raised="KeyError"))[:30]


def test_the_guard_beside_is_turned_around_for_the_result_that_is_expected():
    before = (
        "from math import isinf, isnan\n\n\ndef shown(x):\n    if isnan(x):\n        return 'nan'\n"
        "    if isinf(x) and x > 0:\n        return '+inf'\n    return ''\n"
    )
    guard = "    if isinf(x) and x < 0:\n        return '-inf'\n"
    after = before.replace("    if isinf", guard + "    if isinf")
    assert after in candidates(before, "assert '' == '-inf'")[:60]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("with raises(KeyError): f()", Wanted("KeyError")),
        ("with pytest.raises(errors.Missing): f()", Wanted("Missing")),
        (r"with pytest.raises(KeyError, match=r'no \(a\)$'): f()", Wanted("KeyError", "no (a)")),
        ("with pytest.raises(KeyError, match='a|b'): f()", Wanted("KeyError")),
        ("self.assertRaisesRegex(KeyError, 'gone', f)", Wanted("KeyError", "gone")),
        ("pytest.raises(KeyError, match=re.escape('a.b'))", Wanted("KeyError", "a.b")),
    ],
)
def test_what_a_test_waits_for_is_read_from_its_text(call: str, expected: Wanted):
    text = f"class Tests:\n    def test_f(self):\n        {call}\n"
    assert wanted(text, "Tests", "test_f") == (expected,)


def test_what_other_tests_wait_for_is_not_asked_of_this_one():
    text = "def test_a():\n    assert f()\n\ndef test_b():\n    with raises(KeyError): f()\n"
    assert wanted(text, "test_a") == ()


@given(st.text(max_size=60), st.sampled_from(("x < 0", "not x", "x in y")))
def test_the_statement_that_raises_is_python_and_says_the_text_whatever_it_is(
    text: str, condition: str
):
    statement, _ = raised(Wanted("ValueError", text), condition)
    (parsed,) = ast.parse(statement.encode("utf-8", "surrogatepass")).body
    assert isinstance(parsed, ast.Raise)
    if " " in text and isinstance(parsed.exc, ast.Call):
        assert ast.literal_eval(parsed.exc.args[0]) == text


@given(st.text(max_size=200), st.text(max_size=10))
def test_any_text_of_a_test_is_read_without_an_error(text: str, name: str):
    assert wanted(text, name) is not None
