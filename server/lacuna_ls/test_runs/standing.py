"""Which lines of a text that ran still stand in the text that the user sees, and where.

A line that was edited since is gone for good: nobody has run what stands there now.
"""

from dataclasses import dataclass
from typing import Self

from lacuna_ls.domain.text import Source, Span, changed_span


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Lines from `first` up to `end` of the old text, `shift` lines further down in the new."""

    first: int
    end: int
    shift: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Lines are zero-based. A new one is made for every edit; the cost is that of its edits."""

    stretches: tuple[_Stretch, ...]

    @classmethod
    def whole(cls, source: Source) -> Self:
        """All lines stand where they stood."""
        return cls((_Stretch(0, len(source.line_starts), 0),))

    def line(self, old: int) -> int | None:
        """Where an old line stands now."""
        for stretch in self.stretches:
            if stretch.first <= old < stretch.end:
                return old + stretch.shift
        return None

    def block(self, first: int, last: int) -> int | None:
        """Where the first of some old lines stands, if all stand and nothing came in between."""
        for stretch in self.stretches:
            if stretch.first <= first and last < stretch.end:
                return first + stretch.shift
        return None

    def old_line(self, new: int) -> int | None:
        """The old line that stands on a line of the new text."""
        for stretch in self.stretches:
            if stretch.first <= new - stretch.shift < stretch.end:
                return new - stretch.shift
        return None

    def edited(self, before: Source, after: Source) -> "Standing":
        """What stands when the newest text `before` has become `after`."""
        if before.data == after.data:
            return self
        changed = changed_span(before.data, after.data)
        head, tail = _untouched(before, after, changed)
        shift = len(after.line_starts) - len(before.line_starts)
        kept: list[_Stretch] = []
        for each in self.stretches:
            kept.append(_Stretch(each.first, min(each.end, head - each.shift), each.shift))
            first = max(each.first, tail - each.shift)
            kept.append(_Stretch(first, each.end, each.shift + shift))
        return Standing(tuple(each for each in kept if each.first < each.end))


def _untouched(before: Source, after: Source, changed: Span) -> tuple[int, int]:
    """How many lines at the start are as they were, and the first of those at the end that are."""
    head = before.line_at(changed.start)
    line = before.line_span(head)
    if line.end <= changed.start and after.line_span(head).end == line.end:
        head += 1
    tail = before.line_at(changed.end)
    line = before.line_span(tail)
    moved = line.start + len(after.data) - len(before.data)
    if line.start < changed.end or after.line_starts[after.line_at(moved)] != moved:
        tail += 1
    # Where an empty line went away next to another, both may take the place of one.
    fewer = len(before.line_starts) - len(after.line_starts)
    return head, max(tail, head, head + fewer)
