"""What is offered while somebody types: the embedded model, an endpoint's, and what becomes of it."""

import asyncio
import logging
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

from lacuna_ls.adapters.calibration_store import FileCalibrationStore
from lacuna_ls.adapters.endpoint.chosen import ChosenModel
from lacuna_ls.adapters.interpreters import interpreter_for
from lacuna_ls.adapters.local_record import LocalRecord
from lacuna_ls.adapters.project_context import ProjectContext, Surroundings
from lacuna_ls.bootstrap.corpora import Corpora
from lacuna_ls.bootstrap.place import SystemClock, files_for
from lacuna_ls.completion import predictor
from lacuna_ls.completion.cache import CompletionCache
from lacuna_ls.completion.engine import complete, group_of
from lacuna_ls.completion.labels import label_saved
from lacuna_ls.completion.remote.session import RemoteCompletions
from lacuna_ls.completion.remote.session import Tools as RemoteTools
from lacuna_ls.completion.suggestion import CompletionOptions, Suggestion
from lacuna_ls.domain.calibration import Calibration
from lacuna_ls.domain.errors import StoreError
from lacuna_ls.holes.calibration import usable_cell
from lacuna_ls.lsp.acceptance import Acceptances
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.lsp.uris import path_of
from lacuna_ls.ports.language_model import Excerpt, LanguageModel
from lacuna_ls.ports.trust import TrustStore
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.languages import Language

log = logging.getLogger(__name__)

_TRACED_CHARACTERS, _TRACED_TOKENS = 40, 12


class Typing:
    """Completions of a session; `in_words` says where they come from now."""

    def __init__(
        self,
        server: LacunaServer,
        corpora: Corpora,
        calibrations: FileCalibrationStore,
        chosen: ChosenModel,
        trust: TrustStore,
    ) -> None:
        self._server = server
        self._corpora = corpora
        self._calibrations = calibrations
        self._embedded = corpora.model
        self._cache = CompletionCache()
        self._draws = Random()  # noqa: S311 - draws one of several labels, protects nothing
        self._project = ProjectContext(
            partial(_open_files, server),
            partial(_surroundings, server),
            similar=corpora.model.workspace.similar,
        )
        self._remote = RemoteCompletions(
            RemoteTools(
                model=partial(_completion_model, server, chosen, trust),
                embedded=self._complete_embedded,
                context=self._context,
                path=lambda document: path_of(document.uri),
                scorer=corpora.model,
                calibrations=calibrations,
                clock=SystemClock(),
                said=self._said,
                goes_on=self._goes_on,
                waits=lambda: server.client.inline_completion,
                changed=self._changed,
            )
        )
        self._record = LocalRecord()
        self._acceptances = Acceptances(self._record.add, self._remote.prefetch)
        self.in_words = self._remote.in_words

    def calibration(self, language: Language) -> Calibration | None:
        """What holds for the completions of whoever completes now."""
        if self._remote.completes():
            return self._remote.calibration(language)
        model_id = self._embedded.capabilities.model_id
        return self._calibrations.load(predictor.key(model_id, language))

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
        try:
            self._label(document)
        except StoreError as error:
            log.warning("what a save says of completions is not kept: %s", error)
        self._acceptances.saved(document)
        await asyncio.to_thread(self._record.write)

    async def close(self) -> None:
        await self._remote.close()
        await asyncio.to_thread(self._record.write)

    async def _complete_embedded(
        self, document: Document, offset: int, options: CompletionOptions
    ) -> tuple[Suggestion, ...]:
        self._corpora.asked_in(document)
        if self._nothing_stands(document, offset, options):
            return ()
        found = await complete(
            document,
            offset,
            self._embedded,
            self._calibrations,
            options,
            path=path_of(document.uri),
            cache=self._cache,
        )
        return tuple([await self._traced(document, offset, each) for each in found])

    async def _traced(self, document: Document, offset: int, suggestion: Suggestion) -> Suggestion:
        """With its origin, if it is so long that it may be a copy worth knowing of."""
        if document.language is None or len(suggestion.text) < _TRACED_CHARACTERS:
            return suggestion
        path = path_of(document.uri)
        question = predictor.request(document.data, offset, document.language, path)
        origins = await self._embedded.origins(question, suggestion.text)
        long = [origin for origin in origins if origin.tokens >= _TRACED_TOKENS]
        return replace(suggestion, origin=long[0]) if long else suggestion

    def _goes_on(self, document: Document, offset: int) -> bool:
        """Somebody types along what the model in the package has shown, and has not typed all of it."""
        hit = self._cache.get(document, offset)
        if hit is None or hit.typed == 0:
            return False
        return hit.typed < len(hit.proposal.text) + len(hit.proposal.block)

    def _nothing_stands(self, document: Document, offset: int, options: CompletionOptions) -> bool:
        """No threshold but none held for such cursors at this epsilon: all would be one hole.

        So it is for every completion of the cell: the claim of no other is touched by silence.
        """
        if document.language is None:
            return False
        model_id = self._embedded.capabilities.model_id
        table = self._calibrations.load(predictor.key(model_id, document.language))
        if table is None:
            return False
        group = group_of(document, offset)
        cell = usable_cell(table, options.epsilon, options.max_holes, group)
        return cell is not None and not cell.threshold

    def _label(self, document: Document) -> None:
        settings = self._server.settings_of(document.uri)
        options = CompletionOptions(settings.holes_epsilon, settings.holes_max_holes)
        label_saved(document, self._cache, self._calibrations, options, self._draws)
        self._remote.saved(document, options, self._draws)
        self._server.status_changed()

    async def _context(self, document: Document, offset: int) -> tuple[Excerpt, ...]:
        path = path_of(document.uri)
        return () if path is None else await self._project.gather(document, offset, path)

    def _said(self, sentence: str) -> None:
        """Where completions come from has changed."""
        self._server.note(f"Lacuna: {sentence}")
        self._changed()

    def _changed(self) -> None:
        self._server.status_changed()


def _completion_model(
    server: LacunaServer, chosen: ChosenModel, trust: TrustStore, document: Document
) -> LanguageModel | None:
    """The endpoint's model, where it may see a document: in a folder that the user trusts."""
    if not server.settings.model_endpoint:
        return None
    path = path_of(document.uri)
    if path is None or not trust.trusted(path) or not files_for(server, path).may_show(path):
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
    python = interpreter_for(root, path, settings.interpreter)
    return Surroundings(
        root,
        files_for(server, path).shown,
        None if python is None else python.path,
        settings.instructions,
    )
