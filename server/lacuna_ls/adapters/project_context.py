"""What a project says besides the file that is being written, for a model's prompt.

Looked up beside the event loop and within a time limit; what is found too late is there the next
time. Sources, those that change least first: the project's instructions, heads of what is imported
from libraries (of the versions that are installed, by their files, nothing is executed) and from the
workspace, code that looks alike in the workspace's files and in open ones, and the last edits.
Every file passes the ignore rules and the filter for secrets; what is left out is counted, for
`lacuna-ls doctor`.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from lacuna_ls.adapters.installed_sources import installed_sources
from lacuna_ls.completion.remote.recent import Edit, RecentEdits
from lacuna_ls.completion.remote.signatures import signatures
from lacuna_ls.completion.remote.similar import most_similar
from lacuna_ls.domain.text import decode
from lacuna_ls.model.similar import Region
from lacuna_ls.ports.language_model import Excerpt
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.imports import mentioned_modules
from lacuna_ls.syntax.languages import Language, by_path

log = logging.getLogger(__name__)

DEADLINE_S = 0.1
_INSTRUCTIONS = "AGENTS.md"
_MOST_INSTRUCTIONS = 2_000
_MOST_HEADS = 1_500
_MOST_FILE_BYTES = 400_000
_NEAR_BYTES = 1_500
_MOST_MODULES = 40
_MOST_ALIKE = 2
_SOURCE_ROOTS = ("", "src", "lib")
_FIRST_DEFINITION = re.compile(rb"^(?:@|(?:async +)?(?:def|class|function|export)\b)", re.MULTILINE)
_IMPORTING = re.compile(rb"^.*\b(?:import|require)\b.*$", re.MULTILINE)
_DIST_INFO = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)\.dist-info")


Similar = Callable[[str, Callable[[Path], bool], int], Sequence[Region]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of the project of one document. `shown` gives a file that a model may see.

    `interpreter` is that of the project, where it is known without running anything.
    """

    root: Path
    shown: Callable[[Path], bytes | None]
    interpreter: Path | None
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class _Source:
    """One source of context: `name` as the doctor calls it."""

    name: str
    look: Callable[[], Iterable[Excerpt]]


@dataclass(slots=True)
class _Heads:
    """Heads of definitions by file and names, as long as the file stays the same."""

    known: dict[tuple[Path, frozenset[str] | None], tuple[int, str]] = field(default_factory=dict)

    def of(
        self, path: Path, language: Language, names: frozenset[str] | None, data: bytes | None
    ) -> str:
        if data is None or len(data) > _MOST_FILE_BYTES:
            return ""
        stamp = hash(data)
        before = self.known.get((path, names))
        if before is None or before[0] != stamp:
            before = stamp, signatures(data, language, names)
            self.known[path, names] = before
        return before[1]


class ProjectContext:
    """Context for the documents of one connection.

    `surroundings` gives the project of a document, `None` where nothing of it may be shown. `similar`
    finds code that looks alike in files that are accepted, however many there are.
    """

    def __init__(
        self,
        documents: Callable[[], Iterable[tuple[Document, Path]]],
        surroundings: Callable[[Path], Surroundings | None],
        deadline_s: float = DEADLINE_S,
        similar: Similar = lambda near, accepts, most: (),
    ) -> None:
        self._documents = documents
        self._surroundings = surroundings
        self._deadline_s = deadline_s
        self._similar = similar
        self._heads = _Heads()
        self._packages: dict[tuple[Path, str], list[Path]] = {}
        self._modules: dict[str, tuple[int, frozenset[str]]] = {}
        self.recent = RecentEdits()
        self.excluded: set[Path] = set()

    async def gather(self, document: Document, offset: int, path: Path) -> tuple[Excerpt, ...]:
        """Excerpts, what changes least first; what is there when the time is over."""
        found: list[Excerpt] = []
        sources = self._sources(document, offset, path)

        def look() -> None:
            for source in sources:
                found.extend(source.look())

        try:
            async with asyncio.timeout(self._deadline_s):
                await asyncio.to_thread(look)
        except TimeoutError:
            log.debug("the context was not complete in time")
        return tuple(found)

    def told(self, document: Document, offset: int, path: Path) -> list[tuple[str, list[str]]]:
        """What each source says, by the names of its excerpts; however long that takes."""
        sources = self._sources(document, offset, path)
        return [(source.name, [excerpt.name for excerpt in source.look()]) for source in sources]

    def _sources(self, document: Document, offset: int, path: Path) -> tuple[_Source, ...]:
        """Those that change least first. They read files: they are for another thread."""
        others = [(d, p) for d, p in self._documents() if d.uri != document.uri]
        edits = [e for e in self.recent.elsewhere(document.uri, offset) if e.uri != document.uri]

        surroundings = cache(lambda: self._surroundings(path))

        def source(name: str, look: Callable[[Surroundings], Iterable[Excerpt]]) -> _Source:
            def within() -> Iterable[Excerpt]:
                near = surroundings()
                return () if near is None else look(near)

            return _Source(name, within)

        return (
            source("instructions", self._instructions),
            source("imports", lambda near: self._imported(document, path, near)),
            source(
                "code that looks alike",
                lambda near: self._alike_below_root(document, offset, path, others, near),
            ),
            source(
                "open files that look alike",
                lambda near: self._alike(document, offset, others, near),
            ),
            source("last edits", lambda near: self._edited(edits, others, near)),
        )

    def _shown(self, path: Path, surroundings: Surroundings) -> bytes | None:
        data = surroundings.shown(path)
        if data is None and path.is_file():
            self.excluded.add(path)
        return data

    def _instructions(self, surroundings: Surroundings) -> list[Excerpt]:
        if surroundings.instructions:
            return [Excerpt("Instructions", surroundings.instructions[:_MOST_INSTRUCTIONS])]
        data = self._shown(surroundings.root / _INSTRUCTIONS, surroundings)
        if not data:
            return []
        return [Excerpt(_INSTRUCTIONS, decode(data)[:_MOST_INSTRUCTIONS])]

    def _imported(
        self, document: Document, path: Path, surroundings: Surroundings
    ) -> list[Excerpt]:
        """Heads of what is imported, from libraries first."""
        language = document.language
        if language is None:
            return []
        own: dict[Path, set[str]] = {}
        theirs: dict[str, set[str]] = {}
        root = surroundings.root
        bases, stems = cache(partial(_bases, path, root)), cache(_stems)
        for dotted in sorted(self._mentioned(document, language))[:_MOST_MODULES]:
            module, _, name = dotted.rpartition(".")
            if not module.strip("."):
                module = f"{module}." if dotted.startswith(".") else ""
            whole = _in_workspace(dotted, language, root, bases, stems)
            part = _in_workspace(module, language, root, bases, stems)
            if whole is not None:
                own.setdefault(whole, set())
            elif part is not None:
                own.setdefault(part, set()).add(name)
            elif module and not dotted.startswith("."):
                theirs.setdefault(module, set()).add(name)
        libraries = [
            self._in_library(module, frozenset(names), language, surroundings)
            for module, names in theirs.items()
        ]
        return [
            *(excerpt for excerpt in libraries if excerpt is not None),
            *(
                Excerpt(_name(place, surroundings), heads)
                for place, names in own.items()
                if (heads := self._heads_in(place, language, names, surroundings))
            ),
        ]

    def _mentioned(self, document: Document, language: Language) -> frozenset[str]:
        """What a document imports; it is parsed for that only where its imports may have changed."""
        data = document.data
        first = _FIRST_DEFINITION.search(data)
        head = data[: first.start()] if first else data
        stamp = hash((head, *_IMPORTING.findall(data, len(head))))
        known = self._modules.get(document.uri)
        if known is None or known[0] != stamp:
            known = stamp, mentioned_modules(data, language)
            self._modules[document.uri] = known
        return known[1]

    def _heads_in(
        self, place: Path, language: Language, names: set[str], surroundings: Surroundings
    ) -> str:
        wanted = frozenset(names) if names else None
        heads = self._heads.of(place, language, wanted, self._shown(place, surroundings))
        return heads[:_MOST_HEADS]

    def _in_library(
        self, module: str, names: frozenset[str], language: Language, surroundings: Surroundings
    ) -> Excerpt | None:
        """Heads of a library's module, or of the module beside it that it takes a name from."""
        python = surroundings.interpreter
        if python is None or language.interpreter is not None:
            return None
        top = module.partition(".")[0]
        if (python, top) not in self._packages:
            self._packages[python, top] = installed_sources(python, {top})
        files = {path.as_posix(): path for path in self._packages[python, top]}
        place = _module_in(files, module)
        if place is None:
            return None
        data = _read(place)
        heads = self._heads.of(place, language, names, data)
        if not heads and data is not None:
            for other in mentioned_modules(data, language):
                source, _, name = other.lstrip(".").rpartition(".")
                target = files.get(f"{place.parent.as_posix()}/{source.replace('.', '/')}.py")
                if name in names and target is not None:
                    heads = self._heads.of(target, language, names, _read(target))
        return Excerpt(f"{module}{_version(place, top)}", heads[:_MOST_HEADS]) if heads else None

    def _alike_below_root(
        self,
        document: Document,
        offset: int,
        path: Path,
        others: Sequence[tuple[Document, Path]],
        surroundings: Surroundings,
    ) -> list[Excerpt]:
        """From files that are not open, whose newest text is looked at elsewhere."""
        near = _near(document, offset)
        elsewhere = {path, *(other for _, other in others)}

        def accepts(place: Path) -> bool:
            return (
                place not in elsewhere
                and place.is_relative_to(surroundings.root)
                and by_path(place) == document.language
                and self._shown(place, surroundings) is not None
            )

        found: list[Excerpt] = []
        for region in self._similar(near, accepts, _MOST_ALIKE):
            lines = decode(self._shown(region.path, surroundings) or b"").splitlines()
            text = "\n".join(lines[region.first_line : region.last_line + 1])
            if text.strip():
                found.append(Excerpt(_name(region.path, surroundings), text))
        return found[::-1]

    def _alike(
        self,
        document: Document,
        offset: int,
        others: Sequence[tuple[Document, Path]],
        surroundings: Surroundings,
    ) -> tuple[Excerpt, ...]:
        near = _near(document, offset)
        texts = [
            (_name(path, surroundings), decode(other.data))
            for other, path in others
            if other.language == document.language
            and len(other.data) <= _MOST_FILE_BYTES
            and self._shown(path, surroundings) is not None
        ]
        return most_similar(near, texts, _MOST_ALIKE)

    def _edited(
        self,
        edits: Sequence[Edit],
        others: Sequence[tuple[Document, Path]],
        surroundings: Surroundings,
    ) -> list[Excerpt]:
        paths = {other.uri: path for other, path in others}
        return [
            Excerpt(f"Edited just now in {_name(path, surroundings)}", edit.text)
            for edit in edits
            if (path := paths.get(edit.uri)) is not None
            and self._shown(path, surroundings) is not None
        ]


def _near(document: Document, offset: int) -> str:
    """The text around the cursor's line, without it: what looks alike stays while it is written."""
    line = document.source.line_span(document.source.line_at(offset))
    before = document.data[max(0, line.start - _NEAR_BYTES) : line.start]
    end = max(line.end, offset)
    return decode(before + document.data[end : end + _NEAR_BYTES])


def _name(path: Path, surroundings: Surroundings) -> str:
    inside = path.is_relative_to(surroundings.root)
    return path.relative_to(surroundings.root).as_posix() if inside else path.name


def _in_workspace(
    module: str,
    language: Language,
    root: Path,
    bases: Callable[[int], Sequence[Path]],
    stems: Callable[[Path], frozenset[str]],
) -> Path | None:
    """The file of a module.

    `bases` gives the folders for a name with so many dots, `stems` those of a folder's entries:
    most modules lie in none of the folders.
    """
    if not module:
        return None
    dots = len(module) - len(module.lstrip("."))
    bare = module.lstrip(".").replace(".", "/")
    for base in bases(dots):
        if bare and bare.partition("/")[0] not in stems(base):
            continue
        for candidate in _files_of(base, bare, language):
            if candidate.is_relative_to(root) and candidate.is_file():
                return candidate
    return None


def _bases(path: Path, root: Path, dots: int) -> list[Path]:
    """Where modules are looked for: beside the document for a relative name, else below the root."""
    if dots:
        return [path.parents[dots - 1]] if dots <= len(path.parents) else []
    # A package's own files lie below the folder that it is imported from.
    above = (each for each in path.parents if each.is_relative_to(root))
    return list(dict.fromkeys((*(root / each for each in _SOURCE_ROOTS), *above)))


def _stems(folder: Path) -> frozenset[str]:
    try:
        return frozenset(entry.name.partition(".")[0] for entry in folder.iterdir())
    except OSError:
        return frozenset()


def _files_of(base: Path, bare: str, language: Language) -> Iterator[Path]:
    """Where a module may lie: a file, or a package's own."""
    for suffix in language.suffixes:
        if bare:
            yield base / f"{bare}{suffix}"
        yield base / bare / f"__init__{suffix}"


def _module_in(files: Mapping[str, Path], module: str) -> Path | None:
    """The file of a dotted name among those of its package."""
    bare = module.replace(".", "/")
    ends = (f"/{bare}/__init__.py", f"/{bare}.py")
    return next((path for name, path in files.items() if name.endswith(ends)), None)


def _version(place: Path, top: str) -> str:
    """The version of what is installed there, as its own folder of metadata says."""
    folder = next((p.parent for p in (place, *place.parents) if p.stem == top), None)
    if folder is None:
        return ""
    for each in folder.glob("*.dist-info"):
        match = _DIST_INFO.fullmatch(each.name)
        if match and match["name"].lower().replace("-", "_") == top.lower():
            return f" {match['version']}"
    return ""


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
