"""How much of a completion is offered: it stops where the model begins to doubt.

A line that begins surely and ends in doubt is one hole if all of it is offered, because its end
decides what its beginning is part of. So besides the whole line its beginnings are looked at, those
that parse no worse than nothing. Offered is the one of which most bytes stand outside of holes at a
threshold that is fixed for good; it depends on no epsilon, so that moving epsilon shows the same
text. Where nothing would stand in any of them, nothing is offered.

Of a beginning it is not claimed that the line ends there: what the user would have written is
compared as far as it goes (see `sample.written`), and what follows it costs nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lacuna_ls.completion import predictor
from lacuna_ls.completion.postprocess import Shown, beginnings
from lacuna_ls.domain.completion import Completion, FinishReason
from lacuna_ls.domain.text import Span, encode
from lacuna_ls.holes.calibration import HOLE_COUNTS
from lacuna_ls.holes.frontier import Frontier, frontier
from lacuna_ls.holes.partial_program import PartialProgram, build
from lacuna_ls.syntax.document import Document


@dataclass(frozen=True, slots=True)
class Extent:
    """What is offered of a completion. `ends` says that the line's end is part of it."""

    shown: Shown
    ends: bool
    program: PartialProgram
    frontier: Frontier


def most_solid(
    document: Document, offset: int, completion: Completion, whole: Shown
) -> Extent | None:
    """The beginning of `whole`, or all of it, of which most is solid; the longest of equals.

    `None` if nothing would be. Without log-probabilities all of it is offered, for nothing is known
    of its parts.
    """
    ends = completion.finish is FinishReason.STOP and completion.end_logprob is not None
    if all(token.logprob is None for token in completion.tokens):
        return _extent(offset, completion, whole, ends=ends)
    said = encode(completion.text)
    best: Extent | None = None
    most = (0,) * len(predictor.REFERENCE_THRESHOLDS)
    for shown in (whole, *_beginnings(document, offset, completion, whole)):
        if len(shown.kept) <= most[0]:
            break
        extent = _extent(offset, completion, shown, ends=shown is whole and ends)
        text = said[shown.kept.start : shown.kept.end]
        solid = tuple(_solid_bytes(extent, text, at) for at in predictor.REFERENCE_THRESHOLDS)
        if solid > most:
            best, most = extent, solid
    return best


def _beginnings(
    document: Document, offset: int, completion: Completion, whole: Shown
) -> Iterator[Shown]:
    """Cut after a token, the longest first."""
    ends = [token.span.end for token in completion.tokens if token.span.end < whole.kept.end]
    return beginnings(document, offset, completion, whole.kept, reversed(ends))


def _extent(offset: int, completion: Completion, shown: Shown, *, ends: bool) -> Extent:
    tree, language = shown.document.tree, shown.document.language
    assert tree is not None
    assert language is not None
    region = Span(offset, offset + len(shown.kept))
    program = build(
        tree, region, language, completion, shown.kept, ends=ends, weight=predictor.WEIGHT
    )
    front = frontier(program.ends, program.own_nll, program.weights, max(HOLE_COUNTS))
    return Extent(shown, ends, program, front)


def _solid_bytes(extent: Extent, text: bytes, threshold: float) -> int:
    """How many bytes of `text`, space not counted, stand outside of holes."""
    selection = extent.frontier.select(threshold, predictor.REFERENCE_HOLES)
    spans = (extent.program.spans[hole] for hole in selection.holes)
    return _inked(text) - sum(_inked(text[span.start : span.end]) for span in spans)


def _inked(text: bytes) -> int:
    return len(text.translate(None, b" \t"))
