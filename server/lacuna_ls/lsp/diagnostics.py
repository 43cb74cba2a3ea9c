"""Findings as diagnostics, never misplaced.

A finding stays with its line: when the text around it changes it moves, when its own line changes
it disappears, because nobody has run the tests on what stands there now.

A client that can be told is told; one that only asks is answered, and where it can be asked to ask
again, it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from lsprotocol import types

from lacuna_ls.domain.text import Source, Span, changed_span
from lacuna_ls.lsp.convert import range_of
from lacuna_ls.lsp.refresh import Refreshes
from lacuna_ls.lsp.uris import uri_of
from lacuna_ls.syntax.document import Document
from lacuna_ls.test_runs.finding import Finding

if TYPE_CHECKING:
    from lacuna_ls.extraction.quiet import Mark
    from lacuna_ls.lsp.server import LacunaServer

MOST_SHOWN = 10
# Of a hint, which an offer that makes a new function takes away.
EXTRACT = "extract"


# Of an information on a rewrite that was found faster.
SPEED = "speed"


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody asked for and was found, with a quick fix on the same line."""

    span: Span
    message: str


def register(server: "LacunaServer") -> None:
    def diagnostic(params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        document = server.documents.get(params.text_document.uri)
        items = [] if document is None else server.diagnostics.asked(document)
        return types.RelatedFullDocumentDiagnosticReport(items=items)

    if server.client.diagnostic_pull:
        server.on(types.TEXT_DOCUMENT_DIAGNOSTIC, diagnostic)


class Diagnostics:
    """What is shown, by URI, in byte offsets of the newest text."""

    def __init__(self, server: "LacunaServer") -> None:
        self._server = server
        self._shown: dict[str, tuple[Finding, ...]] = {}
        self._hints: dict[str, tuple[Mark, ...]] = {}
        self._notes: dict[str, tuple[Note, ...]] = {}
        self._refreshes = Refreshes(server)

    def publish(self, document: Document, findings: Sequence[Finding]) -> None:
        """Show what was found in `document`, in place of what was shown before.

        `document` may be an older snapshot: what the user has edited since is left out. Findings
        of a closed document are not shown.
        """
        newest = self._server.documents.get(document.uri)
        if newest is not None:
            self._show(newest, _shown_in(newest, document, findings))

    def correct(self, document: Document, findings: Sequence[Finding]) -> None:
        """As `publish`; the client hears of it only if it is not what is shown."""
        newest = self._server.documents.get(document.uri)
        if newest is not None:
            found = _shown_in(newest, document, findings)
            if found != self.shown(document.uri):
                self._show(newest, found)

    def hint(self, document: Document, marks: Sequence["Mark"]) -> None:
        """Show quietly what may be extracted, beside the findings; `document` is the newest."""
        if tuple(marks) != self._hints.get(document.uri, ()):
            self._hints[document.uri] = tuple(marks)
            self._show(document, self.shown(document.uri))

    def note(self, document: Document, notes: Sequence["Note"]) -> None:
        """Show what a search found in this version of the document; the next edit takes it away."""
        if self._server.documents.get(document.uri) is document:
            self._notes[document.uri] = tuple(notes)
            self._show(document, self.shown(document.uri))

    def hinted(self, uri: str) -> tuple["Mark", ...]:
        """What may be extracted, where it stands in the newest text."""
        return self._hints.get(uri, ())

    def shown(self, uri: str) -> tuple[Finding, ...]:
        return self._shown.get(uri, ())

    def edited(self, before: Document, after: Document) -> None:
        """Follow an edit; the client hears of it only if something moved or went away."""
        shown, hints = self.shown(after.uri), self.hinted(after.uri)
        noted = self._notes.pop(after.uri, ())
        if not shown and not hints and not noted:
            return
        still = moved(shown, before.source, after.source)
        self._hints[after.uri] = moved(hints, before.source, after.source)
        if (
            noted
            or still != shown
            or _lines(before, hints) != _lines(after, self.hinted(after.uri))
        ):
            self._show(after, still)

    def clear(self, uri: str) -> None:
        """Show nothing for this URI any more."""
        shown, hints = self._shown.pop(uri, ()), self._hints.pop(uri, ())
        if self._notes.pop(uri, ()) or shown or hints:
            self._tell(uri, None, [])

    def asked(self, document: Document) -> list[types.Diagnostic]:
        """What is shown in the newest version of a document."""
        findings = self.shown(document.uri)
        hints = self.hinted(document.uri)[: max(MOST_SHOWN - len(findings), 0)]
        return [
            *(self._diagnostic(document, finding) for finding in findings),
            *(self._note(document, note) for note in self._notes.get(document.uri, ())),
            *(self._hint(document, mark) for mark in hints),
        ]

    def _show(self, document: Document, findings: tuple[Finding, ...]) -> None:
        self._shown[document.uri] = findings
        self._tell(document.uri, document.version, self.asked(document))

    def _tell(self, uri: str, version: int | None, diagnostics: list[types.Diagnostic]) -> None:
        client = self._server.client
        if client.diagnostic_pull:
            if client.diagnostic_refresh:
                self._refreshes.ask(types.WORKSPACE_DIAGNOSTIC_REFRESH)
            return
        self._server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(
                uri=uri,
                diagnostics=diagnostics,
                version=version if client.diagnostic_versions else None,
            )
        )

    def _diagnostic(self, document: Document, finding: Finding) -> types.Diagnostic:
        return types.Diagnostic(
            range=range_of(document.source, finding.span, self._server.encoding),
            message=finding.message,
            severity=types.DiagnosticSeverity.Error,
            source="lacuna",
            code=finding.test_id,
            related_information=self._related(finding),
        )

    def _note(self, document: Document, note: "Note") -> types.Diagnostic:
        return types.Diagnostic(
            range=range_of(document.source, note.span, self._server.encoding),
            message=note.message,
            severity=types.DiagnosticSeverity.Information,
            source="lacuna",
            code=SPEED,
        )

    def _hint(self, document: Document, mark: "Mark") -> types.Diagnostic:
        """On the first line only: nothing is to be painted over a page."""
        source = document.source
        first, last = source.line_at(mark.span.start), source.line_at(mark.span.end)
        shown = Span(mark.span.start, min(mark.span.end, source.line_span(first).end))
        return types.Diagnostic(
            range=range_of(source, shown, self._server.encoding),
            message=f"These {last - first + 1} lines could be a function: {mark.name}",
            severity=types.DiagnosticSeverity.Hint,
            source="lacuna",
            code=EXTRACT,
        )

    def _related(self, finding: Finding) -> list[types.DiagnosticRelatedInformation] | None:
        if not finding.related or not self._server.client.diagnostic_related:
            return None
        return [
            types.DiagnosticRelatedInformation(
                location=types.Location(
                    uri=uri_of(place.path),
                    range=types.Range(
                        types.Position(place.line, 0), types.Position(place.line + 1, 0)
                    ),
                ),
                message=place.message,
            )
            for place in finding.related
        ]


def _shown_in(
    newest: Document, document: Document, findings: Sequence[Finding]
) -> tuple[Finding, ...]:
    ordered = sorted(findings, key=lambda finding: finding.span)[:MOST_SHOWN]
    return moved(ordered, document.source, newest.source)


_Placed = TypeVar("_Placed", "Finding", "Mark")


def moved(findings: Sequence[_Placed], before: Source, after: Source) -> tuple[_Placed, ...]:
    """Findings of `before` where their lines stand in `after`; those on changed lines are gone."""
    if before.data == after.data:
        return tuple(findings)
    changed = changed_span(before.data, after.data)
    shift = len(after.data) - len(before.data)
    kept: list[_Placed] = []
    for finding in findings:
        lines = Span(
            before.line_span(before.line_at(finding.span.start)).start,
            before.line_span(before.line_at(finding.span.end)).end,
        )
        if lines.end <= changed.start:
            by = 0
        elif lines.start >= changed.end:
            by = shift
        else:
            continue
        if _whole_lines(after, Span(lines.start + by, lines.end + by)):
            span = Span(finding.span.start + by, finding.span.end + by)
            kept.append(replace(finding, span=span))
    return tuple(kept)


def _lines(document: Document, marks: Sequence["Mark"]) -> list[int]:
    return [document.source.line_at(mark.span.start) for mark in marks]


def _whole_lines(source: Source, span: Span) -> bool:
    first = source.line_span(source.line_at(span.start))
    last = source.line_span(source.line_at(span.end))
    return first.start == span.start and last.end == span.end
