"""What the tests of a definition say, written behind its line."""

from pathlib import Path, PurePath

import pytest

from lacuna_ls.domain.test_result import Outcome, TestResult
from lacuna_ls.domain.text import encode
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.test_runs.tested import in_words, judged, reason


def result(test_id: str, outcome: str = "passed", *names: str) -> TestResult:
    return TestResult(test_id, Outcome(outcome), 0.007, names=names)


def said(text: str, path: str, *results: TestResult, language: str = "python") -> str:
    document = open_document("file:///x", 1, by_language_id(language), encode(text))
    lines = text.splitlines()
    for each in judged(document, Path(path), results, {"tests/test_shop.py"}):
        lines[document.source.line_at(each.definition.name.start)] += f"  # {in_words(each)}"
    return "\n".join(lines)


def test_a_test_says_its_own_verdict():
    text = "@slow\ndef test_a(): ...\nclass TestB:\n    def test_a(self): ...\n    def other(self): ..."
    assert said(
        text,
        "/w/tests/test_shop.py",
        result("tests/test_shop.py::test_a"),
        result("tests/test_shop.py::TestB::test_a", "failed"),
        result("tests/test_cart.py::test_a", "failed"),
    ) == (
        "@slow\ndef test_a(): ...  # passes, 7 ms\n"
        "class TestB:\n    def test_a(self): ...  # fails, 7 ms\n    def other(self): ..."
    )


def test_cases_of_one_test_are_counted():
    cases = [
        result("test_shop.py::test_a[1]"),
        result("test_shop.py::test_a[a::b]"),
        result("test_shop.py::test_a[2]", "error"),
        result("test_shop.py::test_a[3]", "skipped"),
    ]
    shown = said("def test_a(): ...", "/w/test_shop.py", *cases)
    assert shown == "def test_a(): ...  # 4 tests, 2 pass, 1 fails, 1 is skipped, 28 ms"


def test_a_function_has_the_tests_that_mention_it():
    shown = said(
        "def price(): ...\ndef free(): ...",
        "/w/shop.py",
        result("tests/test_shop.py::test_a", "passed", "price"),
        result("tests/test_shop.py::test_b", "failed", "len", "price"),
        result("tests/test_other.py::test_c", "failed", "free"),
    )
    assert shown == "def price(): ...  # 2 tests, 1 passes, 1 fails, 14 ms\ndef free(): ..."


def test_an_example_in_documentation_belongs_to_its_definition():
    shown = said(
        "class Cart:\n    def add(self): ...\n    def take(self): ...",
        "/w/pkg/shop.py",
        result("pkg/shop.py::pkg.shop.Cart.add"),
    )
    assert shown == "class Cart:\n    def add(self): ...  # passes, 7 ms\n    def take(self): ..."


def test_a_function_with_an_example_has_its_tests_besides():
    shown = said(
        "def price(): ...",
        "/w/shop.py",
        result("shop.py::shop.price"),
        result("tests/test_shop.py::test_a", "failed", "price"),
    )
    assert shown == "def price(): ...  # 2 tests, 1 passes, 1 fails, 14 ms"


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        (("passed",), "1 test passes, 7 ms"),
        (("passed", "xfailed"), "2 tests pass, 14 ms"),
        (("failed", "error"), "2 tests fail, 14 ms"),
        (("skipped",), "1 test is skipped, 7 ms"),
    ],
)
def test_tests_that_say_the_same_are_one_sentence(outcomes, words):
    tests = (result(f"tests/test_shop.py::test_{n}", o, "price") for n, o in enumerate(outcomes))
    assert said("def price(): ...", "/w/shop.py", *tests) == f"def price(): ...  # {words}"


@pytest.mark.parametrize(
    ("test", "saved", "doctests", "why"),
    [
        ("test_a.py", "test_a.py", (), "it was saved"),
        ("a.py", "a.py", ("a.py",), "its examples are in the saved file"),
        ("tests/test_a.py", "src/a.py", (), "src/a.py was saved, which its file is named after"),
        (
            "test_pkg.py",
            "pkg/__init__.py",
            (),
            "pkg/__init__.py was saved, which its file is named after",
        ),
        ("test_b.py", "a/c.py", (), "a/c.py was saved, which its file can reach by its imports"),
    ],
)
def test_why_a_test_ran(test, saved, doctests, why):
    assert reason(test, PurePath(saved), doctests) == why


@pytest.mark.parametrize("language", ["javascript", "typescript", "typescriptreact"])
def test_a_test_that_is_a_call_says_its_own_verdict(language):
    text = (
        'test("adds", () => {})\ndescribe("sums", () => {\n  it("adds", () => {});\n'
        '  it.only("more", async () => {});\n});\nother("adds", 1);\n'
        'test("parent", (t) => {\n  t.test("child", () => {});\n});'
    )
    names = ("adds", "sums::adds", "sums::more", "parent::child")
    results = [result(f"cart.test.js::{name}") for name in names]
    assert said(text, "/w/cart.test.js", *results, language=language) == (
        'test("adds", () => {})  # passes, 7 ms\ndescribe("sums", () => {\n'
        '  it("adds", () => {});  # passes, 7 ms\n'
        '  it.only("more", async () => {});  # passes, 7 ms\n});\nother("adds", 1);\n'
        'test("parent", (t) => {\n  t.test("child", () => {});  # passes, 7 ms\n});'
    )
