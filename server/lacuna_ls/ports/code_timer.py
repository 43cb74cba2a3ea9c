"""The port through which variants of a function are timed, in the user's interpreter."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from lacuna_ls.domain.timing import Timing, Way
from lacuna_ls.ports.code_runner import CodeRunner, TestRequest


@dataclass(frozen=True, slots=True)
class TimeRequest:
    """Which variants of a function to time against the original, the first of `variants`.

    `tests`, `path` and `function` are as in an `ObserveRequest`. Inputs are the calls of the tests and
    of the documentation, and larger ones made from these, such that the original takes about
    `large_s` or as large as it can be. Each pair is measured in `rounds`, with samples of at least
    `sample_s`; sizes between the smallest and the largest in `rounds_below`. All variants together have `wall_s`
    of processor time, and on a machine that has other work up to three times that on the clock.
    `seed` is for the order of the pairs. With `ways` the larger inputs are those that another request
    was answered with.
    """

    tests: TestRequest
    path: Path
    function: str
    variants: tuple[bytes, ...]
    rounds: int = 25
    rounds_below: int = 5
    sample_s: float = 0.001
    large_s: float = 0.004
    call_s: float = 0.1
    wall_s: float = 6.0
    seed: int = 1
    ways: tuple[Way, ...] = ()


class CodeTimer(Protocol):
    """Cancelling the awaiting task ends the process before it returns."""

    async def time(self, request: TimeRequest) -> Timing:
        """Each variant in a fresh process, beside the original.

        Raises:
            RunnerError: no process could be started.
            UntrustedFolderError: the request's root is not trusted.
        """
        ...


@runtime_checkable
class TimedRunner(CodeRunner, CodeTimer, Protocol):
    """What runs and times: the same processes do both."""
