"""Token texts and their numbers, shared by everything that counts tokens in one process."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int32]

UNSEEN_WORD = 0
UNSEEN_CAPITALISED = 1
UNSEEN_NUMBER = 2
UNSEEN_OTHER = 3
UNSEEN_CLASSES = 4
GAP = 4
"""Stands between what comes before the cursor's line and what comes after; never a context."""
RESERVED = 5


def unseen_class(text: str) -> int:
    """The reserved id that stands for a token too rare to have its own."""
    word = text.lstrip(" ")
    if word[:1].isdigit():
        return UNSEEN_NUMBER
    if not word.isidentifier():
        return UNSEEN_OTHER
    return UNSEEN_CAPITALISED if word[0].isupper() else UNSEEN_WORD


class Vocabulary:
    """Grows only. Ids below `RESERVED` have no text.

    `names` is true for identifiers without spaces around them: what a scope can hold.
    """

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._texts: list[str] = [""] * RESERVED
        self._by_start: dict[str, list[int]] = {}
        self._names = np.zeros(1 << 14, dtype=bool)
        self._newlines = np.empty(0, dtype=np.int32)

    def __len__(self) -> int:
        return len(self._texts)

    def text(self, token: int) -> str:
        return self._texts[token]

    def find(self, text: str) -> int:
        """The id of `text`, its class of unseen tokens if it has none."""
        token = self._ids.get(text)
        return unseen_class(text) if token is None else token

    def add(self, text: str) -> int:
        token = self._ids.get(text)
        if token is not None:
            return token
        token = self._ids[text] = len(self._texts)
        self._texts.append(text)
        self._by_start.setdefault(text[:2], []).append(token)
        if token == len(self._names):
            self._names = np.concatenate((self._names, np.zeros_like(self._names)))
        self._names[token] = text.isidentifier()
        if text[0] == "\n":
            self._newlines = np.append(self._newlines, np.int32(token))
        return token

    def add_all(self, texts: Iterable[str]) -> list[int]:
        ids = self._ids
        add = self.add
        return [ids[t] if t in ids else add(t) for t in texts]

    @property
    def names(self) -> NDArray[np.bool_]:
        """Indexed by id; longer than the vocabulary."""
        return self._names

    @property
    def newlines(self) -> Ids:
        """Every newline token: together they are the end of a line."""
        return self._newlines

    def starting_with(self, start: str) -> list[int]:
        """Ids of all tokens whose text starts with `start` (not empty)."""
        if len(start) >= 2:
            bucket = self._by_start.get(start[:2], [])
            if len(start) == 2:
                return bucket
            texts = self._texts
            return [t for t in bucket if texts[t].startswith(start)]
        return [
            t for key, bucket in self._by_start.items() if key.startswith(start) for t in bucket
        ]
