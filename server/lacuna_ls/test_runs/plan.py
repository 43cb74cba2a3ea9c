"""Which tests a save runs, in which order, and why: from imports, and from what was recorded.

For the first report: the file's own tests that its change hits, and those of them of which nothing
is proven. Behind it: the other tests of files in which some are hit, and all tests of which it is
not proven that they are unaffected. What is proven unaffected does not run.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lacuna_ls.test_runs.contexts import CAN_WAIT, ITS_FILE, Judged, in_words
from lacuna_ls.test_runs.selection import NEAREST, Targets

_UNKNOWN = "it is not proven unaffected: what it executes has not been recorded yet"
_UNPROVEN = "it is not proven unaffected: {}"
_MOST_NAMES_BYTES = 48 << 10
Judge = Callable[[str], Judged | None]
"""What is known of a file of tests; `None` where that is not enough to leave any test out."""


@dataclass(frozen=True, slots=True)
class FileTests:
    """Tests of one file: all of them, or `only` these. `why` are clauses by test or file."""

    file: str
    only: tuple[str, ...] = ()
    why: Mapping[str, str] = field(default_factory=dict)


def only_of(tests: Sequence[FileTests]) -> tuple[str, ...]:
    """As a `TestRequest` takes it, with the files of which all run; empty if nothing is left out."""
    if not any(each.only for each in tests):
        return ()
    return tuple(name for each in tests for name in each.only or (each.file,))


def first_tests(
    own: Targets, nearest: Callable[[], Sequence[str]], judge: Judge, *, whole: bool = False
) -> tuple[FileTests, ...]:
    """Those of the first report; `nearest` gives the files that a change reaches, nearest first.

    With `whole` nothing of the own tests is left out.
    """
    left_whole = own.paths if whole else own.doctests
    found = [
        FileTests(file) if file in left_whole else _now(file, judge(file)) for file in own.paths
    ]
    chosen = tuple(each for each in found if each is not None)
    if chosen:
        return chosen
    reached = nearest()
    judged = [(file, judge(file)) for file in reached]
    hit = [_of(file, _hits(known), known) for file, known in judged if known and known.hits]
    if not hit and not own.paths:
        hit = [FileTests(file, why={file: _UNKNOWN}) for file, known in judged if known is None]
    return tuple(hit[:NEAREST])


def later_tests(
    first: Sequence[FileTests], reached: Sequence[str], judge: Judge
) -> tuple[FileTests, ...]:
    """Those of the background: what the change hits, then what is not proven unaffected.

    Files of `first` of which nothing has been recorded come last, to be recorded.
    """
    done = {each.file: frozenset(each.only) for each in first}
    judged = {file: judge(file) for file in dict.fromkeys((*done, *reached))}
    unknown = [file for file, known in judged.items() if known is None]
    return (
        *_later(judged, done, hit=True),
        *_later(judged, done, hit=False),
        *(FileTests(file, why={file: _UNKNOWN}) for file in unknown if file not in done),
        *(FileTests(file) for file in unknown if file in done),
    )


def _now(file: str, judged: Judged | None) -> FileTests | None:
    """Of one of the save's own files: what is hit or unproven, but for what only is to be watched."""
    if judged is None:
        return FileTests(file)
    unproven = {test: why for test, why in judged.unproven.items() if why not in CAN_WAIT}
    wanted = {**_hits(judged), **_unproven(unproven)}
    return _of(file, wanted, judged) if wanted else None


def _later(
    judged: Mapping[str, Judged | None], done: Mapping[str, frozenset[str]], *, hit: bool
) -> Iterator[FileTests]:
    """What is left of the files of which some tests are hit, or of the others."""
    for file, known in judged.items():
        if known is not None and bool(known.hits) is hit and known.affected:
            wanted = {**_hits(known), **_unproven(known.unproven)}
            if hit:
                wanted |= dict.fromkeys(known.untouched, _UNPROVEN.format(ITS_FILE))
            ran = done.get(file)
            if ran is not None:
                wanted = {t: why for t, why in wanted.items() if ran and t not in ran}
            if wanted:
                yield _of(file, wanted, known)


def _of(file: str, wanted: dict[str, str], known: Judged) -> FileTests:
    """All of a file also where the names of those wanted are more than a request takes."""
    every = len(wanted) == len(known.hits) + len(known.unproven) + len(known.untouched)
    too_many = sum(len(ascii(test)) for test in wanted) > _MOST_NAMES_BYTES
    return FileTests(file, () if every or too_many else tuple(wanted), wanted)


def _hits(judged: Judged) -> dict[str, str]:
    return {test: in_words(hit, judged.ways.get(hit.path, ())) for test, hit in judged.hits.items()}


def _unproven(tests: Mapping[str, str]) -> dict[str, str]:
    return {test: _UNPROVEN.format(why) for test, why in tests.items()}
