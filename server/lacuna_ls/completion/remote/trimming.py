"""From what an endpoint's model said to what may be shown of it, or to nothing.

Later lines get the file's indentation; what is said ends with its block, before what stands below
already, and before it begins to go round in circles; and what would make the file parse worse is
shortened to what does not, or dropped. The tokens keep their numbers through all of it.
"""

import re
from dataclasses import dataclass

from lacuna_ls.completion.postprocess import hides_something, open_for_completion
from lacuna_ls.completion.remote.draft import Draft
from lacuna_ls.completion.remote.extent import code_of, extent_of
from lacuna_ls.completion.remote.parsing import longest_that_parses
from lacuna_ls.completion.remote.reindent import reindented, unit_of
from lacuna_ls.domain.completion import Completion, FinishReason
from lacuna_ls.domain.text import Span, encode
from lacuna_ls.syntax.document import Document

_CLOSERS = {")": "(", "]": "[", "}": "{"}
_REPEATED = re.compile(r"(\S.{3,}?)\1{2,}")
_FEWEST_REPEATS = 3
_LONGEST_PERIOD = 6
_SAYS_SOMETHING = 4


@dataclass(frozen=True, slots=True)
class Place:
    """The cursor's surroundings as text. `below` are the lines that follow and hold something."""

    before: str
    rest: str
    above: tuple[str, ...]
    below: tuple[str, ...]
    unit: bytes

    @classmethod
    def of(cls, document: Document, offset: int) -> "Place":
        source = document.source
        line = source.line_at(offset)
        start = source.line_starts[line]
        end = max(offset, source.line_span(line).end)
        return cls(
            source.text(Span(start, offset)),
            source.text(Span(offset, end)),
            _full_lines(document, range(line - 1, max(line - 40, -1), -1), 8),
            _full_lines(document, range(line + 1, min(line + 60, len(source.line_starts))), 8),
            unit_of(document.data, offset),
        )


def _full_lines(document: Document, numbers: range, most: int) -> tuple[str, ...]:
    """Up to `most` of these lines, without the empty ones."""
    found: list[str] = []
    for number in numbers:
        text = document.source.text(document.source.line_span(number))
        if text.strip():
            found.append(text.rstrip())
        if len(found) == most:
            break
    return tuple(found)


def is_closed(place: Place, said: str) -> bool:
    """Whether enough was said: what may still come will not be shown."""
    return extent_of(_placed(Draft.of(_plain(said)), place).text, place.before, place.rest).closed


def trimmed(
    document: Document, offset: int, said: Completion, place: Place | None = None
) -> Completion | None:
    """What may be shown at `offset`, with its tokens; `None` if nothing may.

    `place` is that of the cursor, where it is known already.
    """
    if not open_for_completion(document, offset):
        return None
    place = place or Place.of(document, offset)
    draft = _placed(Draft.of(said), place)
    extent = extent_of(draft.text, place.before, place.rest)
    truncated = said.finish is not FinishReason.STOP and not extent.closed
    draft = _until(draft, extent.end)
    for cut in (_before_repetition, _before_what_is_below, _before_what_is_behind):
        draft = _until(draft, cut(draft.text, place))
    draft = _until(draft, len(draft.text.rstrip()))
    text = draft.text
    if not text.strip() or any(hides_something(line) for line in text.split("\n")):
        return None
    if _says_again(text, place):
        return None
    kept = longest_that_parses(document, offset, draft.data, truncated=truncated)
    if kept is None:
        return None
    # As an editor puts it there: what is typed along is compared byte by byte.
    return draft.slice(0, kept).with_line_ends(document.source.line_end()).completion(said)


def _placed(draft: Draft, place: Place) -> Draft:
    """With line ends of one byte, at the file's indentation."""
    while (at := draft.data.find(b"\r")) >= 0:
        is_pair = draft.data[at + 1 : at + 2] == b"\n"
        draft = draft.replaced(Span(at, at + 1), b"" if is_pair else b"\n")
    above = place.above[0] if place.above else ""
    return reindented(draft, encode(place.before), encode(above), place.unit)


def _plain(said: str) -> Completion:
    return Completion(said, (), None, FinishReason.LENGTH, "")


def _until(draft: Draft, characters: int) -> Draft:
    return draft.slice(0, len(encode(draft.text[:characters])))


def _before_repetition(text: str, place: Place) -> int:
    """One of several equal pieces of a line, or groups of lines, in a row."""
    within = _REPEATED.search(text.split("\n", maxsplit=1)[0])
    if within:
        return within.start() + len(within[1].rstrip())
    lines = text.split("\n")
    for start in range(len(lines)):
        for period in range(1, _LONGEST_PERIOD + 1):
            if _repeats(lines, start, period):
                return sum(len(line) + 1 for line in lines[: start + period]) - 1
    return len(text)


def _repeats(lines: list[str], start: int, period: int) -> bool:
    first = [line.strip() for line in lines[start : start + period]]
    if len("".join("".join(first).split())) <= _SAYS_SOMETHING:
        return False
    return all(
        [line.strip() for line in lines[start + n * period : start + (n + 1) * period]] == first
        for n in range(1, _FEWEST_REPEATS)
    )


def _before_what_is_below(text: str, place: Place) -> int:
    """Before the line that stands below the cursor, which the model has run into."""
    if not place.below:
        return len(text)
    lines = text.split("\n")
    for number in range(1, len(lines)):
        line = lines[number].rstrip()
        if line != place.below[0] or not line.strip():
            continue
        at = sum(len(each) + 1 for each in lines[:number]) - 1
        if len(re.findall(r"\w", line)) >= _SAYS_SOMETHING or not _is_open(text[:at], line):
            return at
    return len(text)


def _is_open(text: str, closing: str) -> bool:
    """Whether the first bracket of `closing` closes one that `text` has opened."""
    char = closing.lstrip()[:1]
    if char not in _CLOSERS:
        return False
    return text.count(_CLOSERS[char]) > text.count(char)


def _before_what_is_behind(text: str, place: Place) -> int:
    """Before the end of what stands behind the cursor on its line.

    A bracket that closes one of the completion's own is never cut.
    """
    rest = place.rest.strip()
    if not rest:
        return len(text)
    if (quote := _open_quote(place.before)) and rest.startswith(quote):
        closing = re.search(rf"(?<!\\){quote}", text)
        return closing.start() if closing else len(text)
    opened: list[str] = []
    own_end = 0
    for index, char in enumerate(code_of(text)):
        if char in _CLOSERS.values():
            opened.append(char)
        elif char in _CLOSERS and opened and opened[-1] == _CLOSERS[char]:
            opened.pop()
            own_end = index + 1
        elif char in _CLOSERS and rest.startswith(char):
            return index
    longest = 0 if opened else min(len(rest), len(text) - own_end)
    for size in range(longest, 0, -1):
        if text.endswith(rest[:size]):
            return len(text) - size
    return len(text)


def _open_quote(before: str) -> str:
    """The quote of the string that a line ends in; empty if it ends in none."""
    left = re.search(r"['\"`]", code_of(before))
    return left[0] if left else ""


def _says_again(text: str, place: Place) -> bool:
    """Its first line would be the one above or below once more, or its lines those above."""
    lines = [line.rstrip() for line in (place.before + text + place.rest).split("\n")]
    lines = [line for line in lines if line.strip()]
    if not lines or len(re.findall(r"\w", lines[0])) < _SAYS_SOMETHING:
        return False
    if len(lines) == 1:
        return lines[0] in (place.above[:1] + place.below[:1])
    count = len(lines)
    return tuple(reversed(place.above[:count])) == tuple(lines) or place.below[:count] == tuple(
        lines
    )
