"""Contexts by their shape: names stand for any name, and only which of them are the same counts.

`self.width = width` and `self.depth = depth` have one shape, so one teaches the other: after
`self`, `.`, a name, ` = ` comes the name before the equals sign. A context is coded from the cursor
backwards. A free name (`Vocabulary.free`) that stands nearer to the cursor, too, is coded as the
distance to that nearer place, any other free name as `FRESH`, every other token as itself. What
follows is coded alike: a repeated name as how far back it stands, so that the same code means
another name at another cursor.

After the copying of Allamanis et al. ("Suggesting accurate method and class names", 2015) and the
pointer networks of Li et al. ("Code completion with neural attention and pointer networks", 2018),
by counts.
"""

import numpy as np
from numpy.typing import NDArray

from lacuna_ls.model.suffix_index import MAX_ORDER, sort_contexts
from lacuna_ls.model.vocabulary import Ids

FRESH = 0
REACH = 10
"""How far back a name is recognised."""
FIRST_TOKEN = REACH + 1
"""The code of a token that is no free name is its id and this."""

SHAPE_ORDERS = (2, 4, 6)

_AT_ONCE = 1 << 14
_DISTANCES = np.arange(1, REACH + 1)
_NUMBERS = np.arange(_AT_ONCE)

Free = NDArray[np.bool_]


def shape_of(context: tuple[int, ...], free: Free) -> tuple[int, ...]:
    """The codes of a context's last tokens, the last one last."""
    nearest_first = context[: -MAX_ORDER - 1 : -1]
    codes: list[int] = []
    for distance, token in enumerate(nearest_first, 1):
        if not free[token]:
            codes.append(token + FIRST_TOKEN)
        elif token in nearest_first[: distance - 1]:
            codes.append(nearest_first.index(token) + 1)
        else:
            codes.append(FRESH)
    return tuple(reversed(codes))


def codes_before(
    tokens: Ids, free: Free, positions: NDArray[np.integer], distance: int
) -> NDArray[np.int32]:
    """The code of the token that far before each position (at least `distance`)."""
    token = tokens[positions - distance]
    return _coded(tokens, free, positions, token, distance - 1)


def codes_at(tokens: Ids, free: Free, positions: NDArray[np.integer]) -> NDArray[np.int32]:
    """The codes of the tokens at positions (at least `REACH`), names up to `REACH` back repeated."""
    return _coded(tokens, free, positions, tokens[positions], REACH)


def _coded(
    tokens: Ids, free: Free, positions: NDArray[np.integer], token: Ids, reach: int
) -> NDArray[np.int32]:
    """Codes of tokens: a free name that stands up to `reach` before its position is that distance."""
    codes = token + np.int32(FIRST_TOKEN)
    names = np.flatnonzero(free[token])
    codes[names] = FRESH
    for start in range(0, names.size if reach else 0, _AT_ONCE):
        part = names[start : start + _AT_ONCE]
        is_same = tokens[positions[part, None] - _DISTANCES[:reach]] == token[part, None]
        nearest = is_same.argmax(axis=1)
        codes[part] = np.where(is_same[_NUMBERS[: part.size], nearest], nearest + 1, FRESH)
    return codes


class ShapeReading:
    """A corpus by shapes, for a `SuffixIndex`; what is within `REACH` of its start is left out."""

    def __init__(self, tokens: Ids, free: Free) -> None:
        self._tokens = tokens
        self._free = free
        self._token_at = memoryview(tokens.data)

    def positions(self) -> NDArray[np.int32]:
        """As `SuffixIndex` wants them."""
        places = np.arange(MAX_ORDER, self._tokens.size)
        found = sort_contexts(
            self._tokens.size,
            lambda distance: codes_before(self._tokens, self._free, places, distance),
        )
        return found[found >= REACH]

    def code_before(self, position: int, distance: int) -> int:
        token_at = self._token_at
        token = token_at[position - distance]
        if not self._free[token]:
            return token + FIRST_TOKEN
        for nearer in range(1, distance):
            if token_at[position - nearer] == token:
                return nearer
        return FRESH

    def followers(self, positions: NDArray[np.int32]) -> Ids:
        return codes_at(self._tokens, self._free, positions)
