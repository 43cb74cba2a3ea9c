"""Which definition of a file a failing test is about, where its traceback does not lead there.

A function that returns a wrong value leaves no frame: the assertion fails in the test. Where it
was recorded what the test called, the function that returned a compared value is known. Else the
message names the calls that gave the compared values, and the test's own code names the rest.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from lacuna_ls.domain.facts import FunctionFacts
from lacuna_ls.domain.test_result import TestResult
from lacuna_ls.domain.text import Span
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.nodes import preorder, span_of

_CALL = re.compile(r"(\w+)\(")


def blamed(result: TestResult, document: Document, path: Path) -> Span | None:
    """The name of the definition in `document`, at `path`, that `result` is about.

    `None` if it is about none.
    """
    function = giver(result, path)
    if function is not None:
        line = document.source.line_span(min(function.line, len(document.source.line_starts) - 1))
        for span in _definitions(document).values():
            if line.contains(span):
                return span
    definitions = _definitions(document)
    for name in _mentioned(result):
        if name in definitions:
            return definitions[name]
    return None


def giver(result: TestResult, path: Path) -> FunctionFacts | None:
    """The function of the file at `path` that gave the failing code of the test its value.

    The last one that returned what the message compares; else the last that was called on the line
    that failed.
    """
    failure = result.failure
    if failure is None or not failure.frames:
        return None
    failed = failure.frames[-1]
    given = [
        (call, function)
        for function in result.facts
        if function.path == path
        for call in function.captured
        if call.returned is not None
        and (call.caller.path, call.caller.function) == (failed.path, failed.function)
    ]
    compared = [each for each in given if _compares(failure.message, each[0].returned or "")]
    on_the_line = [each for each in given if each[0].caller.line == failed.line]
    found = max(compared or on_the_line, key=lambda each: each[0].number, default=None)
    return None if found is None else found[1]


def _compares(message: str, value: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(value)}(?![\w.])", message) is not None


def _mentioned(result: TestResult) -> Iterator[str]:
    if result.failure is not None:
        yield from _CALL.findall(result.failure.message)
        yield from sorted(result.failure.names, key=lambda name: name not in result.test_id)


def _definitions(document: Document) -> dict[str, Span]:
    """Where each name is first defined; functions hide types of the same name."""
    if document.tree is None or document.language is None:
        return {}
    kinds = document.language.definition_nodes
    found: dict[str, tuple[int, Span]] = {}
    for node in preorder(document.tree.root_node):
        name = node.child_by_field_name("name") if node.type in kinds else None
        if name is None:
            continue
        text, rank = document.source.text(span_of(name)), kinds.index(node.type)
        if text not in found or rank < found[text][0]:
            found[text] = rank, span_of(name)
    return {text: span for text, (_, span) in found.items()}
