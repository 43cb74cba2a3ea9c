"""What a model's reply holds: blocks of code, and pairs of what to search and what to put there.

A reply is untrusted input. Whatever it is, it gives pieces of text, in the order in which they
stand, or the reason why nothing of it can be used; it is never evaluated here.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

MOST_CHARACTERS = 64_000

_THOUGHTS = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|(?P<open>\Z))", re.DOTALL)
_FENCE = re.compile(r"[ \t]*(?P<mark>`{3,}|~{3,})[ \t]*(?P<name>[\w+#.-]*)[^\n`]*")
_REPLACEMENT = re.compile(
    r"^[ \t]*<{5,9}[ \t]*SEARCH[ \t]*\n(?P<search>.*?)^[ \t]*={5,9}[ \t]*\n(?P<replace>.*?)"
    r"^[ \t]*>{5,9}[ \t]*REPLACE[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
# Controls that change what a reader sees of the characters around them, and unpaired surrogates.
_HIDING = frozenset(("Cc", "Cf", "Cs", "Co"))
_LAYOUT = frozenset("\n\t")


class Unusable(StrEnum):
    """Why a reply, or the code in it, is not tried; the words are those that the model is told."""

    EMPTY = "the reply holds no code"
    TRUNCATED = "the reply broke off before its code was complete"
    TOO_LONG = "the reply is far too long"
    HIDDEN = "the code holds invisible characters"
    UNPARSEABLE = "the code does not parse"
    ELSEWHERE = "the code does not define the function in question"
    OTHER_PARAMETERS = "the code gives the function other parameters"
    NOT_FOUND = "the text to be replaced does not stand in the function exactly once"
    FOREIGN_IMPORT = "the code imports a module that is neither used by the file nor standard"
    FORBIDDEN = "the code touches tests, assertions or what runs them"
    UNCHANGED = "the code is what was there before"
    SEEN = "the code was tried before"


@dataclass(frozen=True, slots=True)
class Replacement:
    """One pair: lines to be found, and lines to stand there instead."""

    search: str
    replace: str


@dataclass(frozen=True, slots=True)
class Reply:
    """`blocks` are whole pieces of code; `prose` is all of the reply that is none of the model's thoughts."""

    blocks: tuple[str, ...]
    replacements: tuple[Replacement, ...]
    prose: str


def read_reply(text: str, fences: Collection[str]) -> Reply | Unusable:
    """The code in a reply. Without a fence around any of it, the whole of it may be code."""
    if len(text) > MOST_CHARACTERS:
        return Unusable.TOO_LONG
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if any(match["open"] is not None for match in _THOUGHTS.finditer(text)):
        return Unusable.TRUNCATED
    text = _THOUGHTS.sub("", text)
    if not text.strip():
        return Unusable.EMPTY
    replacements = tuple(
        Replacement(match["search"], match["replace"]) for match in _REPLACEMENT.finditer(text)
    )
    whole, broken_off = _blocks(_REPLACEMENT.sub("", text), fences)
    code = (*whole, *(piece.replace for piece in replacements))
    if any(is_hiding(piece) for piece in code):
        return Unusable.HIDDEN
    if code:
        return Reply(tuple(b for b in whole if b.strip()), replacements, text)
    if broken_off:
        return Unusable.TRUNCATED
    return Unusable.HIDDEN if is_hiding(text) else Reply((text,), (), text)


def is_hiding(text: str) -> bool:
    """Whether a reader would not see all of what stands there."""
    return any(c not in _LAYOUT and unicodedata.category(c) in _HIDING for c in text)


def _blocks(text: str, fences: Collection[str]) -> tuple[tuple[str, ...], bool]:
    """Fenced code of the language, and whether the last fence was never closed."""
    blocks: list[str] = []
    inside: list[str] | None = None
    mark, wanted = "", False
    for line, fence in _fenced(text):
        closes = fence is not None and not fence["name"] and fence["mark"].startswith(mark)
        if inside is None:
            if fence is not None:
                inside, mark = [], fence["mark"]
                wanted = fence["name"].lower() in fences
        elif closes:
            if wanted:
                blocks.append("\n".join(inside) + "\n")
            inside = None
        else:
            inside.append(line)
    return tuple(blocks), inside is not None


def _fenced(text: str) -> Iterator[tuple[str, re.Match[str] | None]]:
    for line in text.split("\n"):
        yield line, _FENCE.fullmatch(line)
