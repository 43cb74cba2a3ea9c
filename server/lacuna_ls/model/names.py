"""Which name: what the mixture gives to names, shared out among them once more.

The experts add up; a name that is likely for several reasons at once (near, never used yet, follows
the same mark elsewhere, is spelt like the name before it) deserves more than their sum. A small
network scores the likeliest names by such facts, and the mass that the mixture gave them all is
shared by a softmax over the scores (a log-linear model on top of a mixture, after Charniak's and
Johnson's "Coarse-to-fine n-best parsing and MaxEnt discriminative reranking", 2005). The mass stays
what it was, so everything still sums to at most 1. `make gate` fits the weights.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from lacuna_ls.model.gate import SLOT, Source
from lacuna_ls.model.kinds import Kind
from lacuna_ls.model.suffix_index import Continuations
from lacuna_ls.model.vocabulary import RESERVED, Ids, Vocabulary

Floats = NDArray[np.float32]
Shares = NDArray[np.float64]

WEIGHTS_FILE = "names.npz"
CANDIDATES = 32
"""So many of the likeliest names are scored; the others keep what they have."""

KINDS_SEEN = 3
"""Of the tokens before the cursor."""

_LEAST_MASS = 0.05
_SURE = 0.97
_KINDS = (Kind.NAME, Kind.TYPE_NAME, Kind.BUILTIN, Kind.RECEIVER, Kind.CONSTANT)
_OF_KIND = np.zeros((len(Kind), len(_KINDS)), dtype=np.float32)
_OF_KIND[list(_KINDS), range(len(_KINDS))] = 1.0
_FACTS = 11
_FACTS_FROM = 1
_KINDS_FROM = _FACTS_FROM + _FACTS
_PLACE_FROM = _KINDS_FROM + len(_KINDS)
_SHARES_FROM = _PLACE_FROM + 6
_SHARES_OF = tuple(
    SLOT[slot]
    for slot in (
        (Source.FILE, 2),
        (Source.WORKSPACE, 1),
        (Source.WORKSPACE, 2),
        (Source.WORKSPACE, 4),
        (Source.LIBRARY, 1),
        (Source.LIBRARY, 2),
    )
)
FEATURES = _SHARES_FROM + 2 * len(_SHARES_OF) + 1
CONTEXTS = KINDS_SEEN * len(Kind)


@dataclass(frozen=True, slots=True)
class Weights:
    """`features` is (FEATURES, h), `contexts` (CONTEXTS, h), `bias` and `out` are (h,).

    `prior` (1,) multiplies the logarithm of what the mixture says.
    """

    features: Floats
    contexts: Floats
    bias: Floats
    out: Floats
    prior: Floats


@cache
def shipped() -> Weights:
    """The weights that come with the package."""
    with files(__package__).joinpath(WEIGHTS_FILE).open("rb") as file, np.load(file) as arrays:
        return Weights(*(arrays[name].astype(np.float32) for name in Weights.__slots__))


@dataclass(frozen=True, slots=True)
class Candidates:
    """Names that may come next: their ids, what the mixture gives them, what the experts said.

    `answers` are the experts' of the context, by slot; `unigrams` are of all tokens.
    """

    names: Ids
    shares: Shares
    answers: dict[int, Continuations]
    unigrams: Shares


@dataclass(frozen=True, slots=True)
class Tokens:
    """The open file near the cursor: tokens before it, where its definition begins, and below it."""

    before: Ids
    scope: int
    after: Ids


class NameFacts:
    """What the open file says of each name: how near, how often, in which roles."""

    def __init__(self, vocabulary: Vocabulary, tokens: Tokens) -> None:
        self._vocabulary = vocabulary
        self._before = tokens.before
        self._places_after: dict[int, tuple[Ids, Shares]] = {}
        self._spellings: dict[int, tuple[str, frozenset[str]]] = {}
        places = np.flatnonzero(vocabulary.names[tokens.before])
        self._ids, index = np.unique(tokens.before[places], return_inverse=True)
        self._facts = _facts(vocabulary, tokens, places, index, self._ids)

    def candidates(self, ids: Ids, probabilities: Shares) -> NDArray[np.int64]:
        """Where the likeliest names stand in `ids`; empty where their order hardly matters."""
        places = np.flatnonzero(self._vocabulary.names[ids])
        places = places[ids[places] >= RESERVED]
        if places.size > CANDIDATES:
            likeliest = np.argpartition(-probabilities[places], CANDIDATES)[:CANDIDATES]
            places = places[likeliest]
        shares = probabilities[places]
        mass = float(shares.sum())
        if places.size < 2 or mass < _LEAST_MASS or float(shares.max()) > _SURE * mass:
            return places[:0]
        return places

    def features(
        self, context: tuple[int, ...], candidates: Candidates
    ) -> tuple[Floats, list[int]]:
        """Of each name after `context`: `FEATURES` numbers, and the rows of `contexts` that are 1."""
        names, kind_of = candidates.names, self._vocabulary.kinds
        table = np.zeros((names.size, FEATURES), dtype=np.float32)
        table[:, 0] = np.log(candidates.shares / candidates.shares.sum() + 1e-9)
        if self._ids.size:
            at = np.minimum(np.searchsorted(self._ids, names), self._ids.size - 1)
            known = np.flatnonzero(self._ids[at] == names)
            table[known, _FACTS_FROM:_KINDS_FROM] = self._facts[at[known]]
        table[:, _KINDS_FROM:_PLACE_FROM] = _OF_KIND[kind_of[names]]
        line = _line_of(context, kind_of)
        ids = names.tolist()
        table[:, _PLACE_FROM] = self._share_after(context[-1], names)
        table[:, _PLACE_FROM + 1] = [token in line for token in ids]
        table[:, _PLACE_FROM + 2] = [token in context for token in ids]
        table[:, _PLACE_FROM + 3 : _SHARES_FROM] = self._likeness(line, ids)
        for number, slot in enumerate(_SHARES_OF):
            found = candidates.answers.get(slot)
            if found is not None:
                share = _share_of(names, found.ids, found.shares)
                table[:, _SHARES_FROM + 2 * number] = share
                table[:, _SHARES_FROM + 2 * number + 1] = np.log1p(share * found.total) / 4
        table[:, -1] = np.log(candidates.unigrams.take(names, mode="clip") + 1e-7) / 4
        last = kind_of[list(context[: -KINDS_SEEN - 1 : -1])].tolist()
        return table, [number * len(Kind) + kind for number, kind in enumerate(last)]

    def _share_after(self, token: int, names: Ids) -> Shares:
        """How large a share of the names after `token`, before the cursor, each name has."""
        known = self._places_after.get(token)
        if known is None:
            places = np.flatnonzero(self._before[:-1] == token) + 1
            found, counts = np.unique(self._before[places], return_counts=True)
            known = self._places_after[token] = found, counts / max(counts.sum(), 1)
        return _share_of(names, *known)

    def _likeness(self, line: tuple[int, ...], ids: list[int]) -> list[tuple[float, float, float]]:
        """Whether a name is spelt like the last name of the line: alike, in part, nothing there."""
        free = self._vocabulary.free
        last = next((token for token in reversed(line) if free[token]), None)
        if last is None:
            return [(0.0, 0.0, 1.0)] * len(ids)
        spelling, words = self._spelling(last)
        result: list[tuple[float, float, float]] = []
        for token in ids:
            own, own_words = self._spelling(token)
            alike = float(own == spelling and token != last)
            result.append((alike, len(words & own_words) / (len(words | own_words) or 1), 0.0))
        return result

    def _spelling(self, token: int) -> tuple[str, frozenset[str]]:
        known = self._spellings.get(token)
        if known is None:
            bare = self._vocabulary.text(token).strip("_").lower()
            known = self._spellings[token] = bare, frozenset(bare.split("_"))
        return known


def rank(weights: Weights, table: Floats, rows: list[int], mass: float) -> Shares:
    """The probability of each name; together they have `mass`."""
    hidden = table @ weights.features + (weights.contexts[rows].sum(axis=0) + weights.bias)
    scores = np.maximum(hidden, 0.0) @ weights.out + weights.prior[0] * table[:, 0]
    shares = np.exp((scores - scores.max()).astype(np.float64))
    result: Shares = shares * (mass / shares.sum())
    return result


def _share_of(names: Ids, ids: Ids, shares: Shares) -> Shares:
    """The share of each name; 0 where it is not among `ids`, which ascend."""
    if not ids.size:
        return np.zeros(names.size)
    at = np.minimum(np.searchsorted(ids, names), ids.size - 1)
    return np.where(ids[at] == names, shares[at], 0.0)


_LINE_STARTS = frozenset((Kind.BLANK_LINE, Kind.INDENT, Kind.SAME_INDENT, Kind.DEDENT))


def _line_of(context: tuple[int, ...], kind_of: NDArray[np.uint8]) -> tuple[int, ...]:
    """The tokens of the context that stand on its last line."""
    for number in range(len(context) - 1, -1, -1):
        if int(kind_of[context[number]]) in _LINE_STARTS:
            return context[number + 1 :]
    return context


def _facts(
    vocabulary: Vocabulary,
    tokens: Tokens,
    places: NDArray[np.int64],
    index: NDArray[np.int64],
    ids: Ids,
) -> Floats:
    """One row a name: near, how near, counts, and the shares of its roles."""
    size = ids.size
    kinds = vocabulary.kinds[np.append(tokens.before, 0)]
    before, after = kinds[np.maximum(places - 1, 0)], kinds[places + 1]
    in_scope = places >= tokens.scope
    line_starts = np.flatnonzero(_starts_line(kinds[tokens.scope + 1 :]))
    header_size = int(line_starts[0]) + 1 if line_starts.size else kinds.size
    in_header = in_scope & (places < tokens.scope + header_size)

    def counted(where: NDArray[np.bool_] | None = None) -> Shares:
        return np.bincount(index if where is None else index[where], minlength=size).astype(float)

    counts = counted()
    in_scope_counts = counted(in_scope)
    parameters = counted(in_header & ((before == Kind.ROUND) | (before == Kind.COMMA))) > 0
    last = np.zeros(size)
    last[index] = places
    below = np.bincount(tokens.after, minlength=len(vocabulary))[ids]
    columns = (
        np.ones(size),
        np.log1p(tokens.before.size - last) / 7,
        np.log1p(counts) / 4,
        np.log1p(in_scope_counts) / 3,
        counted(before == Kind.DOT) / counts,
        counted(after == Kind.ROUND) / counts,
        counted(after == Kind.EQUALS) / counts,
        counted((before == Kind.DEF) | (before == Kind.CLASS)) > 0,
        parameters,
        parameters & (in_scope_counts == 1),
        np.log1p(below) / 4,
    )
    return (
        np.stack(columns, axis=1).astype(np.float32) if size else np.zeros((0, _FACTS), np.float32)
    )


def _starts_line(kinds: NDArray[np.uint8]) -> NDArray[np.bool_]:
    starts: NDArray[np.bool_] = (kinds >= Kind.BLANK_LINE) & (kinds <= Kind.DEDENT)
    return starts
