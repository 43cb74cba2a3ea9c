"""The embedded language model: counts of tokens, no weights to fetch, real log-probabilities.

It completes the rest of a line. The open file answers at once; workspace and library join when
their indexes are there.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Generator
from dataclasses import replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from random import Random
from typing import TypeVar, cast

from lacuna_ls.domain.completion import Completion, FinishReason, Origin, Token
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.domain.text import Span, encode
from lacuna_ls.model import block, decode, stops
from lacuna_ls.model.corpus import CorpusIndex
from lacuna_ls.model.cursor import Cursor, OpenFiles
from lacuna_ls.model.decode import Decoding, Line, Piece, Steps
from lacuna_ls.model.experts import Context, Expert, FileExpert, ForeignCode, LibraryExpert
from lacuna_ls.model.mixture import Mixture
from lacuna_ls.model.provenance import VERBATIM_LIMIT
from lacuna_ls.model.vocabulary import Vocabulary
from lacuna_ls.model.workspace import Workspace
from lacuna_ls.ports.files import Files
from lacuna_ls.ports.language_model import Capabilities, Chunk, CompletionRequest, Message

_T = TypeVar("_T")
_TEXTS_PER_STEP = 4000


class EmbeddedModel:
    """The `LanguageModel` of counts. Not for use from several threads.

    `workspace` is filled and refreshed by whoever knows the workspace's folders.
    """

    def __init__(self, files: Files, *, seed: int = 0) -> None:
        self._vocabulary = Vocabulary()
        self._open_files = OpenFiles(self._vocabulary)
        self._libraries: dict[str, dict[str, LibraryExpert]] = {}
        self._foreign: dict[str, ForeignCode] = {}
        self._last: tuple[list[Expert], FileExpert, Mixture] | None = None
        self._seed = seed
        self.workspace = Workspace(files, self._vocabulary)

    async def add_library(
        self, index: CorpusIndex, name: str = "library", language: str = "python"
    ) -> None:
        """Count what `index` holds, in place of what was added under this name, from now on.

        It answers in files of its language only.
        """
        for start in range(0, len(index.texts), _TEXTS_PER_STEP):
            self._vocabulary.add_all(index.texts[start : start + _TEXTS_PER_STEP])
            await asyncio.sleep(0)
        libraries = self._libraries.setdefault(language, {})
        libraries[name] = LibraryExpert(index, self._vocabulary)
        self._foreign[language] = ForeignCode(tuple(libraries.values()))

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(model_id(), fill_in_middle=True, logprobs=True, chat=False, blocks=True)

    async def complete(self, request: CompletionRequest) -> AsyncIterator[Chunk]:
        """The rest of the cursor's line, one chunk a sample; long copies of foreign code are left out.

        Without a line end among `request.stop` the likeliest goes on to where its statement is closed
        (`block`). It comes line by line, and breaks off where it would become such a copy.
        """
        cursor = await self._cursor(request)
        steps = self._search(request, cursor)
        pieces: tuple[Piece, ...] = ()
        sent = 0
        found: list[Line] | None = None
        while found is None:
            try:
                pieces += next(steps)
            except StopIteration as done:
                found = done.value
                break
            settled = stops.settled(pieces, request.stop)
            if len(settled) > sent and not self._copies(request, cursor, settled):
                yield _chunk(0, settled, sent)
                sent = len(settled)
            await asyncio.sleep(0)
        lines = [stops.stopped(line, request.stop) for line in found]
        index = 0
        for line in lines if request.temperature > 0 else decode.distinct(lines):
            if not self._copies(request, cursor, line.pieces):
                chunk = _chunk(index, line.pieces, sent)
                yield replace(chunk, finish=line.finish, end_logprob=line.end_logprob)
            elif sent:
                yield Chunk(0, "", (), FinishReason.LENGTH)
            else:
                continue
            index, sent = index + 1, 0

    async def score(self, request: CompletionRequest, text: str) -> Completion:
        cursor = await self._cursor(request)
        tokens = cursor.lex(text)
        texts = [token for token, _ in tokens]
        mixture = self._mix(request, cursor)
        logprobs, end = await _cooperate(
            decode.score(mixture, cursor.position, texts, self._vocabulary)
        )
        pieces, carried = _covering([covered for _, covered in tokens], logprobs)
        return Completion(text, _tokens(pieces), carried + end, FinishReason.STOP, model_id())

    async def origins(self, request: CompletionRequest, text: str) -> tuple[Origin, ...]:
        """Where pieces of `text` at the cursor stand word for word, the longest first."""
        cursor = await self._cursor(request)
        tokens, first = self._ids(cursor, text)
        found: list[Origin] = []
        if request.language in self._foreign:
            found += self._foreign[request.language].origins(tokens, first)
        workspace = self.workspace.expert_without(request.path)
        if workspace is not None:
            found += workspace.origins(tokens, first)
        return tuple(sorted(found, key=lambda origin: -origin.tokens))

    async def chat(
        self, messages: tuple[Message, ...], *, max_tokens: int, temperature: float, n: int
    ) -> tuple[str, ...]:
        """Always raises: counts do not converse."""
        raise ModelError("The embedded model cannot chat; set lacuna.model.endpoint for that.")

    async def _cursor(self, request: CompletionRequest) -> Cursor:
        return await _cooperate(self._open_files.locate(request.prefix, request.suffix))

    def _search(self, request: CompletionRequest, cursor: Cursor) -> Steps:
        mixture = self._mix(request, cursor)
        decoding = Decoding(
            request.max_tokens, request.stop, request.n, request.temperature, request.top_logprobs
        )
        if request.temperature > 0:
            random = Random(self._seed)  # noqa: S311 - draws samples, protects nothing
            return decode.sample(mixture, cursor.position, decoding, random)
        if "\n" in request.stop:
            return decode.beam(mixture, cursor.position, decoding)
        return block.statement(mixture, cursor.position, decoding, self._vocabulary, cursor.margin)

    def _copies(
        self, request: CompletionRequest, cursor: Cursor, pieces: tuple[Piece, ...]
    ) -> bool:
        """Whether a text has a longer run of somebody else's file than may be offered."""
        foreign = self._foreign.get(request.language)
        if foreign is None or len(pieces) <= VERBATIM_LIMIT:
            return False
        text = "".join(piece.text for piece in pieces)
        return foreign.copied(*self._ids(cursor, text)) > VERBATIM_LIMIT

    def _ids(self, cursor: Cursor, text: str) -> tuple[Context, int]:
        """The tokens before the cursor and those of a text there, and how many the former are."""
        before = cursor.position.context
        return (*before, *(self._vocabulary.find(t) for t, _ in cursor.lex(text))), len(before)

    def _mix(self, request: CompletionRequest, cursor: Cursor) -> Mixture:
        """While a word is being typed the experts, and so their answers, stay the same."""
        workspace = self.workspace.expert_without(request.path)
        foreign = self._foreign.get(request.language)
        corpora: list[Expert] = [e for e in (workspace, foreign) if e is not None]
        if self._last is not None:
            before, file, mixture = self._last
            if [*map(id, before)] == [*map(id, corpora)] and file.reads() == cursor.file.reads():
                return mixture
        mixture = Mixture(self._vocabulary, cursor.file, corpora)
        self._last = corpora, cursor.file, mixture
        return mixture


@cache
def model_id() -> str:
    """Names this model in calibrations: changes with every change of the code that predicts."""
    digest = hashlib.sha256()
    for source in _sources(files(__package__)):
        digest.update(source.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return f"embedded-{digest.hexdigest()[:12]}"


def _sources(folder: Traversable) -> list[Traversable]:
    sources = (entry for entry in folder.iterdir() if entry.name.endswith((".py", ".npz")))
    return sorted(sources, key=lambda entry: entry.name)


async def _cooperate(steps: Generator[None, None, _T]) -> _T:
    """Run a computation to its end, letting the loop in between its steps."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return cast(_T, done.value)
        await asyncio.sleep(0)


def _chunk(index: int, pieces: tuple[Piece, ...], sent: int) -> Chunk:
    """Pieces of a sample of which so many have been sent."""
    text = "".join(piece.text for piece in pieces[sent:])
    return Chunk(index, text, _tokens(pieces)[sent:])


def _tokens(pieces: tuple[Piece, ...]) -> tuple[Token, ...]:
    tokens: list[Token] = []
    start = 0
    for piece in pieces:
        end = start + len(encode(piece.text))
        tokens.append(Token(Span(start, end), piece.logprob, piece.alternatives))
        start = end
    return tuple(tokens)


def _covering(texts: list[str], logprobs: list[float]) -> tuple[tuple[Piece, ...], float]:
    """Pieces of what was scored, and what is charged to the end.

    A token that covers nothing, being inside the half token, is charged to the next that does.
    """
    pieces: list[Piece] = []
    carried = 0.0
    for text, logprob in zip(texts, logprobs, strict=True):
        carried += logprob
        if text:
            pieces.append(Piece(text, carried))
            carried = 0.0
    return tuple(pieces), carried
