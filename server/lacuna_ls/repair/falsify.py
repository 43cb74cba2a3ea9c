"""Attempts to refute a candidate that passes the tests, before anybody is shown it.

Passing is weak evidence: a third of the patches that pass a suite fail on inputs beside it (Smith et
al., "Is the cure worse than the disease?", 2015; Qi et al., "An analysis of patch plausibility",
2015). So a candidate is run, beside the original, on what the tests call its function with and on
more inputs like that (`CodeRunner.observe`). It is dropped

- if it fails on such an input by an exception or without an end, or gives `None`, where neither the
  original nor any test does;
- if it breaks an example of the documentation that the original keeps;
- if what the tests check could have been met by chance: results of b bits let one in 2^b
  candidates through that are not right, so the n-th candidate that was tried needs more than
  log2(n) bits. A result that the candidate spells out counts nothing.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from lacuna_ls.domain.observation import (
    Behaviour,
    Ending,
    InputKind,
    Observation,
    ObservedInput,
)
from lacuna_ls.domain.text import Span, decode
from lacuna_ls.ports.code_runner import OBSERVING_SEED, CodeRunner, ObserveRequest
from lacuna_ls.repair.fix import Problem
from lacuna_ls.repair.proposers.template import templates_of
from lacuna_ls.repair.screening import Trial
from lacuna_ls.verification.callables import callable_at
from lacuna_ls.verification.equivalence import in_words, same

_ORIGINAL = 0
_FIRST = 1
_MAX_INPUTS = 48
_MAX_MUTATED = 28
_MAX_WALL_S = 2.0
_NUMBER = re.compile(r"-?\d+")
_ONE_OF_FEW = ("True", "False", "None", "0", "1", "-1", "''", '""', "[]", "()", "{}", "set()")
_QUOTES = "'\""
_BITS_OF_A_CHARACTER = 2.0
_BITS_OF_A_CHANGE = 6.0
_MAX_BITS = 40.0


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a candidate that passes is not shown, as the end of a sentence."""

    reason: str


class Falsifier:
    """Of the candidates for one problem. `doubts` are those about the ones that were refuted."""

    def __init__(self, problem: Problem, runner: CodeRunner) -> None:
        self._problem = problem
        self._runner = runner
        self._seen: dict[Span, list[Behaviour]] = {}
        self.doubts: list[Doubt] = []

    async def refutes(self, trial: Trial, place: int) -> bool:
        """Whether the `place`-th candidate that was tried is not to be shown.

        No time is spent on one that comes too late for what the tests check.
        """
        scope = trial.proposal.scope
        inserted = "\n".join(decode(edit.new) for edit in trial.proposal.candidate.edits)
        # Who passes the same tests gives the same results in them.
        if scope in self._seen and _may_be_chance(self._seen[scope], place, inserted):
            found: Doubt | None = CHANCE_HIT
        else:
            texts = [trial.overlay.data]
            observation = await observed(self._problem, scope, texts, self._runner)
            seen = captured(observation)
            if seen:
                self._seen[scope] = [each.behaviours[_FIRST] for each in seen]
            found = doubt(observation, place, inserted)
        if found is not None:
            self.doubts.append(found)
        return found is not None


CHANCE_HIT = Doubt("the tests check too little to tell it from a chance hit")


async def observed(
    problem: Problem, scope: Span, candidates: Sequence[bytes], runner: CodeRunner
) -> Observation:
    """What the original and then each candidate do; all edit the function around `scope`.

    The tests run with the first candidate in place, for with the original they would end at the
    first failure. Nothing is seen of code outside of functions.
    """
    tree, templates = problem.document.tree, templates_of(problem.document.language)
    if tree is None or templates is None:
        return Observation(())
    function = callable_at(tree.root_node, scope, templates.function_types)
    if function is None:
        return Observation(())
    # Candidates are confirmed meanwhile, by processes with other seeds.
    tests = replace(problem.request, trace=(), facts=(), hash_seed=OBSERVING_SEED)
    request = ObserveRequest(
        tests,
        problem.path,
        function.name,
        (problem.document.data, *candidates),
        base=_FIRST,
        inputs=_MAX_INPUTS,
        mutated=_MAX_MUTATED,
        wall_s=_MAX_WALL_S,
    )
    return await runner.observe(request)


def doubt(observation: Observation, place: int, inserted: str = "") -> Doubt | None:
    """What speaks against the first variant, which was the `place`-th candidate that was tried.

    `inserted` is the text that it brought in. `None` if nothing does.
    """
    variant = _FIRST
    seen = captured(observation)
    if not seen:
        return None
    for each in _spoilt(observation.inputs, seen, variant):
        return Doubt(f"{each.call} {in_words(each.behaviours[variant])}")
    for each in _examples_broken(observation.inputs, variant):
        return Doubt(f"{each.call} {in_words(each.behaviours[variant])}, documented otherwise")
    results = [each.behaviours[variant] for each in seen]
    return CHANCE_HIT if _may_be_chance(results, place, inserted) else None


def captured(observation: Observation) -> list[ObservedInput]:
    """What the tests call the function with."""
    return [each for each in observation.inputs if each.kind is InputKind.CAPTURED]


def _may_be_chance(results: Iterable[Behaviour], place: int, inserted: str) -> bool:
    """Whether the `place`-th candidate may have met these by chance."""
    return information_bits(results, inserted) <= math.log2(max(place, 1))


def information_bits(behaviours: Iterable[Behaviour], inserted: str = "") -> float:
    """How much is checked where these are what tests expect: by the length of the results.

    A result that stands in the `inserted` text was told to whoever wrote that.
    """
    return sum(_bits(behaviour, inserted) for behaviour in behaviours)


def _bits(behaviour: Behaviour, inserted: str) -> float:
    effects = behaviour.arguments_changed or behaviour.printed
    return (_BITS_OF_A_CHANGE if effects else 0.0) + _bits_of(behaviour.shown, inserted)


def _bits_of(shown: str, inserted: str) -> float:
    if not shown or shown in _ONE_OF_FEW:
        return 1.0
    if re.search(rf"(?<!\w){re.escape(shown.strip(_QUOTES))}(?!\w)", inserted):
        return 0.0
    if _NUMBER.fullmatch(shown) and len(shown) < _MAX_BITS:
        return 1 + math.log2(abs(int(shown)) + 1)
    return min(_MAX_BITS, _BITS_OF_A_CHARACTER * len(shown))


def _spoilt(
    inputs: Iterable[ObservedInput], seen: Sequence[ObservedInput], variant: int
) -> Iterable[ObservedInput]:
    """Inputs like those of the tests on which the candidate goes wrong as it never does there."""
    endings = {(b.ending, b.exception) for b in (each.behaviours[variant] for each in seen)}
    nothing = any(_gives_nothing(each.behaviours[variant]) for each in seen)
    for each in inputs:
        before, after = each.behaviours[_ORIGINAL], each.behaviours[variant]
        if each.kind is not InputKind.MUTATED or not each.steady:
            continue
        if after.ending in (Ending.RETURNED, Ending.NOT_RUN):
            if _gives_nothing(after) and not nothing and not _gives_nothing(before):
                yield each
        elif (after.ending, after.exception) not in (*endings, (before.ending, before.exception)):
            yield each


def _gives_nothing(behaviour: Behaviour) -> bool:
    return behaviour.ending is Ending.RETURNED and behaviour.shown == "None"


def _examples_broken(inputs: Iterable[ObservedInput], variant: int) -> Iterable[ObservedInput]:
    for each in inputs:
        if not each.expected or not each.steady:
            continue
        before, after = each.behaviours[_ORIGINAL], each.behaviours[variant]
        kept = before.ending is Ending.RETURNED and before.loose_value == each.expected
        if kept and same(before, after, strict=False) is False:
            yield each
