"""One distribution over the next token, mixed from all experts.

Over all texts a token can have, probabilities sum to at most 1: what the corpora never saw has the
share of their rare tokens, spelt by `characters`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lacuna_ls.model import characters
from lacuna_ls.model.experts import Context, Expert, FileExpert, Shares
from lacuna_ls.model.gate import Evidence, mix
from lacuna_ls.model.vocabulary import RESERVED, UNSEEN_CLASSES, Ids, Vocabulary, unseen_class

_UNSEEN = 0.02
LOW_ORDER = 2
RECENCY = 0.4
_LEAST = 5e-324
"""A half token of hundreds of characters can have a probability that no float holds."""


@dataclass(frozen=True, slots=True)
class Option:
    """A token that may come next. `token` is a class of unseen tokens if the text has no id."""

    token: int
    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class Distribution:
    """Probabilities of the next token; `ids` ascend, all else has `floor * unigram`.

    `unseen` has the share of each class of unseen tokens, spelt by `characters`.
    The last entry of `unigrams` is 0 and stands for tokens added to the vocabulary since.
    """

    vocabulary: Vocabulary
    ids: Ids
    probabilities: Shares
    floor: float
    unigrams: Shares
    unseen: tuple[float, ...]

    def probability(self, text: str) -> float:
        """Of the next token being exactly `text`, which may be in no corpus."""
        token = self.vocabulary.find(text)
        known = self._of(token) if token >= RESERVED else 0.0
        return known + self._spelt(text)

    def end(self, closing: int | None = None) -> float:
        """Probability that the line, or what stands before `closing`, ends here."""
        ends = float(self._of_all(self.vocabulary.newlines).sum())
        if closing is not None:
            ends += self._of(closing)
        return min(1.0, ends)

    def best(self, count: int, closing: int | None = None) -> list[Option]:
        """The likeliest tokens that have a text and are no end as `end` understands it."""
        if not self.ids.size:
            return []
        probabilities = self.probabilities.copy()
        probabilities[self._places(self.vocabulary.newlines)] = 0.0
        probabilities[: np.searchsorted(self.ids, RESERVED)] = 0.0
        if closing is not None:
            probabilities[self._places([closing])] = 0.0
        likeliest = np.argpartition(-probabilities, min(count, probabilities.size) - 1)[:count]
        likeliest = likeliest[probabilities[likeliest] > 0.0]
        return self._options(self.ids[likeliest].tolist(), probabilities[likeliest])

    def starting_with(self, start: str, count: int) -> list[Option]:
        """The likeliest tokens given that the token's text starts with `start`."""
        whole = self.mass_starting_with(start)
        tokens = np.array(self.vocabulary.starting_with(start), dtype=np.int32)
        known = self._of_all(tokens)
        likeliest = np.argsort(-known)[:count]
        options = self._options(tokens[likeliest].tolist(), known[likeliest])
        if self.vocabulary.find(start) < RESERVED:
            options.append(Option(unseen_class(start), start, self._spelt(start)))
            options.sort(key=lambda o: -o.probability)
        return [Option(o.token, o.text, o.probability / whole) for o in options[:count]]

    def mass_starting_with(self, start: str) -> float:
        """Probability that the token's text starts with `start`, unseen texts included."""
        known = self._of_all(self.vocabulary.starting_with(start))
        unseen = self.unseen[unseen_class(start)] * characters.starting(start)
        return max(float(known.sum()) + unseen, _LEAST)

    def _options(self, tokens: list[int], known: Shares) -> list[Option]:
        """Likeliest first."""
        text_of = self.vocabulary.text
        texts = [(token, text_of(token)) for token in tokens]
        options = [
            Option(token, text, share + self._spelt(text))
            for (token, text), share in zip(texts, known.tolist(), strict=True)
        ]
        return sorted(options, key=lambda o: -o.probability)

    def _spelt(self, text: str) -> float:
        return self.unseen[unseen_class(text)] * characters.probability(text)

    def _of(self, token: int) -> float:
        share: float = self._of_all([token]).item()
        return share

    def _of_all(self, tokens: Sequence[int] | Ids) -> Shares:
        wanted = np.asarray(tokens, dtype=np.int32)
        rest = self.floor * self.unigrams.take(wanted, mode="clip")
        if not self.ids.size:
            return rest
        at = np.minimum(np.searchsorted(self.ids, wanted), self.ids.size - 1)
        return np.where(self.ids[at] == wanted, self.probabilities[at], rest)

    def _places(self, tokens: Sequence[int] | Ids) -> NDArray[np.int64]:
        """Where those of `tokens` that are in `ids` stand there."""
        wanted = np.asarray(tokens, dtype=np.int32)
        at = np.minimum(np.searchsorted(self.ids, wanted), self.ids.size - 1)
        found: NDArray[np.int64] = at[self.ids[at] == wanted]
        return found


class Mixture:
    """The experts at one cursor position. Valid until the vocabulary or an expert changes."""

    def __init__(self, vocabulary: Vocabulary, file: FileExpert, corpora: Sequence[Expert]) -> None:
        self._vocabulary = vocabulary
        self._experts: tuple[Expert, ...] = (file, *corpora)
        self._dense = np.zeros(len(vocabulary))
        self._unigrams = self._mixed_unigrams()
        self._unseen = self._unigrams[:UNSEEN_CLASSES] + _UNSEEN / UNSEEN_CLASSES
        self._recent_ids, self._recent_shares = file.recent_names(vocabulary.names)

    def distribution(self, context: Context) -> Distribution:
        found = [
            (Evidence(expert.corpus, order, seen.total, seen.ids.size), seen)
            for expert in self._experts
            for order, seen in expert.lookup(context)
        ]
        found.sort(key=lambda pair: (-pair[0].order, pair[0].corpus))
        weights, left = mix([evidence for evidence, _ in found])
        names = self._vocabulary.names
        dense = self._dense
        touched: list[Ids] = []
        name_mass = 0.0
        for (evidence, seen), weight in zip(found, weights, strict=True):
            if not weight:
                continue
            shares = weight * seen.shares
            if evidence.order <= LOW_ORDER and self._recent_ids.size:
                shares = shares * np.where(names[seen.ids], 1.0 - RECENCY, 1.0)
                name_mass += weight - float(shares.sum())
            dense[seen.ids] += shares
            touched.append(seen.ids)
        if name_mass:
            dense[self._recent_ids] += name_mass * self._recent_shares
            touched.append(self._recent_ids)
        ids = _distinct(touched)
        probabilities = dense[ids] + left * self._unigrams[ids]
        unseen = dense[:UNSEEN_CLASSES] + left * self._unseen
        dense[ids] = 0.0
        return Distribution(
            self._vocabulary, ids, probabilities, left, self._unigrams, tuple(unseen.tolist())
        )

    def _mixed_unigrams(self) -> Shares:
        whole = np.zeros(len(self._vocabulary) + 1)
        for expert in self._experts:
            shares = expert.unigrams()
            whole[: shares.size] += shares
        return whole * ((1.0 - _UNSEEN) / len(self._experts))


def _distinct(parts: Sequence[Ids]) -> Ids:
    """Every id once, ascending."""
    if not parts:
        return np.empty(0, dtype=np.int32)
    ordered = np.concatenate(parts)
    ordered.sort()
    is_first = np.ones(ordered.size, dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    return ordered[is_first]
