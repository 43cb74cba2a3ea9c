"""Which tests concern a saved file: its own at once, then all that its change can reach.

Its own are itself, its examples, and the test files that mirror it, by name only: some hundred
`stat` calls at most and never a discovery of the project. `src/pkg/a/b.py` is tested by `test_b.py`
or `b_test.py` beside it, and below the `tests` folder of any parent, there under `pkg/a`, under `a`
or at the top. What else it can reach is read off the imports of the workspace.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path, PurePath

from lacuna_ls.ports.files import Files
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.languages import Language
from lacuna_ls.test_runs.import_graph import ImportGraph
from lacuna_ls.test_runs.pytest_config import PytestConfig, read_pytest_config

NEAREST = 2
"""So many of the test files that reach a file stand for its own where it has none."""

_TEST_FOLDERS = ("tests", "test", "tests/unit")
_IMPORTED_UNASKED = ("conftest.py", "__init__.py")
_MAX_STATS = 400
_MAX_TARGETS = 8


@dataclass(frozen=True, slots=True)
class Targets:
    """`paths` and `doctests` as a `TestRequest` takes them; empty if nothing is known to concern."""

    paths: tuple[str, ...]
    doctests: tuple[str, ...] = ()


def targets_of(path: Path, root: Path, document: Document, files: Files) -> Targets:
    """The tests to run when `document`, at `path` below `root`, was saved.

    Both paths are real paths. No targets if nothing here can run tests of the language.
    """
    language = document.language
    if language is None or language.test_runner is None or not path.is_relative_to(root):
        return Targets(())
    config = read_pytest_config(root, files)
    itself = path.relative_to(root).as_posix()
    doctests = (itself,) if _has_line(language.doctest_prompt, document) else ()
    if is_test_file(path.relative_to(root), language, config):
        return Targets((itself,), doctests)
    own = (itself,) if doctests or _has_line(language.own_test, document) else ()
    own = own or ((itself,) if _finds_related(path, root, language, files) else ())
    mirrored = islice(_mirrored(path, root, language, config, files), _MAX_TARGETS)
    return Targets((*own, *(test.relative_to(root).as_posix() for test in mirrored)), doctests)


def affected_tests(path: Path, graph: ImportGraph, config: PytestConfig) -> tuple[str, ...]:
    """The test files that a change of `path` can reach, relative to the graph's root.

    Those that are fewest imports away come first, and among them those named like `path`. A test
    depends on the fixtures and packages around it without importing them. Where the project says
    in which folders its tests are, those elsewhere are none.
    """
    distances = graph.dependents(path)
    words = _words(path)
    found: list[tuple[int, int, str]] = []
    for name in all_test_files(graph, config):
        test = graph.root / name
        near = [distances[each] for each in (test, *around(test, graph)) if each in distances]
        if near:
            found.append((min(near), -len(words & _words(test)), name))
    return tuple(name for _, _, name in sorted(found))


def all_test_files(graph: ImportGraph, config: PytestConfig) -> tuple[str, ...]:
    """All test files that the terminal would run, relative to the graph's root."""
    names = (path.relative_to(graph.root) for path in graph.modules)
    return tuple(
        name.as_posix()
        for name in names
        if is_test_file(name, graph.language, config) and _within(name, config)
    )


def is_test_file(path: PurePath, language: Language, config: PytestConfig) -> bool:
    """Whether the project's or else the language's patterns take `path` for a test file."""
    named = () if language.programs else config.python_files
    patterns = named or tuple(p.format(stem="*") for p in language.test_files)
    return any(_matches(path, pattern) for pattern in patterns)


def _matches(path: PurePath, pattern: str) -> bool:
    """As pytest does it: a pattern without a slash is for the name alone."""
    if "/" in pattern:
        return fnmatch(path.as_posix(), pattern) or fnmatch(path.as_posix(), f"*/{pattern}")
    return fnmatch(path.name, pattern)


def _within(path: PurePath, config: PytestConfig) -> bool:
    """Whether pytest would come across the file without being told of it."""
    folders = ("/".join(path.parts[:n]) or "." for n in range(len(path.parts) + 1))
    wanted = [folder.removeprefix("./").rstrip("/") or "." for folder in config.testpaths]
    return not wanted or any(fnmatch(f, pattern) for f in folders for pattern in wanted)


def around(test: Path, graph: ImportGraph) -> Iterator[Path]:
    """What pytest imports before a test file without being told."""
    for folder in test.parents:
        for name in _IMPORTED_UNASKED:
            if folder / name in graph.modules:
                yield folder / name
        if folder == graph.root:
            return


def _words(path: PurePath) -> frozenset[str]:
    return frozenset(
        re.findall(r"[^\W_]+", path.stem if path.stem != "__init__" else path.parent.name)
    )


def _finds_related(path: Path, root: Path, language: Language, files: Files) -> bool:
    """Whether there is a program here that finds the tests of a file itself."""
    levels = [level for level in path.parents if level.is_relative_to(root)]
    return any(
        program.related and files.signature(level / program.beside) is not None
        for program in language.programs
        for level in levels
        if program.beside is not None
    )


def _has_line(pattern: str | None, document: Document) -> bool:
    if pattern is None:
        return False
    return re.search(rb"(?m)^(?:" + pattern.encode() + rb")", document.data) is not None


def _mirrored(
    path: Path, root: Path, language: Language, config: PytestConfig, files: Files
) -> Iterator[Path]:
    """Test files that exist, nearest first."""
    names = _test_names(path, language)
    seen: set[Path] = set()
    folders = _folders(path, root, (*_TEST_FOLDERS, *language.test_folders), config)
    places = (folder / name for folder in folders for name in names)
    for place in islice(places, _MAX_STATS):
        if place not in seen and place != path:
            seen.add(place)
            if files.signature(place) is not None:
                yield place


def _test_names(path: Path, language: Language) -> tuple[str, ...]:
    # A package's `__init__.py` is tested under the package's name, `_private.py` under either.
    stem = path.parent.name if path.stem == "__init__" else path.stem
    stems = dict.fromkeys((stem, stem.lstrip("_") or stem))
    return tuple(p.format(stem=each) for each in stems for p in language.test_files)


def _folders(
    path: Path, root: Path, usual: tuple[str, ...], config: PytestConfig
) -> Iterator[Path]:
    yield path.parent
    for parent in path.parents:
        if not parent.is_relative_to(root):
            return
        below = path.parent.relative_to(parent).parts
        named = config.testpaths if parent == root else ()
        for tests in dict.fromkeys((*usual, *named)):
            folder = parent / tests
            if not folder.is_relative_to(root) or ".." in folder.parts:
                continue
            for skipped in range(len(below) + 1):
                yield folder.joinpath(*below[skipped:])
