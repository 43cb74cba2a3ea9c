"""The tests of the files that were given, run as a save of each would run them.

Test files run a few at a time in each project; where a run does not come to its end each of them
runs again alone, so that it gives the verdict that it gives by itself.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lacuna_ls.cli.check_paths import GivenFile
from lacuna_ls.domain.test_result import RunStatus, TestReport, TestResult
from lacuna_ls.lsp.save_run import SaveTools
from lacuna_ls.lsp.uris import uri_of
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.syntax.document import Document, open_document
from lacuna_ls.syntax.languages import Language, by_path
from lacuna_ls.test_runs.blame import blamed
from lacuna_ls.test_runs.facts import recording
from lacuna_ls.test_runs.finding import Finding
from lacuna_ls.test_runs.import_graph import ImportGraph, refreshed
from lacuna_ls.test_runs.pytest_config import read_pytest_config
from lacuna_ls.test_runs.results import findings
from lacuna_ls.test_runs.selection import NEAREST, Targets, affected_tests, targets_of

MOST_AT_ONCE = 8
"""Test files in one run: few enough that the first results come soon."""

_DOCTESTS = "--doctest-modules"
# The others end a run before all of its test files have reported.
_WHOLE = (RunStatus.COMPLETED, RunStatus.NO_TESTS, RunStatus.NO_FRAMEWORK)


@dataclass(frozen=True, slots=True)
class Subject:
    """A file to check as it is on disk, and the test files that concern it."""

    path: Path
    root: Path
    document: Document
    targets: Targets


@dataclass(frozen=True, slots=True)
class FileRun:
    """One test file's part of a run, with the subjects that it concerns."""

    request: TestRequest
    report: TestReport
    subjects: tuple[Subject, ...]

    @property
    def name(self) -> str:
        """Its path, relative to the project."""
        return self.request.targets[0]


@dataclass(frozen=True, slots=True)
class Red:
    """A failing test at its one place; without a result it is a run that did not end."""

    subject: Subject
    finding: Finding
    result: TestResult | None


@dataclass(frozen=True, slots=True)
class Selected:
    """What is to run; `wrong` says what could not be read."""

    subjects: tuple[Subject, ...]
    wrong: tuple[str, ...]


async def select(files: Sequence[GivenFile], tools: SaveTools) -> Selected:
    """The tests of each file: its own, or the nearest that reach it.

    Examples in documentation are tests where the project runs them, or where the file was named.
    """
    subjects: list[Subject] = []
    wrong: list[str] = []
    graphs: dict[tuple[Path, str], ImportGraph] = {}
    for file in files:
        language = by_path(file.path)
        data = tools.files.read(file.path)
        if language is None or data is None:
            wrong.append(f"{file.path.name}: it cannot be read, or is larger than 2 MiB")
            continue
        document = open_document(uri_of(file.path), 0, language, data)
        targets = targets_of(file.path, file.root, document, tools.files)
        if targets.doctests and not (file.named or _runs_examples(file.root, tools)):
            targets = _without_examples(file, document, tools)
        if not targets.paths:
            key = file.root, language.name
            if key not in graphs:
                graph = ImportGraph(file.root, language)
                graphs[key] = await asyncio.to_thread(refreshed, graph, tools.files)
            config = read_pytest_config(file.root, tools.files)
            targets = Targets(affected_tests(file.path, graphs[key], config)[:NEAREST])
        subjects.append(Subject(file.path, file.root, document, targets))
    return Selected(tuple(subjects), tuple(wrong))


async def run_all(
    subjects: Sequence[Subject], tools: SaveTools, heard: Callable[[FileRun], None]
) -> None:
    """Run all their tests; `heard` gets each test file as soon as it has reported.

    Raises:
        RunnerError: no process could be started.
        UntrustedFolderError: a project is not trusted.
    """
    for request, together in _requests(subjects, tools):
        for names in _chunks(request.targets):
            await _run(replace(request, targets=names), together, tools, heard)


def reds(tested: FileRun, given: Mapping[Path, Subject]) -> tuple[Red, ...]:
    """Each failing test at the innermost line that is in a given file.

    Where its traceback leads to none, the place is what the test is about in a file that it
    concerns. `given` has all subjects by path.
    """
    passed_through = {
        frame.path
        for result in tested.report.failures
        for frame in (result.failure.frames if result.failure else ())
    }
    through = [given[path] for path in sorted(passed_through & given.keys())]
    results = {result.test_id: result for result in tested.report.results}
    best: dict[str, tuple[int, Red]] = {}
    for subject in dict.fromkeys((*tested.subjects, *through)):
        concerned = (tested.name,) if subject in tested.subjects else ()
        for finding in findings(tested.report, subject.document, subject.path, concerned):
            red = Red(subject, finding, results.get(finding.test_id))
            nearness = _nearness(red)
            if finding.test_id not in best or best[finding.test_id][0] < nearness:
                best[finding.test_id] = nearness, red
    return tuple(red for _, red in best.values())


def _nearness(red: Red) -> int:
    """How far inside the traceback is in the file; -1 if the test is only about something in it."""
    result, path = red.result, red.subject.path
    frames = result.failure.frames if result is not None and result.failure is not None else ()
    inside = [n for n, frame in enumerate(frames) if frame.path == path]
    if inside or result is None:
        return max(inside, default=-1)
    return -1 if blamed(result, red.subject.document, path) is not None else -2


def _requests(
    subjects: Sequence[Subject], tools: SaveTools
) -> Iterator[tuple[TestRequest, dict[str, list[Subject]]]]:
    """One for each project, interpreter and language; with the subjects each target concerns."""
    found: dict[tuple[Path, Path, Language | None], dict[str, list[Subject]]] = {}
    for subject in subjects:
        if subject.targets.paths:
            interpreter = tools.interpreter(subject.root, subject.path)
            key = subject.root, interpreter, subject.document.language
            together = found.setdefault(key, {})
            for target in subject.targets.paths:
                together.setdefault(target, []).append(subject)
    for (root, interpreter, _), together in found.items():
        concerned = (subject for each in together.values() for subject in each)
        doctests = (name for subject in concerned for name in subject.targets.doctests)
        request = TestRequest(
            root, interpreter, tuple(together), doctests=tuple(dict.fromkeys(doctests))
        )
        yield request, together


async def _run(
    request: TestRequest,
    together: Mapping[str, Sequence[Subject]],
    tools: SaveTools,
    heard: Callable[[FileRun], None],
) -> None:
    doctests = tuple(name for name in request.doctests if name in request.targets)
    request = replace(request, doctests=doctests)
    report = await tools.runner.run(request)
    if report.status not in _WHOLE and len(request.targets) > 1:
        for name in request.targets:
            await _run(replace(request, targets=(name,)), together, tools, heard)
        return
    explained = await _explained(request, report, together, tools)
    for name in request.targets:
        doctests = (name,) if name in request.doctests else ()
        part = replace(request, targets=(name,), doctests=doctests)
        heard(FileRun(part, _part(explained, name), tuple(together[name])))


async def _explained(
    request: TestRequest,
    report: TestReport,
    together: Mapping[str, Sequence[Subject]],
    tools: SaveTools,
) -> TestReport:
    """The report with what the failing tests did in the sources: it says where a value is from."""
    sources = {
        subject.path
        for name in request.targets
        for subject in together[name]
        if subject.path != subject.root / name
    }
    asked = recording(request, report, tuple(sorted(sources)))
    if asked is None:
        return report
    seen = {r.test_id: r.facts for r in (await tools.runner.run(asked)).failures}
    results = tuple(replace(r, facts=seen.get(r.test_id, r.facts)) for r in report.results)
    return replace(report, results=results)


def _part(report: TestReport, name: str) -> TestReport:
    results = tuple(r for r in report.results if r.test_id.partition("::")[0] == name)
    return replace(report, results=results)


def _chunks(names: Sequence[str]) -> Iterable[tuple[str, ...]]:
    return (tuple(names[n : n + MOST_AT_ONCE]) for n in range(0, len(names), MOST_AT_ONCE))


def _runs_examples(root: Path, tools: SaveTools) -> bool:
    return _DOCTESTS in read_pytest_config(root, tools.files).addopts


def _without_examples(file: GivenFile, document: Document, tools: SaveTools) -> Targets:
    """The targets of the file if nothing in it were an example."""
    language = document.language
    assert language is not None
    blind = replace(document, language=replace(language, doctest_prompt=None))
    return targets_of(file.path, file.root, blind, tools.files)
