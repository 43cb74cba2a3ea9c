"""Where a text stands word for word: which runs of its tokens a corpus has, in which file and line.

Every run of at least `MAX_ORDER` tokens is found, through the same index that predicted it. A run
that a completion would copy from somebody else's file is held to `VERBATIM_LIMIT`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lacuna_ls.model.suffix_index import MAX_ORDER, SuffixIndex
from lacuna_ls.model.vocabulary import RESERVED, Ids

VERBATIM_LIMIT = 40
"""Tokens, about 150 characters: more is not offered from a file that is not the workspace's."""

_MOST_PLACES = 32


@dataclass(frozen=True, slots=True)
class Run:
    """Tokens `start` to `end` (half-open) of a text, which stand in a corpus from `place` on."""

    start: int
    end: int
    place: int


def runs(index: SuffixIndex, corpus: Ids, text: Sequence[int]) -> Iterator[Run]:
    """The longest runs, from left to right, each with one place; tokens never seen end a run."""
    at = MAX_ORDER
    while at <= len(text):
        window = tuple(text[at - MAX_ORDER : at])
        found = (
            [_grown(corpus, text, at, place) for place in index.places(window, _MOST_PLACES)]
            if min(window) >= RESERVED
            else []
        )
        if not found:
            at += 1
            continue
        longest = max(found, key=lambda run: run.end - run.start)
        yield longest
        at = longest.end + 1


def copied(runs_found: Iterator[Run], first: int) -> int:
    """The most tokens from `first` on that one run has."""
    return max((run.end - max(run.start, first) for run in runs_found), default=0)


def _grown(corpus: Ids, text: Sequence[int], at: int, place: int) -> Run:
    """The run around a window that ends before `at` in the text and before `place` in the corpus."""
    start, end = at - MAX_ORDER, at
    shift = int(place) - at
    while (
        start > 0
        and text[start - 1] >= RESERVED
        and _same(corpus, start - 1 + shift, text[start - 1])
    ):
        start -= 1
    while end < len(text) and text[end] >= RESERVED and _same(corpus, end + shift, text[end]):
        end += 1
    return Run(start, end, start + shift)


def _same(corpus: Ids, place: int, token: int) -> bool:
    return 0 <= place < corpus.size and int(corpus[place]) == token
