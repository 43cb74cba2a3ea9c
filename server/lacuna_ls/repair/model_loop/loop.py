"""The model loop: drafts from a language model, run, compared, refined, and confirmed.

Easy cases are only sampled and voted on, hard ones refined (MAgICoRe, Chen et al., 2024; there a
reward model tells them apart, here the tests do). Refinement explains first (Self-Debug, Chen et
al., 2023), then drafts both a local edit and the whole function (GLoRe, Havrilla et al., 2024),
grows a tree whose nodes are scored by execution and pruned (CodeTree, Li et al., 2025), and carries
the best drafts forward with what became of each test. A draft whose syntax tree was seen before is
refused, and the function is written anew without the old code in sight (CYCLE, Ding et al., 2024).
Rounds and tokens are bounded, and what brings nothing ends early (ReflexiCoder, 2026).

A draft is code that nobody wrote on purpose: it runs only where candidates run, after the same
checks, and becomes a fix only if the same attempts to refute it fail and the same two fresh runs
confirm it. What refutes it is told to the model.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from lacuna_ls.domain.test_result import TestReport
from lacuna_ls.ports.clock import Clock
from lacuna_ls.ports.code_runner import CodeRunner
from lacuna_ls.ports.language_model import LanguageModel, Message
from lacuna_ls.repair.engine import searchable
from lacuna_ls.repair.fix import Fix, Problem
from lacuna_ls.repair.localize import FunctionLines, suspicious_lines
from lacuna_ls.repair.model_loop.briefing import Read, briefing
from lacuna_ls.repair.model_loop.drafts import Draft, Place, Shape, drafted
from lacuna_ls.repair.model_loop.language import drafting_of
from lacuna_ls.repair.model_loop.prompts import (
    Attempt,
    Case,
    Strategy,
    explaining,
    mending,
    restarting,
    sampling,
)
from lacuna_ls.repair.model_loop.standing import standing
from lacuna_ls.repair.model_loop.target import (
    functions,
    header,
    most_suspicious,
    shown,
    surroundings,
)
from lacuna_ls.repair.model_loop.tree import Node, Tree
from lacuna_ls.repair.model_loop.trying import Trying
from lacuna_ls.repair.proposers.template import templates_of
from lacuna_ls.test_runs.facts import recording
from lacuna_ls.verification.asking import Asking
from lacuna_ls.verification.replies import Unusable, read_reply

_SAMPLING_TEMPERATURE = 0.8
_REFINING_TEMPERATURE = 0.2
_RESTARTING_TEMPERATURE = 1.0
_SURROUNDINGS_BYTES = 6_000
_ROUNDS_WITHOUT_GAIN = 2


@dataclass(frozen=True, slots=True)
class LoopBudget:
    """Bounds on one loop.

    `samples` drafts are asked for at first. Then come at most `max_rounds` refinements of the
    `beam` best. `max_tokens` bounds what is sent and received together, `reply_tokens` one reply.
    """

    wall_s: float = 60.0
    samples: int = 4
    max_rounds: int = 4
    beam: int = 2
    max_tokens: int = 48_000
    reply_tokens: int = 2_000
    max_fixes: int = 3


class LoopEnd(StrEnum):
    """Why a loop stopped."""

    FOUND = "found"
    NOTHING_LEFT = "nothing_left"
    NO_GAIN = "no_gain"
    OVER_BUDGET = "over_budget"
    MODEL_FAILED = "model_failed"
    FLAKY = "flaky"
    NOT_SEARCHABLE = "not_searchable"


@dataclass(frozen=True, slots=True)
class LoopResult:
    """Confirmed fixes, best first, and what it took.

    `reason` is the model's own sentence where it could not answer. `refused` counts replies of
    which nothing was run, by the reason.
    """

    fixes: tuple[Fix, ...]
    drafts_tried: int
    calls: int
    tokens: int
    elapsed_s: float
    end: LoopEnd
    reason: str = ""
    refused: tuple[tuple[Unusable, int], ...] = ()


async def refine_with_model(
    problem: Problem,
    model: LanguageModel,
    runner: CodeRunner,
    clock: Clock,
    read: Read,
    budget: LoopBudget,
    confirmed: Callable[[Fix], None] = lambda _: None,
) -> LoopResult:
    """Fixes that the model drafts for the most suspicious function of the problem's document.

    `read` gives the files that may be shown to the model. `runner` must hold code that nobody has
    looked at; it can be cancelled wherever it awaits.

    Raises:
        RunnerError: no process could be started, or none that holds such code.
        UntrustedFolderError: the request's root is not trusted.
    """
    started_s = clock.monotonic_s()
    asking = Asking(model, clock, started_s + budget.wall_s, budget.max_tokens, budget.reply_tokens)
    trying = Trying(problem, runner, lambda: asking.model_id, budget.max_fixes, confirmed)
    loop = _Loop(problem, runner, asking, budget, trying)
    end = await loop.run(read)
    if asking.failed and not trying.fixes:
        end = LoopEnd.MODEL_FAILED
    return LoopResult(
        tuple(trying.fixes),
        trying.tried,
        asking.calls,
        asking.spent_tokens,
        clock.monotonic_s() - started_s,
        end,
        asking.failed if not trying.fixes else "",
        tuple(loop.refused.items()),
    )


@dataclass(frozen=True, slots=True)
class _Setting:
    """What all questions of one loop are about. `observed` is the failure with its values."""

    place: Place
    case: Case
    observed: TestReport


class _Loop:
    """The state of one loop: what was seen and refused. `trying` has what was tried and confirmed."""

    def __init__(
        self,
        problem: Problem,
        runner: CodeRunner,
        asking: Asking,
        budget: LoopBudget,
        trying: Trying,
    ) -> None:
        self._problem = problem
        self._runner = runner
        self._asking = asking
        self._budget = budget
        self._trying = trying
        self._seen: set[Shape] = set()
        self.refused: Counter[Unusable] = Counter()

    async def run(self, read: Read) -> LoopEnd:
        if not searchable(self._problem):
            return LoopEnd.NOT_SEARCHABLE
        traced = await self._runner.run(replace(self._problem.request, trace=(self._problem.path,)))
        if traced.status is not self._problem.report.status or {
            r.test_id for r in traced.failures
        } != {r.test_id for r in self._problem.report.failures}:
            return LoopEnd.FLAKY
        setting = await self._setting(traced, read)
        if setting is None:
            return LoopEnd.NOT_SEARCHABLE
        root = Node(
            Attempt(setting.case.code, ""),
            self._problem.document.data,
            standing(traced, traced),
            Strategy.SAMPLE,
        )
        tree = Tree(root, self._budget.beam)
        await self._sample(setting, tree)
        if self._trying.fixes:
            return LoopEnd.FOUND
        return await self._refine(setting, tree)

    async def _setting(self, traced: TestReport, read: Read) -> _Setting | None:
        problem = self._problem
        document = problem.document
        templates, drafting = templates_of(document.language), drafting_of(document.language)
        if templates is None or drafting is None or document.tree is None:
            return None
        found = functions(document, templates)
        lines = [FunctionLines(each.name, each.first_line, each.last_line) for each in found]
        suspicion = suspicious_lines(traced, problem.path, lines, len(document.source.line_starts))
        target = most_suspicious(found, suspicion, document)
        if target is None:
            return None
        observed = await self._observed(traced)
        case = Case(
            fence=document.language.name if document.language is not None else "",
            file_name=problem.path.name,
            surroundings=surroundings(document, target, drafting, _SURROUNDINGS_BYTES),
            signature=header(document, target, drafting),
            code=shown(document, target, drafting),
            briefing=briefing(observed, document, problem.path, target, read),
        )
        return _Setting(Place(document, target, templates, drafting), case, observed)

    async def _observed(self, traced: TestReport) -> TestReport:
        """The failing tests once more, with the values that they saw."""
        asked = recording(self._problem.request, traced, (self._problem.path,))
        if asked is None:
            return traced
        report = await self._runner.run(asked)
        return report if report.failures else traced

    async def _sample(self, setting: _Setting, tree: Tree) -> None:
        """Several drafts at once; those that say the same vote for each other."""
        replies = await self._asking.ask(
            sampling(setting.case), n=self._budget.samples, temperature=_SAMPLING_TEMPERATURE
        )
        votes: Counter[Shape] = Counter()
        first: dict[Shape, Draft] = {}
        for reply in replies:
            draft = self._read(reply, setting, setting.case.code)
            if isinstance(draft, Draft):
                votes[draft.shape] += 1
                first.setdefault(draft.shape, draft)
        drafts = sorted(first.values(), key=lambda d: (-votes[d.shape], _size(d)))
        self._seen.update(votes)
        left = await self._trying.unconfirmed(drafts, setting.place.target)
        for draft in () if self._trying.fixes else left:
            tree.add(await self._trying.node(draft, Strategy.SAMPLE))

    async def _refine(self, setting: _Setting, tree: Tree) -> LoopEnd:
        if self._asking.is_over():
            return LoopEnd.OVER_BUDGET
        without_gain = 0
        for _ in range(self._budget.max_rounds):
            node = tree.next_to_refine()
            if node is None:
                return LoopEnd.NOTHING_LEFT
            best = tree.best_standing
            await self._round(node, setting, tree)
            if self._trying.fixes:
                return LoopEnd.FOUND
            if self._asking.is_over():
                return LoopEnd.OVER_BUDGET
            without_gain = 0 if tree.best_standing > best else without_gain + 1
            if without_gain >= _ROUNDS_WITHOUT_GAIN:
                return LoopEnd.NO_GAIN
        return LoopEnd.OVER_BUDGET

    async def _round(self, node: Node, setting: _Setting, tree: Tree) -> None:
        """One node: an explanation, and a draft of each kind that follows from it."""
        values = await self._trying.values(node, setting.place.target, setting.observed)
        asked = explaining(setting.case, node.attempt, tree.others(node), values)
        explanations = await self._asking.ask(asked, n=1, temperature=_REFINING_TEMPERATURE)
        if not explanations:
            return
        for strategy in (Strategy.LOCAL, Strategy.GLOBAL):
            question = mending(asked, explanations[0], strategy)
            draft = await self._one(question, setting, node.attempt.code)
            if self._is_resubmission(draft):
                await self._restart(setting, tree)
            elif isinstance(draft, Draft):
                await self._try(draft, strategy, node, setting, tree)
            if self._trying.fixes:
                return

    def _is_resubmission(self, draft: Draft | Unusable | None) -> bool:
        """Whether it is the old code again, or a draft that was tried."""
        if isinstance(draft, Draft) and draft.shape in self._seen:
            self.refused[Unusable.SEEN] += 1
            return True
        return draft is Unusable.UNCHANGED

    async def _restart(self, setting: _Setting, tree: Tree) -> None:
        question = restarting(setting.case)
        draft = await self._one(question, setting, setting.case.code, _RESTARTING_TEMPERATURE)
        if isinstance(draft, Draft) and not self._is_resubmission(draft):
            await self._try(draft, Strategy.RESTART, None, setting, tree)

    async def _one(
        self,
        question: tuple[Message, ...],
        setting: _Setting,
        base: str,
        temperature: float = _REFINING_TEMPERATURE,
    ) -> Draft | Unusable | None:
        """The draft of one reply; `None` if there is no reply."""
        replies = await self._asking.ask(question, n=1, temperature=temperature)
        return self._read(replies[0], setting, base) if replies else None

    async def _try(
        self, draft: Draft, strategy: Strategy, parent: Node | None, setting: _Setting, tree: Tree
    ) -> None:
        self._seen.add(draft.shape)
        for unconfirmed in await self._trying.unconfirmed((draft,), setting.place.target):
            tree.add(await self._trying.node(unconfirmed, strategy), parent)

    def _read(self, reply: str, setting: _Setting, base: str) -> Draft | Unusable:
        read = read_reply(reply, setting.place.drafting.fences)
        draft = read if isinstance(read, Unusable) else drafted(read, setting.place, base)
        if isinstance(draft, Unusable):
            self.refused[draft] += 1
        return draft


def _size(draft: Draft) -> int:
    """How much a draft changes, in bytes."""
    return sum(max(len(edit.span), len(edit.new)) for edit in draft.candidate.edits)


def refused_in_words(refused: Iterable[tuple[Unusable, int]]) -> str:
    """What was wrong with replies of which nothing was run, for a log."""
    return ", ".join(f"{count} times {why}" for why, count in refused) or "no reply refused"
