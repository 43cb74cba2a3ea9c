"""The composition root: what stands behind each port, and who is given it.

`build_services` is called in a thread once a client is there. It imports the heavy rooms, and
leaves what takes long to `Services.prepare`, which runs on the loop in the background.
"""

import asyncio
import logging
import os
import time
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Coroutine,
    Iterable,
    Iterator,
)
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from random import Random

from lacuna_ls.actions import (
    break_function,
    extract_by_model,
    extract_marked,
    extract_method,
    extract_opportunity,
    fix_failing_test,
    search_longer,
    speed_up,
)
from lacuna_ls.adapters.calibration_store import FileCalibrationStore
from lacuna_ls.adapters.confined_runner import ConfinedRunner
from lacuna_ls.adapters.context_store import FileContextStore
from lacuna_ls.adapters.endpoint.chosen import ChosenModel
from lacuna_ls.adapters.endpoint.keys import EDITORS_VARIABLE
from lacuna_ls.adapters.index_files import cache_folder, dependency_index, library_index
from lacuna_ls.adapters.installed_sources import installed_sources
from lacuna_ls.adapters.interpreters import interpreter_for, program_on_path
from lacuna_ls.adapters.last_commit import text_at_head
from lacuna_ls.adapters.last_settings import keep_settings
from lacuna_ls.adapters.local_record import LocalRecord
from lacuna_ls.adapters.program_runner import ProgramRunner
from lacuna_ls.adapters.project_context import ProjectContext, Surroundings
from lacuna_ls.adapters.repository_settings import repository_settings
from lacuna_ls.adapters.runners import RunnerByLanguage
from lacuna_ls.adapters.sure_statements import SureStatements
from lacuna_ls.adapters.trust_store import TrustStore
from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.adapters.workspace_files import RunFiles, WorkspaceFiles
from lacuna_ls.completion import predictor
from lacuna_ls.completion.cache import CompletionCache
from lacuna_ls.completion.engine import complete, group_of
from lacuna_ls.completion.labels import label_saved
from lacuna_ls.completion.remote.session import RemoteCompletions
from lacuna_ls.completion.remote.session import Tools as RemoteTools
from lacuna_ls.completion.suggestion import CompletionOptions, Suggestion
from lacuna_ls.domain.errors import RunnerError, StoreError
from lacuna_ls.domain.text import Span
from lacuna_ls.holes.calibration import usable_cell
from lacuna_ls.lsp.acceptance import Acceptances
from lacuna_ls.lsp.break_search import BreakSearches
from lacuna_ls.lsp.proofs import Proofs
from lacuna_ls.lsp.save_run import SaveTools
from lacuna_ls.lsp.saves import Saves
from lacuna_ls.lsp.search_longer import Drafting, LongerSearches
from lacuna_ls.lsp.server import BREAK_FUNCTION, RUN_TESTS, SEARCH_LONGER, SPEED_UP, LacunaServer
from lacuna_ls.lsp.services import Services
from lacuna_ls.lsp.speed_search import SpeedSearches
from lacuna_ls.lsp.status import Sources
from lacuna_ls.lsp.trust_prompt import SessionTrust
from lacuna_ls.lsp.uris import path_of
from lacuna_ls.model.embedded import EmbeddedModel
from lacuna_ls.ports.language_model import Excerpt, LanguageModel
from lacuna_ls.ports.trust import TrustStore as Trust
from lacuna_ls.repair.finished import FinishedFixes
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.imports import mentioned_modules
from lacuna_ls.syntax.languages import by_path, languages

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _SystemClock:
    def monotonic_s(self) -> float:
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class _Files:
    """The `Files` of the folders and settings that hold now: `now` gives those for a path."""

    now: Callable[[Path], RunFiles]

    def read(self, path: Path) -> bytes | None:
        return self.now(path).read(path)

    def signature(self, path: Path) -> tuple[int, int] | None:
        return self.now(path).signature(path)

    def changed_at_ns(self, path: Path) -> int | None:
        return self.now(path).changed_at_ns(path)

    def source_files(self, root: Path, suffixes: frozenset[str]) -> Iterator[Path]:
        return self.now(root).source_files(root, suffixes)


@lru_cache(maxsize=1)
def _run_files(roots: tuple[Path, ...]) -> RunFiles:
    return RunFiles(roots)


def _files_for(server: LacunaServer, path: Path) -> WorkspaceFiles:
    return _workspace_files(server.roots, server.settings_in(server.root_of(path)).ignore)


@lru_cache(maxsize=16)
def _workspace_files(roots: tuple[Path, ...], ignore: tuple[str, ...]) -> WorkspaceFiles:
    return WorkspaceFiles(roots, ignore)


def build_services(server: LacunaServer) -> Services:
    """Engines over the real adapters."""
    trust = server.trust.joined(TrustStore())
    files = _Files(partial(_files_for, server))
    model = EmbeddedModel(files)
    sure = SureStatements(model)
    finished = FinishedFixes()
    runner = WorkerPool(trust)
    by_language = RunnerByLanguage({"pytest": runner, "programs": ProgramRunner(trust)})
    tools = SaveTools(
        runner=by_language,
        files=_Files(lambda path: _run_files(server.roots)),
        clock=_SystemClock(),
        finished=finished,
        interpreter=lambda root, path: _interpreter(root, path, server.settings.interpreter),
        contexts=FileContextStore(),
    )
    saves = Saves(server, tools)
    proofs = Proofs(server, tools)
    environment = dict(os.environ)
    # The user's tests inherit the rest of it.
    os.environ.pop(EDITORS_VARIABLE, None)
    chosen = ChosenModel(lambda: server.settings, environment)
    drafting = Drafting(
        chosen.for_chat, ConfinedRunner(runner), lambda path: _files_for(server, path).shown(path)
    )
    longer = LongerSearches(server, tools, saves.searches, drafting)
    breaks = BreakSearches(server, tools, trust, text_at_head)
    speed = SpeedSearches(server, tools, trust, by_language)
    asked = (longer, breaks, speed)
    corpora = _Corpora(server, model)
    calibrations = FileCalibrationStore()
    cache = CompletionCache()
    draws = Random()  # noqa: S311 - draws one of several labels, protects nothing

    async def complete_with_model(
        document: Document, offset: int, options: CompletionOptions
    ) -> tuple[Suggestion, ...]:
        path = path_of(document.uri)
        corpora.asked_in(document)
        if _nothing_stands(calibrations, sure.capabilities.model_id, document, offset, options):
            return ()
        return await complete(document, offset, sure, calibrations, options, path=path, cache=cache)

    def label(document: Document) -> None:
        settings = server.settings_of(document.uri)
        options = CompletionOptions(settings.holes_epsilon, settings.holes_max_holes)
        label_saved(document, cache, calibrations, options, draws)
        server.status_changed()

    project = ProjectContext(partial(_open_files, server), partial(_surroundings, server))
    remote = RemoteCompletions(
        RemoteTools(
            model=partial(_completion_model, server, chosen, trust),
            embedded=complete_with_model,
            context=partial(_context, project),
            path=lambda document: path_of(document.uri),
            scorer=model,
            calibrations=calibrations,
            clock=_SystemClock(),
            said=partial(_said, server),
            waits=lambda: server.client.inline_completion,
        )
    )
    typing = _Typing(server, remote, project)

    return Services(
        complete=typing.complete,
        actions=(
            fix_failing_test.provider(finished),
            search_longer.provider(longer.places, SEARCH_LONGER),
            break_function.provider(breaks.found),
            speed_up.provider(speed.found),
            extract_marked.provider(partial(_marked, server), proofs.known),
            extract_method.provider(proofs.known),
            extract_opportunity.provider(proofs.known),
            extract_by_model.provider(partial(_model_for, server, chosen), proofs.known),
            break_function.starter(BREAK_FUNCTION),
            speed_up.starter(SPEED_UP),
        ),
        trust=trust,
        saved=partial(_saved, saves, longer, corpora, typing, label),
        commands={
            RUN_TESTS: saves.run_tests,
            SEARCH_LONGER: longer.start,
            BREAK_FUNCTION: breaks.start,
            SPEED_UP: speed.start,
        },
        edited=partial(_edited, saves, asked, typing),
        repository_settings=repository_settings,
        prepare=partial(_prepare, server, corpora),
        close=partial(_close, saves, asked, corpora, typing, chosen, runner),
        objection=proofs.objection,
        status=Sources(
            lambda language: calibrations.load(
                predictor.key(model.capabilities.model_id, language)
            ),
            partial(_sandbox, server, runner),
            remote.in_words,
        ),
    )


def _nothing_stands(
    calibrations: FileCalibrationStore,
    model_id: str,
    document: Document,
    offset: int,
    options: CompletionOptions,
) -> bool:
    """No threshold but none held for such cursors at this epsilon: all would be one hole.

    It is so for every completion of the cell, so that the claim of no other is touched by silence.
    """
    if document.language is None:
        return False
    table = calibrations.load(predictor.key(model_id, document.language))
    if table is None:
        return False
    group = group_of(document, offset)
    cell = usable_cell(table, options.epsilon, options.max_holes, group)
    return cell is not None and not cell.threshold


async def _sandbox(server: LacunaServer, runner: WorkerPool, root: Path) -> str:
    """The tier that holds candidates in a folder."""
    return (await runner.confinement(_interpreter(root, root, server.settings.interpreter))).tier


def _marked(server: LacunaServer, document: Document) -> list[Span]:
    """What hints mark; they stand in the newest text, as what a menu is asked about does."""
    return [mark.span for mark in server.diagnostics.hinted(document.uri)]


def _model_for(
    server: LacunaServer, chosen: ChosenModel, document: Document
) -> LanguageModel | None:
    """The model that may see a document: one whose file ignore rules and secret filters let through."""
    path = path_of(document.uri)
    if path is None or _files_for(server, path).shown(path) is None:
        return None
    return chosen.for_chat()


@asynccontextmanager
async def tools_for(
    roots: tuple[Path, ...], trusted: Collection[Path] = (), interpreter: str = ""
) -> AsyncIterator[SaveTools]:
    """What tests run with in a terminal; nothing of it is left behind.

    `trusted` are folders trusted for this time only, `interpreter` is the user's own choice.
    """
    trust = SessionTrust(TrustStore(), set(trusted), never=lambda: False)
    runner = WorkerPool(trust)
    try:
        yield SaveTools(
            runner=RunnerByLanguage({"pytest": runner, "programs": ProgramRunner(trust)}),
            files=RunFiles(roots),
            clock=_SystemClock(),
            finished=FinishedFixes(),
            interpreter=lambda root, path: _interpreter(root, path, interpreter),
        )
    finally:
        await runner.close()


def _interpreter(root: Path, path: Path, setting: str) -> Path:
    language = by_path(path)
    if language is not None and language.interpreter is not None:
        # Where there is none the runner says so, once there is something to run.
        return program_on_path(language.interpreter, root) or Path(language.interpreter)
    found = interpreter_for(root, path, setting)
    if found is None:
        raise RunnerError(
            f"lacuna.interpreter is {setting!r}, where no Python is"
            if setting
            else "found no Python to run tests with; lacuna.interpreter can name one"
        )
    log.info("tests of %s run in %s", root.name, found.reason)
    return found.path


def _completion_model(
    server: LacunaServer, chosen: ChosenModel, trust: Trust, document: Document
) -> LanguageModel | None:
    """The endpoint's model, where it may see a document: in a folder that the user trusts."""
    if not server.settings.model_endpoint:
        return None
    path = path_of(document.uri)
    if path is None or not trust.trusted(path) or not _files_for(server, path).may_show(path):
        return None
    return chosen.for_completion()


def _open_files(server: LacunaServer) -> list[tuple[Document, Path]]:
    found = ((document, path_of(document.uri)) for document in server.documents)
    return [(document, path) for document, path in found if path is not None]


def _surroundings(server: LacunaServer, path: Path) -> Surroundings | None:
    root = server.root_of(path)
    if root is None:
        return None
    settings = server.settings_in(root)
    python = interpreter_for(root, path, server.settings.interpreter)
    return Surroundings(
        root,
        _files_for(server, path).shown,
        None if python is None else python.path,
        settings.instructions,
    )


async def _prepare(server: LacunaServer, corpora: "_Corpora") -> None:
    await asyncio.to_thread(keep_settings, server.settings)
    await corpora.prepare()


async def _context(project: ProjectContext, document: Document, offset: int) -> tuple[Excerpt, ...]:
    path = path_of(document.uri)
    return () if path is None else await project.gather(document, offset, path)


def _said(server: LacunaServer, sentence: str) -> None:
    """Where completions come from has changed."""
    server.note(f"Lacuna: {sentence}")
    server.status_changed()


class _Typing:
    """What is offered while somebody types, and what becomes of it."""

    def __init__(
        self, server: LacunaServer, remote: RemoteCompletions, project: ProjectContext
    ) -> None:
        self._server = server
        self._remote = remote
        self._project = project
        self._record = LocalRecord()
        self._acceptances = Acceptances(self._record.add, remote.prefetch)

    async def complete(
        self, document: Document, offset: int, options: CompletionOptions
    ) -> tuple[Suggestion, ...]:
        suggestions = await self._remote.complete(document, offset, options)
        for suggestion in suggestions[:1]:
            self._acceptances.shown(document, offset, suggestion)
        return suggestions

    def edited(self, uri: str) -> None:
        opened, document = self._server.documents.opened(uri), self._server.documents.get(uri)
        if opened is not None and document is not None:
            self._project.recent.opened(opened)
            self._project.recent.seen(document)
            self._acceptances.edited(document)

    async def saved(self, document: Document) -> None:
        self._acceptances.saved(document)
        await asyncio.to_thread(self._record.write)

    async def close(self) -> None:
        await self._remote.close()
        await asyncio.to_thread(self._record.write)


class _Corpora:
    """Keeps what the embedded model has counted in step with what is on disk."""

    def __init__(self, server: LacunaServer, model: EmbeddedModel) -> None:
        self._server = server
        self._model = model
        self._suffixes = frozenset(s for language in languages() for s in language.suffixes)
        self._tasks: set[asyncio.Task[None]] = set()
        self._asked_in: set[str] = set()
        self._dependencies: list[Path] = []
        self._turn = asyncio.Lock()

    async def prepare(self) -> None:
        """Read the workspace and the standard library; the open file answers meanwhile."""
        await self._owned(self._add_library(), self._read_workspace())

    async def refresh(self) -> None:
        await self._owned(self._read_workspace(), self._read_dependencies())

    def asked_in(self, document: Document) -> None:
        """Count what a document imports, too, from its first completion on."""
        if document.uri not in self._asked_in:
            self._asked_in.add(document.uri)
            task = asyncio.ensure_future(self._read_dependencies())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _owned(self, *works: Coroutine[None, None, None]) -> None:
        tasks = [asyncio.ensure_future(work) for work in works]
        self._tasks.update(tasks)
        try:
            await asyncio.gather(*tasks)
        finally:
            self._tasks.difference_update(tasks)

    async def _add_library(self) -> None:
        try:
            await self._model.add_library(await library_index(cache_folder()))
        except StoreError as error:
            log.warning("completions do without the standard library: %s", error)

    async def _read_dependencies(self) -> None:
        """What the open files import from the project's interpreter; another set takes its place."""
        async with self._turn:
            documents = [d for d in self._server.documents if d.uri in self._asked_in]
            sources = await asyncio.to_thread(self._imported_sources, documents)
            if sources == self._dependencies:
                return
            try:
                index = await dependency_index(cache_folder(), sources)
            except StoreError as error:
                log.warning("completions do without the dependencies: %s", error)
            else:
                await self._model.add_library(index, "dependencies")
                self._dependencies = sources

    def _imported_sources(self, documents: list[Document]) -> list[Path]:
        """Of installed packages; what the workspace holds itself is counted there."""
        setting = self._server.settings.interpreter
        modules: dict[Path, set[str]] = {}
        for document in documents:
            language, path = document.language, path_of(document.uri)
            root = self._server.root_of(path) if path is not None else None
            if path is None or root is None or language is None or language.interpreter is not None:
                continue
            found = interpreter_for(root, path, setting)
            names = {name.partition(".")[0] for name in mentioned_modules(document.data, language)}
            own = {name for name in names if any((root / p / name).is_dir() for p in ("", "src"))}
            if found is not None:
                modules.setdefault(found.path, set()).update(names - own - {""})
        return [
            source
            for python, names in modules.items()
            for source in installed_sources(python, names)
        ]

    async def _read_workspace(self) -> None:
        for root in self._server.roots:
            await self._model.workspace.refresh(root, self._suffixes)


async def _saved(
    saves: Saves,
    longer: LongerSearches,
    corpora: _Corpora,
    typing: _Typing,
    label: Callable[[Document], None],
    document: Document,
) -> None:
    longer.saved(document)
    try:
        label(document)
    except StoreError as error:
        log.warning("what a save says of completions is not kept: %s", error)
    # Not a task group: where one of them fails, the other goes on.
    await asyncio.gather(corpora.refresh(), saves.saved(document), typing.saved(document))


# What a user starts, each at most once in a document at a time.
_Searches = LongerSearches | BreakSearches | SpeedSearches


def _edited(saves: Saves, asked: Iterable[_Searches], typing: _Typing, uri: str) -> None:
    typing.edited(uri)
    saves.edited(uri)
    for each in asked:
        each.edited(uri)


async def _close(
    saves: Saves,
    asked: Iterable[_Searches],
    corpora: _Corpora,
    typing: _Typing,
    chosen: ChosenModel,
    runner: WorkerPool,
) -> None:
    searches = (each.close() for each in asked)
    await asyncio.gather(saves.close(), *searches, corpora.close(), typing.close())
    await asyncio.gather(chosen.close(), runner.close())
