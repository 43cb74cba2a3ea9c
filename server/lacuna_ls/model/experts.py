"""The experts: what followed a context in the open file, in the workspace, in the library.

Each answers a context with its continuations at every order that it has seen, in the ids of the
shared vocabulary; those that go by the shape of a context answer in the codes of `shapes`.
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lacuna_ls.domain.completion import Origin
from lacuna_ls.model.corpus import CorpusIndex
from lacuna_ls.model.gate import ORDERS, SLOT, Source
from lacuna_ls.model.names import Tokens
from lacuna_ls.model.provenance import Run, copied, runs
from lacuna_ls.model.shapes import FIRST_TOKEN, SHAPE_ORDERS, codes_at, codes_before
from lacuna_ls.model.suffix_index import (
    MAX_ORDER,
    MOST_SAMPLED,
    Continuations,
    Places,
    SuffixIndex,
    TokenReading,
    continuations,
    joined,
)
from lacuna_ls.model.vocabulary import GAP, RESERVED, Ids, Vocabulary, unseen_class

FILE_ORDERS = ORDERS[Source.FILE]
LONGEST = max(FILE_ORDERS)
_RECENT_TOKENS = 1500
_RECENCY_HALF = 20.0
_SHAPES_BEFORE = 8000
_SHAPES_AFTER = 4000
_FEW_PLACES = 256
_DISTANCES = np.arange(1, LONGEST + 1)

Context = tuple[int, ...]
Shares = NDArray[np.float64]
Answers = Iterator[tuple[int, Continuations]]


class Expert(Protocol):
    """Answers are pairs of a slot of the gate and what followed there."""

    def lookup(self, context: Context) -> Answers: ...

    def lookup_shape(self, shape: Context) -> Answers: ...

    def unigrams(self) -> Shares:
        """Share of each token in the corpus, indexed by shared id; may be short."""
        ...


class LibraryExpert:
    """An index with a vocabulary of its own, such as a memory map made by another process."""

    def __init__(self, index: CorpusIndex, vocabulary: Vocabulary) -> None:
        shared = np.array([*range(RESERVED), *vocabulary.add_all(index.texts)], dtype=np.int32)
        self._vocabulary = vocabulary
        self._own_ids = np.full(len(vocabulary), -1, dtype=np.int32)
        self._own_ids[shared] = np.arange(len(shared), dtype=np.int32)
        self._corpus = index
        self._index = SuffixIndex(TokenReading(index.tokens, shared), index.positions)
        counts = np.bincount(index.tokens, minlength=len(shared))
        self._unigrams = np.zeros(len(vocabulary))
        self._unigrams[shared] = counts / max(index.tokens.size, 1)

    def seen(self, context: Context) -> list[tuple[int, Continuations]]:
        """What followed at each order, the longest first."""
        return self._index.lookup(tuple(self._own(token) for token in context[-MAX_ORDER:]))

    def unigrams(self) -> Shares:
        return self._unigrams

    def runs(self, text: Context) -> Iterator[Run]:
        """Runs of a text's tokens that stand in the corpus."""
        return runs(self._index, self._corpus.tokens, [self._own(token) for token in text])

    def file_at(self, place: int) -> tuple[str, int] | None:
        shared = self._vocabulary.newlines
        own = self._own_ids[shared[shared < self._own_ids.size]]
        return self._corpus.file_at(place, own[own >= 0])

    def _own(self, token: int) -> int:
        own = int(self._own_ids[token]) if token < self._own_ids.size else -1
        return unseen_class(self._vocabulary.text(token)) if own < 0 else own


class ForeignCode:
    """The standard library and imported dependencies: what other people wrote, as one expert.

    The gate knows one library: what several of them say of a context is added up.
    """

    def __init__(self, libraries: tuple[LibraryExpert, ...]) -> None:
        self._libraries = libraries
        sizes = [library.unigrams().size for library in libraries]
        self._unigrams = np.zeros(max(sizes, default=0))
        for library in libraries:
            shares = library.unigrams()
            self._unigrams[: shares.size] += shares / len(libraries)

    def lookup(self, context: Context) -> Answers:
        found: dict[int, Continuations] = {}
        for library in self._libraries:
            for order, seen in library.seen(context):
                known = found.get(order)
                found[order] = seen if known is None else joined(known, seen)
        for order in sorted(found, reverse=True):
            yield SLOT[Source.LIBRARY, order], found[order]

    def lookup_shape(self, shape: Context) -> Answers:
        """Nothing: in a trial a library's shapes added next to nothing to those of the workspace."""
        return iter(())

    def unigrams(self) -> Shares:
        return self._unigrams

    def copied(self, text: Context, first: int) -> int:
        """The most tokens from `first` on that stand in one file one after the other."""
        return max((copied(each.runs(text), first) for each in self._libraries), default=0)

    def origins(self, text: Context, first: int) -> Iterator[Origin]:
        """Where runs stand that reach beyond `first`."""
        for library in self._libraries:
            for run in library.runs(text):
                place = library.file_at(run.place)
                if place is not None and run.end > first:
                    yield Origin(*place, run.end - run.start)


class FileExpert:
    """The open file around the cursor's line, and the line up to the cursor.

    Contexts are found by comparing the whole file at once: for some ten thousand tokens that is
    faster than keeping tables up to date, and costs no memory. `scope_tokens` of the tokens before
    the cursor are those of its definition.
    """

    def __init__(
        self, vocabulary: Vocabulary, before: Ids, line: list[int], after: Ids, scope_tokens: int
    ) -> None:
        start = np.full(LONGEST, GAP, dtype=np.int32)
        gap = start[:1]
        self._vocabulary = vocabulary
        self._tokens = np.concatenate(
            (start, before, np.array(line, dtype=np.int32), gap, after, gap)
        )
        self._cursor = LONGEST + len(before) + len(line)
        self._scope = self._cursor - scope_tokens
        self._places: dict[int, Places] = {}
        self._shapes: dict[Context, Places] = {}
        self._found: dict[Context, Continuations] = {}
        self._shapes_found: dict[Context, Continuations] = {}
        self.tokens_before = self._cursor - LONGEST
        self.tokens_after = len(after)

    def context(self) -> Context:
        """The tokens before the cursor, as many as the longest order needs."""
        return tuple(self._tokens[self._cursor - LONGEST : self._cursor].tolist())

    def reads(self) -> tuple[int, int, bytes]:
        """All that the answers depend on: equal means the same answers."""
        return self._cursor, self._scope, self._tokens.tobytes()

    def lookup(self, context: Context) -> Answers:
        places = self._after(context[-1])
        for k, among in self._matching(context, places):
            if k in FILE_ORDERS:
                yield SLOT[Source.FILE, k], self._following(context[-k:], among)

    def _matching(self, context: Context, places: Places) -> Iterator[tuple[int, Places]]:
        """How many tokens of the context stand before which of `places`, as long as there are any."""
        tokens = self._tokens
        k = 1
        while places.size > _FEW_PLACES:
            yield k, places
            k += 1
            if k > len(context):
                return
            places = places[tokens[places - k] == context[-k]]
        if not places.size:
            return
        is_same = tokens[places[:, None] - _DISTANCES[: len(context)]] == context[::-1]
        lengths = np.logical_and.accumulate(is_same, axis=1).sum(axis=1)
        for length in range(k, int(lengths.max()) + 1):
            yield length, places[lengths >= length]

    def lookup_shape(self, shape: Context) -> Answers:
        places = self._shaped(shape[-1:])
        for k in range(2, len(shape) + 1):
            places = self._shaped(shape[-k:], places)
            if not places.size:
                break
            if k in SHAPE_ORDERS:
                yield SLOT[Source.FILE_SHAPE, k], self._following_shape(shape[-k:], places)

    def unigrams(self) -> Shares:
        return np.bincount(self._tokens) / self._tokens.size

    def near(self, is_wanted: NDArray[np.bool_]) -> tuple[Ids, Shares]:
        """Wanted tokens before the cursor, nearer ones with a larger share; shares sum to 1."""
        start = max(LONGEST, self._cursor - _RECENT_TOKENS)
        places = np.flatnonzero(is_wanted[self._tokens[start : self._cursor]]) + start
        return self._by_nearness(places)

    def in_scope(self, is_wanted: NDArray[np.bool_]) -> tuple[Ids, Shares]:
        """Like `near`, of the cursor's definition only."""
        start = max(self._scope, self._cursor - _RECENT_TOKENS)
        places = np.flatnonzero(is_wanted[self._tokens[start : self._cursor]]) + start
        return self._by_nearness(places)

    def surroundings(self) -> Tokens:
        """What `NameFacts` read."""
        start = max(LONGEST, self._cursor - _RECENT_TOKENS)
        return Tokens(
            self._tokens[start : self._cursor],
            max(0, self._scope - start),
            self._tokens[self._cursor + 1 :],
        )

    def following(self, token: int, is_wanted: NDArray[np.bool_]) -> tuple[Ids, Shares]:
        """Wanted tokens right after `token`, before the cursor, nearer ones with a larger share."""
        places = self._after(token)
        places = places[: np.searchsorted(places, self._cursor)]
        return self._by_nearness(places[is_wanted[self._tokens[places]]])

    def _by_nearness(self, places: Places) -> tuple[Ids, Shares]:
        ids, index = np.unique(self._tokens[places], return_inverse=True)
        weights = np.bincount(
            index, weights=1.0 / (self._cursor - places + _RECENCY_HALF), minlength=ids.size
        )
        return ids, weights / max(weights.sum(), 1e-12)

    def _following(self, context: Context, places: Places) -> Continuations:
        known = self._found.get(context)
        if known is None:
            sample = places[:: -(-places.size // MOST_SAMPLED)]
            known = self._found[context] = continuations(self._tokens[sample], places.size)
        return known

    def _following_shape(self, shape: Context, places: Places) -> Continuations:
        known = self._shapes_found.get(shape)
        if known is None:
            sample = places[:: -(-places.size // MOST_SAMPLED)]
            codes = codes_at(self._tokens, self._vocabulary.free, sample)
            known = self._shapes_found[shape] = continuations(codes, places.size)
        return known

    def _after(self, token: int) -> Places:
        """Positions that follow `token` and are not a gap."""
        known = self._places.get(token)
        if known is None:
            places = np.flatnonzero(self._tokens[:-1] == token) + 1
            known = self._places[token] = places[self._tokens[places] != GAP]
        return known

    def _shaped(self, shape: Context, among: Places | None = None) -> Places:
        """Positions near the cursor that follow this shape; `among` are those of a shorter one."""
        known = self._shapes.get(shape)
        if known is None:
            if among is None:
                known = self._after_code(shape[0])
            else:
                free = self._vocabulary.free
                codes = codes_before(self._tokens, free, among, len(shape))
                known = among[codes == shape[0]]
            self._shapes[shape] = known
        return known

    def _after_code(self, code: int) -> Places:
        low = max(LONGEST + 1, self._cursor - _SHAPES_BEFORE)
        high = min(self._cursor + _SHAPES_AFTER, self._tokens.size)
        if code >= FIRST_TOKEN:
            places = self._after(code - FIRST_TOKEN)
            first, last = np.searchsorted(places, (low, high)).tolist()
            return places[first:last]
        near = self._tokens[low - 1 : high]
        named: Places = np.flatnonzero(self._vocabulary.free[near[:-1]]) + low
        return np.compress(self._tokens[named] != GAP, named)
