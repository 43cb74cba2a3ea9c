"""Statements that are missing here and stand elsewhere in the file: the fix is among the candidates."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lacuna_ls.domain.text import encode
from lacuna_ls.repair.admission import admitted
from lacuna_ls.repair.proposers.best_first import propose
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id

PYTHON = by_language_id("python")
UNDEFINED = "NameError: name 'today' is not defined"


def candidates(text: str, *messages: str) -> list[str]:
    """Texts of the admitted candidates, most promising first, every line equally suspected."""
    doc = open_document("file:///w/a.py", 1, PYTHON, encode(text))
    suspicion = (1.0,) * len(doc.source.line_starts)
    found = [admitted(doc, p.candidate) for p in propose(doc, suspicion, messages)]
    return [data.decode() for data in found if data is not None]


OTHER = "\n\ndef is_due(day):\n    today = clock.date()\n    return day <= today\n"


def test_a_name_that_is_not_defined_gets_what_another_function_gives_it():
    before = "import clock\n\n\ndef age(born):\n    return today - born\n"
    after = before.replace("    return", "    today = clock.date()\n    return")
    assert after + OTHER in candidates(before + OTHER, UNDEFINED)[:4]


def test_a_local_variable_gets_the_attribute_of_its_name():
    before = "class A:\n    def __init__(self):\n        self._box = []\n\n    def add(self, x):\n        box.append(x)\n"
    after = before.replace("        box.", "        box = self._box\n        box.")
    assert after in candidates(before, "NameError: name 'box' is not defined")[:5]


def test_a_name_that_nobody_sets_starts_with_something():
    before = "def f(xs):\n    for x in xs:\n        found[x] = 1\n    return found\n"
    after = before.replace("    for", "    found = {}\n    for")
    assert after in candidates(before, "NameError: name 'found' is not defined")


def test_what_fits_comes_in_the_place_of_a_statement_that_does_nothing():
    before = "import clock\n\n\ndef age(born):\n    pass\n    return today - born\n"
    after = before.replace("    pass\n", "    today = clock.date()\n")
    assert after + OTHER in candidates(before + OTHER, UNDEFINED)[:4]


def test_nothing_is_taken_over_whose_names_are_not_bound_here():
    other = "\n\ndef is_due(day, zone):\n    today = clock.date(zone)\n    return day <= today\n"
    before = "import clock\n\n\ndef age(born):\n    return today - born\n"
    assert not any(
        "zone" in text.partition("def is_due")[0] for text in candidates(before + other, UNDEFINED)
    )


GUARDS = """\
class First:
    def get(self, key):
        if key not in self.names:
            raise KeyError(key)
        return self.names[key]


class Second:
    def get(self, {name}):
{guard}        return self.others[{name}]
"""


@pytest.mark.parametrize("name", ["key", "word"])
def test_the_guard_of_a_like_function_is_taken_over_with_the_names_of_this_one(name: str):
    guard = f"        if {name} not in self.names:\n            raise KeyError({name})\n"
    before, after = (GUARDS.format(name=name, guard=text) for text in ("", guard))
    assert after in candidates(before)


def test_a_guard_that_leaves_a_loop_stays_within_loops():
    other = "\n\ndef g(xs):\n    for x in xs:\n        if not xs:\n            break\n"
    before = "def f(xs):\n    return sum(xs)\n"
    assert not any("break" in text.partition("def g")[0] for text in candidates(before + other))


CLASS = """\
class Range:
    def __init__(self, low, high):
        self.low = low
{line}
    def has(self, x):
        return self.low <= x < self.high
"""


def test_a_constructor_keeps_the_parameter_that_the_class_asks_for():
    before, after = (CLASS.format(line=x) for x in ("", "        self.high = high\n"))
    assert after in candidates(before)
    assert candidates(before, "'Range' object has no attribute 'high'")[0] == after


def test_an_attribute_that_nobody_sets_starts_with_something():
    before = "class Box:\n    def __init__(self):\n        self.a = 1\n\n    def get(self):\n        return self.__b\n"
    after = before.replace("self.a = 1\n", "self.a = 1\n        self.__b = None\n")
    assert after in candidates(before, "AttributeError: 'Box' object has no attribute '_Box__b'")


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="abf01 ()[]:=.,\n\tdefclasif", max_size=80))
def test_any_text_is_taken(text: str):
    source = f"class A:\n    def __init__(self, a, b):\n        {text}\n        pass\n"
    candidates(source, "NameError: name 'f' is not defined", "'A' object has no attribute 'a'")


UPDATED = """\
def later(when, text):
    when = in_zone(when, now)
    return [when, text]


def since(then, delta):
    delta = abs(delta)
    return then - delta
"""


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("    then = abs(then)\n", "    delta = abs(delta)\n"),
        ("    text = abs(text)\n", "    when = in_zone(when, now)\n"),
    ],
)
def test_a_variable_is_given_the_form_that_the_file_gives_another(line: str, at: str):
    found = candidates("now = 0\n\n\ndef in_zone(when, zone): ...\n\n\n" + UPDATED)
    assert any(text.endswith(UPDATED.replace(at, line + at)) for text in found)


def test_what_a_variable_becomes_elsewhere_needs_only_names_that_are_bound_here():
    found = candidates("def in_zone(when, zone): ...\n\n\n" + UPDATED)
    assert not any("in_zone(delta, now)" in text for text in found)
