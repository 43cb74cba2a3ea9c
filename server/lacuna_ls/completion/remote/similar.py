"""Code elsewhere that looks like what is being written: windows with most identifiers in common.

Jaccard's index of the sets of identifiers, over windows that overlap by half.
"""

import re
from collections.abc import Iterable

from lacuna_ls.ports.language_model import Excerpt

_IDENTIFIER = re.compile(r"[^\W\d]\w{2,}")
_WINDOW_LINES = 20
_LEAST = 0.15


def most_similar(near: str, others: Iterable[tuple[str, str]], most: int) -> tuple[Excerpt, ...]:
    """The best window of each of up to `most` texts, those that look least like it first.

    Args:
        near: The lines around the cursor.
        others: Names and texts.
        most: How many.
    """
    wanted = set(_IDENTIFIER.findall(near))
    found: list[tuple[float, str, str]] = []
    for name, text in others:
        best = max(_windows(text, wanted), default=(0.0, ""))
        if best[0] >= _LEAST:
            found.append((best[0], name, best[1]))
    found.sort(key=lambda each: (-each[0], each[1]))
    return tuple(Excerpt(name, window) for _, name, window in reversed(found[:most]))


def _windows(text: str, wanted: set[str]) -> Iterable[tuple[float, str]]:
    lines = text.splitlines()
    for start in range(0, max(len(lines), 1), _WINDOW_LINES // 2):
        window = "\n".join(lines[start : start + _WINDOW_LINES])
        names = set(_IDENTIFIER.findall(window))
        either = len(names | wanted)
        if either:
            yield len(names & wanted) / either, window
