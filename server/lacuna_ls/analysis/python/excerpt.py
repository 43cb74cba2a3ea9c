"""Which part of a Python file is enough to understand the function around a place.

A line that begins a definition at the left margin begins a statement of the module, unless it lies
inside a string. So the part from the host's definition, or from the one before if it may have
decorators, to the next line at the margin parses by itself as it does in the file. Where strings
lie is told by one regular expression over the text, many times faster than a parse.
"""

import re
from collections.abc import Iterator

from lacuna_ls.domain.text import Span

_STARTS = (b"\ndef ", b"\nclass ", b"\nasync def ")
_MARGIN = re.compile(rb"\n(?=[^\s\#)\]}])")
# So many definitions in one string are more likely one that does not end.
_MOST_INSIDE = 200
# Where an end that was found lies inside a string, the next is tried, this often.
_MOST_ENDS = 8
_OUTSIDE_STRINGS = re.compile(
    rb"""
    (?: [^"'#]++
      | \#[^\r\n]*+
      | \"{3} (?: [^"\\]++ | \\. | "(?!"") )*+ \"{3}
      | '{3}  (?: [^'\\]++ | \\. | '(?!'') )*+ '{3}
      | " (?!"") (?: [^"\\\r\n]++ | \\\r\n | \\. )*+ "
      | ' (?!'') (?: [^'\\\r\n]++ | \\\r\n | \\. )*+ '
    )*+
    """,
    re.VERBOSE | re.DOTALL,
)


def excerpt(data: bytes, span: Span) -> Span | None:
    """Whole statements of the module around `span`; `None` where none are found for certain."""
    host = _last(data, span.start + 1)
    if host > 0 and _may_be_decorated(data, host):
        host = _last(data, host)
    start = max(host + 1, 0)
    if start and _OUTSIDE_STRINGS.fullmatch(data, 0, start) is None:
        return None
    for _, found in zip(range(_MOST_ENDS), _MARGIN.finditer(data, span.end), strict=False):
        if _OUTSIDE_STRINGS.fullmatch(data, start, found.end()) is not None:
            return Span(start, found.end())
    return Span(start, len(data)) if _OUTSIDE_STRINGS.fullmatch(data, start) else None


def definitions(data: bytes) -> Iterator[Span]:
    """Each definition at the left margin with its decorators, and what follows up to the next one.

    Together they are the file from its first definition on; in a file whose strings do not end,
    what is found before the first of those.
    """
    start, decorated = -1, False
    position = tried = 0
    for found in _DEFINITION.finditer(data):
        if _OUTSIDE_STRINGS.fullmatch(data, position, found.start()) is None:
            tried += 1
            if tried > _MOST_INSIDE:
                return
            continue
        position, tried = found.start(), 0
        if not decorated:
            if start >= 0:
                yield Span(start, position)
            start = position
        decorated = found.group() == b"@"
    if start >= 0 and _OUTSIDE_STRINGS.fullmatch(data, position) is not None:
        yield Span(start, len(data))


_DEFINITION = re.compile(rb"^(?:@|(?:async[ \t]+)?def\b|class\b)", re.MULTILINE)


def joined(text: bytes) -> bytes:
    """The same statements, as long, with blanks for the line ends and comments inside brackets.

    The grammar takes a line inside brackets for the end of its block if it stands left of it.
    """
    pieces: list[bytes] = []
    depth = position = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in b"([{":
            depth += 1
        elif token in b")]}":
            depth -= 1
        elif depth > 0 and token[:1] in b"#\r\n":
            pieces += (text[position : match.start()], b" " * len(token))
            position = match.end()
    return b"".join((*pieces, text[position:]))


_TOKEN = re.compile(
    rb"""
    [()\[\]{}\r\n]
    | \#[^\r\n]*+
    | \"{3} (?: [^"\\]++ | \\. | "(?!"") )*+ \"{3}
    | '{3}  (?: [^'\\]++ | \\. | '(?!'') )*+ '{3}
    | " (?: [^"\\\r\n]++ | \\\r\n | \\. )*+ "
    | ' (?: [^'\\\r\n]++ | \\\r\n | \\. )*+ '
    """,
    re.VERBOSE | re.DOTALL,
)


def _may_be_decorated(data: bytes, line_end: int) -> bool:
    """Whether the last line with something on it, above a definition, may end a decorator."""
    above = data[max(line_end - 2_000, 0) : line_end].rstrip()
    last = above[above.rfind(b"\n") + 1 :].strip()
    return not last or last[:1] in b"@#" or last[-1:] in b")]}#" or b"#" in last


def _last(data: bytes, before: int) -> int:
    """Where the last line end in front of a definition is; -1 where there is none."""
    return max(data.rfind(word, 0, before) for word in _STARTS)
