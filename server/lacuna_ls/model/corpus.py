"""A corpus: the tokens of many files one after the other, with their own vocabulary.

Tokens that occur once in a corpus this size say nothing about other code; they share a class, which
halves the vocabulary and gives unseen tokens a context. Newline tokens are all kept: they count the
lines, so that every place has a file and a line.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lacuna_ls.model.interface import interface, module_name
from lacuna_ls.model.lexer import is_newline, lex_lines, split_lines
from lacuna_ls.model.suffix_index import sort_tokens
from lacuna_ls.model.vocabulary import GAP, RESERVED, Ids, unseen_class

FORMAT_VERSION = 2
_RARE = 1
_NO_FILE = ""


@dataclass(frozen=True, slots=True)
class CorpusIndex:
    """`texts` are the tokens from id `RESERVED` on; `positions` as `sort_tokens` makes them.

    `files` are names of files, each from its entry of `starts` on, which are places in `tokens` and
    ascend; an empty name stands for what is in no file.
    """

    tokens: Ids
    positions: Ids
    texts: tuple[str, ...]
    files: tuple[str, ...]
    starts: Ids

    def file_at(self, place: int, newlines: Ids) -> tuple[str, int] | None:
        """The file that holds a token, and its line, from 1 on; `newlines` are the ids of all."""
        number = bisect_right(self.starts, place) - 1
        if number < 0 or self.files[number] == _NO_FILE:
            return None
        before = self.tokens[int(self.starts[number]) : place + 1]
        return self.files[number], int(np.isin(before, newlines).sum())


def build_index(sources: Iterable[tuple[Path, str]]) -> CorpusIndex:
    """Lex and sort files and their texts; about 5 MB of source a second."""
    numbers: dict[str, int] = {}
    stream: list[int] = []
    files: list[str] = []
    starts: list[int] = []
    for path, text in sources:
        lines = list(lex_lines(split_lines(text)))
        for name, part in ((str(path), lines), (_NO_FILE, interface(module_name(path), lines))):
            stream.append(-1)
            files.append(name)
            starts.append(len(stream))
            for line in part:
                stream += [numbers.setdefault(token, len(numbers)) for token in line]
    counts = Counter(stream)
    own_ids = np.empty(len(numbers) + 1, dtype=np.int32)
    own_ids[-1] = GAP
    kept: list[str] = []
    for text, number in numbers.items():
        if counts[number] > _RARE or is_newline(text):
            own_ids[number] = RESERVED + len(kept)
            kept.append(text)
        else:
            own_ids[number] = unseen_class(text)
    tokens = own_ids[np.array(stream, dtype=np.int64)]
    return CorpusIndex(
        tokens, sort_tokens(tokens), tuple(kept), tuple(files), np.array(starts, dtype=np.int32)
    )
