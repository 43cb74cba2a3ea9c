"""The composition root: what stands behind each port, and who is given it.

`build_services` is called in a thread once a client is there. It imports the heavy rooms, and
leaves what takes long to `Services.prepare`, which runs on the loop in the background.
"""

import asyncio
import logging
import os
from collections.abc import (
    AsyncIterator,
    Collection,
    Iterable,
)
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

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
from lacuna_ls.adapters.last_commit import text_at_head
from lacuna_ls.adapters.last_settings import keep_settings
from lacuna_ls.adapters.program_runner import ProgramRunner
from lacuna_ls.adapters.repository_settings import repository_settings
from lacuna_ls.adapters.runners import RunnerByLanguage
from lacuna_ls.adapters.trust_store import TrustStore
from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.adapters.workspace_files import RunFiles
from lacuna_ls.bootstrap.corpora import Corpora
from lacuna_ls.bootstrap.place import FilesNow, SystemClock, files_for, interpreter_of, run_files
from lacuna_ls.bootstrap.typing import Typing
from lacuna_ls.domain.text import Span
from lacuna_ls.lsp.break_search import BreakSearches
from lacuna_ls.lsp.hot_lines import HotLines
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
from lacuna_ls.ports.language_model import LanguageModel
from lacuna_ls.repair.finished import FinishedFixes
from lacuna_ls.syntax.document import Document

log = logging.getLogger(__name__)


def build_services(server: LacunaServer) -> Services:
    """Engines over the real adapters."""
    trust = server.trust.joined(TrustStore())
    files = FilesNow(partial(files_for, server))
    finished = FinishedFixes()
    runner = WorkerPool(trust)
    by_language = RunnerByLanguage({"pytest": runner, "programs": ProgramRunner(trust)})
    tools = SaveTools(
        runner=by_language,
        files=FilesNow(lambda path: run_files(server.roots)),
        clock=SystemClock(),
        finished=finished,
        interpreter=lambda root, path: interpreter_of(
            root, path, server.settings_in(root).interpreter
        ),
        contexts=FileContextStore(),
        expect=by_language.expect,
    )
    saves = Saves(server, tools)
    proofs = Proofs(server, tools)
    environment = dict(os.environ)
    # The user's tests inherit the rest of it.
    os.environ.pop(EDITORS_VARIABLE, None)
    chosen = ChosenModel(lambda: server.settings, environment)
    drafting = Drafting(
        chosen.for_chat, ConfinedRunner(runner), lambda path: files_for(server, path).shown(path)
    )
    longer = LongerSearches(server, tools, saves.searches, drafting)
    breaks = BreakSearches(server, tools, trust, text_at_head)
    speed = SpeedSearches(server, tools, trust, by_language, drafting)
    hot = HotLines(server, tools, trust, by_language)
    asked = (longer, breaks, speed, hot)
    corpora = Corpora(server, EmbeddedModel(files))
    calibrations = FileCalibrationStore()
    typing = Typing(server, corpora, calibrations, chosen, trust)

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
        saved=partial(_saved, saves, longer, hot, corpora, typing),
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
            typing.calibration,
            partial(_sandbox, server, runner),
            typing.in_words,
        ),
    )


async def _sandbox(server: LacunaServer, runner: WorkerPool, root: Path) -> str:
    """The tier that holds candidates in a folder."""
    interpreter = interpreter_of(root, root, server.settings_in(root).interpreter)
    return (await runner.confinement(interpreter)).tier


def _marked(server: LacunaServer, document: Document) -> list[Span]:
    """What hints mark; they stand in the newest text, as what a menu is asked about does."""
    return [mark.span for mark in server.diagnostics.hinted(document.uri)]


def _model_for(
    server: LacunaServer, chosen: ChosenModel, document: Document
) -> LanguageModel | None:
    """The model that may see a document: one whose file ignore rules and secret filters let through."""
    path = path_of(document.uri)
    if path is None or files_for(server, path).shown(path) is None:
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
            clock=SystemClock(),
            finished=FinishedFixes(),
            interpreter=lambda root, path: interpreter_of(root, path, interpreter),
        )
    finally:
        await runner.close()


async def _prepare(server: LacunaServer, corpora: Corpora) -> None:
    await asyncio.to_thread(keep_settings, server.settings, server.roots)
    await corpora.prepare()


async def _saved(
    saves: Saves,
    longer: LongerSearches,
    hot: HotLines,
    corpora: Corpora,
    typing: Typing,
    document: Document,
) -> None:
    longer.saved(document)
    # Not a task group: where one of them fails, the other goes on.
    await asyncio.gather(corpora.refresh(), saves.saved(document), typing.saved(document))
    hot.ran(document)


# What a user starts, each at most once in a document at a time.
_Searches = LongerSearches | BreakSearches | SpeedSearches | HotLines


def _edited(saves: Saves, asked: Iterable[_Searches], typing: Typing, uri: str) -> None:
    typing.edited(uri)
    saves.edited(uri)
    for each in asked:
        each.edited(uri)


async def _close(
    saves: Saves,
    asked: Iterable[_Searches],
    corpora: Corpora,
    typing: Typing,
    chosen: ChosenModel,
    runner: WorkerPool,
) -> None:
    searches = (each.close() for each in asked)
    await asyncio.gather(saves.close(), *searches, corpora.close(), typing.close())
    await asyncio.gather(chosen.close(), runner.close())
