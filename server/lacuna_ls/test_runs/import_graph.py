"""Which files of a workspace a change of one can reach, by what they import.

An edge means "may import": a name that fits several files leads to each of them, a string that
could be a module's name counts as one, and importing `a.b` runs `a/__init__.py` too. What no path
reaches is unaffected, unless it gets at the code by data alone. Where a package's `__init__`
re-exports its modules nearly everything is reached; then the order counts, nearest first.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from lacuna_ls.ports.files import Files
from lacuna_ls.syntax.imports import mentioned_modules
from lacuna_ls.syntax.languages import Language

_PACKAGE = "__init__"


@dataclass(frozen=True, slots=True)
class _Module:
    """A file as it was read; `mentions` as `mentioned_modules` gives them."""

    signature: tuple[int, int] | None
    digest: bytes
    mentions: frozenset[str]


@dataclass(frozen=True, slots=True)
class ImportGraph:
    """The files of one language below `root`, a real path; made by `refreshed`, empty before."""

    root: Path
    language: Language
    modules: Mapping[Path, _Module] = field(default_factory=dict, repr=False)
    importers: Mapping[Path, frozenset[Path]] = field(default_factory=dict, repr=False)
    imports: Mapping[Path, frozenset[Path]] = field(default_factory=dict, repr=False)

    def dependents(self, path: Path) -> dict[Path, int]:
        """What a change of `path` can reach, and how many imports away; itself is 0 away."""
        return _distances([path], self.importers)

    def between(self, start: Path, distances: Mapping[Path, int]) -> tuple[Path, ...]:
        """The files on one of the shortest ways on which `start` imports a file, ends left out.

        `distances` are the `dependents` of that file.
        """
        way: list[Path] = []
        while distances.get(start, 0) > 1:
            nearer = distances[start] - 1
            start = min(p for p in self.imports[start] if distances.get(p) == nearer)
            way.append(start)
        return tuple(way)

    def dependencies(self, paths: Iterable[Path]) -> frozenset[Path]:
        """What running `paths` may import, themselves included."""
        return frozenset(_distances(paths, self.imports))


def _distances(paths: Iterable[Path], edges: Mapping[Path, frozenset[Path]]) -> dict[Path, int]:
    distances = dict.fromkeys(paths, 0)
    ring, distance = set(distances), 0
    while ring:
        distance += 1
        ring = {end for path in ring for end in edges.get(path, ())} - distances.keys()
        distances.update(dict.fromkeys(ring, distance))
    return distances


def refreshed(graph: ImportGraph, files: Files) -> ImportGraph:
    """The graph of what is on disk now; only files that changed are read."""
    modules: dict[Path, _Module] = {}
    for path in files.source_files(graph.root, frozenset(graph.language.suffixes)):
        module = _read(path, graph, files)
        if module is not None:
            modules[path] = module
    if _mentions(modules) == _mentions(graph.modules):
        return replace(graph, modules=modules)
    importers = _importers(modules, graph.root)
    return replace(graph, modules=modules, importers=importers, imports=_turned(importers))


def _read(path: Path, graph: ImportGraph, files: Files) -> _Module | None:
    known = graph.modules.get(path)
    signature = files.signature(path)
    if known is not None and known.signature == signature:
        return known
    data = files.read(path)
    if data is None:
        return None
    digest = sha256(data).digest()
    if known is not None and known.digest == digest:
        return replace(known, signature=signature)
    return _Module(signature, digest, mentioned_modules(data, graph.language))


def _mentions(modules: Mapping[Path, _Module]) -> dict[Path, frozenset[str]]:
    return {path: module.mentions for path, module in modules.items()}


def _importers(modules: Mapping[Path, _Module], root: Path) -> dict[Path, frozenset[Path]]:
    places = _Places.of(modules, root)
    found: defaultdict[Path, set[Path]] = defaultdict(set)
    for path, module in modules.items():
        for imported in places.imported(path, module.mentions):
            if imported != path:
                found[imported].add(path)
    return {path: frozenset(importers) for path, importers in found.items()}


def _turned(edges: Mapping[Path, frozenset[Path]]) -> dict[Path, frozenset[Path]]:
    turned: defaultdict[Path, set[Path]] = defaultdict(set)
    for start, ends in edges.items():
        for end in ends:
            turned[end].add(start)
    return {path: frozenset(starts) for path, starts in turned.items()}


@dataclass(frozen=True, slots=True)
class _Places:
    """Where modules lie.

    `by_name` takes dotted names from every folder that may be on the interpreter's path, which is
    any that is no package; `by_place` a path without its suffix, a package's being its folder.
    """

    by_name: Mapping[str, tuple[Path, ...]]
    by_place: Mapping[Path, Path]

    @classmethod
    def of(cls, paths: Iterable[Path], root: Path) -> "_Places":
        by_place = {_place(path): path for path in paths}
        packages = {place for place, path in by_place.items() if path.stem == _PACKAGE}
        by_name: defaultdict[str, list[Path]] = defaultdict(list)
        for place, path in by_place.items():
            for above in place.parents:
                if above not in packages:
                    by_name[".".join(place.relative_to(above).parts)].append(path)
                if above == root:
                    break
        return cls({name: tuple(found) for name, found in by_name.items()}, by_place)

    def imported(self, path: Path, mentions: Iterable[str]) -> Iterator[Path]:
        """The files that running `path` may import, each any number of times."""
        for mention in mentions:
            name = mention.lstrip(".")
            levels = len(mention) - len(name)
            if levels:
                yield from self._relative(path, levels, name.split(".") if name else [])
                continue
            end = len(name)
            while end > 0:
                yield from self.by_name.get(name[:end], ())
                end = name.rfind(".", 0, end)

    def _relative(self, path: Path, levels: int, parts: list[str]) -> Iterator[Path]:
        if levels > len(path.parents):
            return
        place = path.parents[levels - 1]
        # The package itself has been imported by whoever imports `path`.
        found = [self.by_place.get(place.joinpath(*parts[: n + 1])) for n in range(len(parts))]
        if not any(found):
            found = [self.by_place.get(place)]
        yield from (each for each in found if each is not None)


def _place(path: Path) -> Path:
    return path.parent if path.stem == _PACKAGE else path.with_suffix("")
