"""The imports that a completion needs, as other open files of the project write them.

Nothing is guessed: a name that the completion uses and the file does not know is imported as another
file in the same language imports it, or not at all. Read line by line: an import that takes several
lines is left alone. It is put below the last import at the top of the file.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lacuna_ls.completion.remote.extent import code_of
from lacuna_ls.domain.text import Span, TextEdit, decode, encode
from lacuna_ls.syntax.document import Document

# `import a`, `from a import b` and `import { b } from "a"`, each on a line of its own.
_IMPORT = re.compile(
    r"^(?:from[ \t]+(?P<before>\S+)[ \t]+)?import\b(?!\s*\()(?P<what>[^()#\n;]*?)"
    r"(?:[ \t]+from[ \t]+(?P<after>['\"][^'\"\n]+['\"]))?;?[ \t]*$",
    re.MULTILINE,
)
_USED = re.compile(r"(?<![\w.])([^\W\d]\w*)(?=\s*[.(\[])")
_MOST = 3


@dataclass(frozen=True, slots=True)
class _Known:
    """How a name is imported, on one line."""

    name: str
    line: str


def needed_imports(
    document: Document, text: str, others: Iterable[Document]
) -> tuple[TextEdit, ...]:
    """Edits that import what `text`, put into `document`, needs; at most one, of a few lines."""
    if document.language is None:
        return ()
    file = decode(document.data)
    wanted = [
        name for name in dict.fromkeys(_USED.findall(code_of(text))) if not _knows(file, name)
    ]
    if not wanted:
        return ()
    known: dict[str, str] = {}
    for other in others:
        if other.uri != document.uri and other.language == document.language:
            for each in _imports(decode(other.data)):
                known.setdefault(each.name, each.line)
    lines = list(dict.fromkeys(known[name] for name in wanted if name in known))[:_MOST]
    at = _place(file)
    if not lines or at is None:
        return ()
    offset = len(encode(file[:at]))
    end = decode(document.source.line_end())
    return (TextEdit(Span(offset, offset), encode("".join(f"{line}{end}" for line in lines))),)


def _knows(file: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", file) is not None


def _imports(file: str) -> Iterator[_Known]:
    """Every name that a line of imports binds, with a line that binds it alone."""
    for match in _IMPORT.finditer(file):
        before, after = match["before"], match["after"]
        what = match["what"].strip()
        braced = re.search(r"\{([^{}]*)\}", what)
        outside = re.sub(r"\{[^{}]*\}", "", what)
        for part in _parts(outside):
            source = f" from {after}" if after else ""
            start = f"from {before} " if before else ""
            end = ";" if after else ""
            yield _Known(_bound(part, dotted=not before), f"{start}import {part}{source}{end}")
        for part in _parts(braced[1] if braced else ""):
            yield _Known(_bound(part, dotted=False), f"import {{ {part} }} from {after};")


def _parts(text: str) -> list[str]:
    parts = (part.strip() for part in text.split(","))
    return [part for part in parts if re.fullmatch(r"[\w.*]+(?:\s+as\s+\w+)?", part)]


def _bound(part: str, *, dotted: bool) -> str:
    """The name that `a`, `a.b` or `a as b` binds."""
    name = part.rsplit(maxsplit=1)[-1]
    return name.partition(".")[0] if dotted else name


def _place(file: str) -> int | None:
    """Behind the last import before other code; the start of a file of nothing else.

    `None` where a file begins with something else than imports, of which nobody knows the end here.
    """
    last: int | None = None
    for match in _IMPORT.finditer(file):
        if last is not None and re.search(r"^[^\s)#/]", file[last : match.start()], re.MULTILINE):
            break
        last = min(match.end() + 1, len(file))
    if last is not None:
        return last if file[last - 1 : last] == "\n" else None
    return None if re.match(r"\s*(?:#|//|/\*|'''|\"\"\"|['\"])", file) else 0
