"""Tests that a program of the user's runs: `node --test`, vitest.

Which program, and with what arguments, is data of the language (`[[programs]]` in its folder of
`grammars/`). It runs with the user's rights and environment, in a process group of its own and under
limits; what it writes into its report becomes the results. No candidate is run here.
"""

import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from lacuna_ls.adapters.program_process import Ended, run_program
from lacuna_ls.adapters.program_reports import Said, read_report
from lacuna_ls.domain.errors import RunnerError, UntrustedFolderError
from lacuna_ls.domain.observation import Observation
from lacuna_ls.domain.test_result import RunStatus, TestReport
from lacuna_ls.domain.timing import Timing
from lacuna_ls.ports.code_runner import Candidates, Limits, ObserveRequest, TestRequest
from lacuna_ls.ports.code_timer import TimeRequest
from lacuna_ls.ports.trust import TrustStore
from lacuna_ls.syntax.languages import TestProgram, by_path, grammars_folder

_MOST_REPORT_BYTES = 16 << 20
_MOST_SOURCE_BYTES = 2 << 20
_ASKING = Limits(wall_s=10.0, cpu_s=10.0)


@dataclass(frozen=True, slots=True)
class _Way:
    """How some files are tested: by what, started as `command`, in which folder."""

    program: TestProgram
    command: tuple[str, ...]
    folder: Path


class ProgramRunner:
    """The `CodeRunner` of languages whose tests are run by programs."""

    def __init__(self, trust: TrustStore) -> None:
        self._trust = trust
        self._answers: dict[tuple[Path, int, str], bool] = {}

    async def run(self, request: TestRequest) -> TestReport:
        """See `CodeRunner.run`. What is to be recorded or overlaid is not run."""
        if not self._trust.trusted(request.root):
            raise UntrustedFolderError(
                f"{request.root.name} is not trusted: `lacuna-ls trust PATH` lets its tests run"
            )
        if request.facts or request.overlays:
            return TestReport(RunStatus.NO_TESTS, (), "of programs nothing is recorded")
        ways = defaultdict[_Way, list[str]](list)
        unmet: list[str] = []
        for target in dict.fromkeys(each.partition("::")[0] for each in request.targets):
            way = _way(request.root / target, request)
            if way is None:
                continue
            if await self._can(way, request.interpreter):
                ways[way].append(target)
            else:
                unmet.append(way.program.otherwise)
        if not ways:
            status = RunStatus.NO_FRAMEWORK if unmet else RunStatus.NO_TESTS
            return TestReport(status, (), unmet[0] if unmet else "nothing here runs these tests")
        reports: list[TestReport] = []
        for way, targets in ways.items():
            spent_s = sum(report.elapsed_s for report in reports)
            limits = replace(request.limits, wall_s=max(request.limits.wall_s - spent_s, 1.0))
            reports.append(await _run(way, targets, request, limits))
        return _together(reports)

    def screen(self, request: TestRequest, candidates: Candidates) -> AsyncIterator[TestReport]:
        """See `CodeRunner.screen`."""
        raise RunnerError("no candidates are run in this language yet")

    async def observe(self, request: ObserveRequest) -> Observation:
        """See `CodeRunner.observe`."""
        raise RunnerError("no candidates are run in this language yet")

    async def time(self, request: TimeRequest) -> Timing:
        """See `CodeTimer.time`."""
        raise RunnerError("nothing is timed in this language yet")

    async def _can(self, way: _Way, interpreter: Path) -> bool:
        """Whether what the program requires of the interpreter holds; asked once."""
        if way.program.requires is None:
            return True
        key = interpreter, _changed_ns(interpreter), way.program.requires
        if key not in self._answers:
            command = (str(interpreter), "-p", way.program.requires)
            ended = await run_program(command, way.folder, _environment(interpreter), _ASKING)
            self._answers[key] = ended.output.strip() == "true"
        return self._answers[key]


def _way(path: Path, request: TestRequest) -> _Way | None:
    """How a file is tested; `None` if no program is for it."""
    language = by_path(path)
    levels = [level for level in path.parents if level.is_relative_to(request.root)]
    for program in language.programs if language is not None else ():
        if program.mentions is not None and not _mentions(path, program.mentions):
            continue
        if program.beside is None:
            return _Way(program, (str(request.interpreter),), _package(levels, program))
        for level in levels:
            beside = level / program.beside
            if os.access(beside, os.X_OK):
                return _Way(program, (str(beside),), _package(levels, program))
    return None


def _changed_ns(interpreter: Path) -> int:
    try:
        return interpreter.stat().st_mtime_ns
    except OSError as error:
        raise RunnerError(f"found no {interpreter.name} on the PATH to run tests with") from error


def _mentions(path: Path, text: str) -> bool:
    try:
        with path.open("rb") as file:
            return text.encode() in file.read(_MOST_SOURCE_BYTES)
    except OSError:
        return False


def _package(levels: list[Path], program: TestProgram) -> Path:
    """The nearest folder that configures the program, else the nearest package, else the root."""
    for patterns in (program.configured_by, ("package.json",)):
        for level in levels:
            if any(next(level.glob(pattern), None) is not None for pattern in patterns):
                return level
    return levels[-1]


async def _run(way: _Way, targets: list[str], request: TestRequest, limits: Limits) -> TestReport:
    scratch = tempfile.mkdtemp(prefix="lacuna-run-")
    report = Path(scratch, "report")
    try:
        command = _command(way, report, [request.root / target for target in targets])
        ended = await run_program(command, way.folder, _environment(request.interpreter), limits)
        said = read_report(way.program.report, _text(report), request.root)
        return _report(said, ended, way.program, limits)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _command(way: _Way, report: Path, files: list[Path]) -> tuple[str, ...]:
    arguments = (
        each.format(report=report, grammars=grammars_folder()) for each in way.program.arguments
    )
    return (*way.command, *arguments, *(os.path.relpath(file, way.folder) for file in files))


def _environment(interpreter: Path) -> dict[str, str]:
    """The user's own; a program that looks the interpreter up finds the same one."""
    path = os.environ.get("PATH", os.defpath)
    return {**os.environ, "PATH": os.pathsep.join((str(interpreter.parent), path))}


def _text(report: Path) -> str:
    try:
        with report.open("rb") as file:
            return file.read(_MOST_REPORT_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def _report(said: Said, ended: Ended, program: TestProgram, limits: Limits) -> TestReport:
    status, detail = _verdict(said, ended, program, limits)
    results = (*said.unloaded, *said.results)
    return TestReport(status, results, detail, ended.output, ended.elapsed_s)


def _verdict(
    said: Said, ended: Ended, program: TestProgram, limits: Limits
) -> tuple[RunStatus, str]:
    if ended.exit_code is None:
        return RunStatus.TIMED_OUT, f"{program.name} did not end within {limits.wall_s:.3g} s"
    if said.unloaded:
        first = said.unloaded[0]
        message = first.failure.message.splitlines()[:1] if first.failure else []
        return RunStatus.COLLECTION_ERROR, ": ".join(
            [f"{first.test_id} could not be loaded", *message]
        )
    red = any(result.red for result in said.results)
    if ended.exit_code != 0 and not red:
        last = next((s for s in reversed(ended.output.splitlines()) if s.strip()), "")
        return RunStatus.CRASHED, (
            f"{program.name} ended with exit status {ended.exit_code}: {last[:300]}"
        )
    if not said.results:
        return RunStatus.NO_TESTS, "no tests were found"
    return RunStatus.COMPLETED, ""


def _together(reports: list[TestReport]) -> TestReport:
    """One report that ended as the worst of them."""
    worst = max(reports, key=lambda report: _BADNESS.index(report.status))
    return TestReport(
        status=worst.status,
        results=tuple(result for report in reports for result in report.results),
        detail=worst.detail,
        output="".join(report.output for report in reports),
        elapsed_s=sum(report.elapsed_s for report in reports),
    )


_BADNESS = (
    RunStatus.NO_TESTS, RunStatus.COMPLETED, RunStatus.NO_FRAMEWORK, RunStatus.COLLECTION_ERROR,
    RunStatus.CRASHED, RunStatus.TIMED_OUT,
)  # fmt: skip
