"""Extract what a hint marks.

What it does: where code is so clearly worth a function of its own that Lacuna marks it with a hint,
the hint's quick fix extracts it. At most ten places of a file are marked, at most one of a function,
and only once you have stopped typing. The rules and the result are those of extract method.

Why: who does not think of the refactoring menu finds the few places where it pays. A hint is the
quietest that an editor can show: no error, no warning, most editors leave it out of their lists.
`lacuna.extract.hints` switches it off.

Example:
    def publish(report, folder, log):
        # Count the words of all sections|
        counts = {}
        ...

    becomes

    def count_words_sections(report):
        # Count the words of all sections
        counts = {}
        ...
        return counts


    def publish(report, folder, log):
        counts = count_words_sections(report)
        ...
"""

from collections.abc import Callable, Sequence

from lacuna_ls.actions.extraction_offer import Known, extraction_offer, nothing_known
from lacuna_ls.actions.provider import (
    ActionKind,
    ActionRequest,
    CodeActionProvider,
    Example,
    Offer,
)
from lacuna_ls.domain.text import Span
from lacuna_ls.extraction.engine import Extraction, extract
from lacuna_ls.extraction.quiet import Marks, marks
from lacuna_ls.syntax.document import Document

# What is marked in the newest text of a document.
Marked = Callable[[Document], Sequence[Span]]


def marked_at_once(document: Document) -> Sequence[Span]:
    """Where nobody has looked before."""
    found = marks(document, Marks(), lambda: False)
    return [mark.span for mark in found.found] if found else []


EXAMPLES: tuple[Example, ...] = (
    Example(
        "the part that is marked",
        """\
def publish(report, folder, log):
    log.info("publish %s", report.title)
    # Count the words of all sections|
    counts = {}
    for section in report.sections:
        for line in section.lines:
            for word in line.split():
                if word.isalpha():
                    key = word.lower()
                    counts[key] = counts.get(key, 0) + 1
                elif word in report.aliases:
                    alias = report.aliases[word]
                    counts[alias] = counts.get(alias, 0) + 1

    if not counts:
        log.warning("nothing in %s for %s", report, folder)
        return None
    with folder.create("index.html") as page:
        page.write(report.title, report.author, counts)
        page.write(report.licence, report.date, log.level)
        if report.pages > folder.room:
            raise ValueError(log.name)
        while page.waits(folder):
            log.info("waits for %s and %s", folder, report)
    return page
""",
        """\
def count_words_sections(report):
    # Count the words of all sections
    counts = {}
    for section in report.sections:
        for line in section.lines:
            for word in line.split():
                if word.isalpha():
                    key = word.lower()
                    counts[key] = counts.get(key, 0) + 1
                elif word in report.aliases:
                    alias = report.aliases[word]
                    counts[alias] = counts.get(alias, 0) + 1
    return counts


def publish(report, folder, log):
    log.info("publish %s", report.title)
    counts = count_words_sections(report)

    if not counts:
        log.warning("nothing in %s for %s", report, folder)
        return None
    with folder.create("index.html") as page:
        page.write(report.title, report.author, counts)
        page.write(report.licence, report.date, log.level)
        if report.pages > folder.room:
            raise ValueError(log.name)
        while page.waits(folder):
            log.info("waits for %s and %s", folder, report)
    return page
""",
    ),
    Example(
        "a function without a mark",
        """\
def mean(values):|
    total = 0
    for value in values:
        total += value
    return total / len(values)
""",
        None,
    ),
)


class _ExtractMarked:
    def __init__(self, marked: Marked, known: Known) -> None:
        self._marked = marked
        self._known = known

    @property
    def kind(self) -> ActionKind:
        return ActionKind.QUICK_FIX

    def offers(self, request: ActionRequest) -> Sequence[Offer]:
        """One for each hint whose line is asked about."""
        document = request.document
        source = document.source
        asked = range(source.line_at(request.span.start), source.line_at(request.span.end) + 1)
        found = (
            extract(document, span)
            for span in self._marked(document)
            if source.line_at(span.start) in asked
        )
        return tuple(
            extraction_offer(document, each, self._known, ActionKind.QUICK_FIX)
            for each in found
            if isinstance(each, Extraction)
        )


def provider(marked: Marked = marked_at_once, known: Known = nothing_known) -> CodeActionProvider:
    return _ExtractMarked(marked, known)
