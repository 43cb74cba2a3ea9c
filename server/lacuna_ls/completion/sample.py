"""One sample of a calibration: a cursor in a file, and what its author wrote there.

Cursors are drawn as the trigger draws them, which is at every keystroke: in the middle of a line with
the same chance after each character of each line but its last, or at a line's start once its
indentation stands. What is right of the cursor has not been written yet, nor what closes the brackets
that the rest of the line opens. Half of the files are drawn as an editor with
auto-closing brackets shows them, half of them (independently) as a file in which nothing stands
below the cursor's line yet.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from random import Random

from lacuna_ls.completion.engine import WHOLE, alternatives_in, holes_of, propose
from lacuna_ls.completion.postprocess import ParseCheck, closers_of, inserted
from lacuna_ls.completion.proposal import Proposal
from lacuna_ls.domain.text import Source, Span, decode, encode
from lacuna_ls.holes.calibration import HOLE_COUNTS, THRESHOLDS, Group, Outcome
from lacuna_ls.holes.matcher import Insertion, fillings, token_ends, truth_extent
from lacuna_ls.ports.language_model import LanguageModel
from lacuna_ls.syntax.document import Document, open_document
from lacuna_ls.syntax.languages import Language

_CLOSER_OF = {"(": ")", "[": "]", "{": "}"}
_QUOTE = re.compile(r"['\"`]")

_LONGEST_BYTES = 4000
SMALLEST_BYTES, LARGEST_BYTES = 400, 200_000
_LEFT_OUT = frozenset(
    {"_vendor", "vendor", "_vendored", "vendored", "third_party", "extern", "migrations", "locale"}
)
_GENERATED = re.compile(rb"(?i)generated (by|from|file)|auto-?generated|do not edit")


@dataclass(frozen=True, slots=True)
class Draw:
    """A file as it stood when the cursor was at `offset` bytes; `truth` was written there next."""

    data: bytes
    offset: int
    truth: str


@dataclass(frozen=True, slots=True)
class Sample:
    """What was offered at a cursor, and what became of it with each number of holes."""

    proposal: Proposal
    outcomes: dict[int, Outcome]


@dataclass(frozen=True, slots=True)
class Shares:
    """Of one choice of holes: the shares of tokens kept and of nodes removed.

    `whole` is true of the one hole over everything.
    """

    kept: float
    removed: float
    whole: bool


def written_by_hand(path: PurePath, data: bytes) -> bool:
    """By the project's authors, and neither empty nor huge: vendored and generated code is left out."""
    return (
        SMALLEST_BYTES <= len(data) <= LARGEST_BYTES
        and not _LEFT_OUT.intersection(path.parts)
        and not path.stem.endswith("_pb2")
        and _GENERATED.search(data[:600]) is None
    )


def draw(data: bytes, random: Random, group: Group) -> Draw | None:
    """A cursor of one file, `None` if it has no line for one."""
    source = Source.of(data)
    keystrokes = [
        (line, column)
        for line in range(len(source.line_starts))
        for column in _keystrokes(source.text(source.line_span(line)), group)
    ]
    if not keystrokes:
        return None
    line, column = random.choice(keystrokes)
    closing, below = random.random() < 0.5, random.random() < 0.5
    span = source.line_span(line)
    text = source.text(span).rstrip()
    before, truth, end = text[:column], text[column:], span.end
    rest = ""
    if closing:
        truth, rest = _auto_closed(before, truth)
    start = span.start + len(encode(before))
    closed = truth_extent("", decode(data[start : start + _LONGEST_BYTES]))
    if truth == text[column:] and "\n" in closed:
        truth, end = closed, start + len(encode(closed))
    head = data[: span.start] + encode(before)
    tail = data[end:] if below else source.line_end()
    return Draw(head + encode(rest) + tail, len(head), truth)


async def take(
    drawn: Draw, language: Language, model: LanguageModel, path: Path | None
) -> Sample | None:
    """Run what users see on a drawn cursor; `None` where they would be shown nothing."""
    document = open_document("", 0, language, drawn.data)
    proposal = await propose(document, drawn.offset, model, path)
    if proposal is None:
        return None
    return Sample(proposal, outcomes(proposal, drawn.truth))


def outcomes(proposal: Proposal, truth: str) -> dict[int, Outcome]:
    """See `Sample`; `truth` is the rest of the line as its author wrote it."""
    judge = Judge(proposal, truth)

    def outcome(count: int) -> Outcome:
        chosen = [holes_of(proposal, threshold, count) for threshold in THRESHOLDS]
        return Outcome(tuple(map(judge.missed, chosen)), tuple(map(judge.found, chosen)))

    return {count: outcome(count) for count in HOLE_COUNTS}


class Judge:
    """Compares what was offered with what was written, for any choice of holes."""

    def __init__(self, proposal: Proposal, truth: str) -> None:
        self._proposal = proposal
        size = len(proposal.text)
        self._shown = _insertion(proposal.shown.document, proposal.offset, size)
        self._written = list(written(proposal, truth))
        self._known: dict[tuple[int, ...], tuple[bool, bool | None]] = {}

    def missed(self, holes: tuple[int, ...]) -> bool:
        """The truth differs outside the holes."""
        return self._verdict(holes)[0]

    def found(self, holes: tuple[int, ...]) -> bool | None:
        """The lists in the holes hold the truth, `None` where there is no list."""
        return self._verdict(holes)[1]

    def _verdict(self, holes: tuple[int, ...]) -> tuple[bool, bool | None]:
        if holes not in self._known:
            self._known[holes] = self._compared(holes)
        return self._known[holes]

    def _compared(self, holes: tuple[int, ...]) -> tuple[bool, bool | None]:
        if holes == WHOLE:
            return False, None
        program, language = self._proposal.program, self._proposal.near.language
        assert language is not None
        nodes = [program.node_ids[hole] for hole in holes]
        lists = [alternatives_in(self._proposal, program.spans[hole]) for hole in holes]
        missed, found = True, False
        for truth in self._written:
            filled = fillings(self._shown, truth, set(nodes), language)
            if filled is None:
                continue
            missed = False
            found |= all(
                self._listed(truth, filled.get(node), hole, others)
                for node, hole, others in zip(nodes, holes, lists, strict=True)
                if others
            )
        return missed, found if any(lists) else None

    def _listed(
        self, truth: Insertion, filling: Span | None, hole: int, others: tuple[str, ...]
    ) -> bool:
        """The guess or one of the others was written; what is not compared does not count."""
        if filling is None:
            return True
        span = self._proposal.program.spans[hole]
        guess = decode(self._proposal.text[span.start : span.end])
        return decode(truth.data[filling.start : filling.end]) in (guess, *others)


def shares(proposal: Proposal, holes: tuple[int, ...]) -> Shares:
    """How much of what was offered these holes leave."""
    program = proposal.program
    spans = [program.spans[hole] for hole in holes]
    begin = proposal.shown.kept.start
    starts = [token.span.start - begin for token in proposal.completion.tokens]
    offered = [at for at in starts if 0 <= at < len(proposal.text)]
    solid = [at for at in offered if not any(span.start <= at < span.end for span in spans)]
    removed = sum(program.ends[hole] - hole for hole in holes)
    return Shares(
        kept=len(solid) / max(len(offered), 1),
        removed=removed / len(program.ends),
        whole=holes == WHOLE,
    )


def written(proposal: Proposal, truth: str) -> Iterator[Insertion]:
    """The document as its author wrote it, as far as what was offered is compared with it.

    The rest of the line if the line's end was offered, alone if the line is offered with a bracket
    that it leaves open. Otherwise all of its beginnings that end where a token does: to match one of
    them is to match what was written as far as one went.
    """
    is_begun = closers_of(proposal.text)
    line = truth.splitlines()[0] if truth else ""
    text = encode(line if is_begun else truth_extent(decode(proposal.text), truth))
    whole = _with_text(proposal, text)
    if proposal.ends:
        yield whole
        return
    language = proposal.near.language
    assert language is not None
    for end in token_ends(whole, language):
        yield _with_text(proposal, text[:end])


def _with_text(proposal: Proposal, text: bytes) -> Insertion:
    near, offset = proposal.near, proposal.offset
    document = ParseCheck(near, offset).passed(text, ends=True) or inserted(near, offset, text)
    return _insertion(document, offset, len(text))


def _keystrokes(line: str, group: Group) -> range:
    text = line.rstrip()
    start = len(text) - len(text.lstrip())
    if group is Group.LINE_START:
        return range(start, start + bool(text))
    return range(start + 1, len(text))


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
