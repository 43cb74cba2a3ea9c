"""Suspicion by what each check of a large test says, where several functions could be at fault.

Of one function all lines that a test ran stay about as suspected as they were, and the run in parts
is not worth its time.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from lacuna_ls.domain.test_result import RunStatus, TestReport, TestResult
from lacuna_ls.ports.code_runner import OBSERVING_SEED, CodeRunner, Overlay, TestRequest
from lacuna_ls.repair.fix import Problem
from lacuna_ls.repair.localize import FunctionLines
from lacuna_ls.repair.subtests import Parts, in_parts

# Beside three times what the tests took: a check that was not reached before may never end.
_SPARE_S = 2.0


def judges(request: TestRequest, read: Callable[[Path], bytes | None]) -> tuple[Overlay, ...]:
    """The request's test files in Python with what they hold, as `read` gives it."""
    files = dict.fromkeys(target.partition("::")[0] for target in request.targets)
    found = ((request.root / file, read(request.root / file)) for file in files if _is_python(file))
    return tuple(Overlay(path, data) for path, data in found if data is not None)


async def told_by_parts(
    problem: Problem, report: TestReport, functions: Sequence[FunctionLines], runner: CodeRunner
) -> TestReport:
    """What to suspect lines by: a traced run of the failing tests in parts, else `report`.

    It is `report`, which has the lines that each test covers, where the parts have nothing to add,
    and where they do not fail as the tests do: then they are not independent after all.

    Raises:
        RunnerError: no process could be started.
        UntrustedFolderError: the request's root is not trusted.
    """
    if report.status is not RunStatus.COMPLETED or _ran(problem, report, functions) < 2:
        return report
    split = [(file, parts) for file in problem.judges if (parts := _parts(problem, file, report))]
    if not split:
        return report
    shown = await runner.run(_request(problem, split))
    if shown.status is not RunStatus.COMPLETED:
        return report
    alike = all(_fail_alike(report, shown, file, parts) for file, parts in split)
    return shown if alike else report


def _is_python(file: str) -> bool:
    return file.endswith(".py")


def _ran(problem: Problem, report: TestReport, functions: Sequence[FunctionLines]) -> int:
    """How many functions of the file the failing tests ran."""
    covered = (c for result in report.failures for c in result.covered if c.path == problem.path)
    lines = {line for each in covered for line in each.lines}
    return sum(any(n in lines for n in range(f.first + 1, f.last + 1)) for f in functions)


def _parts(problem: Problem, file: Overlay, report: TestReport) -> Parts | None:
    if not file.path.is_relative_to(problem.request.root):
        return None
    name = file.path.relative_to(problem.request.root).as_posix()
    return in_parts(file.data, name, [result.test_id for result in report.failures])


def _request(problem: Problem, split: Iterable[tuple[Overlay, Parts]]) -> TestRequest:
    """The problem's tests with some of them in parts, traced."""
    request = problem.request
    wall_s = min(request.limits.wall_s, _SPARE_S + 3 * problem.report.elapsed_s)
    files = [Overlay(file.path, parts.data) for file, parts in split]
    of_test = {test: each for _, parts in split for test, each in parts.of_test.items()}

    def named(names: Iterable[str]) -> tuple[str, ...]:
        found: list[str] = []
        for name in names:
            test, bracket, parameters = name.partition("[")
            ids = [part.test_id for part in of_test[test]] if test in of_test else [test]
            found += [each + bracket + parameters for each in ids]
        return tuple(found)

    return replace(
        request,
        targets=named(request.targets),
        only=named(request.only),
        overlays=(*request.overlays, *files),
        trace=(problem.path,),
        facts=(),
        contexts=False,
        # A process with this seed is there: it has, or will have, candidates to observe.
        hash_seed=OBSERVING_SEED,
        limits=replace(request.limits, wall_s=wall_s),
    )


def _fail_alike(report: TestReport, shown: TestReport, file: Overlay, parts: Parts) -> bool:
    """Of each test that failed, the first part that fails is the check at which it ended."""
    results = {result.test_id: result for result in shown.results}
    for failed in report.failures:
        test, bracket, parameters = failed.test_id.partition("[")
        of_test = parts.of_test.get(test, ())
        for part in of_test:
            result = results.get(part.test_id + bracket + parameters)
            if result is None:
                return False
            if result.red or _ended_in(failed, file.path, part.lines):
                if not (result.red and _ended_in(failed, file.path, part.lines)):
                    return False
                break
        else:
            if of_test:
                return False
    return True


def _ended_in(result: TestResult, path: Path, lines: range) -> bool:
    frames = result.failure.frames if result.failure is not None else ()
    return any(frame.path == path and frame.line in lines for frame in frames)
