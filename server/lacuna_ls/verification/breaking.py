"""The attempt to break a function: to find an input on which it is wrong, and a test that says so.

Inputs are those of its tests and more like them (`CodeRunner.observe`); what it is held to is in
`claims`. A counterexample is made smaller as long as it still is one, and is worth something only
when the test that is made of it has been seen to fail for the reason that it gives.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lacuna_ls.domain.observation import Observation
from lacuna_ls.domain.text import decode
from lacuna_ls.ports.clock import Clock
from lacuna_ls.ports.code_runner import CodeRunner, ObserveRequest, Overlay, TestRequest
from lacuna_ls.syntax.document import Document
from lacuna_ls.verification.callables import Callable
from lacuna_ls.verification.claims import Counterexample, Subject, counterexamples
from lacuna_ls.verification.failing_test import FailingTest, failing_test
from lacuna_ls.verification.shrink import smaller

_MAX_INPUTS = 300
_MAX_MUTATED = 160
_MAX_GENERATED = 100
_MAX_SMALLER = 60
_MAX_ROUNDS = 6
_CALLS_S = 4.0
_TEST_S = 10.0
# Names of which each undoes the other, in either direction.
_PAIRS = (
    ("encode", "decode"), ("dump", "load"), ("dumps", "loads"), ("serialize", "deserialize"),
    ("compress", "decompress"), ("encrypt", "decrypt"), ("escape", "unescape"),
    ("quote", "unquote"), ("pack", "unpack"), ("format", "parse"), ("render", "parse"),
    ("to", "from"), ("join", "split"), ("flatten", "unflatten"), ("marshal", "unmarshal"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be broken, and where a test of it would stand.

    `request` runs the tests of the file at `path`, whose text `document` is; `before` is its text at
    `HEAD`, where there is one. `test_text` is what the file at `test_path` holds.
    """

    document: Document
    path: Path
    function: Callable
    request: TestRequest
    test_path: Path
    test_text: bytes
    before: bytes | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A counterexample, and the test that was seen to fail because of it."""

    counterexample: Counterexample
    test: FailingTest
    inputs_tried: int
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class Unbroken:
    """Nothing was found; `reason` says why nothing could be tried, if so."""

    inputs_tried: int
    elapsed_s: float
    reason: str = ""


async def try_to_break(
    target: Target, runner: CodeRunner, clock: Clock, wall_s: float
) -> Broken | Unbroken:
    """Look for an input on which the function is wrong, for about `wall_s`.

    Raises:
        RunnerError: no process could be started.
        UntrustedFolderError: the request's root is not trusted.
    """
    started_s = clock.monotonic_s()
    subject = _subject(target)
    observation = await runner.observe(_question(target, subject))
    tried = len(observation.inputs)

    def spent_s() -> float:
        return clock.monotonic_s() - started_s

    for found in counterexamples(observation, subject):
        least, more = await _shrunk(found, target, subject, runner)
        tried += more
        # A smaller one may fail for another reason when it stands alone.
        for each in dict.fromkeys((least, found)):
            test = await _seen_to_fail(each, target, runner)
            if test is not None:
                return Broken(each, test, tried, spent_s())
        if spent_s() > wall_s:
            break
    return Unbroken(tried, spent_s(), _why_nothing(observation, target))


def in_words(name: str, result: Broken | Unbroken) -> str:
    """The result as one sentence."""
    if isinstance(result, Broken):
        found = result.counterexample
        return f"{found.call} {found.says} (found in {_effort(result)})"
    if result.reason:
        return f"could not try to break {name}: {result.reason}"
    return f"could not break {name} in {_effort(result)}"


def _effort(result: Broken | Unbroken) -> str:
    return f"{result.elapsed_s:.1f} s, {result.inputs_tried} inputs"


def _why_nothing(observation: Observation, target: Target) -> str:
    if not observation.inputs:
        return observation.detail
    if not any(each.code for each in observation.inputs):
        return "it is called with objects that a test cannot spell out"
    return ""


def _question(
    target: Target, subject: Subject, probes: Sequence[str] = (), base: int = 0
) -> ObserveRequest:
    before = () if target.before is None else (target.before,)
    return ObserveRequest(
        target.request,
        target.path,
        target.function.name,
        (target.document.data, *before),
        base=base,
        inputs=_MAX_INPUTS,
        mutated=_MAX_MUTATED,
        generated=_MAX_GENERATED,
        probes=tuple(probes),
        then=subject.then,
        wall_s=_CALLS_S,
    )


async def _shrunk(
    found: Counterexample, target: Target, subject: Subject, runner: CodeRunner
) -> tuple[Counterexample, int]:
    """The smallest that was found to break the same rule, and how many inputs that took."""
    tried = 0
    for _ in range(_MAX_ROUNDS):
        probes = smaller(found.call, _MAX_SMALLER)
        if not probes:
            break
        observation = await runner.observe(_question(target, subject, probes))
        tried += len(probes)
        less = [
            each
            for each in counterexamples(observation, subject)
            if each.rule == found.rule and _size(each.call) < _size(found.call)
        ]
        if not less:
            break
        found = less[0]
    return found, tried


def _size(call: str) -> tuple[int, str]:
    return len(call), call


async def _seen_to_fail(
    counterexample: Counterexample, target: Target, runner: CodeRunner
) -> FailingTest | None:
    """The test, if it is red when it is run, and for its own reason."""
    root = target.request.root
    test = failing_test(
        target.test_text, target.function.name, target.path.relative_to(root), counterexample
    )
    if test is None:
        return None
    text = target.test_text + test.edit.new
    test_id = f"{target.test_path.relative_to(root).as_posix()}::{test.name}"
    limits = target.request.limits
    request = replace(
        target.request,
        targets=(test_id,),
        doctests=(),
        limits=replace(limits, wall_s=min(limits.wall_s, _TEST_S)),
        overlays=(*target.request.overlays, Overlay(target.test_path, text)),
    )
    report = await runner.run(request)
    failures = [result.failure for result in report.failures if result.failure is not None]
    fits = any(failure.exception == counterexample.exception for failure in failures)
    return test if fits else None


def _subject(target: Target) -> Subject:
    node, name = target.function.node, target.function.name
    returns = node.child_by_field_name("return_type")
    return Subject(
        name=name,
        source=decode(node.text or b""),
        returns=decode(returns.text or b"") if returns is not None else "",
        then=_undoing(name, target.document) or name,
        has_before=target.before is not None,
    )


def _undoing(name: str, document: Document) -> str:
    """A function of the same file that undoes this one, by its name; empty if there is none."""
    words = name.split("_")
    for pair in _PAIRS:
        for one, other in (pair, pair[::-1]):
            for index, word in enumerate(words):
                if word != one:
                    continue
                undoing = "_".join([*words[:index], other, *words[index + 1 :]])
                if f"def {undoing}(" in decode(document.data):
                    return undoing
    return ""
