import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import FakeClock, FakeRunner
from lacuna_ls.domain.errors import RunnerError
from lacuna_ls.domain.observation import Behaviour, Ending, InputKind, Observation, ObservedInput
from lacuna_ls.domain.test_result import (
    CoveredFile,
    Outcome,
    RunStatus,
    TestReport,
    TestResult,
)
from lacuna_ls.domain.text import apply_edits
from lacuna_ls.ports.code_runner import Candidates, CodeRunner, ObserveRequest, TestRequest
from lacuna_ls.repair.engine import search
from lacuna_ls.repair.fix import Budget, Fix, Problem, SearchEnd, SearchResult, in_words
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.verification.evidence import Evidence

ROOT = Path("/workspace")
HERE = ROOT / "age.py"
TEXT = b"def is_adult(age):\n    return age > 18\n"
RIGHT = b"def is_adult(age):\n    return age >= 18\n"
EIGHTEEN, SEVENTEEN = "test_age.py::test_eighteen", "test_age.py::test_seventeen"

PASSED, FAILED, SKIPPED = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED


def report(outcomes: dict[str, Outcome], status: RunStatus = RunStatus.COMPLETED) -> TestReport:
    covered = (CoveredFile(HERE, (1,)),)
    results = tuple(TestResult(name, o, 0.01, covered=covered) for name, o in outcomes.items())
    return TestReport(status, results)


def runner(judge: Callable[[bytes], dict[str, Outcome]]) -> FakeRunner:
    """A runner that knows each text's outcomes; asked for some tests, it reports those."""

    def script(request: TestRequest) -> TestReport:
        text = request.overlays[-1].data if request.overlays else TEXT
        outcomes = judge(text)
        wanted = [t for t in outcomes if t in request.targets or "test_age.py" in request.targets]
        return report({test: outcomes[test] for test in wanted})

    return FakeRunner(script)


def ages(text: bytes) -> dict[str, Outcome]:
    """What the two tests give for the texts that matter; everything else fails both."""
    known = {TEXT: (FAILED, PASSED), RIGHT: (PASSED, PASSED)}
    eighteen, seventeen = known.get(text, (FAILED, FAILED))
    return {EIGHTEEN: eighteen, SEVENTEEN: seventeen}


def problem(
    text: bytes = TEXT, path: Path = HERE, outcomes: dict[str, Outcome] | None = None
) -> Problem:
    document = open_document(path.as_uri(), 3, by_language_id("python"), text)
    request = TestRequest(ROOT, Path("python"), ("test_age.py",))
    return Problem(document, path, request, report(outcomes or ages(TEXT)))


async def found(
    runs: CodeRunner, of: Problem | None = None, budget: Budget | None = None
) -> SearchResult:
    return await search(of or problem(), runs, FakeClock(), budget or Budget())


def texts(result: SearchResult) -> list[bytes]:
    return [apply_edits(TEXT, fix.candidate.edits) for fix in result.fixes]


async def test_the_fix_that_passes_every_test_is_found_with_its_evidence():
    result = await found(runner(ages))
    assert texts(result) == [RIGHT]
    assert result.fixes[0].evidence == Evidence(tests_passed=2, tests_total=2)
    assert result.fixes[0].candidate.summary == "compare with >="
    assert result.end is SearchEnd.FINISHED


async def test_a_fix_that_ran_under_limits_only_says_so():
    runs = runner(ages)
    runs.tier = ""
    assert [fix.evidence.unsandboxed for fix in (await found(runs)).fixes] == [True]


async def test_a_fix_is_confirmed_twice_with_different_hash_seeds():
    runs = runner(ages)
    await found(runs)
    confirming = [r for r in runs.requests if r.overlays]
    assert [r.overlays[-1].data for r in confirming] == [RIGHT, RIGHT]
    assert len({r.hash_seed for r in confirming}) == 2


async def test_a_fix_is_confirmed_in_both_orders_of_its_tests():
    runs = runner(ages)
    await found(runs)
    assert sorted(r.backwards for r in runs.requests if r.overlays) == [False, True]


def backwards_red(original: dict[str, Outcome]) -> FakeRunner:
    """With the fix one test fails backwards; the unchanged file then gives `original`."""

    def script(request: TestRequest) -> TestReport:
        text = request.overlays[-1].data if request.overlays else TEXT
        if request.backwards:
            return report(original if text == TEXT else {EIGHTEEN: PASSED, SEVENTEEN: FAILED})
        return report(ages(text))

    return FakeRunner(script)


async def test_a_candidate_that_passes_in_one_order_only_is_not_offered():
    assert (await found(backwards_red(ages(TEXT)))).fixes == ()


async def test_tests_that_depend_on_their_order_anyway_confirm_a_fix_in_their_own_order():
    runs = backwards_red({EIGHTEEN: FAILED, SEVENTEEN: FAILED})
    assert texts(await found(runs)) == [RIGHT]
    in_order = [r for r in runs.requests if r.overlays and not r.backwards]
    assert [r.overlays[-1].data for r in in_order] == [RIGHT, RIGHT]
    assert len({r.hash_seed for r in in_order}) == 2


async def test_the_failing_tests_alone_are_screened():
    asked: list[tuple[str, ...]] = []

    def script(request: TestRequest) -> TestReport:
        asked.append(request.targets)
        return report(ages(TEXT))

    await found(FakeRunner(script))
    assert asked[0] == ("test_age.py",)
    assert set(asked[1:-1]) == {(EIGHTEEN,)}
    assert asked[-1] == ("test_age.py",), "whether the sandbox is what is in the way"


async def test_a_candidate_that_breaks_another_test_is_not_offered():
    def judge(text: bytes) -> dict[str, Outcome]:
        if text == TEXT:
            return ages(text)
        return {EIGHTEEN: PASSED, SEVENTEEN: PASSED if text == RIGHT else FAILED}

    assert texts(await found(runner(judge))) == [RIGHT]


@pytest.mark.parametrize(
    "after",
    [
        {EIGHTEEN: PASSED},
        {EIGHTEEN: SKIPPED, SEVENTEEN: PASSED},
        {EIGHTEEN: PASSED, SEVENTEEN: SKIPPED},
        {EIGHTEEN: PASSED, SEVENTEEN: Outcome.XFAILED},
        {EIGHTEEN: PASSED, SEVENTEEN: PASSED, "test_age.py::test_new": PASSED},
    ],
    ids=["missing", "fixed by skipping", "newly skipped", "newly expected to fail", "unknown"],
)
async def test_a_candidate_with_which_tests_disappear_is_not_offered(after: dict[str, Outcome]):
    result = await found(runner(lambda text: ages(text) if text == TEXT else after))
    assert result.fixes == ()
    assert result.candidates_tried > 0


async def test_a_candidate_that_passes_with_one_hash_seed_only_is_not_offered():
    def script(request: TestRequest) -> TestReport:
        right = bool(request.overlays) and request.hash_seed != 2
        return report(ages(RIGHT if right else TEXT))

    assert (await found(FakeRunner(script))).fixes == ()


async def test_a_test_counted_twice_is_not_a_pass():
    def script(request: TestRequest) -> TestReport:
        seen = report(ages(request.overlays[-1].data if request.overlays else TEXT))
        doubled = (*seen.results, seen.results[0])
        return replace(seen, results=doubled) if request.hash_seed else seen

    assert (await found(FakeRunner(script))).fixes == ()


async def test_a_failure_that_does_not_fail_again_is_left_alone_and_said():
    runs = runner(lambda text: {EIGHTEEN: PASSED, SEVENTEEN: PASSED})
    result = await found(runs)
    assert (result.fixes, result.end) == ((), SearchEnd.FLAKY)
    assert "another result" in in_words(result)


async def test_a_skipped_test_stays_skipped_and_is_not_counted_as_passed():
    def judge(text: bytes) -> dict[str, Outcome]:
        return {**ages(text), "test_age.py::test_slow": SKIPPED}

    result = await found(runner(judge), problem(outcomes=judge(TEXT)))
    assert result.fixes[0].evidence == Evidence(2, 2, tests_skipped=1)


async def test_a_file_that_cannot_be_imported_is_fixed_when_its_tests_run_green():
    def script(request: TestRequest) -> TestReport:
        if request.overlays and request.overlays[-1].data == RIGHT:
            return report(ages(RIGHT))
        return report({}, RunStatus.COLLECTION_ERROR)

    broken = replace(problem(), report=report({}, RunStatus.COLLECTION_ERROR))
    assert texts(await found(FakeRunner(script), broken)) == [RIGHT]


async def test_a_loop_without_end_is_fixed_without_waiting_as_long_for_each_candidate():
    limits: list[float] = []

    def script(request: TestRequest) -> TestReport:
        limits.append(request.limits.wall_s)
        if request.overlays and request.overlays[-1].data == RIGHT:
            return report(ages(RIGHT))
        return report({}, RunStatus.TIMED_OUT)

    hanging = replace(problem(), report=report({}, RunStatus.TIMED_OUT))
    result = await found(FakeRunner(script), hanging, Budget(wall_s=8.0))
    assert texts(result) == [RIGHT]
    assert limits[0] == 2.0
    assert limits[1] == 0.25


@pytest.mark.parametrize("name", ["test_age.py", "age_test.py", "conftest.py"])
async def test_a_test_file_is_never_edited(name: str):
    runs = runner(ages)
    result = await found(runs, problem(path=ROOT / name))
    assert result.end is SearchEnd.NOT_SEARCHABLE
    assert runs.requests == []


async def test_a_language_without_templates_is_not_searched():
    javascript = open_document("file:///a.js", 1, by_language_id("javascript"), b"a < b\n")
    result = await found(runner(ages), replace(problem(), document=javascript))
    assert result.end is SearchEnd.NOT_SEARCHABLE


async def test_at_most_the_asked_number_of_fixes_is_confirmed():
    def judge(text: bytes) -> dict[str, Outcome]:
        return ages(TEXT if text == TEXT else RIGHT)

    runs = runner(judge)
    result = await found(runs, budget=Budget(max_fixes=2))
    assert len(result.fixes) == 2
    assert len([r for r in runs.requests if r.overlays]) == 4


async def test_each_fix_is_announced_when_it_stands_in_the_order_of_the_result():
    announced: list[Fix] = []
    result = await search(
        problem(),
        runner(lambda text: ages(TEXT if text == TEXT else RIGHT)),
        FakeClock(),
        Budget(),
        announced.append,
    )
    assert tuple(announced) == result.fixes
    assert len(announced) == 3


def of_candidates(runs: FakeRunner) -> list[bytes]:
    """What was screened, without the file itself."""
    return [overlay.data for overlay in runs.screened if overlay.data != TEXT]


async def test_the_process_that_screens_runs_the_file_as_it_is_before_there_are_candidates():
    runs = runner(ages)
    await found(runs)
    assert [overlay.data for overlay in runs.screened].index(TEXT) == 0


async def test_a_file_whose_tests_hang_is_not_run_again_to_get_ready():
    def script(request: TestRequest) -> TestReport:
        right = bool(request.overlays) and request.overlays[-1].data == RIGHT
        return report(ages(RIGHT)) if right else report({}, RunStatus.TIMED_OUT)

    runs = FakeRunner(script)
    await found(runs, replace(problem(), report=report({}, RunStatus.TIMED_OUT)))
    assert runs.screened
    assert TEXT not in [overlay.data for overlay in runs.screened]


async def test_a_survivor_is_observed_and_confirmed_at_the_same_time():
    class Meeting(FakeRunner):
        confirming = asyncio.Event()
        observing = asyncio.Event()

        async def run(self, request: TestRequest) -> TestReport:
            if request.overlays:
                self.confirming.set()
                await self.observing.wait()
            return await super().run(request)

        async def observe(self, request: ObserveRequest) -> Observation:
            self.observing.set()
            await self.confirming.wait()
            return await super().observe(request)

    async with asyncio.timeout(60):
        assert texts(await found(Meeting(runner(ages).script))) == [RIGHT]


async def test_what_is_refuted_is_not_waited_for_until_it_is_confirmed():
    class Slow(FakeRunner):
        cancelled = 0

        async def run(self, request: TestRequest) -> TestReport:
            if not request.overlays or request.overlays[-1].data == TEXT:
                return await super().run(request)
            try:
                await asyncio.Event().wait()
                raise AssertionError
            finally:
                self.cancelled += 1

    def raises(request: ObserveRequest) -> Observation:
        right = Behaviour(Ending.RETURNED, "True", "True", "True")
        wrong = Behaviour(Ending.RAISED, exception="ZeroDivisionError")
        of_test = ObservedInput("f(1)", "f(1)", InputKind.CAPTURED, "", True, (right, right))
        beside = ObservedInput("f(0)", "f(0)", InputKind.MUTATED, "", True, (right, wrong))
        return Observation((of_test, beside))

    runs = Slow(runner(ages).script, behaviour=raises)
    async with asyncio.timeout(60):
        result = await found(runs)
    assert (result.fixes, result.end) == ((), SearchEnd.DOUBTED)
    assert runs.cancelled == 2


async def test_no_more_candidates_are_tried_than_the_budget_allows():
    runs = runner(lambda _: ages(TEXT))
    result = await found(runs, budget=Budget(max_candidates=5))
    assert result.candidates_tried == len(of_candidates(runs)) == 5


async def test_candidates_far_less_promising_than_one_that_passed_are_not_waited_for():
    some, none = runner(ages), runner(lambda _: ages(TEXT))
    assert (await found(some)).candidates_tried < (await found(none)).candidates_tried


async def test_screening_stops_when_its_time_is_over():
    runs = runner(lambda _: ages(TEXT))
    clock = FakeClock(step_s=1.0)
    result = await search(problem(), runs, clock, Budget(wall_s=10.0))
    assert result.end is SearchEnd.OUT_OF_TIME
    assert result.candidates_tried == len(of_candidates(runs)) <= 7


async def test_no_fix_is_confirmed_after_the_time_is_over():
    runs = runner(lambda text: ages(TEXT if text == TEXT else RIGHT))
    result = await search(problem(), runs, FakeClock(step_s=20.0), Budget(wall_s=10.0))
    assert result.fixes == ()
    assert result.end is SearchEnd.OUT_OF_TIME


async def test_the_scope_of_a_fix_is_the_function_it_edits():
    text = TEXT + b"\n\nlimit = 18\n"
    fixed = RIGHT + b"\n\nlimit = 18\n"

    def judge(candidate: bytes) -> dict[str, Outcome]:
        return ages(RIGHT if candidate == fixed else TEXT)

    result = await found(runner(judge), problem(text))
    scope = result.fixes[0].scope
    assert text[scope.start : scope.end] == TEXT.rstrip()


async def test_an_error_of_the_runner_while_screening_is_raised():
    class Breaking(FakeRunner):
        async def screen(
            self, request: TestRequest, candidates: Candidates
        ) -> AsyncIterator[TestReport]:
            yield self.script(request)
            raise RunnerError("python is gone")

    with pytest.raises(RunnerError, match="python is gone"):
        await found(Breaking(runner(ages).script))


async def test_a_report_without_covered_lines_waits_for_the_repeated_run():
    plain = replace(problem(), report=without_spectrum(report(ages(TEXT))))
    runs = runner(ages)
    assert texts(await found(runs, plain)) == [RIGHT]
    assert runs.requests[0].trace == (HERE,)


def without_spectrum(seen: TestReport) -> TestReport:
    return replace(seen, results=tuple(replace(r, covered=()) for r in seen.results))


class HangingRunner:
    """Hangs in one of its two methods and notes when it was cancelled there."""

    def __init__(self, *, in_screen: bool) -> None:
        self.in_screen = in_screen
        self.reached = asyncio.Event()
        self.cancelled = False

    async def run(self, request: TestRequest) -> TestReport:
        if not self.in_screen:
            await self._hang()
        return report(ages(TEXT))

    async def screen(
        self, request: TestRequest, candidates: Candidates
    ) -> AsyncIterator[TestReport]:
        await self._hang()
        yield report(ages(TEXT))

    async def observe(self, request: ObserveRequest) -> Observation:
        await self._hang()
        return Observation(())

    async def _hang(self) -> None:
        self.reached.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise


@pytest.mark.parametrize("in_screen", [False, True])
async def test_a_cancelled_search_cancels_the_run_it_waits_for(in_screen: bool):
    runs = HangingRunner(in_screen=in_screen)
    task = asyncio.create_task(found(runs))
    await runs.reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert runs.cancelled


async def test_all_that_runs_for_a_search_that_is_given_up_is_ended_at_the_same_time():
    """What judges a candidate ends together with what screens, or never."""
    together = asyncio.Barrier(4)
    lingering = asyncio.Semaphore(0)

    class Lingering(FakeRunner):
        async def linger(self) -> None:
            lingering.release()
            try:
                await asyncio.Event().wait()
            finally:
                await together.wait()

        async def run(self, request: TestRequest) -> TestReport:
            if request.overlays:
                await self.linger()
            return await super().run(request)

        async def screen(
            self, request: TestRequest, candidates: Candidates
        ) -> AsyncIterator[TestReport]:
            async for each in super().screen(request, candidates):
                yield each
                if each.green:
                    await self.linger()

        async def observe(self, request: ObserveRequest) -> Observation:
            await self.linger()
            return Observation(())

    slow = replace(problem(), report=replace(problem().report, elapsed_s=9.0))
    task = asyncio.create_task(found(Lingering(runner(ages).script), slow))
    for _ in range(together.parties):
        await lingering.acquire()
    task.cancel()
    assert (await asyncio.wait([task], timeout=60))[0] == {task}


@pytest.mark.parametrize(("elapsed_s", "goes_on"), [(0.1, False), (9.0, True)])
async def test_where_a_survivor_is_soon_judged_no_more_are_screened_meanwhile(
    elapsed_s: float, goes_on: bool
):
    """Whatever is not the text itself passes."""
    green = {EIGHTEEN: PASSED, SEVENTEEN: PASSED}
    screened: list[int] = []

    class Patient(FakeRunner):
        async def run(self, request: TestRequest) -> TestReport:
            if request.overlays:
                for _ in range(100):
                    await asyncio.sleep(0)
                screened.append(len(self.screened))
            return await super().run(request)

    plain = replace(problem().report, elapsed_s=elapsed_s)
    runs = Patient(runner(lambda text: ages(TEXT) if text == TEXT else green).script)
    await found(runs, replace(problem(), report=plain), Budget(max_candidates=4))
    assert (screened[0] > len(["the text itself", "the survivor"])) is goes_on


async def test_runs_that_confirm_end_with_the_first_red_test():
    runs = runner(ages)
    await found(runs)
    assert [r.up_to_red for r in runs.requests if r.overlays] == [True, True]


async def test_the_process_that_screens_starts_while_the_failure_is_reproduced():
    class Meeting(FakeRunner):
        begun = asyncio.Event()

        async def run(self, request: TestRequest) -> TestReport:
            await self.begun.wait()
            return await super().run(request)

        async def screen(
            self, request: TestRequest, candidates: Candidates
        ) -> AsyncIterator[TestReport]:
            self.begun.set()
            async for each in super().screen(request, candidates):
                yield each

    plain = replace(problem(), report=without_spectrum(report(ages(TEXT))))
    async with asyncio.timeout(60):
        assert texts(await found(Meeting(runner(ages).script), plain)) == [RIGHT]


async def test_once_a_fix_stands_the_search_goes_on_only_for_a_little_while():
    """Whatever is not the text itself passes, and each look at the clock takes a second."""
    green = {EIGHTEEN: PASSED, SEVENTEEN: PASSED}

    async def fixes(more_s: float) -> int:
        runs = runner(lambda text: ages(TEXT) if text == TEXT else green)
        budget = Budget(wall_s=1000.0, more_s=more_s)
        return len((await search(problem(), runs, FakeClock(step_s=1.0), budget)).fixes)

    assert (await fixes(more_s=0.0), await fixes(more_s=1000.0)) == (1, 3)
