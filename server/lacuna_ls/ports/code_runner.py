"""The port through which tests run, in the user's interpreter and never in this process."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from lacuna_ls.domain.observation import Observation
from lacuna_ls.domain.test_result import TestReport


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one run; `wall_s` and `cpu_s` end it, `output_bytes` caps what is kept.

    With a `niceness`, as of `nice`, others go first.
    """

    wall_s: float = 60.0
    cpu_s: float = 60.0
    memory_bytes: int = 4 << 30
    processes: int = 512
    output_bytes: int = 256 << 10
    niceness: int = 0


@dataclass(frozen=True, slots=True)
class Overlay:
    """Contents that a run sees in place of a file; the file on disk is not touched."""

    path: Path
    data: bytes


@dataclass(frozen=True, slots=True)
class TestRequest:
    """Which tests to run, where, and how.

    `targets` are paths or pytest node ids relative to `root`. `trace` names files whose executed
    lines are recorded for each test, `facts` those of which it is recorded what a failing test did
    there, values included. The doctests of targets that are also in `doctests` run too,
    as if pytest had been given `--doctest-modules` for these alone. `hash_seed` fixes the interpreter's randomised hashing where it
    has one (`PYTHONHASHSEED`); `None` leaves it as the user's terminal would. With `backwards` the
    tests run in the reverse of their order, those of one class or file still together. Where `only`
    names tests by their ids, the others of the targets are left out. With `contexts` the report says what
    code each test executes, which is right only if all targets are of one file. With `up_to_red` the
    run ends with the first red test; its report then lacks those that would have followed.
    """

    root: Path
    interpreter: Path
    targets: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    trace: tuple[Path, ...] = ()
    limits: Limits = Limits()
    hash_seed: int | None = None
    doctests: tuple[str, ...] = ()
    facts: tuple[Path, ...] = ()
    only: tuple[str, ...] = ()
    contexts: bool = False
    backwards: bool = False
    up_to_red: bool = False


TestRequest.__test__ = False  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class ObserveRequest:
    """Which variants of a function to observe, and on what inputs.

    `tests` are run once, with the text `variants[base]` in the place of the file at `path`, to see
    with what the function is called. `function` is its qualified name in the module (`f`, `C.m`).
    The first variant is the original. At most `inputs` are tried, of which up to `mutated` are made
    from those of the tests and up to `generated` from annotations, where there are any and Hypothesis
    is at hand; `seed` is for making them. `probes` are calls as code, with literals for arguments: those
    are tried that keep to what the tests show. What a call returns is given to the function `then` of
    the same module, where one is named. The original has `call_s` of processor time
    for a call, the others twice that, all calls together `wall_s`; `tests.limits` bound the whole.
    """

    tests: TestRequest
    path: Path
    function: str
    variants: tuple[bytes, ...]
    base: int = 0
    inputs: int = 64
    mutated: int = 40
    generated: int = 0
    probes: tuple[str, ...] = ()
    then: str = ""
    seed: int = 1
    call_s: float = 0.1
    wall_s: float = 2.0


# The hash seeds of the runs that confirm what was screened; the second one runs the tests backwards.
CONFIRMING_SEEDS = (1, 2)
# Of the run in which it is observed meanwhile.
OBSERVING_SEED = 3

# Those that are still being made are asked for while the process that screens them starts, and while
# it screens those before them: a few more than have been reported on.
Candidates = Sequence[Overlay] | AsyncIterator[Overlay]


class CodeRunner(Protocol):
    """Cancelling the awaiting task kills the whole process group before it returns.

    All methods raise `RunnerError` if no process could be started, and `UntrustedFolderError`
    if `root` is not trusted.
    """

    async def run(self, request: TestRequest) -> TestReport:
        """One fresh process; the verdict is the one the user's terminal would give."""
        ...

    def screen(self, request: TestRequest, candidates: Candidates) -> AsyncIterator[TestReport]:
        """Run the targets once per candidate, stopping at the first red test.

        Reports come in the order of `candidates`. Screening may share a warm process between
        candidates: what passes here is confirmed by `run`.
        """
        ...

    async def observe(self, request: ObserveRequest) -> Observation:
        """What each variant does on the inputs that the tests give the function, and more like them.

        It runs where candidates run. A text that is not valid Python, and a function that is not
        there, raises in each of its calls.
        """
        ...


@runtime_checkable
class CandidateRunner(CodeRunner, Protocol):
    """What can get ready for candidates before there are any."""

    async def expect(self, request: TestRequest) -> None:
        """Have ready what would judge candidates by these tests. None of the user's code runs for it.

        Returns when it is; whoever is cancelled meanwhile leaves behind what has been started.

        Raises:
            RunnerError: no process could be started.
            UntrustedFolderError: the request's root is not trusted.
        """
        ...
