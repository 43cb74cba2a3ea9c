"""Which definition of a file a failing test is about, where its traceback does not lead there.

A function that returns a wrong value leaves no frame: the assertion fails in the test. But the
message names the calls that gave the compared values, and the test's own code names the rest.
"""

import re
from collections.abc import Iterator

from lacuna_ls.domain.test_result import TestResult
from lacuna_ls.domain.text import Span
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.nodes import preorder, span_of

_CALL = re.compile(r"(\w+)\(")


def blamed(result: TestResult, document: Document) -> Span | None:
    """The name of the definition that `result` speaks of first, `None` if it speaks of none."""
    definitions = _definitions(document)
    for name in _mentioned(result):
        if name in definitions:
            return definitions[name]
    return None


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
