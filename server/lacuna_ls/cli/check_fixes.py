"""Fixes for what a check found: the search that follows a red save, shown as patches.

Only the files that were given are changed, never a test, and only when that is asked for.
"""

import difflib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lacuna_ls.cli.check_run import FileRun, Subject
from lacuna_ls.domain.errors import StoreError
from lacuna_ls.domain.test_result import RunStatus, TestReport
from lacuna_ls.domain.text import apply_edits, decode
from lacuna_ls.lsp.save_run import SaveTools
from lacuna_ls.repair.apart import judges
from lacuna_ls.repair.engine import search, searchable
from lacuna_ls.repair.fix import Budget, Fix, Problem
from lacuna_ls.verification.evidence import titled


@dataclass(frozen=True, slots=True)
class Proposed:
    """A confirmed fix of one file; `rank` 0 is the best. `tests` fail without it."""

    subject: Subject
    fix: Fix
    rank: int
    tests: tuple[str, ...]
    written: bool = False

    @property
    def title(self) -> str:
        return titled(f"Fix: {self.fix.candidate.summary}", self.fix.evidence)

    @property
    def settled(self) -> bool:
        """It is the best, and no other that passes the tests does something else."""
        return self.rank == 0 and not self.fix.evidence.reading

    @property
    def data(self) -> bytes:
        """The whole file with the fix."""
        return apply_edits(self.subject.document.data, self.fix.candidate.edits)


async def proposals(
    subjects: Sequence[Subject], tested: Sequence[FileRun], tools: SaveTools, wall_s: float
) -> tuple[Proposed, ...]:
    """Fixes file by file; a test that a fix of one file makes pass is not fixed in another.

    `wall_s` bounds the search in each file. The best fixes of all files can be applied together.
    """
    found: list[Proposed] = []
    mended: set[tuple[Path, str]] = set()
    for subject in subjects:
        for problem in _problems(subject, tested):
            tests = tuple(result.test_id for result in problem.report.failures)
            if not searchable(problem) or {(subject.root, each) for each in tests} & mended:
                continue
            result = await search(problem, tools.runner, tools.clock, Budget(wall_s=wall_s))
            found += (Proposed(subject, f, rank, tests) for rank, f in enumerate(result.fixes))
            if result.fixes:
                if not result.fixes[0].evidence.tests_left:
                    mended |= {(subject.root, each) for each in tests}
                break
    return tuple(found)


def patch(proposed: Proposed, shown: str) -> str:
    """A unified diff, with the path as it is to be `shown`."""
    before, after = (
        [decode(line) for line in data.splitlines(keepends=True)]
        for data in (proposed.subject.document.data, proposed.data)
    )
    lines = difflib.unified_diff(before, after, f"a/{shown}", f"b/{shown}")
    return "".join(
        line if line.endswith(("\n", "\r")) else f"{line}\n\\ No newline at end of file\n"
        for line in lines
    )


def write(proposed: Proposed) -> Proposed:
    """Put the fixed text in the place of the file.

    Raises:
        StoreError: the file is not what the fix was verified on, or cannot be written.
    """
    path = proposed.subject.path
    try:
        if path.read_bytes() != proposed.subject.document.data:
            raise StoreError(f"{path.name} was not written: it has changed since its tests ran")
        descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(proposed.data)
            shutil.copymode(path, beside)
            Path(beside).replace(path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreError(f"{path.name} cannot be written: {error.strerror}") from error
    return replace(proposed, written=True)


def _problems(subject: Subject, tested: Sequence[FileRun]) -> Iterator[Problem]:
    """What failed because of the file: all that ran to its end, then each that did not."""
    concerned = [each for each in tested if _concerns(each, subject)]
    whole = [each for each in concerned if each.report.status is RunStatus.COMPLETED]
    if any(each.report.failures for each in whole):
        yield _problem(subject, whole)
    for each in concerned:
        if each.report.status is not RunStatus.COMPLETED:
            yield _problem(subject, [each])


def _problem(subject: Subject, tested: Sequence[FileRun]) -> Problem:
    first = tested[0]
    request = replace(
        first.request,
        targets=tuple(name for each in tested for name in each.request.targets),
        doctests=tuple(name for each in tested for name in each.request.doctests),
    )
    results = tuple(result for each in tested for result in each.report.results)
    elapsed_s = max(each.report.elapsed_s for each in tested)
    report = TestReport(first.report.status, results, first.report.detail, elapsed_s=elapsed_s)
    tests = judges(request, _read)
    return Problem(subject.document, subject.path, request, report, tests)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _concerns(tested: FileRun, subject: Subject) -> bool:
    """The test file belongs to the subject, or one of its failures leads through it."""
    if tested.request.root != subject.root:
        return False
    return subject in tested.subjects or any(
        frame.path == subject.path
        for result in tested.report.failures
        if result.failure is not None
        for frame in result.failure.frames
    )
