"""What the embedded model counts, and when it counts anew."""

import asyncio
import logging
from collections.abc import Coroutine
from pathlib import Path

from lacuna_ls.adapters.index_files import cache_folder, dependency_index, library_index
from lacuna_ls.adapters.installed_sources import installed_sources
from lacuna_ls.adapters.interpreters import interpreter_for
from lacuna_ls.domain.errors import StoreError
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.lsp.uris import path_of
from lacuna_ls.model.embedded import EmbeddedModel
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.imports import mentioned_modules
from lacuna_ls.syntax.languages import languages

log = logging.getLogger(__name__)


class Corpora:
    """Keeps what the embedded model has counted in step with what is on disk."""

    def __init__(self, server: LacunaServer, model: EmbeddedModel) -> None:
        self._server = server
        self.model = model
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
            await self.model.add_library(await library_index(cache_folder()))
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
                await self.model.add_library(index, "dependencies")
                self._dependencies = sources

    def _imported_sources(self, documents: list[Document]) -> list[Path]:
        """Of installed packages; what the workspace holds itself is counted there."""
        modules: dict[Path, set[str]] = {}
        for document in documents:
            language, path = document.language, path_of(document.uri)
            root = self._server.root_of(path) if path is not None else None
            if path is None or root is None or language is None or language.interpreter is not None:
                continue
            found = interpreter_for(root, path, self._server.settings_in(root).interpreter)
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
            await self.model.workspace.refresh(root, self._suffixes)
