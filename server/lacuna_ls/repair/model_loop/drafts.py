"""From code that a model wrote to the smallest edits that bring it into the file.

A reply says what a function shall become; what a user accepts is what has to change for that.
Comments, layout and docstrings that a reply forgot stay, because nobody asked for them to go.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lacuna_ls.domain.candidate import Candidate
from lacuna_ls.domain.text import Span, TextEdit, apply_edits, changed_span, decode, encode
from lacuna_ls.repair.admission import admitted
from lacuna_ls.repair.model_loop.alignment import hunks
from lacuna_ls.repair.model_loop.language import Drafting
from lacuna_ls.repair.model_loop.target import (
    Target,
    definition_at,
    docstring,
    lines_inside_texts,
)
from lacuna_ls.repair.proposers.template import Templates
from lacuna_ls.syntax.document import Document, parse
from lacuna_ls.syntax.imports import mentioned_modules
from lacuna_ls.syntax.nodes import Node, preorder, span_of
from lacuna_ls.verification.replies import Replacement, Reply, Unusable

Shape = tuple[tuple[str, str], ...]

_MOST_QUOTED = 48


@dataclass(frozen=True, slots=True)
class Place:
    """Where drafts go, and by which rules."""

    document: Document
    target: Target
    templates: Templates
    drafting: Drafting


@dataclass(frozen=True, slots=True)
class Draft:
    """A change to the document, the text it makes, and the shape of the function in it.

    Two drafts of equal shape do the same: they differ in layout and comments at most.
    """

    candidate: Candidate
    data: bytes
    shape: Shape
    code: str


def drafted(reply: Reply, place: Place, base: str) -> Draft | Unusable:
    """The last piece of a reply that changes the target; `base` is the code that it was asked about.

    Replacements are applied to `base`; whole functions need none.
    """
    problem = Unusable.ELSEWHERE
    if reply.replacements:
        replaced = _replaced(base, reply.replacements)
        if isinstance(replaced, Unusable):
            return replaced
        return _draft(replaced, place)
    # A reply often repeats the old code first, and ends with the new one.
    for block in reversed(reply.blocks):
        draft = _draft(block, place)
        if not isinstance(draft, Unusable):
            return draft
        if problem is Unusable.ELSEWHERE or draft is not Unusable.ELSEWHERE:
            problem = draft
    return problem


def shape_of(code: str, place: Place) -> Shape | None:
    """The shape of the target in `code`; `None` if it is not there."""
    assert place.document.language is not None
    root = parse(encode(code), place.document.language).root_node
    node = _definition(root, place)
    return None if node is None else _shape(node, place)


def _replaced(base: str, replacements: Sequence[Replacement]) -> str | Unusable:
    for each in replacements:
        at = _found(base, each.search)
        if at is None:
            return Unusable.NOT_FOUND
        first, last, indent = at
        lines = base.split("\n")
        new = [
            indent + line if indent and line.strip() else line
            for line in each.replace.split("\n")[:-1]
        ]
        base = "\n".join([*lines[:first], *new, *lines[last:]])
    return base


def _found(base: str, search: str) -> tuple[int, int, str] | None:
    """Lines `first..last` of `base` that are the searched ones, and how much further in they stand.

    Models often lose the indentation of what they quote, so it need not agree.
    """
    wanted = search.split("\n")[:-1]
    while wanted and not wanted[0].strip():
        wanted = wanted[1:]
    while wanted and not wanted[-1].strip():
        wanted = wanted[:-1]
    if not wanted:
        return None
    lines = base.split("\n")
    places: list[tuple[int, int, str]] = []
    for first in range(len(lines) - len(wanted) + 1):
        those = lines[first : first + len(wanted)]
        if [line.strip() for line in those] == [line.strip() for line in wanted]:
            missing = len(_indent(those[0])) - len(_indent(wanted[0]))
            places.append((first, first + len(wanted), those[0][: max(missing, 0)]))
    exact = [p for p in places if lines[p[0] : p[1]] == wanted]
    found = exact or places
    return found[0] if len(found) == 1 else None


def _draft(code: str, place: Place) -> Draft | Unusable:
    document, language = place.document, place.document.language
    assert language is not None
    assert document.tree is not None
    data = encode(code)
    root = parse(data, language).root_node
    node = _definition(root, place)
    if node is None:
        return Unusable.UNPARSEABLE if root.has_error else Unusable.ELSEWHERE
    if node.has_error:
        return Unusable.UNPARSEABLE
    imports = _new_imports(root, place)
    if isinstance(imports, Unusable):
        return imports
    old = place.target.span
    own_shape = _shape(definition_at(document.tree.root_node, old), place)
    new_shape = _shape(node, place)
    if new_shape == own_shape and not imports:
        return Unusable.UNCHANGED
    new = _helpers(root, node, place) + _indented(data, node, place)
    edits = [*imports, *_edits(new, place)]
    changed = apply_edits(document.data, edits)
    if new_shape not in _shapes(parse(changed, language).root_node, place):
        # The lines that were kept are not what the reply means: then nothing of the old is kept.
        edits = [*imports, TextEdit(old, new)]
    candidate = Candidate(_summary(edits, place), tuple(edits))
    text = admitted(document, candidate, comments=True)
    if text is None:
        return Unusable.FORBIDDEN
    return Draft(candidate, text, new_shape, decode(b"\n".join(_lines(data, node, place))) + "\n")


def _definition(root: Node, place: Place) -> Node | None:
    """The target's definition in other code: the last of its name, outside of other functions."""
    found: Node | None = None
    for node in preorder(root):
        name = node.child_by_field_name("name")
        if node.type in place.templates.function_types and name is not None:
            same = decode(name.text or b"") == place.target.name
            if same and (found is None or node.start_byte >= found.end_byte):
                found = node
    return found


def _shapes(root: Node, place: Place) -> set[Shape]:
    return {
        _shape(node, place)
        for node in preorder(root)
        if node.type in place.templates.function_types
    }


def _shape(definition: Node, place: Place) -> Shape:
    """As `admission.shape`, without the docstring."""
    text = docstring(definition, place.drafting)

    def counts(node: Node) -> bool:
        inside = text is not None and span_of(text).contains(span_of(node))
        return not node.is_extra and not inside

    return tuple(
        (
            node.type,
            str(sum(map(counts, node.children))) if node.child_count else decode(node.text or b""),
        )
        for node in preorder(definition)
        if counts(node)
    )


def _new_imports(root: Node, place: Place) -> list[TextEdit] | Unusable:
    """Edits for imports at the top of a reply that the file does not have."""
    language, data = place.document.language, place.document.data
    assert language is not None
    wanted = [n for n in root.named_children if n.type in place.drafting.import_types]
    present = {_words(n) for n in _imports(place)}
    missing = [n for n in wanted if _words(n) not in present]
    if not missing:
        return []
    used = {module.partition(".")[0] for module in mentioned_modules(data, language)}
    for node in missing:
        for module in mentioned_modules((node.text or b"") + b"\n", language):
            known = module.partition(".")[0] in used or place.drafting.is_standard(module)
            if module.startswith(".") or not known:
                return Unusable.FOREIGN_IMPORT
    end = place.document.source.line_end()
    text = b"".join((node.text or b"") + end for node in missing)
    at = _place_of_imports(place)
    return [TextEdit(Span(at, at), text)]


def _imports(place: Place) -> list[Node]:
    assert place.document.tree is not None
    children = place.document.tree.root_node.named_children
    return [n for n in children if n.type in place.drafting.import_types]


def _words(node: Node) -> str:
    return " ".join(decode(node.text or b"").split())


def _place_of_imports(place: Place) -> int:
    """Behind the last import; before the first statement where there is none."""
    source = place.document.source
    imports = _imports(place)
    if imports:
        line = source.line_at(imports[-1].end_byte) + 1
        return source.line_starts[line] if line < len(source.line_starts) else len(source.data)
    assert place.document.tree is not None
    for node in place.document.tree.root_node.named_children:
        text = node.type == "expression_statement" and node.named_children[:1]
        if not node.is_extra and not (text and text[0].type in place.drafting.string_types):
            return source.line_starts[source.line_at(node.start_byte)]
    return len(source.data)


def _helpers(root: Node, node: Node, place: Place) -> bytes:
    """Functions that a reply adds beside a target at the top of the file, to stand before it."""
    assert place.document.tree is not None
    top = place.document.tree.root_node.named_children
    if place.target.indent or all(span_of(n) != place.target.span for n in top):
        return b""
    known = {_name(n) for n in top}
    added = [
        n
        for n in root.named_children
        if n.type in place.templates.function_types and n != node and _name(n) not in known
    ]
    end = place.document.source.line_end()
    return b"".join((n.text or b"").replace(b"\n", end) + 3 * end for n in added)


def _name(node: Node) -> bytes:
    name = node.child_by_field_name("name")
    return (name.text or b"") if name is not None else b""


def _indented(data: bytes, node: Node, place: Place) -> bytes:
    """The reply's function with the indentation, the tabs and the line ends of the file."""
    span, ours = place.target.span, place.target.indent
    old_lines = place.document.data[span.start : span.end].splitlines()
    tabs = any(line.startswith(b"\t") for line in old_lines)
    inside = lines_inside_texts(node, place.drafting)
    first, *rest = _lines(data, node, place)
    new = [first]
    for number, line in enumerate(rest, start=1):
        own = line
        if tabs and number not in inside:
            own = re.sub(rb"^(?: {4})+", lambda m: b"\t" * (len(m.group()) // 4), line)
        new.append(own if number in inside or not own.strip() else ours + own)
    return place.document.source.line_end().join(new)


def _lines(data: bytes, node: Node, place: Place) -> list[bytes]:
    """The lines of the reply's function, without the indentation that it has in the reply."""
    before = data[data.rfind(b"\n", 0, node.start_byte) + 1 : node.start_byte]
    indent = before if not before.strip() else b""
    inside = lines_inside_texts(node, place.drafting)
    lines = data[node.start_byte : node.end_byte].split(b"\n")
    return [
        line if number in inside else line.removeprefix(indent) for number, line in enumerate(lines)
    ]


def _edits(new: bytes, place: Place) -> list[TextEdit]:
    """Line by line, what has to change; lines that differ in a comment alone stay as they are."""
    span = place.target.span
    old = place.document.data[span.start : span.end]
    old_lines, new_lines = old.splitlines(keepends=True), new.splitlines(keepends=True)
    assert place.document.language is not None
    old_keys = _keys(old_lines, place.document, span)
    new_keys = _keys(new_lines, None, Span(0, 0), place)
    starts = [span.start]
    for line in old_lines:
        starts.append(starts[-1] + len(line))
    docstring_lines = _docstring_lines(place)
    edits: list[TextEdit] = []
    for hunk in hunks(old_keys, new_keys):
        gone = range(hunk.old_start, hunk.old_end)
        come = range(hunk.new_start, hunk.new_end)
        while gone and come and not new_keys[come[0]] and old_keys[gone[0]]:
            # A blank line or a comment that nobody asked for.
            come = come[1:]
        before = b"".join(old_lines[i] for i in gone)
        after = b"".join(new_lines[j] for j in come)
        says_nothing = not any(old_keys[i] for i in gone) and not any(new_keys[j] for j in come)
        if says_nothing or before == after or _of_docstring(gone, old_keys, docstring_lines):
            continue
        if gone and gone[-1] == len(old_lines) - 1 and not before.endswith((b"\n", b"\r")):
            after = after.rstrip(b"\r\n")
        inner = changed_span(before, after)
        kept = len(before) - inner.end
        start = starts[hunk.old_start]
        edit_span = Span(start + inner.start, start + inner.end)
        edits.append(TextEdit(edit_span, after[inner.start : len(after) - kept]))
    return edits


def _of_docstring(
    gone: Sequence[int], keys: Sequence[bytes], docstring_lines: frozenset[int]
) -> bool:
    """Whether what would go is the docstring, or a part of it, and otherwise says nothing."""
    return any(i in docstring_lines for i in gone) and all(
        i in docstring_lines or not keys[i] for i in gone
    )


def _keys(
    lines: Sequence[bytes], document: Document | None, span: Span, place: Place | None = None
) -> list[bytes]:
    """Each line without its comment and its blanks at the end; empty for a line of neither."""
    if document is not None:
        assert document.tree is not None
        root, offset = document.tree.root_node, span.start
    else:
        assert place is not None
        assert place.document.language is not None
        root, offset = parse(b"".join(lines), place.document.language).root_node, 0
    total = sum(map(len, lines))
    comments = [
        (n.start_byte - offset, n.end_byte - offset)
        for n in preorder(root)
        if n.is_extra and offset <= n.start_byte < offset + total
    ]
    keys: list[bytes] = []
    start = 0
    for line in lines:
        cut = [s for s, e in comments if start <= s < start + len(line)]
        keys.append((line[: min(cut) - start] if cut else line).rstrip())
        start += len(line)
    return keys


def _docstring_lines(place: Place) -> frozenset[int]:
    """Lines of the target's docstring, counted from the target's first."""
    assert place.document.tree is not None
    node = definition_at(place.document.tree.root_node, place.target.span)
    text = docstring(node, place.drafting)
    if text is None:
        return frozenset()
    first = place.target.first_line
    line_at = place.document.source.line_at
    return frozenset(range(line_at(text.start_byte) - first, line_at(text.end_byte) - first + 1))


def _summary(edits: Sequence[TextEdit], place: Place) -> str:
    """What is done, from the edits alone: a model's own words never stand in a title."""
    source, target = place.document.source, place.target
    inside = [edit for edit in edits if target.span.contains(edit.span)]
    lines = {
        line
        for edit in inside
        for line in range(source.line_at(edit.span.start), source.line_at(edit.span.end) + 1)
    }
    if len(inside) == 1 and len(lines) == 1:
        edit = inside[0]
        line = source.line_span(min(lines))
        after = (
            source.data[line.start : edit.span.start]
            + edit.new
            + source.data[edit.span.end : line.end]
        )
        text = decode(after).strip()
        if "\n" not in text and "\r" not in text and 0 < len(text) <= _MOST_QUOTED:
            return f"write `{text}`"
    count = len(lines)
    return f"rewrite {count} {'line' if count == 1 else 'lines'} of `{target.name}`"


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
