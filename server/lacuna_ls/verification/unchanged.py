"""Whether a file that was rewritten does what it did before.

Where tests execute the place, their verdict counts: the rewritten file passes what the file passed.
Where none does, the function around is run before and after on inputs that are made up from the
tests' calls, its documentation and its annotations, and all that can be seen of it is compared.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from lacuna_ls.domain.test_result import Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.ports.code_runner import CodeRunner, ObserveRequest, Overlay, TestRequest
from lacuna_ls.verification.equivalence import differences, in_words, same
from lacuna_ls.verification.evidence import Evidence

_INPUTS = 60
_GENERATED = 30
_RAN = (Outcome.PASSED, Outcome.XPASSED)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The file at `path`, whose text `before` is to become `after`.

    `request` has the tests that concern the file, if any. `function` is the qualified name of the
    function around the place, `line` the zero-based line of the place in the new text.
    """

    request: TestRequest
    path: Path
    function: str | None
    line: int
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class Changed:
    """What is not as before, in a sentence for the user."""

    reason: str


async def unchanged(rewritten: Rewritten, runner: CodeRunner) -> Evidence | Changed:
    """What was seen of the two texts.

    Raises:
        RunnerError: no process could be started.
        UntrustedFolderError: nothing may run here.
    """
    if rewritten.request.targets:
        found = await _tested(rewritten, runner)
        if found is not None:
            return found
    return await _observed(rewritten, runner)


async def _tested(rewritten: Rewritten, runner: CodeRunner) -> Evidence | Changed | None:
    """What the tests say; `None` where none of them executes the place."""
    after = await _report(rewritten, rewritten.after, runner)
    if after.status is not RunStatus.COMPLETED:
        return None
    red = _red(after)
    if red:
        red -= _red(await _report(rewritten, rewritten.before, runner))
        # Once more: a test that fails now and then is no witness.
        red &= _red(await _report(rewritten, rewritten.after, runner)) if red else red
        if red:
            return Changed(f"{min(red)} passed before, and fails after it")
    reached = [r for r in after.results if not r.red and _executes(r, rewritten)]
    if not reached:
        return None
    passed = sum(result.outcome in _RAN for result in reached)
    return Evidence(tests_passed=passed, tests_total=passed, tests_skipped=len(reached) - passed)


def _red(report: TestReport) -> set[str]:
    return {result.test_id for result in report.failures}


async def _report(rewritten: Rewritten, text: bytes, runner: CodeRunner) -> TestReport:
    overlay = Overlay(rewritten.path, text)
    return await runner.run(
        replace(rewritten.request, overlays=(overlay,), trace=(rewritten.path,))
    )


def _executes(result: TestResult, rewritten: Rewritten) -> bool:
    return any(
        covered.path == rewritten.path and rewritten.line in covered.lines
        for covered in result.covered
    )


async def _observed(rewritten: Rewritten, runner: CodeRunner) -> Evidence | Changed:
    if rewritten.function is None:
        return Evidence(checked_syntax=True)
    request = ObserveRequest(
        rewritten.request,
        rewritten.path,
        rewritten.function,
        (rewritten.before, rewritten.after),
        inputs=_INPUTS,
        generated=_GENERATED,
    )
    observation = await runner.observe(request)
    for found in differences(observation, 0, 1, strict=True):
        was, now = in_words(found.one), in_words(found.other)
        return Changed(f"{found.input.call} {was} before, and {now} after it")
    equal = sum(
        each.steady and same(*each.behaviours[:2], strict=True) is True
        for each in observation.inputs
    )
    return Evidence(inputs_equal=equal or None, checked_syntax=True)
