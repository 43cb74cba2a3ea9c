"""What is so clearly worth extracting that it may be said unasked, in a whole file.

The runs are those of `opportunities`, and only those that are better than all others of their
function together: such a run was mostly the author's (`benchmarks/opportunities.py`, `marked_right`).
A file is looked at definition by definition, each parsed by itself, and what has been found
in a definition is taken over as long as its text is the same: an edit costs one of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lacuna_ls.analysis.semantics import Semantics, semantics_of
from lacuna_ls.domain.text import Span
from lacuna_ls.extraction.engine import root_of_definition
from lacuna_ls.extraction.opportunities import Ranked, of_function
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.generated import is_generated
from lacuna_ls.syntax.nodes import preorder

THRESHOLD = 1.5
LEAST_CHOICE = 0.5
MOST_A_FILE = 10


@dataclass(frozen=True, slots=True)
class Mark:
    """A run of statements that could be a function of its own, and what that might be called."""

    span: Span
    name: str
    score: float


@dataclass(frozen=True, slots=True)
class Marks:
    """The best of a file, in the order of its text.

    `kept` are those of each definition, by its text and relative to its start, and `ranked` what is
    known of its functions, both for the next time.
    """

    found: tuple[Mark, ...] = ()
    kept: Mapping[bytes, tuple[Mark, ...]] = field(default_factory=dict)
    ranked: Ranked = field(default_factory=Ranked, compare=False)


def marks(document: Document, before: Marks, is_outdated: Callable[[], bool]) -> Marks | None:
    """What may be said of the file, given the marks of an earlier text of it.

    `None` once it is outdated, and where nothing is to be said at all. What was found until then is
    not lost: `before.ranked` has it.
    """
    semantics = semantics_of(document.language) if document.language else None
    if semantics is None or not document.has_tree or is_generated(document.data):
        return None
    kept: dict[bytes, tuple[Mark, ...]] = {}
    found: list[Mark] = []
    for part in semantics.definitions(document.data):
        text = document.data[part.start : part.end]
        known = before.kept.get(text)
        if known is None:
            known = _in_definition(document, semantics, part, before.ranked, is_outdated)
        if known is None:
            return None
        kept[text] = known
        found += (_moved(mark, part.start) for mark in known)
    best = sorted(found, key=lambda mark: -mark.score)[:MOST_A_FILE]
    return Marks(tuple(sorted(best, key=lambda mark: mark.span)), kept, before.ranked)


def _in_definition(
    document: Document,
    semantics: Semantics,
    part: Span,
    ranked: Ranked,
    is_outdated: Callable[[], bool],
) -> tuple[Mark, ...] | None:
    """Marks of one statement of the file, relative to its start; none lies within another."""
    root = root_of_definition(document, semantics, part)
    functions = document.language.function_nodes if document.language else ()
    found: list[Mark] = []
    for node in preorder(root) if root else ():
        if node.type not in functions:
            continue
        if is_outdated():
            return None
        found += (
            Mark(_relative(each.extraction.span, part.start), each.extraction.name, each.score)
            for each in of_function(document, semantics, node, ranked, 1, THRESHOLD)
            if each.choice >= LEAST_CHOICE
        )
    chosen: list[Mark] = []
    for mark in sorted(found, key=lambda each: -each.score):
        if not any(mark.span.overlaps(other.span) for other in chosen):
            chosen.append(mark)
    return tuple(chosen)


def _relative(span: Span, start: int) -> Span:
    return Span(span.start - start, span.end - start)


def _moved(mark: Mark, by: int) -> Mark:
    return Mark(Span(mark.span.start + by, mark.span.end + by), mark.name, mark.score)
