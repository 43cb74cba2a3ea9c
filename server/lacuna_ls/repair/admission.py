"""Which candidates may be run at all: a check on the syntax tree, whoever proposed them."""

from collections import Counter

from lacuna_ls.domain.candidate import Candidate
from lacuna_ls.domain.text import Span
from lacuna_ls.repair.proposers.template import Templates, templates_of
from lacuna_ls.syntax.document import Document, edit_document
from lacuna_ls.syntax.nodes import Node, ancestors, covering, preorder, span_of


def admitted(
    document: Document, candidate: Candidate, *, comments: bool = False, layout: bool = False
) -> bytes | None:
    """The candidate's text, or `None` if it must not be run.

    Refused are candidates that do not parse, that change no token, that touch a test or an
    assertion, and that add a name with which code can reach the test runner; also those that touch
    a comment, unless `comments` may go with the code around them. With `layout`, no token need change.
    """
    templates = templates_of(document.language)
    if templates is None or document.tree is None or not candidate.edits:
        return None
    edits = sorted(candidate.edits, key=lambda edit: edit.span, reverse=True)
    changed = edit_document(document, document.version, edits)
    if changed.tree is None or changed.tree.root_node.has_error:
        return None
    root = document.tree.root_node
    if any(_frozen(root, edit.span, templates, comments=comments) for edit in edits):
        return None
    statement = _statement(root, Span(edits[-1].span.start, edits[0].span.end), templates)
    grown = sum(len(edit.new) - len(edit.span) for edit in edits)
    before = shape(root, statement)
    after = shape(changed.tree.root_node, Span(statement.start, statement.end + grown))
    if before == after and not layout:
        return None
    added = Counter(after) - Counter(before)
    if any(_reaches_tests(k, t, templates) and _is_new(t, root) for k, t in added):
        return None
    return changed.data


def _is_new(text: str, root: Node) -> bool:
    """Not used by the file so far. What is private counts as new wherever it is added."""
    if text.startswith("_"):
        return True
    return not any(t == text for kind, t in shape(root, span_of(root)) if kind == "identifier")


def _reaches_tests(kind: str, text: str, templates: Templates) -> bool:
    """A name with which code reaches the test runner, or a string that is a piece of one."""
    if text in templates.test_machinery:
        return True
    return "string" in kind and text.startswith("__") != text.endswith("__")


def _frozen(root: Node, span: Span, templates: Templates, *, comments: bool) -> bool:
    """The span lies in a part that is never edited, or takes one away."""
    node = covering(root, span)
    around = (node, *ancestors(node))
    within = (n for n in preorder(node) if span_of(n).overlaps(span))
    concerned = (n for n in (*around, *within) if not (comments and n.is_extra))
    return any(n.type in templates.frozen_types or templates.is_test(n) for n in concerned)


def _statement(root: Node, span: Span, templates: Templates) -> Span:
    """The smallest statement, or run of nested ones, that holds the span."""
    node = covering(root, span)
    for parent in (node, *ancestors(node)):
        if parent.parent is not None and parent.parent.type in templates.block_types:
            return span_of(parent)
    return span_of(root)


def shape(root: Node, span: Span) -> tuple[tuple[str, str], ...]:
    """Node types in order, with the text of the leaves and how many children the others have.

    Equal for texts that differ in layout only.
    """
    return tuple(
        (node.type, _inner(node) if node.child_count else _leaf_text(node))
        for node in preorder(covering(root, span))
        if not node.is_extra
    )


def _inner(node: Node) -> str:
    return str(sum(not child.is_extra for child in node.children))


def _leaf_text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
