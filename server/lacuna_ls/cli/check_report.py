"""What a check found, and where: the form that text, JSON and SARIF are made from."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lacuna_ls.cli.check_fixes import Proposed
from lacuna_ls.cli.check_paths import shown_path
from lacuna_ls.cli.check_run import FileRun, Red, Subject
from lacuna_ls.cli.check_speed import Timing
from lacuna_ls.domain.test_result import Outcome, RunStatus
from lacuna_ls.domain.text import Source, Span
from lacuna_ls.lsp.convert import Encoding, position_at

GREEN, FOUND, NOT_RUN = 0, 1, 2
"""The exit statuses."""

IN_WORDS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.ERROR: "broken",
    Outcome.SKIPPED: "skipped",
    Outcome.XFAILED: "failed as expected",
    Outcome.XPASSED: "passed unexpectedly",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of a check made from the folder `here`. `wrong` says what could not run."""

    here: Path
    subjects: tuple[Subject, ...]
    tested: tuple[FileRun, ...]
    reds: tuple[Red, ...]
    wrong: tuple[str, ...]
    elapsed_s: float
    fixes: tuple[Proposed, ...] = ()
    timings: tuple[Timing, ...] = ()

    @property
    def status(self) -> int:
        if self.wrong:
            return NOT_RUN
        return FOUND if self.reds or any(each.found for each in self.timings) else GREEN

    @property
    def tally(self) -> Counter[Outcome]:
        return Counter(result.outcome for file in self.tested for result in file.report.results)

    @property
    def untested(self) -> tuple[Path, ...]:
        """The files of which no test is known."""
        return tuple(subject.path for subject in self.subjects if not subject.targets.paths)

    def shown(self, path: Path) -> str:
        return shown_path(path, self.here)


@dataclass(frozen=True, slots=True)
class Region:
    """A span as editors show it: lines and columns from 1, the end behind the last character."""

    line: int
    column: int
    end_line: int
    end_column: int


def region(source: Source, span: Span, encoding: Encoding = Encoding.UTF32) -> Region:
    """In code points, or in the units of `encoding`."""
    start = position_at(source, span.start, encoding)
    end = position_at(source, span.end, encoding)
    return Region(start.line + 1, start.character + 1, end.line + 1, end.character + 1)


def not_run(tested: Iterable[FileRun]) -> tuple[str, ...]:
    """What kept tests from running, once for each project."""
    return tuple(
        dict.fromkeys(
            f"{file.request.root.name}: {file.report.detail}"
            for file in tested
            if file.report.status is RunStatus.NO_FRAMEWORK
        )
    )


def summary(checked: Checked) -> str:
    """`12 passed, 1 failed in 3 files of tests, 0.8 s; 2 files have no tests`."""
    counts = [f"{checked.tally[o]} {word}" for o, word in IN_WORDS.items() if checked.tally[o]]
    unfinished = sum(1 for red in checked.reds if red.result is None)
    if unfinished:
        counts.append(f"{unfinished} {'run' if unfinished == 1 else 'runs'} cut short")
    files = len({(file.request.root, file.name) for file in checked.tested})
    said = f"{', '.join(counts) or 'no tests ran'} in {_files(files)} of tests"
    said += f", {checked.elapsed_s:.1f} s"
    if checked.untested:
        verb = "has" if len(checked.untested) == 1 else "have"
        said += f"; {_files(len(checked.untested))} {verb} no tests"
    return said


def _files(count: int) -> str:
    return f"{count} {'file' if count == 1 else 'files'}"
