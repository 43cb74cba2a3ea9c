"""Where in the workspace names stand together that stand near the cursor, too.

Windows of tokens are ranked by the names that they share with the query, each counted once and by how
rare it is in the workspace (inverse document frequency: Spärck Jones, *A statistical interpretation of
term specificity*, 1972; frequency here is that of tokens). The best window of a file stands for it. One
pass over the corpus's tokens, whose frequencies are counted already.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lacuna_ls.model.lexer import lex
from lacuna_ls.model.vocabulary import GAP, RESERVED, Ids, Vocabulary

_STEP_TOKENS = 64
_MOST_NAMES = 32
_SHORTEST_NAME = 3
_LEAST_SHARE = 0.15
"""Of the query's weight: below it a window has too little in common to be worth its tokens."""


@dataclass(frozen=True, slots=True)
class Region:
    """Lines of a file, counted from 0, the last one included."""

    path: Path
    first_line: int
    last_line: int


@dataclass(frozen=True, slots=True)
class Corpus:
    """Tokens of all files. `ranges` are each file's positions, `shares` how frequent each token is."""

    tokens: Ids
    ranges: dict[Path, tuple[int, int]]
    shares: NDArray[np.float64]
    newlines: Ids


def similar_regions(
    corpus: Corpus,
    vocabulary: Vocabulary,
    near: str,
    accepts: Callable[[Path], bool],
    most: int,
) -> tuple[Region, ...]:
    """Up to `most` regions that look like the text `near`, one a file, the best first."""
    words = _weights(near, vocabulary, corpus.shares)
    if not words:
        return ()
    found: list[Region] = []
    seen: set[Path] = set()
    for score, at in _ranked(corpus.tokens, words):
        if score < _LEAST_SHARE or len(found) == most:
            break
        path = _path(corpus, at)
        if path is None or path in seen:
            continue
        region = _region(corpus, path, at)
        if region is None:
            continue
        seen.add(path)
        if accepts(path):
            found.append(region)
    return tuple(found)


def _weights(
    near: str, vocabulary: Vocabulary, shares: NDArray[np.float64]
) -> list[tuple[list[int], float]]:
    """The ids that each of the rarest names of a text has, and its weight; weights sum to 1."""
    names = {token.strip() for token in lex(near)}
    found: list[tuple[list[int], float]] = []
    for name in sorted(names):
        if len(name) < _SHORTEST_NAME or not name.isidentifier():
            continue
        # A token takes the blank before it along.
        both = [vocabulary.find(name), vocabulary.find(f" {name}")]
        ids = [each for each in both if RESERVED <= each < len(shares)]
        share = float(shares[ids].sum())
        if share > 0:
            found.append((ids, -float(np.log(share))))
    found.sort(key=lambda each: -each[1])
    rarest = found[:_MOST_NAMES]
    whole = sum(weight for _, weight in rarest)
    return [(ids, weight / whole) for ids, weight in rarest] if whole > 0 else []


def _ranked(tokens: Ids, words: list[tuple[list[int], float]]) -> Iterator[tuple[float, int]]:
    """Scores and first positions of windows of two steps, the best first."""
    word_of = np.zeros(int(tokens.max(initial=0)) + 1, dtype=np.int8)
    for number, (ids, _) in enumerate(words, 1):
        word_of[[each for each in ids if each < len(word_of)]] = number
    places = np.flatnonzero(word_of[tokens])
    step = places // _STEP_TOKENS
    word = word_of[tokens[places]].astype(np.int64)
    # Each step is in two windows, that which begins with it and the one before.
    starts = np.concatenate((step, np.maximum(step - 1, 0)))
    pairs = np.unique(starts * (_MOST_NAMES + 1) + np.concatenate((word, word)))
    weights = np.array([0.0, *(weight for _, weight in words)])
    starts, which = np.divmod(pairs, _MOST_NAMES + 1)
    scores = np.bincount(starts, weights=weights[which])
    for start in np.argsort(-scores, kind="stable"):
        yield float(scores[start]), int(start) * _STEP_TOKENS


def _path(corpus: Corpus, at: int) -> Path | None:
    """The file that most of a window is in."""
    middle, ranges = at + _STEP_TOKENS, corpus.ranges.items()
    return next((path for path, (low, high) in ranges if low <= middle < high), None)


def _region(corpus: Corpus, path: Path, at: int) -> Region | None:
    """The lines of a window; `None` behind a file's text, where what it offers is repeated."""
    low, high = corpus.ranges[path]
    tokens = corpus.tokens[low:high]
    gaps = np.flatnonzero(tokens == GAP)
    size = int(gaps[0]) if gaps.size else tokens.size
    first, last = max(at - low, 0), min(at + 2 * _STEP_TOKENS - low, size)
    if first >= last:
        return None
    is_line = np.isin(tokens[:last], corpus.newlines)
    return Region(path, max(int(is_line[: first + 1].sum()) - 1, 0), max(int(is_line.sum()) - 1, 0))
