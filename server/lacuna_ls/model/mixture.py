"""One distribution over the next token, mixed from all experts.

Over all texts a token can have, probabilities sum to at most 1: what the corpora never saw has the
share of their rare tokens, spelt by `characters`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lacuna_ls.model import characters, gate, names
from lacuna_ls.model.experts import Context, Expert, FileExpert, Shares
from lacuna_ls.model.gate import SLOT, Evidence, Source
from lacuna_ls.model.names import Candidates, NameFacts
from lacuna_ls.model.shapes import FIRST_TOKEN, FRESH, REACH, shape_of
from lacuna_ls.model.suffix_index import Continuations
from lacuna_ls.model.vocabulary import RESERVED, UNSEEN_CLASSES, Ids, Vocabulary, unseen_class

_UNSEEN = 0.02
_MOST_KNOWN = 500
_UNIGRAM = SLOT[Source.UNIGRAM, 0]
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

    def probabilities_of(self, tokens: Ids) -> list[float]:
        """Of the next token being each of these."""
        known: list[float] = self._of_all(tokens).tolist()
        return known

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
        tokens = np.array(self.vocabulary.starting_with(start), dtype=np.int32)
        known = self._of_all(tokens)
        whole = self._mass(start, known)
        likeliest = np.argsort(-known)[:count]
        options = self._options(tokens[likeliest].tolist(), known[likeliest])
        if self.vocabulary.find(start) < RESERVED:
            options.append(Option(unseen_class(start), start, self._spelt(start)))
            options.sort(key=lambda o: -o.probability)
        return [Option(o.token, o.text, o.probability / whole) for o in options[:count]]

    def mass_starting_with(self, start: str) -> float:
        """Probability that the token's text starts with `start`, unseen texts included."""
        return self._mass(start, self._of_all(self.vocabulary.starting_with(start)))

    def _mass(self, start: str, known: Shares) -> float:
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


@dataclass(frozen=True, slots=True)
class Observation:
    """What the experts say of one context: evidence for the gate, and the answers behind it."""

    context: Context
    evidence: Evidence
    kinds: list[int]
    answers: tuple[tuple[int, Continuations], ...]
    shapes: tuple[tuple[int, Continuations], ...]


Names = tuple[Ids, Shares]


class Mixture:
    """The experts at one cursor position; valid until one of them changes.

    `of_file` is what the gate is told of the open file.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        file: FileExpert,
        corpora: Sequence[Expert],
    ) -> None:
        self._vocabulary = vocabulary
        self._experts: tuple[Expert, ...] = (file, *corpora)
        self.names = NameFacts(vocabulary, file.surroundings())
        self._dense = np.zeros(len(vocabulary))
        self._unigrams = self._mixed_unigrams()
        self._unseen = self._unigrams[:UNSEEN_CLASSES] + _UNSEEN / UNSEEN_CLASSES
        self._dot = vocabulary.find(".")
        self._names: dict[int, Names] = {
            SLOT[Source.NEAR, 0]: file.near(vocabulary.names),
            SLOT[Source.SCOPE, 0]: file.in_scope(vocabulary.free),
            SLOT[Source.ATTRIBUTE, 0]: file.following(self._dot, vocabulary.names),
        }
        self._fresh = file.near(vocabulary.free)
        self._fresh_at = {token: place for place, token in enumerate(self._fresh[0].tolist())}
        self.of_file = gate.file_inputs(file.tokens_before, file.tokens_after)
        self._known: dict[Context, Distribution] = {}

    def distribution(self, context: Context) -> Distribution:
        """Of the next token after `context`, which is as long as the longest order if it can be."""
        known = self._known.get(context)
        if known is None:
            seen = self.observe(context)
            shares = gate.weigh(gate.shipped(), seen.evidence, seen.kinds, self.of_file)
            if len(self._known) == _MOST_KNOWN:
                self._known.clear()
            known = self._known[context] = self._ranked(seen, self.mixed(seen, shares))
        return known

    def candidates(
        self, seen: Observation, mixed: Distribution
    ) -> tuple[NDArray[np.int64], Candidates]:
        """Names whose probability is to be shared out again, and their places in `mixed.ids`."""
        places = self.names.candidates(mixed.ids, mixed.probabilities)
        shares = mixed.probabilities[places]
        return places, Candidates(mixed.ids[places], shares, dict(seen.answers), self._unigrams)

    def _ranked(self, seen: Observation, mixed: Distribution) -> Distribution:
        places, candidates = self.candidates(seen, mixed)
        if not places.size:
            return mixed
        table, rows = self.names.features(seen.context, candidates)
        ranked = mixed.probabilities.copy()
        ranked[places] = names.rank(names.shipped(), table, rows, float(candidates.shares.sum()))
        return replace(mixed, probabilities=ranked)

    def observe(self, context: Context) -> Observation:
        evidence = gate.Evidence()
        shape = shape_of(context, self._vocabulary.free)
        answers = tuple(pair for expert in self._experts for pair in expert.lookup(context))
        shapes = tuple(pair for expert in self._experts for pair in expert.lookup_shape(shape))
        for slot, seen in (*answers, *shapes):
            evidence.note(slot, seen.total, seen.ids.size, seen.peak)
        for slot, (ids, shares) in self._names.items():
            if ids.size:
                evidence.note(slot, ids.size, ids.size, float(shares.max()))
        evidence.present[_UNIGRAM] = True
        kinds: list[int] = self._vocabulary.kinds[list(context)].tolist()
        return Observation(context, evidence, kinds, answers, shapes)

    def mixed(self, seen: Observation, weights: Shares) -> Distribution:
        """The answers added up; `weights` are those of all slots and sum to 1 at most."""
        if self._dense.size < len(self._vocabulary):
            self._dense = np.zeros(len(self._vocabulary))
        dense = self._dense
        touched: list[Ids] = []
        for slot, found in seen.answers:
            if weight := weights[slot]:
                dense[found.ids] += weight * found.shares
                touched.append(found.ids)
        for slot, (ids, shares) in self._names.items():
            if ids.size and (weight := weights[slot]):
                dense[ids] += weight * shares
                touched.append(ids)
        touched += self._add_shapes(seen, weights)
        left = float(weights[_UNIGRAM])
        ids = _distinct(touched)
        probabilities = dense[ids] + left * self._unigrams.take(ids, mode="clip")
        unseen = dense[:UNSEEN_CLASSES] + left * self._unseen
        dense[ids] = 0.0
        return Distribution(
            self._vocabulary, ids, probabilities, left, self._unigrams, tuple(unseen.tolist())
        )

    def _add_shapes(self, seen: Observation, weights: Shares) -> list[Ids]:
        """Codes that repeat a name of the context mean that name; a fresh one is one from nearby."""
        dense, context = self._dense, seen.context
        touched: list[Ids] = []
        repeated: list[int] = []
        fresh = 0.0
        for slot, found in seen.shapes:
            weight = float(weights[slot])
            if not weight:
                continue
            first = int(np.searchsorted(found.ids, FIRST_TOKEN))
            tokens = found.ids[first:] - FIRST_TOKEN
            dense[tokens] += weight * found.shares[first:]
            touched.append(tokens)
            for code, share in zip(
                found.ids[:first].tolist(), found.shares[:first].tolist(), strict=True
            ):
                if code == FRESH:
                    fresh += weight * share
                elif code <= len(context):
                    dense[context[-code]] += weight * share
                    repeated.append(context[-code])
        if repeated:
            touched.append(np.array(repeated, dtype=np.int32))
        if fresh:
            touched.append(self._add_fresh(context, fresh))
        return touched

    def _add_fresh(self, context: Context, mass: float) -> Ids:
        dense = self._dense
        attributes, shares = self._names[SLOT[Source.ATTRIBUTE, 0]]
        if context[-1] == self._dot and attributes.size:
            dense[attributes] += mass * shares
            return attributes
        ids, shares = self._fresh
        elsewhere = shares.copy()
        elsewhere[[self._fresh_at[t] for t in context[-REACH:] if t in self._fresh_at]] = 0.0
        if not (rest := elsewhere.sum()):
            return ids[:0]
        dense[ids] += mass / rest * elsewhere
        return ids

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
