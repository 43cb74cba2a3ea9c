"""From the messages of a process that times to a `Timing`."""

import math
from typing import Any

from lacuna_ls.domain.timing import LARGEST, LineCost, Timed, Timing, Way
from lacuna_ls.ports.code_timer import TimeRequest
from lacuna_ls.worker import messages


class TimingBuilder:
    """Takes the messages of one run in order; `variants` are besides the original."""

    def __init__(self, nonce: str, variants: int) -> None:
        self._nonce = nonce
        self._found: list[list[Timed]] = [[] for _ in range(variants)]
        self._waits = False
        self._ways: tuple[Way, ...] = ()
        self._lines: tuple[LineCost, ...] = ()
        self._interpreter = ""
        self._done = False

    def tests_say(self, message: Any) -> None:
        """A message of the process that times.

        Raises:
            ValueError, TypeError, AttributeError, IndexError: its fields are not what they should be.
        """
        match message:
            case messages.Timed():
                variant = int(message.variant) - 1
                if not 0 <= variant < len(self._found):
                    raise ValueError("no such variant")
                self._found[variant].append(_timed(message))
                self._waits = self._waits or bool(message.waits)
            case messages.Grown(ways, lines):
                self._ways = tuple(_way(*each) for each in ways)
                self._lines = tuple(LineCost(int(a), int(b), float(c)) for a, b, c in lines)
            case messages.NoFramework(interpreter):
                self._interpreter = str(interpreter)
            case messages.Done(self._nonce, _):
                self._done = True

    def hung(self, message: messages.Hung) -> None:
        """Where the process was when its time was over says nothing of what was measured."""

    def timing(self, ended: messages.Ended) -> Timing:
        """All of it, once the supervisor has said how the process ended."""
        found = tuple(map(tuple, self._found))
        detail = "" if any(found) else self._why_nothing(ended)
        return Timing(found, self._waits, detail, ended.confined, self._ways, self._lines)

    def _why_nothing(self, ended: messages.Ended) -> str:
        if self._interpreter:
            return "the interpreter has no pytest"
        if ended.timed_out:
            return f"the tests did not end within {ended.wall_s:.3g} s"
        if not self._done:
            return "the process that ran the tests ended early"
        return "no test calls the function with values that can be copied"


def time_task(request: TimeRequest) -> messages.Observe:
    return messages.Observe(
        path=str(request.path),
        function=request.function,
        variants=len(request.variants),
        base=0,
        inputs=64,
        mutated=0,
        generated=0,
        library="",
        probes=[],
        then="",
        seed=request.seed,
        call_s=request.call_s,
        wall_s=request.wall_s,
        rounds=request.rounds,
        rounds_below=request.rounds_below,
        sample_s=request.sample_s,
        large_s=request.large_s,
        ways=tuple((w.call, w.arguments, w.manner, w.factor) for w in request.ways),
    )


def _timed(message: messages.Timed) -> Timed:
    ones = tuple(map(float, message.original_ns))
    others = tuple(map(float, message.variant_ns))
    if len(ones) != len(others) or not all(
        each > 0 and math.isfinite(each) for each in ones + others
    ):
        raise ValueError("not pairs of times")
    level = int(message.level)
    if not 0 <= level <= LARGEST:
        raise ValueError("no such level")
    one, other = map(int, message.peaks or (0, 0))
    size, growth = int(message.size), int(message.growth)
    return Timed(level, growth, size, bool(message.equal), ones, others, (one, other))


def _way(call: int, arguments: list[int | str], manner: str, factor: float) -> Way:
    return Way(int(call), tuple(arguments), str(manner), float(factor))
