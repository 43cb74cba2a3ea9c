"""The search for a rewrite that a language model writes.

Two stages, algorithms first and code second (LLM4EFFI, Ye et al., 2025), several times; then rounds in
which the model criticises the fastest that does the same beside a slower one and beside what did
something else, and writes again. Rounds and tokens are bounded, and a round without gain is the last.
What it writes is held to the same rules as an idiom, and proven on the same fresh pairs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lacuna_ls.optimization.candidates import Speedup, function_named
from lacuna_ls.optimization.drafts import drafted
from lacuna_ls.optimization.engine import (
    Faster,
    NothingFaster,
    Target,
    Verdict,
    Weighed,
    best_first,
    proven,
    weighed,
)
from lacuna_ls.optimization.pattern import text_of
from lacuna_ls.optimization.prompts import Attempt, Case, criticising, implementing, planning
from lacuna_ls.ports.code_timer import TimedRunner
from lacuna_ls.syntax.document import parse
from lacuna_ls.verification.asking import Asking
from lacuna_ls.verification.replies import Unusable

_TEMPERATURE = 0.8
_CRITICISING_TEMPERATURE = 0.2
_SHOWN_CALLS = 5
_SHOWN_LINES = 5
_LEAST_SHARE = 0.05
_MOST_WRONG = 2
_MOST_WORDS = 400


@dataclass(frozen=True, slots=True)
class ModelBudget:
    """`samples` plans are asked for at first, then there are at most `max_rounds` of critique."""

    samples: int = 3
    max_rounds: int = 2


async def search_with_model(
    target: Target,
    asking: Asking,
    runner: TimedRunner,
    known: Sequence[Speedup] = (),
    report: Callable[[str], None] = lambda _: None,
    budget: ModelBudget = ModelBudget(),
) -> Faster | NothingFaster:
    """The fastest of `known` rewrites and of those that the model writes, if one holds.

    Raises:
        RunnerError: no process could be started, or none that holds code that nobody has read.
        UntrustedFolderError: the request's root is not trusted.
    """
    search = _Search(target, asking, runner, report)
    return await search.run(known, budget)


class _Search:
    """What was tried so far."""

    def __init__(
        self, target: Target, asking: Asking, runner: TimedRunner, report: Callable[[str], None]
    ) -> None:
        self._target = target
        self._asking = asking
        self._runner = runner
        self._report = report
        self._found = Weighed(())
        self._seen: set[bytes] = {target.data}

    async def run(self, known: Sequence[Speedup], budget: ModelBudget) -> Faster | NothingFaster:
        # The original beside itself: where its time goes, and what its tests call it with.
        itself = Speedup(self._target.data + b"\n", (), 1.0)
        await self._weigh(known or (itself,))
        if self._found.reason:
            return NothingFaster(len(known), 0, self._found.reason)
        if not known:
            self._found = replace(self._found, verdicts=())
        await self._weigh(await self._written(budget.samples))
        for _ in range(budget.max_rounds):
            best = self._bound()
            await self._weigh(await self._criticised())
            if self._asking.is_over() or self._bound() <= best:
                break
        found = await proven(self._found, self._target, self._runner, self._report)
        if isinstance(found, NothingFaster) and self._asking.failed:
            return replace(found, reason=f"{found.reason}; {self._asking.failed}")
        return found

    async def _written(self, samples: int) -> list[Speedup]:
        """Both stages, so many times at once."""
        self._report(f"asking {self._asking.model_id}")
        asked = planning(self._case())
        plans = await self._asking.ask(asked, n=samples, temperature=_TEMPERATURE)
        replies: list[str] = []
        for plan in plans:
            question = implementing(asked, plan)
            replies += await self._asking.ask(question, n=1, temperature=_TEMPERATURE)
        return self._drafts(replies)

    async def _criticised(self) -> list[Speedup]:
        """What the model writes next, knowing what became of what it wrote."""
        equal = sorted(
            (each for each in self._found.verdicts if each.speedup is not None),
            key=lambda each: -each.speedup.middle if each.speedup is not None else 0.0,
        )
        wrong = [each for each in self._found.verdicts if each.difference][-_MOST_WRONG:]
        if not equal and not wrong:
            return []
        best = (
            self._attempt(equal[0])
            if equal
            else Attempt(self._code(self._target.data), "The original.")
        )
        other = self._attempt(equal[-1]) if len(equal) > 1 else None
        asked = criticising(self._case(), [self._attempt(each) for each in wrong], best, other)
        self._report(f"asking {self._asking.model_id} for more")
        said = await self._asking.ask(asked, n=1, temperature=_CRITICISING_TEMPERATURE)
        replies: list[str] = []
        for critique in said:
            question = implementing(asked, critique)
            replies += await self._asking.ask(question, n=1, temperature=_CRITICISING_TEMPERATURE)
        return self._drafts(replies)

    def _drafts(self, replies: Sequence[str]) -> list[Speedup]:
        found: list[Speedup] = []
        for reply in replies:
            data = drafted(reply, self._target.data, self._target.name, self._target.language)
            if not isinstance(data, Unusable) and data not in self._seen:
                self._seen.add(data)
                by = self._asking.model_id
                found.append(Speedup(data, ("a rewrite of the whole function",), 1.0, by))
        return found

    async def _weigh(self, rewrites: Sequence[Speedup]) -> None:
        if not rewrites:
            return
        ways = self._found.ways
        found = await weighed(rewrites, self._target, self._runner, self._report, ways)
        self._found = Weighed(
            (*self._found.verdicts, *found.verdicts),
            found.reason,
            self._found.ways or found.ways,
            self._found.lines or found.lines,
            self._found.calls or found.calls,
        )

    def _bound(self) -> float:
        """The lower end of the best speed-up so far."""
        best = best_first(self._found.verdicts)[:1]
        return max((each.speedup.low for each in best if each.speedup is not None), default=1.0)

    def _case(self) -> Case:
        found = self._found
        return Case(
            fence=self._target.language.name,
            name=self._target.name,
            code=self._code(self._target.data),
            inputs="\n".join(each[:_MOST_WORDS] for each in found.calls[:_SHOWN_CALLS]),
            profile=self._profile(),
        )

    def _profile(self) -> str:
        """The lines that cost most, on the largest input that was tried (Effi-Code's overhead profile)."""
        text = self._target.data.split(b"\n")
        return "\n".join(
            f"{each.share:.0%} of the time, {each.count} times: "
            f"{text[each.line].decode(errors='replace').strip()}"
            for each in self._found.lines[:_SHOWN_LINES]
            if each.share >= _LEAST_SHARE and 0 <= each.line < len(text)
        )

    def _code(self, data: bytes) -> str:
        root = parse(data, self._target.language).root_node
        function = function_named(root, self._target.name, self._target.language)
        return "" if function is None else text_of(function)

    def _attempt(self, verdict: Verdict) -> Attempt:
        if verdict.difference:
            return Attempt(self._code(verdict.rewrite.data), f"{verdict.difference[:_MOST_WORDS]}.")
        speedup = verdict.speedup
        words = (
            "It was not timed."
            if speedup is None
            else f"It takes {1 / speedup.middle:.2f} of the original's time."
        )
        return Attempt(self._code(verdict.rewrite.data), words)
