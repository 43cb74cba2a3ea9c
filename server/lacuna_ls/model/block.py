"""From lines to a statement: what a line opens is gone on with until it is closed.

A line that ends with a colon or inside a bracket opens something. The likeliest newline token says
how deep the next line stands, a beam search says what is on it, and so on, until coming back to the
first line's indentation with no bracket open is likelier than any line that would still belong to
the statement. A blank line ends a statement, too, unless a bracket is open.

Lines are chosen one after the other, each by its own beam: what a later line would say of an earlier
one does not count. The end's probability is that of every newline which closes the statement.
"""

import math
from dataclasses import dataclass, replace

from lacuna_ls.domain.completion import FinishReason
from lacuna_ls.model.decode import Decoding, Line, Piece, Position, Steps, beam, first_stop, log_of
from lacuna_ls.model.experts import LONGEST, Context
from lacuna_ls.model.lexer import BLANK_LINE, TAB_WIDTH
from lacuna_ls.model.mixture import Mixture
from lacuna_ls.model.vocabulary import Vocabulary

MOST_LINES = 12
_LEAST_LINE = math.log(0.02)
"""A statement whose next line is less likely than this is given up."""


@dataclass(frozen=True, slots=True)
class Margin:
    """How wide the cursor's line is indented, whether with tabs, and its brackets left open."""

    indent: int
    tabs: bool
    depth: int

    def rendered(self, indent: int) -> str:
        if not self.tabs:
            return " " * indent
        return "\t" * (indent // TAB_WIDTH) + " " * (indent % TAB_WIDTH)


@dataclass(frozen=True, slots=True)
class _Newline:
    token: int
    indent: int
    probability: float


def statement(
    mixture: Mixture,
    position: Position,
    decoding: Decoding,
    vocabulary: Vocabulary,
    margin: Margin,
) -> Steps:
    """The likeliest lines, as `beam` gives them, the first of them up to where it is closed.

    Each of its lines is settled when the next is begun. One that could not be closed is cut after a
    whole line, its end unknown; so is one that has a stop string, which may begin on one line and end
    on a later one and is for the caller to cut at.
    """
    stops, decoding = decoding.stop, replace(decoding, stop=())
    lines = yield from beam(mixture, position, decoding)
    if not lines or position.closing is not None or not opens(lines[0], margin.depth):
        return lines
    pieces, context, depth = lines[0].pieces, lines[0].context, margin.depth + lines[0].depth
    indent, is_due = margin.indent, depth <= 0
    settled: tuple[Piece, ...] = pieces
    for _ in range(MOST_LINES):
        if first_stop("".join(piece.text for piece in pieces), stops) is not None:
            break
        yield settled
        least = indent if is_due else margin.indent
        newline, closed = _newlines(mixture, vocabulary, context, (indent, least, depth))
        if not is_due and closed >= (newline.probability if newline else 0.0):
            return [_joined(pieces, log_of(closed), context, depth), *lines[1:]]
        if newline is None:
            break
        indent = newline.indent
        margin_text = "\n" + margin.rendered(indent)
        context = (*context[1 - LONGEST :], newline.token)
        left = decoding.max_tokens - len(pieces) - 1
        if left <= 0:
            break
        grown = yield from beam(
            mixture,
            Position(context, "", None),
            replace(decoding, max_tokens=left, n=1),
        )
        if not grown or not grown[0].pieces or grown[0].logprob < _LEAST_LINE:
            break
        logprob = log_of(newline.probability)
        settled = (Piece(margin_text, logprob), *grown[0].pieces)
        pieces += settled
        context, depth = grown[0].context, depth + grown[0].depth
        is_due = opens(grown[0], 0) and depth <= 0
        if grown[0].finish is not FinishReason.STOP:
            break
    cut = Line(pieces, None, FinishReason.LENGTH, context, depth)
    return [cut, *lines[1:]]


def opens(line: Line, depth: int) -> bool:
    """True if what the line begins goes on below it; `depth` brackets were open before."""
    text = line.text.rstrip()
    return line.finish is FinishReason.STOP and (depth + line.depth > 0 or text.endswith(":"))


def _newlines(
    mixture: Mixture, vocabulary: Vocabulary, context: Context, place: tuple[int, int, int]
) -> tuple[_Newline | None, float]:
    """The likeliest newline that stays in the statement, and the probability of leaving it.

    `place` is the last line's indentation, that which the next one has to be deeper than, and how
    many brackets are open.
    """
    last, least, depth = place
    seen = mixture.distribution(context)
    best: _Newline | None = None
    closed = 0.0
    for token, probability in zip(
        vocabulary.newlines.tolist(), seen.probabilities_of(vocabulary.newlines), strict=True
    ):
        text = vocabulary.text(token)
        indent = last if text == BLANK_LINE else max(0, last + int(text[1:]))
        if depth <= 0 and (text == BLANK_LINE or indent <= least):
            closed += probability
        elif text != BLANK_LINE and (best is None or probability > best.probability):
            best = _Newline(token, indent, probability)
    return best, closed


def _joined(pieces: tuple[Piece, ...], end: float, context: Context, depth: int) -> Line:
    return Line(pieces, min(0.0, end), FinishReason.STOP, context, depth)
