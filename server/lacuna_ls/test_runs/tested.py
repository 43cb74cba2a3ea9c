"""Which definitions of a file are tests or have tests, and what those say.

A test belongs to the definition that its id names. A function has the tests whose own code
mentions its name, among those that ran because of its file: by name, as nothing is run for it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from lacuna_ls.domain.test_result import Outcome, TestResult
from lacuna_ls.domain.text import Span
from lacuna_ls.syntax.called_tests import called_tests
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.nodes import preorder, span_of

_PARAMETERS = re.compile(r"\[.*", re.DOTALL)
_GREEN = (Outcome.PASSED, Outcome.XFAILED, Outcome.XPASSED)


@dataclass(frozen=True, slots=True)
class Definition:
    """A function, a type or a test that is a call: the span of its name, its zero-based lines.

    `path` are the names that lead to it, outermost first.
    """

    name: Span
    first_line: int
    last_line: int
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A definition with its results; `is_test` if they are its own."""

    definition: Definition
    results: tuple[TestResult, ...]
    is_test: bool


def judged(
    document: Document, path: Path, results: Sequence[TestResult], concerned: Collection[str]
) -> tuple[Judged, ...]:
    """The definitions of `document`, which lies at `path`, of which `results` say something.

    `concerned` are the test files that ran because of the document.
    """
    own: list[TestResult] = []
    mentioning = defaultdict[str, list[TestResult]](list)
    for result in results:
        if path.as_posix().endswith("/" + _file(result)):
            own.append(result)
        elif _file(result) in concerned:
            for name in result.names:
                mentioning[name].append(result)
    named = defaultdict[tuple[str, ...], list[TestResult]](list)
    for result in own:
        for names in _definitions_named(result):
            named[names].append(result)
    found: list[Judged] = []
    for definition in definitions(document):
        its_own = tuple(named.get(definition.path, ()))
        mentions = tuple(mentioning.get(definition.path[-1], ()))
        if its_own or mentions:
            # An example in documentation is a test of its function beside the others.
            is_test = not mentions or any(_is_named(each, definition) for each in its_own)
            results_of_it = its_own if is_test else (*its_own, *mentions)
            found.append(Judged(definition, results_of_it, is_test))
    return tuple(found)


def reason(test_file: str, saved: PurePath, doctests: Collection[str]) -> str:
    """Why a test file ran when `saved` was: a clause. Both are relative to the workspace root."""
    if test_file == saved.as_posix():
        return "its examples are in the saved file" if test_file in doctests else "it was saved"
    stem = saved.parent.name if saved.stem == "__init__" else saved.stem
    if stem.lstrip("_") in PurePath(test_file).stem:
        return f"{saved.as_posix()} was saved, which its file is named after"
    return f"{saved.as_posix()} was saved, which its file can reach by its imports"


def definitions(document: Document) -> Iterator[Definition]:
    """In source order."""
    if document.tree is None or document.language is None:
        return
    source, open_ones = document.source, list[tuple[int, str]]()
    calls = called_tests(document)
    for node in preorder(document.tree.root_node):
        named = node.child_by_field_name("name")
        if named is not None and node.type in document.language.definition_nodes:
            name: Span | None = span_of(named)
        else:
            # A statement without a semicolon is as long as the call in it.
            name = calls.pop(span_of(node), None)
        if name is None:
            continue
        open_ones = [(end, outer) for end, outer in open_ones if node.start_byte < end]
        text = source.text(name)
        path = (*(outer for _, outer in open_ones), text)
        open_ones.append((node.end_byte, text))
        first, last = source.line_at(node.start_byte), source.line_at(max(node.end_byte - 1, 0))
        yield Definition(name, first, last, path)


def in_words(judged: Judged) -> str:
    """`3 tests, 2 pass, 1 fails, 14 ms`, `3 tests pass, 14 ms`; one of its own without a number."""
    results = judged.results
    counts = Counter(_said(result) for result in results)
    took = _duration(sum(result.duration_s for result in results))
    if judged.is_test and len(results) == 1:
        (said,) = counts
        return f"{said}, {took}"
    tests = "1 test" if len(results) == 1 else f"{len(results)} tests"
    if len(counts) == 1:
        (said,) = counts
        return f"{tests} {said if len(results) == 1 else _PLURALS[said]}, {took}"
    parts = [tests]
    parts += [
        f"{counts[one]} {one if counts[one] == 1 else many}"
        for one, many in _PLURALS.items()
        if counts[one]
    ]
    return ", ".join([*parts, took])


_PLURALS = {"passes": "pass", "fails": "fail", "is skipped": "are skipped"}


def _said(result: TestResult) -> str:
    if result.red:
        return "fails"
    return "passes" if result.outcome in _GREEN else "is skipped"


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{round(seconds * 1000)} ms"


def _file(result: TestResult) -> str:
    return result.test_id.partition("::")[0]


def _is_named(result: TestResult, definition: Definition) -> bool:
    """Whether the test is the definition itself, and not an example in its documentation."""
    rest = _PARAMETERS.sub("", result.test_id.partition("::")[2])
    return tuple(rest.split("::")) == definition.path


def _definitions_named(result: TestResult) -> Iterator[tuple[str, ...]]:
    """The names, outermost first, of the definitions that the id can be of."""
    rest = _PARAMETERS.sub("", result.test_id.partition("::")[2])
    yield tuple(rest.split("::"))
    if "::" not in rest:
        # A doctest is named by its module and its definition: `pkg.shop.Cart.add`.
        names = rest.split(".")
        for start in range(1, len(names)):
            yield tuple(names[start:])
