"""The tokens of an open file, kept up to date by re-lexing only the lines that changed."""

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from lacuna_ls.model.kinds import Kind
from lacuna_ls.model.lexer import BLANK_LINE, lex_content, newline_token, split_indent
from lacuna_ls.model.vocabulary import Ids, Vocabulary

COUNTED_OF_LINE = 2000
"""Characters of a line that are counted: what follows is data, not code."""

_BLANK = -1
_LINES_PER_STEP = 200

Offsets = NDArray[np.int64]


class OpenFile:
    """A text as lines and tokens; its lines end in a line feed alone."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.text = ""
        self.tokens: Ids = np.array([vocabulary.add(BLANK_LINE)], dtype=np.int32)
        self._line_starts: Offsets = np.zeros(1, dtype=np.int64)
        self._token_starts: Offsets = np.array([0, 1], dtype=np.int64)
        self._indents: NDArray[np.int32] = np.full(1, _BLANK, dtype=np.int32)

    def update(self, text: str) -> Generator[None, None, None]:
        """Take over a new text, in steps of a few milliseconds; nothing changes before the last.

        Updates may interleave: one that finds the text changed under it starts again.
        """
        while self.text != text:
            yield from self._try_update(text)

    def _try_update(self, text: str) -> Generator[None, None, None]:
        base = self.text
        same_head = common_prefix(self.text, text)
        same_tail = common_suffix(self.text, text, min(len(self.text), len(text)) - same_head)
        first = int(np.searchsorted(self._line_starts, same_head, "right")) - 1
        old_end = len(self.text) - same_tail
        last = int(np.searchsorted(self._line_starts, old_end, "right"))
        start = int(self._line_starts[first])
        shift = len(text) - len(self.text)
        is_whole = last == len(self._line_starts)
        stop = len(text) if is_whole else int(self._line_starts[last]) - 1 + shift
        lines = text[start:stop].split("\n")

        previous = self.indent_before(first)
        add_all = self._vocabulary.add_all
        ids: list[int] = []
        counts: list[int] = []
        indents: list[int] = []
        for number, line in enumerate(lines):
            indent, content = split_indent(line)
            before = len(ids)
            if content:
                ids += add_all(
                    (newline_token(indent, previous), *lex_content(content[:COUNTED_OF_LINE]))
                )
                previous = indent
                indents.append(indent)
            else:
                ids += add_all((BLANK_LINE,))
                indents.append(_BLANK)
            counts.append(len(ids) - before)
            if number % _LINES_PER_STEP == _LINES_PER_STEP - 1:
                yield
        if self.text is not base:
            return
        self._splice(first, last, lines, (ids, counts, indents), shift)
        self._indent_after(first + len(lines), previous)
        self.text = text

    def line_at(self, offset: int) -> int:
        return int(np.searchsorted(self._line_starts, offset, "right")) - 1

    def line_start(self, line: int) -> int:
        return int(self._line_starts[line])

    def around(self, line: int) -> tuple[Ids, Ids]:
        """Tokens of the lines before `line` and after it."""
        return (
            self.tokens[: self._token_starts[line]],
            self.tokens[self._token_starts[line + 1] :],
        )

    def scope_start(self, line: int, indent: int) -> int:
        """The token where the definition around a line begins that has this indentation."""
        kinds = self._vocabulary.kinds
        for number in range(line - 1, -1, -1):
            if _BLANK < int(self._indents[number]) < indent:
                indent = int(self._indents[number])
                start = int(self._token_starts[number])
                opening = kinds[self.tokens[start + 1 : start + 3]].tolist()
                if Kind.DEF in opening or Kind.CLASS in opening:
                    return start
            if indent == 0:
                break
        return 0

    def indent_before(self, line: int) -> int:
        """Indentation of the nearest line above that is not blank."""
        for number in range(line - 1, -1, -1):
            indent = int(self._indents[number])
            if indent != _BLANK:
                return indent
        return 0

    def _splice(
        self,
        first: int,
        last: int,
        lines: list[str],
        lexed: tuple[list[int], list[int], list[int]],
        shift: int,
    ) -> None:
        ids, counts, indents = lexed
        low, high = int(self._token_starts[first]), int(self._token_starts[last])
        lengths = np.fromiter(map(len, lines), dtype=np.int64, count=len(lines)) + 1
        starts = self._line_starts[first] + np.concatenate(([0], np.cumsum(lengths)[:-1]))
        token_ends = low + np.cumsum(np.array(counts, dtype=np.int64))
        grown = len(ids) - (high - low)
        self.tokens = np.concatenate(
            (self.tokens[:low], np.array(ids, dtype=np.int32), self.tokens[high:])
        )
        self._line_starts = np.concatenate(
            (self._line_starts[:first], starts, self._line_starts[last:] + shift)
        )
        self._token_starts = np.concatenate(
            (self._token_starts[: first + 1], token_ends, self._token_starts[last + 1 :] + grown)
        )
        self._indents = np.concatenate(
            (self._indents[:first], np.array(indents, dtype=np.int32), self._indents[last:])
        )

    def _indent_after(self, line: int, previous: int) -> None:
        """The first line with text after a change starts relative to what now stands above it."""
        for number in range(line, len(self._indents)):
            indent = int(self._indents[number])
            if indent != _BLANK:
                token = self._vocabulary.add(newline_token(indent, previous))
                self.tokens[self._token_starts[number]] = token
                return


def common_prefix(one: str, other: str) -> int:
    """Length of the longest common prefix, by bisection over memory comparisons."""
    low, high = 0, min(len(one), len(other))
    if one[:high] == other[:high]:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low


def common_suffix(one: str, other: str, most: int) -> int:
    """Length of the longest common suffix that is at most `most`."""
    if one[len(one) - most :] == other[len(other) - most :]:
        return most
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        if one[len(one) - middle : len(one) - low] == other[len(other) - middle : len(other) - low]:
            low = middle
        else:
            high = middle
    return low
