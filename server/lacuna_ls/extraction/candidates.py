"""The runs of statements of one function that may be worth a name, and what is seen of each.

Runs are contiguous and of one suite, whole bodies of compound statements included. Those are left
out that are too small, too large a part of their function, or would need more parameters or results
than a reader likes; and those that the data flow of `host` already shows cannot move.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate
from operator import or_

from lacuna_ls.domain.text import Source, Span
from lacuna_ls.extraction.host import Host, Piece, within

MAX_PARAMETERS = 4
MAX_OUTPUTS = 3
MIN_STATEMENTS = 3
MAX_SHARE = 0.7
# What is longer has no single purpose; and in a suite of very many statements only short runs are
# looked at, so that a menu never waits for them.
_MAX_RUN = 40
_MAX_RUNS = 2500


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run of statements, and what is seen of it. `lead` is where the comment above it starts.

    `fed` parameters are assigned right before it: whoever extracts it may rather take their
    assignment along. `inside` locals are born and die in the run. `own` is the share of its names
    that the rest of the function does not mention. `like_after` says how much the next statement
    speaks of the same names (Jaccard). `opens` says that its first statement makes what the rest of
    it uses, `closes` that its last one uses what the others made, `builds` that a result is begun by
    its first. `duplicates` counts its further occurrences in the function, at most.
    """

    span: Span
    lead: int
    statements: int
    share: float
    complexity: int
    parameters: int
    outputs: int
    fed: int
    inside: int
    own: float
    like_after: float
    comment: bool
    gap_before: bool
    gap_after: bool
    at_start: bool
    at_end: bool
    one_compound: bool
    returns: bool
    opens: bool
    closes: bool
    builds: bool
    output_last: bool
    output_next: bool
    duplicates: int


def candidates_of(source: Source, host: Host) -> tuple[Candidate, ...]:
    """All runs within the limits, in no order of merit."""
    sums, repeats = _Sums(host), _Repeats(source, host)
    return tuple(
        candidate
        for suite in host.suites
        for candidate in _Runs(source, host, sums, repeats, suite).all()
    )


class _Sums:
    """What a span of the function holds, in the time of a search."""

    def __init__(self, host: Host) -> None:
        self._increments = [i.offset for i in host.increments]
        self._complexity = [0, *accumulate(i.amount for i in host.increments)]
        self._statements = host.statements
        self._mentions = _Lifetimes(host.mentions)

    def complexity(self, span: Span) -> int:
        found = within(self._increments, span)
        return self._complexity[found.stop] - self._complexity[found.start]

    def statements(self, span: Span) -> int:
        return len(within(self._statements, span))

    def mentioned_only_in(self, span: Span) -> int:
        return self._mentions.confined(span)


class _Lifetimes:
    """Which names are used nowhere before an offset, and which nowhere after it."""

    def __init__(self, uses: tuple[tuple[int, int], ...]) -> None:
        self._offsets = [offset for offset, _ in uses]
        bits = [bit for _, bit in uses]
        self._before: list[int] = [0, *accumulate(bits, or_)]
        self._from: list[int] = [*reversed([0, *accumulate(reversed(bits), or_)])]

    def confined(self, span: Span) -> int:
        """A bit set, negative as complements are: no use before the span, none behind it."""
        found = within(self._offsets, span)
        return ~self._before[found.start] & ~self._from[found.stop]


class _Repeats:
    """How often a run's text occurs among the suites, by the texts of its statements."""

    def __init__(self, source: Source, host: Host) -> None:
        numbers: dict[bytes, int] = {}
        self._keys: dict[int, int] = {}
        counts: Counter[bytes] = Counter()
        for suite in host.suites:
            for piece in suite:
                text = b" ".join(source.data[piece.span.start : piece.span.end].split())
                counts[text] += 1
                self._keys[piece.span.start] = numbers.setdefault(text, len(numbers))
        self._count = {numbers[text]: count for text, count in counts.items()}

    def of(self, pieces: tuple[Piece, ...]) -> int:
        """Further occurrences, at most: as often as its rarest statement occurs elsewhere."""
        return min(self._count[self._keys[piece.span.start]] for piece in pieces) - 1


@dataclass(slots=True)
class _Fold:
    """The names of a run that grows at its end."""

    exposed: int = 0
    bound: int = 0
    touched: int = 0
    mentioned: int = 0
    returns: bool = False

    def add(self, piece: Piece) -> None:
        self.exposed |= piece.exposed & ~self.bound
        self.bound |= piece.bound
        self.touched |= piece.touched
        self.mentioned |= piece.mentioned
        self.returns = self.returns or piece.returns


@dataclass(frozen=True, slots=True)
class _Runs:
    source: Source
    host: Host
    sums: _Sums
    repeats: _Repeats
    suite: tuple[Piece, ...]

    def all(self) -> Iterator[Candidate]:
        pieces = self.suite
        longest = max(min(_MAX_RUN, _MAX_RUNS // max(len(pieces), 1)), MIN_STATEMENTS)
        for first in range(len(pieces)):
            fold = _Fold()
            for last in range(first, min(first + longest, len(pieces))):
                if pieces[last].stuck:
                    break
                fold.add(pieces[last])
                candidate = self._candidate(first, last, fold)
                if candidate is not None:
                    yield candidate

    def _candidate(self, first: int, last: int, fold: _Fold) -> Candidate | None:
        final = self.suite[last]
        span = Span(self.suite[first].span.start, final.span.end)
        statements = self.sums.statements(span)
        share = statements / len(self.host.statements)
        if statements < MIN_STATEMENTS or share > MAX_SHARE or (fold.returns and not final.ends):
            return None
        outputs = 0 if fold.returns else final.live & fold.touched
        needed = (fold.exposed | outputs & ~fold.bound) & ~self.host.receiver
        if needed.bit_count() > MAX_PARAMETERS or outputs.bit_count() > MAX_OUTPUTS:
            return None
        unbound = outputs & ~final.sure
        return None if unbound else self._seen(first, last, fold, needed, outputs)

    def _seen(self, first: int, last: int, fold: _Fold, needed: int, outputs: int) -> Candidate:
        pieces, host, sums = self.suite, self.host, self.sums
        opening, final = pieces[first], pieces[last]
        span = Span(opening.span.start, final.span.end)
        statements, lead = sums.statements(span), self._lead(span.start)
        before = pieces[first - 1].touched if first else 0
        after = pieces[last + 1].mentioned if last + 1 < len(pieces) else 0
        own = fold.mentioned & sums.mentioned_only_in(span)
        return Candidate(
            span=span,
            lead=lead,
            statements=statements,
            share=statements / len(host.statements),
            complexity=sums.complexity(span),
            parameters=needed.bit_count(),
            outputs=outputs.bit_count(),
            fed=(needed & ~host.given & before).bit_count(),
            inside=(own & fold.touched).bit_count(),
            own=own.bit_count() / max(fold.mentioned.bit_count(), 1),
            like_after=_jaccard(after, fold.mentioned & ~host.receiver),
            comment=lead < span.start,
            gap_before=not self._line_above(lead),
            gap_after=not self._line_below(span.end),
            at_start=first == 0,
            at_end=last + 1 == len(pieces),
            one_compound=first == last,
            returns=fold.returns,
            opens=bool(opening.touched & self._exposed(first + 1, last)),
            closes=bool(final.exposed & self._touched(first, last - 1)),
            builds=bool(outputs & opening.bound & ~opening.exposed),
            output_last=bool(outputs & final.touched),
            output_next=bool(outputs & after),
            duplicates=self.repeats.of(pieces[first : last + 1]),
        )

    def _exposed(self, first: int, last: int) -> int:
        return reduce(or_, (p.exposed for p in self.suite[first : last + 1]), 0)

    def _touched(self, first: int, last: int) -> int:
        return reduce(or_, (p.touched for p in self.suite[first : last + 1]), 0)

    def _lead(self, offset: int) -> int:
        """Start of the comment lines right above; the offset itself if there are none."""
        line = self.source.line_at(offset)
        if self.source.data[self.source.line_starts[line] : offset].strip():
            return offset
        while self._line_above(offset).startswith(self.host.comment):
            line = self.source.line_at(offset) - 1
            span = self.source.line_span(line)
            offset = span.end - len(self.source.data[span.start : span.end].lstrip())
        return offset

    def _line_above(self, offset: int) -> bytes:
        line = self.source.line_at(offset)
        return self._text(line - 1)

    def _line_below(self, offset: int) -> bytes:
        return self._text(self.source.line_at(offset) + 1)

    def _text(self, line: int) -> bytes:
        if not 0 <= line < len(self.source.line_starts):
            return b""
        span = self.source.line_span(line)
        return self.source.data[span.start : span.end].strip()


def _jaccard(a: int, b: int) -> float:
    return (a & b).bit_count() / max((a | b).bit_count(), 1)
