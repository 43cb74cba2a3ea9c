"""The workspace's source files as one corpus, read again only where they changed."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

import numpy as np

from lacuna_ls.domain.completion import Origin
from lacuna_ls.domain.text import decode
from lacuna_ls.model.experts import Answers, Context, Shares
from lacuna_ls.model.gate import SLOT, Source
from lacuna_ls.model.interface import interface, module_name
from lacuna_ls.model.lexer import lex_lines, split_lines
from lacuna_ls.model.provenance import Run, runs
from lacuna_ls.model.shapes import SHAPE_ORDERS, ShapeReading
from lacuna_ls.model.similar import Corpus, Region, similar_regions
from lacuna_ls.model.suffix_index import SuffixIndex, TokenReading, sort_tokens
from lacuna_ls.model.vocabulary import GAP, Ids, Vocabulary
from lacuna_ls.ports.files import Files

_log = logging.getLogger(__name__)

MOST_FILES = 5_000
MOST_BYTES = 8 << 20
"""Of source, over all folders: about three seconds of lexing, in slices, and 20 MB of memory."""

_LINES_PER_STEP = 150
_GAP = ""
"""No token: stands between a file and its interface."""


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    signature: tuple[int, int]
    size: int
    tokens: Ids


@dataclass(frozen=True, slots=True)
class WorkspaceExpert:
    """What followed a context in the workspace's files. `ranges` are each file's positions."""

    index: SuffixIndex
    shapes: SuffixIndex
    ranges: dict[Path, tuple[int, int]]
    shares: Shares
    tokens: Ids
    newlines: Ids

    def without(self, path: Path) -> "WorkspaceExpert":
        """The same with one file left out; its unigrams still count."""
        hidden = self.ranges.get(path)
        if hidden is None:
            return self
        return replace(self, index=self.index.without(hidden), shapes=self.shapes.without(hidden))

    def lookup(self, context: Context) -> Answers:
        for order, seen in self.index.lookup(context):
            yield SLOT[Source.WORKSPACE, order], seen

    def lookup_shape(self, shape: Context) -> Answers:
        for order, seen in self.shapes.lookup(shape, SHAPE_ORDERS):
            yield SLOT[Source.WORKSPACE_SHAPE, order], seen

    def unigrams(self) -> Shares:
        return self.shares

    def origins(self, text: Context, first: int) -> Iterator[Origin]:
        """Where runs of a text's tokens stand that reach beyond `first`."""
        for run in runs(self.index, self.tokens, text):
            origin = self._origin(run) if run.end > first else None
            if origin is not None:
                yield origin

    def _origin(self, run: Run) -> Origin | None:
        """`None` in a file's interface, which nobody wrote."""
        files = self.ranges.items()
        path, start = next((p, low) for p, (low, high) in files if low <= run.place < high)
        before = self.tokens[start : run.place + 1]
        if (before == GAP).any():
            return None
        return Origin(str(path), int(np.isin(before, self.newlines).sum()), run.end - run.start)


class Workspace:
    """The files of each folder, and the index over all; `refresh` calls wait for each other."""

    def __init__(self, files: Files, vocabulary: Vocabulary) -> None:
        self._files = files
        self._vocabulary = vocabulary
        self._read: dict[Path, dict[Path, _Read]] = {}
        self._expert: WorkspaceExpert | None = None
        self._partial: tuple[Path, WorkspaceExpert] | None = None
        self._turn = asyncio.Lock()

    def expert_without(self, path: Path | None) -> WorkspaceExpert | None:
        """The expert on all files but `path`, `None` as long as there is none."""
        if path is None or self._expert is None:
            return self._expert
        if self._partial is None or self._partial[0] != path:
            self._partial = path, self._expert.without(path)
        return self._partial[1]

    def similar(self, near: str, accepts: Callable[[Path], bool], most: int) -> tuple[Region, ...]:
        """Where files that are accepted look like `near`, the best first; from any thread."""
        expert = self._expert
        if expert is None:
            return ()
        corpus = Corpus(expert.tokens, expert.ranges, expert.shares, expert.newlines)
        return similar_regions(corpus, self._vocabulary, near, accepts, most)

    async def refresh(self, root: Path, suffixes: frozenset[str]) -> None:
        """Add a folder, or take over what changed in it: files new, edited or gone."""
        async with self._turn:
            signatures = await asyncio.to_thread(self._signatures, root, suffixes)
            before = self._read.get(root, {})
            others = {folder: read for folder, read in self._read.items() if folder != root}
            size = sum(file.size for read in others.values() for file in read.values())
            now: dict[Path, _Read] = {}
            for path, signature in signatures.items():
                file = before.get(path)
                if file is None or file.signature != signature:
                    file = await self._read_file(path, signature)
                if file is None:
                    continue
                size += file.size
                if size > MOST_BYTES:
                    _log.info("%d of %d workspace files are counted", len(now), len(signatures))
                    break
                now[path] = file
            if now != before:
                await self._index({**others, root: now})

    async def forget(self, path: Path) -> None:
        """Leave a file out from now on: deleted, or not to be read any more."""
        async with self._turn:
            if any(path in read for read in self._read.values()):
                kept = {
                    root: {p: file for p, file in read.items() if p != path}
                    for root, read in self._read.items()
                }
                await self._index(kept)

    def _signatures(self, root: Path, suffixes: frozenset[str]) -> dict[Path, tuple[int, int]]:
        paths = islice(self._files.source_files(root, suffixes), MOST_FILES)
        signatures = ((path, self._files.signature(path)) for path in paths)
        return {path: signature for path, signature in signatures if signature is not None}

    async def _read_file(self, path: Path, signature: tuple[int, int]) -> _Read | None:
        data = await asyncio.to_thread(self._files.read, path)
        if data is None:
            return None
        lines = list(lex_lines(split_lines(decode(data))))
        used = [[_GAP], *interface(module_name(path), lines)]
        ids: list[int] = []
        for number, line in enumerate(chain(lines, used)):
            ids += [GAP] if line[0] == _GAP else self._vocabulary.add_all(line)
            if number % _LINES_PER_STEP == _LINES_PER_STEP - 1:
                await asyncio.sleep(0)
        return _Read(signature, len(data), np.array(ids, dtype=np.int32))

    async def _index(self, read: dict[Path, dict[Path, _Read]]) -> None:
        files = {path: file for folder in read.values() for path, file in folder.items()}
        gap = np.full(1, GAP, dtype=np.int32)
        ranges: dict[Path, tuple[int, int]] = {}
        parts: list[Ids] = []
        end = 0
        for path, file in files.items():
            ranges[path] = end, end + file.tokens.size + 1
            end = ranges[path][1]
            parts += (file.tokens, gap)
        tokens = np.concatenate((*parts, gap))
        shapes = ShapeReading(tokens, self._vocabulary.free)
        positions = await asyncio.to_thread(sort_tokens, tokens)
        shape_positions = await asyncio.to_thread(shapes.positions)
        unigrams = np.bincount(tokens) / tokens.size
        self._read = read
        self._partial = None
        self._expert = WorkspaceExpert(
            SuffixIndex(TokenReading(tokens), positions),
            SuffixIndex(shapes, shape_positions),
            ranges,
            unigrams,
            tokens,
            self._vocabulary.newlines,
        )
