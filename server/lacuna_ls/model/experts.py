"""The experts: what followed a context in the open file, in the workspace, in the library.

Each answers a context with its continuations at every order that it has seen, longest first, in the
ids of the shared vocabulary.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lacuna_ls.model.corpus import CorpusIndex
from lacuna_ls.model.gate import Corpus
from lacuna_ls.model.suffix_index import MAX_ORDER, MOST_SAMPLED, Continuations, SuffixIndex, tally
from lacuna_ls.model.vocabulary import GAP, RESERVED, Ids, Vocabulary, unseen_class

FILE_ORDERS = (1, 2, 3, 4, 6, 10)
_LONGEST = FILE_ORDERS[-1]
_RECENT_TOKENS = 1500
_RECENCY_HALF = 20.0

Context = tuple[int, ...]
Shares = NDArray[np.float64]


class Expert(Protocol):
    @property
    def corpus(self) -> Corpus: ...

    def lookup(self, context: Context) -> list[tuple[int, Continuations]]: ...

    def unigrams(self) -> Shares:
        """Share of each token in the corpus, indexed by shared id; may be short."""
        ...


class LibraryExpert:
    """An index with a vocabulary of its own, such as a memory map made by another process."""

    corpus = Corpus.LIBRARY

    def __init__(self, index: CorpusIndex, vocabulary: Vocabulary) -> None:
        shared = np.array([*range(RESERVED), *vocabulary.add_all(index.texts)], dtype=np.int32)
        self._vocabulary = vocabulary
        self._own_ids = np.full(len(vocabulary), -1, dtype=np.int32)
        self._own_ids[shared] = np.arange(len(shared), dtype=np.int32)
        self._index = SuffixIndex(index.tokens, index.positions, shared)
        counts = np.bincount(index.tokens, minlength=len(shared))
        self._unigrams = np.zeros(len(vocabulary))
        self._unigrams[shared] = counts / max(index.tokens.size, 1)

    def lookup(self, context: Context) -> list[tuple[int, Continuations]]:
        return self._index.lookup(tuple(self._own(token) for token in context[-MAX_ORDER:]))

    def unigrams(self) -> Shares:
        return self._unigrams

    def _own(self, token: int) -> int:
        own = int(self._own_ids[token]) if token < self._own_ids.size else -1
        return unseen_class(self._vocabulary.text(token)) if own < 0 else own


class FileExpert:
    """The open file around the cursor's line, and the line up to the cursor.

    Contexts are found by comparing the whole file at once: for some ten thousand tokens that is
    faster than keeping tables up to date, and costs no memory.
    """

    corpus = Corpus.FILE

    def __init__(self, before: Ids, line: list[int], after: Ids) -> None:
        start = np.full(_LONGEST, GAP, dtype=np.int32)
        gap = start[:1]
        self._tokens = np.concatenate(
            (start, before, np.array(line, dtype=np.int32), gap, after, gap)
        )
        self._cursor = _LONGEST + len(before) + len(line)
        self._places: dict[int, NDArray[np.int64]] = {}

    def context(self) -> Context:
        """The tokens before the cursor, as many as the longest order needs."""
        return tuple(self._tokens[self._cursor - _LONGEST : self._cursor].tolist())

    def lookup(self, context: Context) -> list[tuple[int, Continuations]]:
        tokens = self._tokens
        places = self._after(context[-1])
        found: list[tuple[int, Continuations]] = []
        for k in range(1, len(context) + 1):
            if k > 1:
                places = places[tokens[places - k] == context[-k]]
            if not places.size:
                break
            if k not in FILE_ORDERS:
                continue
            if found and found[-1][1].total == places.size:
                found.append((k, found[-1][1]))
            else:
                step = -(-places.size // MOST_SAMPLED)
                found.append((k, Continuations(*tally(tokens[places[::step]]), places.size)))
        return found[::-1]

    def unigrams(self) -> Shares:
        return np.bincount(self._tokens) / self._tokens.size

    def recent_names(self, is_name: NDArray[np.bool_]) -> tuple[Ids, Shares]:
        """Names near the cursor, nearer ones with a larger share; shares sum to 1."""
        window = self._tokens[max(0, self._cursor - _RECENT_TOKENS) : self._cursor]
        distance = np.arange(window.size, 0, -1)
        named = is_name[window]
        ids, index = np.unique(window[named], return_inverse=True)
        weights = np.bincount(
            index, weights=1.0 / (distance[named] + _RECENCY_HALF), minlength=ids.size
        )
        return ids, weights / max(weights.sum(), 1e-12)

    def _after(self, token: int) -> NDArray[np.int64]:
        """Positions that follow `token` and are not a gap."""
        known = self._places.get(token)
        if known is None:
            places = np.flatnonzero(self._tokens[:-1] == token) + 1
            known = self._places[token] = places[self._tokens[places] != GAP]
        return known
