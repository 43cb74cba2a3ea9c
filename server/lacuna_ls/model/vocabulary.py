"""Token texts and their numbers, shared by everything that counts tokens in one process."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from lacuna_ls.model.kinds import FREE, NAMES, kind_of

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

    `kinds`, `names` and `free` are indexed by id and longer than the vocabulary: each token's
    `Kind`, whether that is one of `NAMES`, and whether it is one of `FREE`.
    """

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._texts: list[str] = [""] * RESERVED
        self._by_first: dict[str, list[int]] = {}
        self._by_start: dict[str, list[int]] = {}
        self.kinds: NDArray[np.uint8] = np.zeros(1 << 14, dtype=np.uint8)
        self.names: NDArray[np.bool_] = np.zeros(1 << 14, dtype=bool)
        self.free: NDArray[np.bool_] = np.zeros(1 << 14, dtype=bool)
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
        self._by_first.setdefault(text[0], []).append(token)
        self._by_start.setdefault(text[:2], []).append(token)
        if token == len(self.kinds):
            self.kinds = np.concatenate((self.kinds, np.zeros_like(self.kinds)))
            self.names = np.concatenate((self.names, np.zeros_like(self.names)))
            self.free = np.concatenate((self.free, np.zeros_like(self.free)))
        kind = self.kinds[token] = kind_of(text)
        self.names[token] = kind in NAMES
        self.free[token] = kind in FREE
        if text[0] == "\n":
            self._newlines = np.append(self._newlines, np.int32(token))
        return token

    def add_all(self, texts: Iterable[str]) -> list[int]:
        ids = self._ids
        add = self.add
        return [ids[t] if t in ids else add(t) for t in texts]

    @property
    def newlines(self) -> Ids:
        """Every newline token: together they are the end of a line."""
        return self._newlines

    def starting_with(self, start: str) -> list[int]:
        """Ids of all tokens whose text starts with `start` (not empty)."""
        if len(start) == 1:
            return self._by_first.get(start, [])
        bucket = self._by_start.get(start[:2], [])
        if len(start) == 2:
            return bucket
        texts = self._texts
        return [token for token in bucket if texts[token].startswith(start)]
