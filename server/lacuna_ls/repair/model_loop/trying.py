"""Drafts in the hands of the tests: screened, refuted, confirmed, or compared with the original.

What passes is treated as any candidate is (`repair.engine`, `repair.falsify`). What does not is run
once more, with all tests, so that more can be learnt of it.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace

from lacuna_ls.domain.test_result import TestReport
from lacuna_ls.domain.text import Source, decode
from lacuna_ls.ports.code_runner import CodeRunner, Overlay
from lacuna_ls.repair.engine import confirm, screening_request
from lacuna_ls.repair.falsify import doubt, observed
from lacuna_ls.repair.fix import Fix, Problem
from lacuna_ls.repair.model_loop.briefing import values_text
from lacuna_ls.repair.model_loop.drafts import Draft, Shape
from lacuna_ls.repair.model_loop.prompts import Attempt, Strategy
from lacuna_ls.repair.model_loop.standing import in_words, standing
from lacuna_ls.repair.model_loop.target import Target
from lacuna_ls.repair.model_loop.tree import Node
from lacuna_ls.test_runs.facts import recording

_RUN_S = 2.0
_MOST_NAME = 40


class Trying:
    """`fixes` are those that stand so far, `tried` counts the drafts that were run.

    `model_id` names who writes the drafts, `confirmed` is told of each fix at once.
    """

    def __init__(
        self,
        problem: Problem,
        runner: CodeRunner,
        model_id: Callable[[], str],
        max_fixes: int,
        confirmed: Callable[[Fix], None],
    ) -> None:
        self._problem = problem
        self._runner = runner
        self._model_id = model_id
        self._max_fixes = max_fixes
        self._confirmed = confirmed
        self._doubts: dict[Shape, str] = {}
        self.fixes: list[Fix] = []
        self.tried = 0

    async def unconfirmed(self, drafts: Sequence[Draft], target: Target) -> list[Draft]:
        """Screen all, confirm what passes; the others, of which more is to be learnt."""
        if not drafts:
            return []
        overlays = [self._overlay(draft) for draft in drafts]
        passed = await self._screened(overlays)
        self.tried += len(passed)
        left: list[Draft] = []
        for draft, green in zip(drafts, passed, strict=False):
            if not green or not await self._is_fix(draft, target):
                left.append(draft)
            if len(self.fixes) >= self._max_fixes:
                break
        return left

    async def node(self, draft: Draft, strategy: Strategy) -> Node:
        """Run all tests on a draft that did not pass, to see how it stands."""
        before = self._problem.report
        limits = replace(self._problem.request.limits, wall_s=self._run_s())
        overlays = (*self._problem.request.overlays, self._overlay(draft))
        after = await self._runner.run(
            replace(self._problem.request, overlays=overlays, limits=limits)
        )
        results = in_words(before, after)
        if draft.shape in self._doubts:
            results += f"\n- it passes the tests, but {self._doubts[draft.shape]}"
        attempt = Attempt(draft.code, results)
        return Node(attempt, draft.data, standing(before, after), strategy)

    async def values(self, node: Node, target: Target, original: TestReport) -> str:
        """What the failing tests saw of a draft, or of the original, which gave `original`."""
        report = original
        if node.data != self._problem.document.data:
            own = Overlay(self._problem.path, node.data)
            overlays = (*self._problem.request.overlays, own)
            request = replace(self._problem.request, overlays=overlays)
            asked = recording(request, self._problem.report, (self._problem.path,))
            if asked is None:
                return ""
            report = await self._runner.run(asked)
        return values_text(report, self._problem.path, target, Source.of(node.data))

    async def _screened(self, overlays: Sequence[Overlay]) -> list[bool]:
        """Which pass the failing tests. Drafts are few and dear: each has time enough."""
        request = screening_request(self._problem)
        wall_s = max(request.limits.wall_s, self._run_s())
        request = replace(request, limits=replace(request.limits, wall_s=wall_s))
        reports = self._runner.screen(request, overlays)
        try:
            return [report.green async for report in reports]
        finally:
            if isinstance(reports, AsyncGenerator):
                await reports.aclose()

    async def _is_fix(self, draft: Draft, target: Target) -> bool:
        """Try to refute what passes, then confirm it."""
        texts = [draft.data]
        observation = await observed(self._problem, target.span, texts, self._runner)
        inserted = "\n".join(decode(edit.new) for edit in draft.candidate.edits)
        found = doubt(observation, self.tried, inserted)
        if found is not None:
            self._doubts[draft.shape] = found.reason
            return False
        evidence = await confirm(self._problem, self._overlay(draft), self._runner)
        if evidence is None:
            return False
        written_by = _plain(self._model_id())
        fix = Fix(draft.candidate, replace(evidence, written_by=written_by), target.span)
        self.fixes.append(fix)
        self._confirmed(fix)
        return True

    def _run_s(self) -> float:
        """How long the tests may run on a draft."""
        wall_s = self._problem.request.limits.wall_s
        return min(wall_s, _RUN_S + 3 * self._problem.report.elapsed_s)

    def _overlay(self, draft: Draft) -> Overlay:
        return Overlay(self._problem.path, draft.data)


def _plain(model_id: str) -> str:
    """A model's name as it may stand in a title: servers give paths of files, and worse."""
    name = model_id.replace("\\", "/").rstrip("/").rpartition("/")[2]
    kept = "".join(c for c in name if c.isalnum() or c in "-_.:+@ ").strip()
    return kept[:_MOST_NAME] or "a model"
