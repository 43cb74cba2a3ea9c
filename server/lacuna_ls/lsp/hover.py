"""Hovers: the trace of a failing test where it is shown, and why a test ran.

What is shown was recorded of the user's program: it stands in a block of code, where an editor
follows no link in it.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from lsprotocol import types

from lacuna_ls.domain.facts import FunctionFacts
from lacuna_ls.domain.test_result import TestResult
from lacuna_ls.domain.text import Source
from lacuna_ls.lsp.convert import offset_at
from lacuna_ls.lsp.observed import Observed
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.syntax.document import Document
from lacuna_ls.test_runs.facts import function_at, lines_of, trace, trace_text
from lacuna_ls.test_runs.tested import in_words

_UNSANDBOXED = "# its fixes were tried unsandboxed, under limits only"
_FENCE = re.compile("`{3,}")


def register(server: LacunaServer) -> None:
    def hover(params: types.HoverParams) -> types.Hover | None:
        document = server.documents.get(params.text_document.uri)
        observed = server.observed.get(params.text_document.uri)
        if document is None or observed is None:
            return None
        offset = offset_at(document.source, params.position, server.encoding)
        parts = list(_Hover(server, document, observed).parts(offset))
        if not parts:
            return None
        markdown = server.client.hover_markdown
        kind = types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText
        text = "\n\n".join(_fenced(part) if markdown else part for part in parts)
        return types.Hover(types.MarkupContent(kind, text))

    if server.client.hover:
        server.on(types.TEXT_DOCUMENT_HOVER, hover)


def _fenced(text: str) -> str:
    """The text as a block of code that nothing inside it can end."""
    longest = max((len(found) for found in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}python\n{text}\n{fence}"


class _Hover:
    """What is to be said at one place of one document."""

    def __init__(self, server: LacunaServer, document: Document, observed: Observed) -> None:
        self._server = server
        self._document = document
        self._observed = observed

    def parts(self, offset: int) -> Iterator[str]:
        line = self._observed.standing.old_line(self._document.source.line_at(offset))
        if line is None:
            return
        why = self._why(line)
        if why:
            yield why
        for result, functions in self._traced(offset, line):
            text = self._trace(result, functions)
            if text:
                yield text
        if self._observed.unsandboxed and any(self._shown(offset)):
            yield _UNSANDBOXED

    def _traced(
        self, offset: int, line: int
    ) -> Iterator[tuple[TestResult, Sequence[FunctionFacts]]]:
        """A failing test and the functions whose blocks are wanted."""
        shown = set(self._shown(offset))
        for result in self._observed.recorded:
            if result.test_id in shown:
                yield result, result.facts
                return
        passed = function_at(self._observed.recorded, self._observed.path, line)
        if passed is not None:
            yield passed[0], (passed[1],)

    def _shown(self, offset: int) -> Iterator[str]:
        """The tests whose findings stand here."""
        for finding in self._server.diagnostics.shown(self._document.uri):
            if finding.span.start <= offset <= finding.span.end:
                yield finding.test_id

    def _trace(self, result: TestResult, functions: Sequence[FunctionFacts]) -> str:
        """Empty where a line of it has changed since."""
        sources: dict[Path, Source] = {}
        standing = {each.path: each for each in self._server.observed}
        shown = trace(functions)
        for path, line in lines_of(shown):
            there = standing.get(path)
            if there is None or there.standing.line(line) is None:
                return ""
            sources[path] = there.document.source
        text = trace_text(shown, sources)
        return f"# what {result.test_id} did\n\n{text}" if text else ""

    def _why(self, line: int) -> str:
        """The verdict on the test that is named on this line, and why it ran."""
        observed = self._observed
        for each in self._server.observed.judged(self._document.uri):
            if (
                not each.is_test
                or observed.document.source.line_at(each.definition.name.start) != line
            ):
                continue
            test = each.results[0].test_id
            reasons = observed.reasons or {}
            reason = reasons.get(test) or reasons.get(test.partition("::")[0])
            return f"# {in_words(each)}" + (f"\n# ran because {reason}" if reason else "")
        return ""
