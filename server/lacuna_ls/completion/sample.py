"""One sample of a calibration: a cursor in a file, and what its author wrote there.

Cursors are drawn as the trigger draws them, which is at every keystroke: with the same chance after
each character of each line but its last, and at a line's start once its indentation stands. What is
right of the cursor has not been written yet. Half of the files are drawn as an editor with
auto-closing brackets shows them, half of them (independently) as a file in which nothing stands
below the cursor's line yet.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from random import Random

from lacuna_ls.completion.engine import holes_of, propose
from lacuna_ls.completion.proposal import Proposal
from lacuna_ls.domain.text import Source, Span, TextEdit, decode, encode
from lacuna_ls.holes.calibration import HOLE_COUNTS, THRESHOLDS
from lacuna_ls.holes.matcher import Insertion, covers, truth_extent
from lacuna_ls.ports.language_model import LanguageModel
from lacuna_ls.syntax.document import Document, edit_document, open_document
from lacuna_ls.syntax.languages import Language

_CLOSER_OF = {"(": ")", "[": "]", "{": "}"}
_QUOTE = re.compile(r"['\"`]")


@dataclass(frozen=True, slots=True)
class Draw:
    """A file as it stood when the cursor was at `offset` bytes; `truth` was written there next."""

    data: bytes
    offset: int
    truth: str


@dataclass(frozen=True, slots=True)
class Sample:
    """What was shown at a cursor, and for each number of holes and threshold whether it missed.

    `misses[holes][i]` is true if the truth lay outside the prediction set at `THRESHOLDS[i]`.
    """

    proposal: Proposal
    misses: dict[int, tuple[bool, ...]]


def draw(data: bytes, random: Random) -> Draw | None:
    """A cursor of one file, `None` if nothing is written in it."""
    source = Source.of(data)
    keystrokes = [
        (line, column)
        for line in range(len(source.line_starts))
        for column in _keystrokes(source.text(source.line_span(line)))
    ]
    if not keystrokes:
        return None
    line, column = random.choice(keystrokes)
    closing, below = random.random() < 0.5, random.random() < 0.5
    span = source.line_span(line)
    text = source.text(span).rstrip()
    before, truth = text[:column], text[column:]
    rest = ""
    if closing:
        truth, rest = _auto_closed(before, truth)
    head = data[: span.start] + encode(before)
    tail = data[span.end :] if below else source.line_end()
    return Draw(head + encode(rest) + tail, len(head), truth)


async def take(
    drawn: Draw, language: Language, model: LanguageModel, path: Path | None
) -> Sample | None:
    """Run what users see on a drawn cursor; `None` where they would be shown nothing."""
    document = open_document("", 0, language, drawn.data)
    proposal = await propose(document, drawn.offset, model, path)
    if proposal is None:
        return None
    return Sample(proposal, misses(proposal, drawn.truth))


def misses(proposal: Proposal, truth: str) -> dict[int, tuple[bool, ...]]:
    """See `Sample.misses`; `truth` is the rest of the line as its author wrote it."""
    near, offset = proposal.near, proposal.offset
    language = near.language
    assert language is not None
    text = encode(truth_extent(decode(proposal.text), truth))
    document = edit_document(near, near.version, [TextEdit(Span(offset, offset), text)])
    written = _insertion(document, offset, len(text))
    shown = _insertion(proposal.shown.document, offset, len(proposal.text))
    known: dict[tuple[int, ...], bool] = {}

    def missed(holes: tuple[int, ...]) -> bool:
        if holes not in known:
            ids = {proposal.program.node_ids[hole] for hole in holes}
            whole = 0 in holes
            known[holes] = not whole and not covers(shown, written, ids, language)
        return known[holes]

    return {
        count: tuple(missed(holes_of(proposal, threshold, count)) for threshold in THRESHOLDS)
        for count in HOLE_COUNTS
    }


def _keystrokes(line: str) -> range:
    text = line.rstrip()
    return range(len(text) - len(text.lstrip()), len(text))


def _auto_closed(before: str, truth: str) -> tuple[str, str]:
    """The truth up to the innermost bracket's end, and the closing brackets behind the cursor."""
    if _QUOTE.search(before):
        return truth, ""
    opened: list[str] = []
    for char in before:
        if char in _CLOSER_OF:
            opened.append(char)
        elif opened and char == _CLOSER_OF[opened[-1]]:
            opened.pop()
    depth = 0
    for index, char in enumerate(truth):
        if char in _CLOSER_OF:
            depth += 1
        elif char in _CLOSER_OF.values():
            depth -= 1
        if depth < 0 and opened:
            return truth[:index].rstrip(), "".join(_CLOSER_OF[o] for o in reversed(opened))
    return truth, ""


def _insertion(document: Document, offset: int, size: int) -> Insertion:
    assert document.tree is not None
    return Insertion(document.tree, document.data, Span(offset, offset + size))
