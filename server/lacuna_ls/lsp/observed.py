"""What the newest runs say about the open documents, for hints, hovers and lenses.

Nothing here is shown for code that changed since it ran: each document's text as it ran is kept,
with the lines of it that still stand.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from lacuna_ls.domain.test_result import TestResult
from lacuna_ls.domain.timing import LineCost
from lacuna_ls.lsp.refresh import Refreshes
from lacuna_ls.syntax.document import Document
from lacuna_ls.test_runs.standing import Standing
from lacuna_ls.test_runs.tested import Judged, judged

if TYPE_CHECKING:
    from lacuna_ls.lsp.server import LacunaServer


@dataclass(frozen=True, slots=True)
class Hot:
    """A slow function, named as in its module, and its lines, the one that costs most first."""

    name: str
    lines: tuple[LineCost, ...]


@dataclass(frozen=True, slots=True)
class Observed:
    """One document as its tests ran.

    `results` are the newest of its workspace root. `concerned` are the test files that ran because
    of it, `reasons` say why a test file ran. `recorded` are failing tests with their facts.
    `unsandboxed` says that its fixes were tried under limits only. `hottest` are functions that take
    their time.
    """

    document: Document
    path: Path
    standing: Standing
    results: tuple[TestResult, ...] = ()
    concerned: frozenset[str] = frozenset()
    reasons: Mapping[str, str] | None = None
    recorded: tuple[TestResult, ...] = ()
    unsandboxed: bool = False
    hottest: tuple[Hot, ...] = ()


class Observations:
    """What was observed, by URI. Written by saves, read by the requests."""

    def __init__(self, server: "LacunaServer") -> None:
        self._server = server
        self._observed: dict[str, Observed] = {}
        self._judged: dict[str, tuple[Observed, tuple[Judged, ...]]] = {}
        self._hints_changed = False
        self._refreshes = Refreshes(server)

    def __iter__(self) -> Iterator[Observed]:
        return iter(tuple(self._observed.values()))

    def get(self, uri: str) -> Observed | None:
        return self._observed.get(uri)

    def judged(self, uri: str) -> tuple[Judged, ...]:
        """The definitions of the text that ran, with what their tests said."""
        known = self._observed.get(uri)
        if known is None:
            return ()
        of, found = self._judged.get(uri, (None, ()))
        if of is None or of.results is not known.results or of.document is not known.document:
            found = judged(known.document, known.path, known.results, known.concerned)
            self._judged[uri] = known, found
        return found

    def ran(
        self,
        document: Document,
        path: Path,
        results: tuple[TestResult, ...],
        concerned: Collection[str],
        reasons: Mapping[str, str],
    ) -> None:
        """Tests ran on this text; the editor may hold a newer one by now."""
        newest = self._server.documents.get(document.uri)
        if newest is None:
            return
        standing = Standing.whole(document.source).edited(document.source, newest.source)
        known = self._observed.get(document.uri)
        if known is not None and known.document.data == document.data:
            standing, recorded, hottest = known.standing, known.recorded, known.hottest
        else:
            recorded, hottest = (), ()
        red = {result.test_id for result in results if result.red}
        self._observed[document.uri] = Observed(
            document=document,
            path=path,
            standing=standing,
            results=results,
            concerned=frozenset(concerned),
            reasons=dict(reasons),
            recorded=tuple(result for result in recorded if result.test_id in red),
            hottest=hottest,
        )

    def recorded(self, uris: Collection[str], results: tuple[TestResult, ...]) -> None:
        """Failing tests left facts in these documents, beside those that are known."""
        for uri in uris:
            known = self._observed.get(uri)
            if known is not None:
                self._hints_changed |= bool(results)
                merged = {result.test_id: result for result in (*known.recorded, *results)}
                self._observed[uri] = replace(known, recorded=tuple(merged.values()))
        self.refresh_hints()

    def ran_unsandboxed(self, uri: str) -> None:
        """Fixes of the document were tried where no sandbox is to be had."""
        known = self._observed.get(uri)
        if known is not None:
            self._observed[uri] = replace(known, unsandboxed=True)

    def profiled(self, document: Document, hottest: tuple[Hot, ...]) -> None:
        """Where the time of the document's slow functions goes, in the text that ran."""
        known = self._observed.get(document.uri)
        if known is not None and known.document.data == document.data:
            self._observed[document.uri] = replace(known, hottest=hottest)
            self.refresh_lenses()

    def outdated(self, uri: str) -> None:
        """A newer run of the same tests has begun."""
        known = self._observed.get(uri)
        if known is not None:
            self._hints_changed |= bool(known.recorded)
            self._observed[uri] = replace(known, recorded=(), unsandboxed=False)

    def edited(self, before: Document, after: Document) -> None:
        known = self._observed.get(after.uri)
        if known is not None:
            standing = known.standing.edited(before.source, after.source)
            self._observed[after.uri] = replace(known, standing=standing)

    def clear(self, uri: str) -> None:
        self._observed.pop(uri, None)
        self._judged.pop(uri, None)

    def refresh_lenses(self) -> None:
        """Have the editor ask again, if it can be told to."""
        if self._server.client.code_lens_refresh:
            self._refreshes.ask(types.WORKSPACE_CODE_LENS_REFRESH)

    def refresh_hints(self) -> None:
        """The same for hints, if they are not what they were when it last asked."""
        if self._hints_changed and self._server.client.inlay_hint_refresh:
            self._refreshes.ask(types.WORKSPACE_INLAY_HINT_REFRESH)
        self._hints_changed = False
