"""What else could stand in a hole."""

import re
from collections.abc import Iterable

from lacuna_ls.completion.postprocess import hides_something
from lacuna_ls.domain.completion import Completion
from lacuna_ls.domain.text import Span, decode, encode

_MOST = 4
_VALUE = re.compile(r"[\w'\"`(\[{]")
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))
_SEPARATOR = re.compile(r"[,;:.]+")


def alternatives(
    hole: Span,
    before: bytes,
    text: bytes,
    completion: Completion,
    kept: Span,
    others: Iterable[str],
) -> tuple[str, ...]:
    """Other guesses for one hole, best first.

    First what the model would have said instead of the one token that fills the hole, then what
    further samples say between the same text before and after it.

    Args:
        hole: In bytes of `text`.
        before: What stands before the cursor.
        text: What is shown.
        completion: What the model said; `text` is its slice `kept`.
        kept: In bytes of the completion.
        others: Further samples, whole.
    """
    guess = decode(text[hole.start : hole.end])
    found = [*_instead(hole, guess, completion, kept), *_aligned(hole, text, others)]
    attribute = (before + text[: hole.start]).rstrip().endswith(b".")
    fit = (word for word in found if word != guess and _fits(word, guess, attribute=attribute))
    return tuple(dict.fromkeys(fit))[:_MOST]


def _instead(hole: Span, guess: str, completion: Completion, kept: Span) -> list[str]:
    data = encode(completion.text)
    for token in completion.tokens:
        inside = Span(token.span.start, token.span.end)
        if not inside.contains(Span(hole.start + kept.start, hole.end + kept.start)):
            continue
        if decode(data[inside.start : inside.end]).strip() == guess:
            return [other.text.strip() for other in token.alternatives]
    return []


def _aligned(hole: Span, text: bytes, others: Iterable[str]) -> list[str]:
    before, after = text[: hole.start], text[hole.end :]
    words: list[str] = []
    for other in others:
        data = encode(other.partition("\n")[0]).rstrip()
        fits = len(data) > len(before) + len(after)
        if fits and data.startswith(before) and data.endswith(after):
            words.append(decode(data[len(before) : len(data) - len(after)]).strip())
    return words


def _fits(word: str, guess: str, *, attribute: bool) -> bool:
    """Could stand there: one line, all closed, and a name or value where one stands now.

    After a dot, nothing but a name.
    """
    if not word or "\n" in word or hides_something(word) or _SEPARATOR.fullmatch(word):
        return False
    if attribute and not word.isidentifier():
        return False
    brackets = all(word.count(opener) == word.count(closer) for opener, closer in _BRACKETS)
    closed = brackets and all(word.count(quote) % 2 == 0 for quote in "'\"`")
    return closed and bool(_VALUE.match(word)) == bool(_VALUE.match(guess))
