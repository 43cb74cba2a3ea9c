"""The line of the menu for an extraction, whichever action found it."""

from collections.abc import Callable, Sequence

from lacuna_ls.actions.provider import ActionKind, Offer
from lacuna_ls.domain.text import Source, Span, TextEdit
from lacuna_ls.extraction.engine import Extraction
from lacuna_ls.syntax.document import Document
from lacuna_ls.verification.evidence import Evidence, titled

# What was seen when the same edits were tried on the same text, if they were.
Known = Callable[[Document, Sequence[TextEdit]], Evidence | None]


def nothing_known(document: Document, edits: Sequence[TextEdit]) -> Evidence | None:
    """Where nothing runs."""
    return None


def extraction_offer(
    document: Document,
    extraction: Extraction,
    known: Known,
    kind: ActionKind = ActionKind.REFACTOR_EXTRACT,
) -> Offer:
    """`Extract lines 12-19 into "parse_header"`, with what was checked of it."""
    count = extraction.duplicates
    more = f" and {count} duplicate{'s' if count > 1 else ''}" if count else ""
    where = lines_in_words(document.source, extraction.span)
    evidence = known(document, extraction.edits) or Evidence(
        checked_syntax=True, compiled=extraction.compiled
    )
    return Offer(
        titled(f'Extract {where}{more} into "{extraction.name}"', evidence),
        kind,
        document.version,
        extraction.edits,
        evidence,
        rename_at=extraction.rename_at,
    )


def lines_in_words(source: Source, span: Span) -> str:
    """`line 3` or `lines 3-5`, counted from one."""
    first, last = source.line_at(span.start) + 1, source.line_at(max(span.end - 1, span.start)) + 1
    return f"line {first}" if first == last else f"lines {first}-{last}"
