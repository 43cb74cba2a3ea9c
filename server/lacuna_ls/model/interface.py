"""What a module offers, told as if somebody had used it once.

A count model knows `module.` and `from module import` only from code that writes them. The names that
a module defines at its margin, and those that a package imports there, are what may follow: read
from the source, nothing is run to learn them.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

from lacuna_ls.model.lexer import BLANK_LINE, newline_token

MOST_NAMES = 400
_NAMES_PER_LINE = 30
_DEFINE = ("def", "class")
_MARKS = ("=", ":")


def module_name(path: PurePath) -> str:
    """The last part of the name by which a file's module is imported."""
    return path.parent.name if path.stem == "__init__" else path.stem


def interface(module: str, lines: Iterable[Sequence[str]]) -> Iterator[list[str]]:
    """Lines of tokens that use each public name of a module; `lines` are those of its source."""
    names = sorted(set(_public_names(lines)))[:MOST_NAMES]
    if not module.isidentifier() or not names:
        return
    margin = newline_token(0, 0)
    for start in range(0, len(names), _NAMES_PER_LINE):
        listed = [
            token for name in names[start : start + _NAMES_PER_LINE] for token in (name, ", ")
        ]
        yield [margin, "from ", module, " import ", *listed[:-1]]
    for name in names:
        yield [margin, "from ", module, " import ", name]
        yield [margin, module, ".", name]


def _public_names(lines: Iterable[Sequence[str]]) -> Iterator[str]:
    indent = 0
    for line in lines:
        if line[0] == BLANK_LINE:
            continue
        indent += int(line[0][1:])
        if indent == 0:
            yield from (name for name in _defined(line[1:]) if not name.startswith("_"))


def _defined(tokens: Sequence[str]) -> list[str]:
    words = [token.strip() for token in tokens]
    if words[:1] == ["async"]:
        words = words[1:]
    if words[:1] == ["from"] and "import" in words:
        behind = words[words.index("import") + 1 :]
        return [word for word in behind if word.isidentifier() and word != "as"]
    if len(words) < 2:
        return []
    if words[0] in _DEFINE:
        return words[1:2]
    return words[:1] if words[1] in _MARKS and words[0].isidentifier() else []
