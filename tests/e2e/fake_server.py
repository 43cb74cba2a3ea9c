"""The real server with scripted engines, for tests of the protocol alone.

What the engines answer stands in the open document itself: `SUGGEST` offers a completion with two
holes, `SLOW` never answers, `BROKEN` raises, `PRINT` prints, `RED` fails a test on save.
"""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from lacuna_ls.actions.provider import ActionKind, ActionRequest, Offer
from lacuna_ls.adapters.repository_settings import repository_settings
from lacuna_ls.completion.suggestion import Claim, CompletionOptions, Hole, Suggestion
from lacuna_ls.domain.facts import BlockPass, FunctionFacts, LineFacts, SeenValue
from lacuna_ls.domain.test_result import Outcome, TestResult
from lacuna_ls.domain.text import Span, TextEdit
from lacuna_ls.lsp.lifecycle import create_server
from lacuna_ls.lsp.progress import progress
from lacuna_ls.lsp.server import RUN_TESTS, LacunaServer
from lacuna_ls.lsp.services import Services
from lacuna_ls.lsp.transport import serve_stdio
from lacuna_ls.lsp.uris import path_of
from lacuna_ls.syntax.document import Document
from lacuna_ls.test_runs.finding import Finding
from lacuna_ls.verification.evidence import Evidence, titled

SUGGESTED = "parse(é, 10)"


class Folders:
    """A trust store in memory."""

    def __init__(self) -> None:
        self._folders: set[Path] = set()

    def trusted(self, path: Path) -> bool:
        return any(path.resolve().is_relative_to(folder) for folder in self._folders)

    def grant(self, folder: Path) -> None:
        self._folders.add(folder.resolve())

    def withdraw(self, folder: Path) -> None:
        self._folders.discard(folder.resolve())


class Lower:
    """Offers to write the first `RED` in lower case, and refuses where there is none."""

    def __init__(self, kind: ActionKind) -> None:
        self.kind = kind

    def offers(self, request: ActionRequest) -> list[Offer]:
        version = request.document.version
        at = request.document.data.find(b"RED")
        if at < 0:
            return [Offer("Lower", self.kind, version, disabled="nothing is RED")]
        edit = TextEdit(Span(at, at + 3), b"green")
        evidence = Evidence(tests_passed=3, tests_total=3)
        return [
            Offer(
                titled("Fix: lower", evidence),
                self.kind,
                version,
                (edit,),
                evidence,
                preferred=True,
            )
        ]


async def complete(
    document: Document, offset: int, options: CompletionOptions
) -> tuple[Suggestion, ...]:
    if b"SLOW" in document.data:
        await asyncio.Event().wait()
    if b"BROKEN" in document.data:
        raise RuntimeError(f"a secret in {Path.home()}")
    if b"PRINT" in document.data:
        sys.stdout.write("Content-Length: 9\r\n\r\nnot for the client")
        sys.stdout.flush()
    if b"SUGGEST" not in document.data:
        return ()
    holes = (Hole(Span(6, 8), ("à",)), Hole(Span(10, 12)))[: options.max_holes]
    return (Suggestion(Span(offset, offset), SUGGESTED, holes, Claim(calibrated=False)),)


def observe(server: LacunaServer, document: Document, at: int) -> None:
    """The test `test_it` saw `n` on the line of `RED`, and passed or failed with it."""
    path = path_of(document.uri)
    assert path is not None
    line = document.source.line_at(max(at, 0))
    saw = SeenValue("n", "'é'", "'é'", 1)
    passes = (BlockPass(1, line, line, (("n", "'```'"),)),)
    facts = FunctionFacts(path, "test_it", line, 1, 1, (LineFacts(line, 1, (saw,)),), passes)
    outcome = Outcome.PASSED if at < 0 else Outcome.FAILED
    result = TestResult("test_it", outcome, 0.014)
    own = replace(result, test_id=f"{path.name}::test_it")
    reasons = {path.name: "it was saved"}
    server.observed.ran(document, path, (own,), {path.name}, reasons)
    server.observed.refresh_lenses()
    server.observed.recorded([document.uri], () if at < 0 else (replace(result, facts=(facts,)),))


def build_services(server: LacunaServer) -> Services:
    trust = server.trust.joined(Folders())

    async def saved(document: Document) -> None:
        if server.roots and not await server.trust.ask(server.roots[0]):
            return
        async with progress(server, "Running tests") as bar:
            bar.report("1 of 1", 50)
            at = document.data.find(b"RED")
            found = () if at < 0 else (Finding(Span(at, at + 3), "red: 1 != 2", "test_it"),)
            server.diagnostics.publish(document, found)
            observe(server, document, at)

    async def nothing() -> None:
        return

    return Services(
        complete=complete,
        actions=(Lower(ActionKind.QUICK_FIX), Lower(ActionKind.REFACTOR_EXTRACT)),
        trust=trust,
        saved=saved,
        commands={RUN_TESTS: saved},
        edited=lambda uri: None,
        repository_settings=repository_settings,
        prepare=nothing,
        close=nothing,
    )


if __name__ == "__main__":
    sys.exit(serve_stdio(create_server(build_services)))
