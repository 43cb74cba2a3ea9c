"""Where a completion of several lines ends: with the block that it is in, or that it opens.

Lines are told apart by their indentation and by brackets that are still open, because what is being
said is not finished and has no tree yet. At the start of a line a completion may go on to the end of
its paragraph in the block; behind other text it is that statement, with the block below it.
"""

import re
from dataclasses import dataclass

MOST_LINES = 24
_OPENERS, _CLOSERS = "([{", ")]}"
_OPENS_BLOCK = re.compile(r"(?:[:{(\[]|=>)\s*$")
# What goes on with the statement above, at the same indentation.
_CLAUSE = re.compile(r"(?:else|elif|except|finally|catch|case|default)\b|[)\]}]")
# The end of a head that takes several lines is not another head, unless it opens a block.
_CLOSING = re.compile(r"\s*[)\]}]+[,;]?\s*$")
_STRING_OR_COMMENT = re.compile(
    r"'''.*?(?:'''|\Z)|\"\"\".*?(?:\"\"\"|\Z)|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\""
    r"|`(?:\\.|[^`\\])*`|(?:#|//)[^\n]*",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Extent:
    """`end` in characters of what was said. `closed` if what comes after it cannot change it."""

    end: int
    closed: bool


def extent_of(said: str, before: str, rest: str) -> Extent:
    """How much of what was said belongs to what the cursor is in.

    Args:
        said: As far as it has come.
        before: The cursor's line before it.
        rest: The cursor's line after it.
    """
    lines = said.split("\n")
    if rest.strip() and not _open(before + lines[0]):
        return Extent(len(lines[0]), closed=len(lines) > 1)
    if not said.strip():
        return Extent(0, closed=False)
    if before.strip():
        return _Reader(lines, indent_of(before), starts_line=False).read(0, before)
    start = next(number for number, line in enumerate(lines) if line.strip())
    base = indent_of(before + lines[0] if start == 0 else lines[start])
    return _Reader(lines, base, starts_line=True).read(start, before)


def indent_of(line: str) -> int:
    return len(line) - len(line.lstrip())


def opens_block(line: str) -> bool:
    return _OPENS_BLOCK.search(code_of(line)) is not None


def code_of(text: str) -> str:
    """The text with as many blanks in the place of its strings and comments."""
    return _STRING_OR_COMMENT.sub(lambda match: " " * len(match[0]), text)


@dataclass(slots=True)
class _Reader:
    lines: list[str]
    base: int
    starts_line: bool

    def read(self, start: int, before: str) -> Extent:
        taken = "\n".join(self.lines[: start + 1])
        last = start
        head = before + self.lines[start]
        number = start + 1
        while number < len(self.lines):
            line = self.lines[number]
            if number - start >= MOST_LINES:
                return Extent(self._end_of(last), closed=True)
            if not line.strip():
                number += 1
                continue
            if not self._goes_on(line, _open(before + taken), head, number - last > 1):
                return Extent(self._end_of(last), closed=True)
            taken = "\n".join(self.lines[: number + 1])
            if indent_of(line) <= self.base and not _CLOSING.match(line):
                head = line
            last, number = number, number + 1
        return Extent(self._end_of(last), closed=False)

    def _goes_on(self, line: str, is_open: bool, head: str, after_blank: bool) -> bool:
        """Whether a line belongs to what was said so far; `head` is the last line at its level."""
        indent = indent_of(line)
        if is_open:
            return True
        if indent > self.base:
            return opens_block(head) or _only_closers(head)
        if indent < self.base or after_blank:
            return False
        if head.lstrip().startswith("@"):
            return True
        if opens_block(head) and _CLAUSE.match(line.strip()):
            return True
        return self.starts_line and self.base > 0

    def _end_of(self, number: int) -> int:
        return sum(len(line) + 1 for line in self.lines[: number + 1]) - 1


def _only_closers(line: str) -> bool:
    return bool(line.strip()) and not line.strip().strip(")]};,")


def _open(text: str) -> bool:
    """Whether a bracket is open at the end of a text."""
    depth = 0
    for char in code_of(text):
        if char in _OPENERS:
            depth += 1
        elif char in _CLOSERS:
            depth = max(depth - 1, 0)
    return depth > 0
