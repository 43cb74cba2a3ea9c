"""What a token of the embedded model costs: how likely its author would have left it as it is.

A logistic regression on the model's log-probability and on what else is known of a token. Learnt from
simulated edits: at cursors of packages that nothing else is made with, which tokens of a completion
the author wrote as well, given that all before them were right (`benchmarks/scores.py`, which also
compares it with the bare log-probability and with the disagreement of samples). For other models the
log-probability itself is the cost.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import exp, log, log1p

from lacuna_ls.completion.score_weights import WEIGHTS
from lacuna_ls.domain.completion import Completion
from lacuna_ls.domain.text import decode, encode

LEARNT_FOR = "embedded-"
SEEN_BYTES = 3000
_LEAST = 1e-6
_NO_RIVAL = -12.0
_FARTHEST_RIVAL = 6.0


def priced(first: Completion, others: Sequence[Completion], before: bytes) -> Completion:
    """The same text, with learnt probabilities of its tokens and of its end.

    Args:
        first: The completion that is offered.
        others: Further samples of the same request.
        before: What stands before the cursor.
    """
    if not first.model_id.startswith(LEARNT_FOR) or first.end_logprob is None:
        return first
    return repriced(first, [_chance(vector) for vector in features(first, others, before)])


def repriced(completion: Completion, chances: Sequence[float]) -> Completion:
    """The completion as if these were the probabilities of its tokens and of its end."""
    *logs, end = (log(min(max(chance, _LEAST), 1 - _LEAST)) for chance in chances)
    pairs = zip(completion.tokens, logs, strict=True)
    tokens = tuple(replace(token, logprob=logprob) for token, logprob in pairs)
    return replace(completion, tokens=tokens, end_logprob=end)


def features(first: Completion, others: Sequence[Completion], before: bytes) -> list[list[float]]:
    """One vector a token, and one for the end."""
    samples, data = [encode(other.text) for other in others], encode(first.text)
    text_before = decode(before[-SEEN_BYTES:])
    total = 0.0
    vectors: list[list[float]] = []
    for number, token in enumerate(first.tokens):
        text = decode(data[token.span.start : token.span.end])
        logprob = token.logprob or 0.0
        rival = max((other.logprob for other in token.alternatives), default=_NO_RIVAL)
        same = agreement(samples, data, token.span.start, token.span.end)
        vectors.append(_vector((logprob, rival, same, total), number, text, text_before))
        total += logprob
        text_before += text
    ending = [sample == data for sample in samples if sample.startswith(data)]
    same = (sum(ending) + 1) / (len(ending) + 2)
    end = (first.end_logprob or 0.0, _NO_RIVAL, same, total)
    return [*vectors, _vector(end, len(vectors), "", text_before)]


def agreement(samples: Sequence[bytes], data: bytes, start: int, end: int) -> float:
    """Of the samples that say the same before it, the share that says it too; smoothed."""
    same = [s[start:end] == data[start:end] for s in samples if s[:start] == data[:start]]
    return (sum(same) + 1) / (len(same) + 2)


def _vector(
    numbers: tuple[float, float, float, float], place: int, text: str, before: str
) -> list[float]:
    """`numbers`: the log-probability, its best rival's, the agreement, the sum of those before."""
    logprob, rival, same, total = numbers
    chance = min(max(exp(logprob), _LEAST), 1 - _LEAST)
    logit = log(chance / (1 - chance))
    word = text.strip()
    seen = before.count(word) if word else 0
    kinds = [
        not word, word.isidentifier(), word[:1].isdigit(), word[:1] in ("'", '"'),
        word in ("(", ")", "[", "]", "{", "}", ".", ",", ":", "="), place == 0,
        before.rpartition("\n")[2].lstrip().startswith("#"),
    ]  # fmt: skip
    return [
        1.0, logit, min(logprob - rival, _FARTHEST_RIVAL), same, log1p(-total), log1p(place),
        log1p(seen), float(seen == 0), log1p(len(word)),
        *map(float, kinds), *(logit * kind for kind in kinds),
    ]  # fmt: skip


def _chance(vector: Sequence[float]) -> float:
    logit = sum(weight * value for weight, value in zip(WEIGHTS, vector, strict=True))
    return 1 / (1 + exp(-logit)) if logit > -700 else 0.0
