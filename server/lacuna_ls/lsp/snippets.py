r"""A suggestion as a snippet of the protocol: each hole a tab stop with the model's guess in it.

Holes with the same text share one number, so that what the user types in one appears in all. A
choice is used only where no entry needs an escape that editors read differently: some take `\$`
inside a choice for two characters.
"""

import re

from lacuna_ls.completion.suggestion import Hole, Suggestion
from lacuna_ls.domain.text import Span, encode

_ESCAPED = re.compile(r"[\\$}]")
_ESCAPED_IN_CHOICE = re.compile(r"[\\,|]")
_NOT_IN_CHOICE = re.compile(r"[$}\r\n]")


def snippet(suggestion: Suggestion) -> str:
    """The snippet of the suggestion's text; the cursor ends behind it."""
    data = encode(suggestion.text)
    parts: list[str] = []
    numbers: dict[str, int] = {}
    position = 0
    for hole in suggestion.holes:
        parts.append(_literal(data[position : hole.span.start]))
        guess = _text(data, hole.span)
        number = numbers.setdefault(guess, len(numbers) + 1)
        parts.append(_tab_stop(number, guess, hole))
        position = hole.span.end
    return "".join((*parts, _literal(data[position:]), "$0"))


def _tab_stop(number: int, guess: str, hole: Hole) -> str:
    entries = tuple(dict.fromkeys((guess, *hole.alternatives)))
    if len(entries) > 1 and all(e and not _NOT_IN_CHOICE.search(e) for e in entries):
        listed = ",".join(_ESCAPED_IN_CHOICE.sub(_escape, entry) for entry in entries)
        return f"${{{number}|{listed}|}}"
    # With braces even where nothing stands in it: a digit may follow.
    return f"${{{number}:{_ESCAPED.sub(_escape, guess)}}}" if guess else f"${{{number}}}"


def _literal(data: bytes) -> str:
    return _ESCAPED.sub(_escape, data.decode("utf-8", "surrogatepass"))


def _escape(match: re.Match[str]) -> str:
    return f"\\{match[0]}"


def _text(data: bytes, span: Span) -> str:
    return data[span.start : span.end].decode("utf-8", "surrogatepass")
