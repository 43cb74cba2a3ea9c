"""From distributions over tokens to the rest of a line: beam search, sampling, scoring.

The last token before the cursor may be half typed. It is taken back, and the first token is drawn
given that it starts with what was taken back ("token healing"), so that nothing depends on where the
lexer would have cut. A line's end is one event, the sum over all newline tokens. Where text follows
the cursor on its line, coming to its first token with no bracket open is the same event.

Searches are generators that yield between steps of a few milliseconds and return their lines. What
they yield are the next pieces of the first line that no later step will change, mostly none.
"""

import math
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count
from random import Random

from lacuna_ls.domain.completion import Alternative, FinishReason
from lacuna_ls.model.experts import LONGEST, Context
from lacuna_ls.model.mixture import Mixture, Option
from lacuna_ls.model.vocabulary import Vocabulary

_BEAM = 3
_SAMPLED_FROM = 64
_WIDE_TOKENS = 10
_NARROWED = 3
"""Behind its first tokens a line is searched with a beam this much narrower."""
_HOPELESS = 5.0
"""A path is given up that is this much less likely than the best one, in nats, and `log(n)` more."""
_IMPOSSIBLE = -745.0  # the logarithm of the smallest positive float


@dataclass(frozen=True, slots=True)
class Position:
    """Where decoding starts: the tokens before the cursor, and the half token taken back.

    `closing` is the first token after the cursor on its line, `None` if nothing follows there.
    """

    context: Context
    half: str
    closing: int | None


@dataclass(frozen=True, slots=True)
class Decoding:
    """What a completion asks for; see `CompletionRequest`."""

    max_tokens: int
    stop: tuple[str, ...] = ()
    n: int = 1
    temperature: float = 0.0
    top_logprobs: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """One token of a completion; the first is without the half that already stands there."""

    text: str
    logprob: float
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A finished proposal. `end_logprob` is `None` if the token limit cut it.

    `context` are the last tokens of it and before it, `depth` the brackets it leaves open.
    """

    pieces: tuple[Piece, ...]
    end_logprob: float | None
    finish: FinishReason
    context: Context
    depth: int

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    @property
    def logprob(self) -> float:
        return sum(piece.logprob for piece in self.pieces) + (self.end_logprob or 0.0)


@dataclass(frozen=True, slots=True)
class _Path:
    """A line being built. `carried` belongs to a half token that turned out to be whole."""

    context: Context
    pieces: tuple[Piece, ...] = ()
    carried: float = 0.0
    logprob: float = 0.0
    depth: int = 0


Steps = Generator[tuple[Piece, ...], None, list[Line]]


def beam(mixture: Mixture, position: Position, decoding: Decoding) -> Steps:
    """The `n` likeliest lines, best first; fewer where the others are hopeless.

    The likeliest path of whatever length goes on first, until no path can become one of them: the
    lines of a beam search that goes step by step, at a fraction of the distributions (Meister et
    al., "Best-first beam search", 2020).
    """
    width = max(_BEAM, decoding.n)
    seen = max(width, decoding.top_logprobs + 1)
    hopeless = _HOPELESS + math.log(decoding.n)
    lines: list[Line] = []
    gone_on: list[int] = []
    best: list[float] = []
    number = count()
    pending = [(0.0, next(number), 0, _Path(position.context))]
    while pending:
        _, _, length, path = heappop(pending)
        if length == len(best):
            best.append(max(path.logprob, lines[0].logprob if lines else path.logprob))
            gone_on.append(0)
        if len(lines) >= decoding.n and path.logprob <= lines[decoding.n - 1].logprob:
            break
        if gone_on[length] == _width(width, length) or path.logprob <= best[length] - hopeless:
            continue
        gone_on[length] += 1
        yield ()
        half = "" if length else position.half
        options, end = _next(mixture, path, position.closing, half, seen)
        if end is not None:
            lines.append(_ended(path, end))
        chosen = options[: _width(width, length + 1)]
        for grown in _extensions(path, chosen, options, half, decoding):
            if not _cut(grown, decoding, lines):
                heappush(pending, (-grown.logprob, next(number), length + 1, grown))
        lines.sort(key=lambda line: -line.logprob)
    return distinct(lines)[: decoding.n]


def _width(width: int, length: int) -> int:
    """How many paths of a length go on."""
    return width if length <= _WIDE_TOKENS else -(-width // _NARROWED)


def sample(mixture: Mixture, position: Position, decoding: Decoding, random: Random) -> Steps:
    """`n` lines drawn at the temperature asked for; log-probabilities are those at 1. Best first."""
    lines: list[Line] = []
    for number in range(1, decoding.n + 1):
        path, half = _Path(position.context), position.half
        while len(lines) < number:
            yield ()
            options, end = _next(mixture, path, position.closing, half, _SAMPLED_FROM)
            chosen = _draw(options, end or 0.0, decoding.temperature, random)
            if chosen is None:
                lines.append(_ended(path, end or 0.0))
                break
            (path,) = _extensions(path, [options[chosen]], options, half, decoding)
            half = ""
            _cut(path, decoding, lines)
    return sorted(lines, key=lambda line: -line.logprob)


def score(
    mixture: Mixture, position: Position, texts: Sequence[str], vocabulary: Vocabulary
) -> Generator[None, None, tuple[list[float], float]]:
    """Log-probability of each token and of the line's end after them.

    `texts` are tokens; the first starts with the half token that was taken back.
    """
    context, depth = position.context, 0
    logprobs: list[float] = []
    half = position.half
    for text in texts:
        distribution = mixture.distribution(context)
        whole = distribution.mass_starting_with(half) if half else 1.0
        logprobs.append(log_of(distribution.probability(text) / whole))
        context = (*context[1 - LONGEST :], vocabulary.find(text))
        depth += nesting(text[len(half) :])
        half = ""
        yield
    closing = position.closing if depth <= 0 else None
    return logprobs, log_of(mixture.distribution(context).end(closing))


def _next(
    mixture: Mixture, path: _Path, closing: int | None, half: str, count: int
) -> tuple[list[Option], float | None]:
    """What may come next, and the probability that nothing does (`None` inside a half token)."""
    distribution = mixture.distribution(path.context)
    if half:
        return distribution.starting_with(half, count), None
    closing = closing if path.depth <= 0 else None
    return distribution.best(count, closing), distribution.end(closing)


def _extensions(
    path: _Path,
    chosen: Sequence[Option],
    options: Sequence[Option],
    half: str,
    decoding: Decoding,
) -> list[_Path]:
    """The path with each of `chosen`; the others of `options` are its alternatives."""
    grown: list[_Path] = []
    for option in chosen:
        logprob = log_of(option.probability)
        text = option.text[len(half) :]
        grown.append(
            _Path(
                context=(*path.context[1 - LONGEST :], option.token),
                pieces=(
                    *path.pieces,
                    Piece(
                        text,
                        path.carried + logprob,
                        _alternatives(options, option, half, path.carried, decoding.top_logprobs),
                    ),
                )
                if text
                else path.pieces,
                carried=0.0 if text else path.carried + logprob,
                logprob=path.logprob + logprob,
                depth=path.depth + nesting(text),
            )
        )
    return grown


def _alternatives(
    options: Iterable[Option], chosen: Option, half: str, carried: float, most: int
) -> tuple[Alternative, ...]:
    others = [o for o in options if o is not chosen and len(o.text) > len(half)] if most else []
    return tuple(
        Alternative(o.text[len(half) :], carried + log_of(o.probability)) for o in others[:most]
    )


def _ended(path: _Path, end: float) -> Line:
    logprob = path.carried + log_of(end)
    return Line(path.pieces, logprob, FinishReason.STOP, path.context, path.depth)


def _cut(path: _Path, decoding: Decoding, lines: list[Line]) -> bool:
    """Finish a path that ran into a stop string or the token limit."""
    line = Line(path.pieces, None, FinishReason.LENGTH, path.context, path.depth)
    if (length := first_stop(line.text, decoding.stop)) is not None:
        lines.append(cut_at(line, length))
    elif len(path.pieces) >= decoding.max_tokens:
        lines.append(line)
    else:
        return False
    return True


def first_stop(text: str, stops: Sequence[str]) -> int | None:
    """Where the first stop string begins that a text has."""
    return min((at for stop in stops if stop and (at := text.find(stop)) >= 0), default=None)


def cut_at(line: Line, length: int) -> Line:
    """A line up to a stop string; what stands behind its start is charged to the end."""
    kept: list[Piece] = []
    end = 0.0
    for piece in line.pieces:
        if length > 0:
            kept.append(replace(piece, text=piece.text[:length]))
        else:
            end += piece.logprob
        length -= len(piece.text)
    return replace(line, pieces=tuple(kept), end_logprob=end, finish=FinishReason.STOP)


def _draw(options: Sequence[Option], end: float, temperature: float, random: Random) -> int | None:
    """Index of the option drawn, `None` for the end."""
    weights = [o.probability ** (1.0 / temperature) for o in options]
    weights.append(end ** (1.0 / temperature))
    chosen = random.choices(range(len(weights)), weights)[0] if sum(weights) > 0 else len(options)
    return None if chosen == len(options) else chosen


def distinct(lines: Iterable[Line]) -> list[Line]:
    """Without lines that read the same as a likelier one."""
    by_text: dict[str, Line] = {}
    for line in lines:
        by_text.setdefault(line.text, line)
    return list(by_text.values())


def nesting(text: str) -> int:
    """How many more brackets are open behind a token than before it."""
    mark = text.strip(" ")
    return (mark in ("(", "[", "{")) - (mark in (")", "]", "}"))


def log_of(probability: float) -> float:
    return min(0.0, math.log(probability)) if probability > 0.0 else _IMPOSSIBLE
