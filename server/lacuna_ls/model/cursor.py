"""Where a request stands: which open file it is of, what changed there, and what surrounds the cursor."""

import re
from collections.abc import Generator
from dataclasses import dataclass

from lacuna_ls.model.block import Margin
from lacuna_ls.model.decode import Position, nesting
from lacuna_ls.model.experts import FileExpert
from lacuna_ls.model.lexer import (
    BLANK_LINE,
    lex_content,
    newline_token,
    normalise_line_ends,
    split_indent,
)
from lacuna_ls.model.open_file import OpenFile, common_prefix, common_suffix
from lacuna_ls.model.vocabulary import Vocabulary

_WINDOW = 1 << 18
_LINE_WINDOW = 1 << 10
_MARGIN_SEEN = 1 << 11
_MOST_FILES = 8
_LINE_PIECES = re.compile(r"(\r\n|\n|\r)")


@dataclass(frozen=True, slots=True)
class Cursor:
    """One request's surroundings."""

    file: FileExpert
    position: Position
    margin: Margin

    def lex(self, text: str) -> list[tuple[str, str]]:
        """Tokens of a text at the cursor, and the part of the text that each covers.

        The half token before the cursor is in the first token but not in what that one covers.
        """
        half = self.position.half
        pieces = _LINE_PIECES.split(text)
        tokens = [(token, token) for token in lex_content(half + pieces[0])]
        tokens = _without(half, tokens)
        previous = self.margin.indent
        for end, line in zip(pieces[1::2], pieces[2::2], strict=True):
            indent, content = split_indent(line)
            covered = end + line[: len(line) - len(content)]
            if not content:
                tokens.append((BLANK_LINE, covered))
                continue
            tokens.append((newline_token(indent, previous), covered))
            tokens += ((token, token) for token in lex_content(content))
            previous = indent
        return tokens


class OpenFiles:
    """The files that completions were last asked for, each with its tokens."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._files: list[OpenFile] = []

    def locate(self, prefix: str, suffix: str) -> Generator[None, None, Cursor]:
        """Bring the file up to date in steps of a few milliseconds, and look around the cursor."""
        prefix, suffix = _window(normalise_line_ends(prefix), normalise_line_ends(suffix))
        text = prefix + suffix
        file = self._file_of(text)
        yield from file.update(text)
        self._files = [file, *(f for f in self._files if f is not file)][:_MOST_FILES]
        return self._look_around(file, len(prefix))

    def _file_of(self, text: str) -> OpenFile:
        """The file that has at least half in common with the text, a new one if none has."""
        for file in self._files:
            head = common_prefix(file.text, text)
            tail = common_suffix(file.text, text, min(len(file.text), len(text)) - head)
            if 2 * (head + tail) >= max(len(file.text), len(text)):
                return file
        return OpenFile(self._vocabulary)

    def _look_around(self, file: OpenFile, offset: int) -> Cursor:
        number = file.line_at(offset)
        start = file.line_start(number)
        above = file.indent_before(number)
        indent, content = split_indent(file.text[start:offset])
        words = lex_content(content[-_LINE_WINDOW:])
        depth = 0
        for word in words:
            depth = max(0, depth + nesting(word))
        half = words.pop() if words else ""
        first = newline_token(indent, above)
        before, after = file.around(number)
        line = self._vocabulary.add_all([first, *words])
        scope_tokens = len(before) + len(line) - file.scope_start(number, indent)
        expert = FileExpert(self._vocabulary, before, line, after, scope_tokens)
        line_end = file.text.find("\n", offset)
        rest = file.text[offset : line_end if line_end >= 0 else None][:_LINE_WINDOW]
        closing = self._vocabulary.find(lex_content(rest)[0]) if rest.strip() else None
        near = file.text[max(0, offset - _MARGIN_SEEN) : offset + _MARGIN_SEEN]
        margin = Margin(indent, "\n\t" in near, depth)
        return Cursor(expert, Position(expert.context(), half, closing), margin)


def _without(half: str, tokens: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same tokens, covering nothing of the half token."""
    left = len(half)
    rest = []
    for token, covered in tokens:
        rest.append((token, covered[left:]))
        left = max(0, left - len(covered))
    return rest


def _window(prefix: str, suffix: str) -> tuple[str, str]:
    """What is near enough to be counted; the window moves in large steps, so it seldom moves."""
    start = max(0, len(prefix) // _WINDOW - 1) * _WINDOW
    return prefix[start:], suffix[: _WINDOW + (-len(prefix)) % _WINDOW]
