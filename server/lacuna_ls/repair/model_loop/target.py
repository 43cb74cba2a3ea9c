"""The function that a model is asked to mend: the most suspicious one, and what stands around it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lacuna_ls.domain.text import Span, decode
from lacuna_ls.repair.model_loop.language import Drafting
from lacuna_ls.repair.proposers.template import Templates
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.nodes import Node, preorder, span_of

_MOST_BYTES = 12_000


@dataclass(frozen=True, slots=True)
class Target:
    """A function of the document. `indent` is what stands before its first line."""

    name: str
    span: Span
    indent: bytes
    first_line: int
    last_line: int


def functions(document: Document, templates: Templates) -> tuple[Target, ...]:
    """All functions of the document that may be edited, outer ones before those inside."""
    if document.tree is None:
        return ()
    return tuple(_targets(document, templates))


def most_suspicious(
    found: Sequence[Target], suspicion: Sequence[float], document: Document
) -> Target | None:
    """The function that holds the most suspicious line; of several, the smallest.

    `suspicion` has one value for each line, as `repair.localize` gives them.
    """

    def score(target: Target) -> tuple[float, int]:
        lines = suspicion[target.first_line : target.last_line + 1]
        return max(lines, default=0.0), -len(target.span)

    small = [each for each in found if len(each.span) <= _MOST_BYTES]
    best = max(small, key=score, default=None)
    return best if best is not None and score(best)[0] > 0 else None


def shown(document: Document, target: Target, drafting: Drafting) -> str:
    """The function as a model sees it: without the indentation of the class around it."""
    assert document.tree is not None
    data = document.data[target.span.start : target.span.end]
    if target.indent:
        inside = lines_inside_texts(definition_at(document.tree.root_node, target.span), drafting)
        lines = data.split(b"\n")
        data = b"\n".join(
            line if number in inside else line.removeprefix(target.indent)
            for number, line in enumerate(lines)
        )
    return decode(data).replace("\r\n", "\n").replace("\r", "\n") + "\n"


def header(document: Document, target: Target, drafting: Drafting) -> str:
    """The function without its body, for those who must not see it: signature and docstring."""
    assert document.tree is not None
    node = definition_at(document.tree.root_node, target.span)
    body = node.child_by_field_name("body")
    end = body.start_byte if body is not None else target.span.end
    text = docstring(node, drafting)
    end = end if text is None else text.end_byte
    lines = decode(document.data[target.span.start : end]).rstrip().splitlines()
    indent = decode(target.indent)
    return "\n".join(line.removeprefix(indent) for line in lines)


def surroundings(document: Document, target: Target, drafting: Drafting, most_bytes: int) -> str:
    """The file's imports and what else it defines, the target left out, in `most_bytes`.

    Definitions beside the target come first whole, and shortened to their first lines where there
    are too many.
    """
    assert document.tree is not None
    parts: list[tuple[bool, str]] = []
    for node in document.tree.root_node.named_children:
        text = document.source.text(span_of(node))
        holds_target = span_of(node).contains(target.span)
        if holds_target:
            if span_of(node) != target.span:
                parts.append((True, _without(document, node, target)))
        elif not node.is_extra:
            parts.append((node.type in drafting.import_types, text))
    whole = "\n\n".join(text for _, text in parts)
    if len(whole) <= most_bytes:
        return whole
    short = "\n".join(text if keep else text.split("\n", 1)[0] for keep, text in parts)
    return short[:most_bytes]


def _without(document: Document, node: Node, target: Target) -> str:
    before = document.source.text(Span(node.start_byte, target.span.start))
    after = document.source.text(Span(target.span.end, node.end_byte))
    return f"{before}...{after}"


def _targets(document: Document, templates: Templates) -> Iterator[Target]:
    assert document.tree is not None
    source = document.source
    for node in preorder(document.tree.root_node):
        name = node.child_by_field_name("name")
        if node.type not in templates.function_types or name is None or templates.is_test(node):
            continue
        span = span_of(node)
        first = source.line_at(span.start)
        last = source.line_at(max(span.end - 1, span.start))
        start = source.line_starts[first]
        before = document.data[start : span.start]
        indent = before[: len(before) - len(before.lstrip())]
        yield Target(decode(name.text or b""), span, indent, first, last)


def definition_at(root: Node, span: Span) -> Node:
    """The node of a target; a block that holds nothing else has the same span, and no name."""
    return next(
        node
        for node in preorder(root)
        if span_of(node) == span and node.child_by_field_name("name") is not None
    )


def docstring(definition: Node, drafting: Drafting) -> Node | None:
    """The statement at the head of a body that is nothing but a text."""
    body = definition.child_by_field_name("body")
    first = next(iter(body.named_children), None) if body is not None else None
    inner = first.named_children if first is not None else ()
    is_text = len(inner) == 1 and inner[0].type in drafting.string_types
    return first if is_text else None


def lines_inside_texts(definition: Node, drafting: Drafting) -> frozenset[int]:
    """Lines that begin inside a literal, counted from the definition's first: no indentation is theirs."""
    first = definition.start_point[0]
    return frozenset(
        line - first
        for node in preorder(definition)
        if node.type in drafting.string_types
        for line in range(node.start_point[0] + 1, node.end_point[0] + 1)
    )
