"""Ghost text for clients that have it, completion items for the others.

Editors indent the later lines of a snippet like the line it is put on, and some do not delete the
range that a snippet replaces. So a suggestion with holes is sent as a snippet only with an empty
range and with that indentation taken off; where neither can be had it is sent as plain text, which
every client inserts as it is.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable
from dataclasses import replace
from math import floor

from lsprotocol import types

from lacuna_ls.completion.remote.needed_imports import needed_imports
from lacuna_ls.completion.suggestion import Claim, CompletionOptions, Hole, Suggestion
from lacuna_ls.domain.completion import Origin
from lacuna_ls.domain.text import Source, Span, decode, encode
from lacuna_ls.lsp.convert import offset_at, range_of
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.lsp.snippets import snippet
from lacuna_ls.syntax.document import Document

log = logging.getLogger(__name__)

# Editors wait for every server before they show their popup.
ITEMS_TIMEOUT_S = 0.15
_LONGEST_WORD_BYTES = 400
_WORD_BEFORE = re.compile(r"\w*\Z")
# Behind what language servers that know the types have to offer.
_LAST = "~~~~"
_UNCALIBRATED = "uncalibrated"


def register(server: LacunaServer) -> None:
    completions = _Completions(server)
    if server.client.inline_completion:
        server.on(types.TEXT_DOCUMENT_INLINE_COMPLETION, completions.inline)
    else:
        server.on(types.TEXT_DOCUMENT_COMPLETION, completions.items)


class _Completions:
    def __init__(self, server: LacunaServer) -> None:
        self._server = server
        self._said_uncalibrated = False
        self._said_origins: set[Origin] = set()

    def inline(
        self, params: types.InlineCompletionParams
    ) -> types.InlineCompletionList | Awaitable[types.InlineCompletionList]:
        asked = self._asked(params)
        return self._inline(*asked) if asked else types.InlineCompletionList(items=[])

    def items(
        self, params: types.CompletionParams
    ) -> types.CompletionList | Awaitable[types.CompletionList]:
        asked = self._asked(params)
        return self._items(*asked) if asked else _list([])

    def _asked(
        self, params: types.InlineCompletionParams | types.CompletionParams
    ) -> tuple[Document, int] | None:
        uri = params.text_document.uri
        document = self._server.documents.get(uri)
        if document is None or self._server.settings_of(uri).completion_enabled == "off":
            return None
        if self._server.untouched.leaves(document):
            return None
        return document, offset_at(document.source, params.position, self._server.encoding)

    async def _inline(self, document: Document, offset: int) -> types.InlineCompletionList:
        suggestions = await self._suggestions(document, offset)
        self._say_uncalibrated(suggestions)
        self._say_origins(suggestions)
        source = document.source
        return types.InlineCompletionList(
            items=[self._ghost(source, offset, suggestion) for suggestion in suggestions]
        )

    async def _items(self, document: Document, offset: int) -> types.CompletionList:
        try:
            async with asyncio.timeout(ITEMS_TIMEOUT_S):
                suggestions = await self._suggestions(document, offset)
        except TimeoutError:
            return _list([])
        source = document.source
        items = [self._item(source, offset, suggestion) for suggestion in suggestions]
        for item, suggestion in zip(items, suggestions, strict=True):
            item.additional_text_edits = self._imports(document, suggestion)
        return _list(items)

    async def _suggestions(self, document: Document, offset: int) -> tuple[Suggestion, ...]:
        services = await self._server.services()
        settings = self._server.settings_of(document.uri)
        options = CompletionOptions(settings.holes_epsilon, settings.holes_max_holes)
        suggestions = await services.complete(document, offset, options)
        # Not an error: editors log those, and this happens with every key.
        return suggestions if self._server.documents.get(document.uri) is document else ()

    def _ghost(
        self, source: Source, offset: int, suggestion: Suggestion
    ) -> types.InlineCompletionItem:
        shown = without_typed(suggestion, source, offset)
        snippet_form = without_indentation(shown, source, offset)
        if shown.holes and snippet_form and shown.replace == Span(offset, offset):
            text: str | types.StringValue = types.StringValue(value=snippet(snippet_form))
        else:
            text = shown.text
        return types.InlineCompletionItem(
            insert_text=text, range=range_of(source, shown.replace, self._server.encoding)
        )

    def _item(self, source: Source, offset: int, suggestion: Suggestion) -> types.CompletionItem:
        """One item whose range is the word at the cursor, which is what editors filter by."""
        shown = _with_word(without_typed(suggestion, source, offset), source, offset)
        snippet_form = without_indentation(shown, source, offset)
        with_holes = bool(shown.holes and snippet_form and self._server.client.completion_snippets)
        first_line = shown.text.strip().split("\n", 1)[0].rstrip()
        form = types.InsertTextFormat.Snippet if with_holes else types.InsertTextFormat.PlainText
        claim = in_words(suggestion.claim)
        return types.CompletionItem(
            label=first_line or "…",
            label_details=types.CompletionItemLabelDetails(description=claim)
            if self._server.client.label_details
            else None,
            detail=f"Lacuna, {claim}",
            documentation=documentation(shown),
            kind=types.CompletionItemKind.Snippet,
            sort_text=_LAST,
            filter_text=shown.text.split("\n", 1)[0],
            insert_text_format=form,
            text_edit=types.TextEdit(
                range=range_of(source, shown.replace, self._server.encoding),
                new_text=snippet(snippet_form) if with_holes and snippet_form else shown.text,
            ),
        )

    def _imports(self, document: Document, suggestion: Suggestion) -> list[types.TextEdit] | None:
        """What a suggestion needs and the file does not import yet; part of the same edit."""
        edits = needed_imports(document, suggestion.text, self._server.documents)
        return [
            types.TextEdit(
                range=range_of(document.source, edit.span, self._server.encoding),
                new_text=decode(edit.new),
            )
            for edit in edits
        ] or None

    def _say_uncalibrated(self, suggestions: tuple[Suggestion, ...]) -> None:
        """Ghost text has no place for a word beside it, so it is said once in the log window."""
        uncalibrated = any(not suggestion.claim.calibrated for suggestion in suggestions)
        if self._said_uncalibrated or not uncalibrated:
            return
        self._said_uncalibrated = True
        message = "Lacuna's completions are uncalibrated: their holes carry no guarantee."
        self._server.window_log_message(
            types.LogMessageParams(type=types.MessageType.Info, message=message)
        )

    def _say_origins(self, suggestions: tuple[Suggestion, ...]) -> None:
        """Nor has it one for where it comes from: that stands in the log window, each place once."""
        for origin in (suggestion.origin for suggestion in suggestions):
            if origin is not None and origin not in self._said_origins:
                self._said_origins.add(origin)
                message = f"Ghost text stands word for word elsewhere: {as_in(origin)}."
                self._server.window_log_message(
                    types.LogMessageParams(type=types.MessageType.Info, message=message)
                )


def as_in(origin: Origin) -> str:
    return f"{origin.tokens} tokens as in {origin.file}:{origin.line}"


def documentation(suggestion: Suggestion) -> str | None:
    """What an item's label does not say: its further lines, and where it comes from."""
    parts = [suggestion.text] if "\n" in suggestion.text.strip() else []
    if suggestion.origin is not None:
        parts.append(f"Lacuna: {as_in(suggestion.origin)}")
    return "\n\n".join(parts) or None


def in_words(claim: Claim) -> str:
    """What a suggestion claims, in a few words; "uncalibrated" if nothing."""
    if not claim.calibrated or claim.epsilon is None:
        return _UNCALIBRATED
    missed = f"misses outside holes ≤ {claim.epsilon:g}"
    listed = "" if claim.listed is None else f", lists hold it in ≥ {_rounded_down(claim.listed):g}"
    return f"{missed}{listed} (δ = {claim.delta:g}, n = {claim.n})"


def _rounded_down(share: float) -> float:
    """To two places: a claim is never rounded up."""
    return floor(share * 100) / 100


def without_typed(suggestion: Suggestion, source: Source, offset: int) -> Suggestion:
    """The same result with the text before the cursor left alone, if the suggestion repeats it."""
    span = suggestion.replace
    if not span.start < offset <= span.end:
        return suggestion
    typed = source.data[span.start : offset]
    text = encode(suggestion.text)
    if not text.startswith(typed):
        return suggestion
    holes = tuple(
        replace(hole, span=Span(max(hole.span.start - len(typed), 0), hole.span.end - len(typed)))
        for hole in suggestion.holes
        if hole.span.end > len(typed)
    )
    return replace(
        suggestion, replace=Span(offset, span.end), text=decode(text[len(typed) :]), holes=holes
    )


def without_indentation(suggestion: Suggestion, source: Source, offset: int) -> Suggestion | None:
    """The suggestion as an editor wants it that indents a snippet's later lines like the first.

    `None` if a later line is indented less than the cursor's line: no snippet can say that.
    """
    line = source.line_span(source.line_at(offset))
    text = encode(suggestion.text)
    indent = re.match(rb"[ \t]*", source.data[line.start : offset])
    width = len(indent[0]) if indent else 0
    if not width or b"\n" not in text:
        return suggestion
    assert indent is not None
    cuts: list[int] = []
    for match in re.finditer(rb"\n(?=[^\r\n])", text):
        if not text.startswith(indent[0], match.end()):
            return None
        cuts.append(match.end())
    return replace(
        suggestion, text=_cut(text, cuts, width), holes=_shifted(suggestion, cuts, width)
    )


def _cut(text: bytes, cuts: list[int], width: int) -> str:
    ends = [*cuts, len(text) + width]
    parts = [text[: ends[0]]]
    parts += [text[a + width : b] for a, b in zip(cuts, ends[1:], strict=True)]
    return decode(b"".join(parts))


def _shifted(suggestion: Suggestion, cuts: list[int], width: int) -> tuple[Hole, ...]:
    def shift(at: int) -> int:
        return at - sum(min(max(at - cut, 0), width) for cut in cuts)

    return tuple(
        replace(hole, span=Span(shift(hole.span.start), shift(hole.span.end)))
        for hole in suggestion.holes
    )


def _with_word(suggestion: Suggestion, source: Source, offset: int) -> Suggestion:
    """The suggestion extended to the left over the word that the cursor stands behind."""
    if suggestion.replace.start != offset:
        return suggestion
    line = source.line_span(source.line_at(offset))
    before = decode(source.data[max(line.start, offset - _LONGEST_WORD_BYTES) : offset])
    match = _WORD_BEFORE.search(before)
    word = encode(match[0]) if match else b""
    holes = tuple(
        replace(hole, span=Span(hole.span.start + len(word), hole.span.end + len(word)))
        for hole in suggestion.holes
    )
    span = Span(offset - len(word), suggestion.replace.end)
    return replace(suggestion, replace=span, text=decode(word) + suggestion.text, holes=holes)


def _list(items: list[types.CompletionItem]) -> types.CompletionList:
    return types.CompletionList(is_incomplete=True, items=items)
