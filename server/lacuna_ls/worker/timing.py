"""How long an original and its variants take, on the inputs of the tests and on larger ones.

Both stand side by side in one fresh process and are called in pairs of random order, each as often
as makes a sample of a millisecond, on arguments that are copied outside of what is measured. What is
measured is processor time, and time on the clock for a function that waits. The garbage collector
runs between the samples and not in them; what functions have cached is forgotten before each call.
Budgets are of processor time: a busy machine measures as much, and takes longer. What comes of the
numbers is not decided here.
"""

import ast
import contextlib
import functools
import gc
import inspect
import json
import os
import random
import resource
import select
import signal
import threading
import time
import tracemalloc
import types
from collections import deque
from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from . import behaviour, corners, inputs, line_costs, scaling, variants
from .capture import Call
from .messages import WAITING_FACTOR, Grown, Observe, Timed

_MAX_SMALL = 12
_MODELS = 3
_MAX_WORKLOADS = 4
_WARM_UPS = 2
_MAX_COPIES = 40
_MAX_REPEATS = 20_000
_LEVELS = 5
_FACTORS = tuple(factor * 2.0**power for power in range(1, 14) for factor in (1.0, 1.5))
_SIZING_S = 0.5
_CORNERS_S = 0.6
_INPUTS_SEED = 1
_LEAST_ROUNDS = 5
# When so many pairs all say the same, more of them would, too.
_CLEAR_ROUNDS = 11
_CLEARLY_FASTER, _CLEARLY_NOT = 1.25, 1.1
_GRACE_S = 1.0
# Looking at what a call did may take so many times what the call is to take.
_MOST_LOOKED = 6


class _Workload(NamedTuple):
    """`level` 0 is an input of the tests, 1 to 5 are five sizes of one that was made larger."""

    call: Call
    level: int
    growth: int


class _Side(NamedTuple):
    """One of the two; `caches` are what has to be forgotten before each call."""

    function: Any
    caches: List[Any]


class _NotComparableError(Exception):
    """The variant cannot stand beside the original."""


def timed(
    module: types.ModuleType, calls: Sequence[Call], texts: Sequence[bytes], task: Observe
) -> Iterator[Union[Timed, Grown]]:
    """A message for each variant and input; the larger inputs are the same for all variants."""
    deadline_s = time.monotonic() + WAITING_FACTOR * task.wall_s
    share_s = task.wall_s / max(len(texts) - 1, 1)
    growths = _growths(task.ways) if task.ways else None
    gc.collect()
    gc.freeze()
    if len(texts) == 1:
        look = functools.partial(_look, module, calls, texts[0], task)
        yield from (Grown([], line[1]) for line in _in_fork(look, deadline_s))
    for index in range(1, len(texts)):
        pair = _Texts(texts[0], texts[index])
        measure = functools.partial(_measure, module, calls, pair, task, growths, share_s)
        for line in _in_fork(measure, deadline_s):
            if line[0] == "growths":
                growths = _growths(line[1])
                yield Grown(line[1], line[2])
            else:
                yield Timed(index, *line[1:])


def _look(
    module: types.ModuleType, calls: Sequence[Call], text: bytes, task: Observe, fd: int
) -> None:
    """Where the time goes of the call that takes longest, of those that were seen."""
    function = _side(module, task, text, text).function
    if inspect.iscoroutinefunction(function):
        return
    lines = line_costs.of_longest(function, calls, task.path)
    os.write(fd, json.dumps(["lines", lines]).encode("ascii") + b"\n")


def _growths(ways: Sequence[Any]) -> List[Tuple[scaling.Growth, float]]:
    return [(scaling.Growth(call, tuple(keys), manner), f) for call, keys, manner, f in ways]


class _Texts(NamedTuple):
    original: bytes
    variant: bytes


def _measure(
    module: types.ModuleType,
    calls: Sequence[Call],
    pair: _Texts,
    task: Observe,
    chosen: Optional[List[Tuple[scaling.Growth, float]]],
    share_s: float,
    fd: int,
) -> None:
    def say(*line: Any) -> None:
        data = json.dumps(line).encode("ascii") + b"\n"
        while data:
            data = data[os.write(fd, data) :]

    try:
        one = _side(module, task, pair.original, pair.variant)
        other = _side(module, task, pair.variant, pair.original)
    except Exception:
        return
    if inspect.iscoroutinefunction(one.function):
        return
    if chosen is None:
        chosen = _chosen(one, calls, task)
        lines = line_costs.measured(one.function, _largest(calls, chosen), task.path)
        say("growths", [[*growth, factor] for growth, factor in chosen], lines)
    work = []
    scaled = _scaled(calls, chosen)
    if not task.rounds_below:
        scaled = [each for each in scaled if each.level == _LEVELS]
    for each in [*(_Workload(call, 0, -1) for call in _small(calls)), *scaled]:
        seen = _seen(one, each.call, task.call_s)
        if seen is None:
            continue
        if not _same(other, each.call, seen, task.call_s):
            say("timed", each.level, each.growth, scaling.size(each.call), False, False, [], [], [])
            return
        if seen.line[0] == behaviour.RETURNED:
            work.append(each)
    if not _same_at_corners(one, other, calls, task, share_s):
        say("timed", 0, -1, 0, False, False, [], [], [])
        return
    _with_numbers(_Pairs(one, other, work, task), say, share_s)


def _with_numbers(pairs: "_Pairs", say: Any, share_s: float) -> None:
    samples = pairs.samples(share_s)
    for number, each in enumerate(pairs.work):
        ones, others = samples[number]
        size = scaling.size(each.call)
        peaks = pairs.peaks(number) if each.level == _LEVELS else []
        say("timed", each.level, each.growth, size, True, pairs.waits, ones, others, peaks)


def _side(module: types.ModuleType, task: Observe, text: bytes, beside: bytes) -> _Side:
    """The function of `text`, in a copy of the module of its own.

    What differs from the other text is executed anew, on both sides alike.
    """
    outer = task.function.partition(".")[0]
    if outer not in (getattr(node, "name", "") for node in ast.parse(text).body):
        raise _NotComparableError
    copied = types.ModuleType(module.__name__)
    copied.__dict__.update(module.__dict__)
    code = variants.difference(task.path, beside, text)
    if code is not None:
        exec(code, copied.__dict__)
    function = variants.callable_of(copied, task.function)
    if function is None:
        raise _NotComparableError
    caches = [value for value in copied.__dict__.values() if hasattr(value, "cache_clear")]
    return _Side(function, caches)


def _small(calls: Sequence[Call]) -> List[Call]:
    """Some inputs of the tests, the smallest and the largest among them."""
    ordered = sorted(calls, key=scaling.size)
    if len(ordered) <= _MAX_SMALL:
        return ordered
    last = len(ordered) - 1
    return [ordered[round(i * last / (_MAX_SMALL - 1))] for i in range(_MAX_SMALL)]


def _chosen(one: _Side, calls: Sequence[Call], task: Observe) -> List[Tuple[scaling.Growth, float]]:
    """Ways to make inputs larger, with the factor that makes a call take its time.

    Where several ways take a different time, those that take longest are kept: most of them are the
    inputs on which the function does all of its work.
    """
    models = sorted(range(len(calls)), key=lambda i: -scaling.size(calls[i]))[:_MODELS]
    until_s = time.thread_time() + _SIZING_S
    found: List[Tuple[float, scaling.Growth, float]] = []
    ways = [each for each in scaling.growths(calls) if each.call in models]
    # The inputs are the same in every run; only the order of the pairs is not.
    random.Random(_INPUTS_SEED).shuffle(ways)
    for growth in ways:
        if time.thread_time() > until_s:
            break
        sized = _sized(one, calls, growth, task)
        if sized is not None:
            found.append((sized[1], growth, sized[0]))
    found.sort(key=lambda each: -each[0])
    longest_s = found[0][0] if found else 0.0
    kept = [each for each in found if each[0] > longest_s / 50]
    return [(growth, factor) for _, growth, factor in kept[:_MAX_WORKLOADS]]


def _sized(
    one: _Side, calls: Sequence[Call], growth: scaling.Growth, task: Observe
) -> Optional[Tuple[float, float]]:
    """The factor at which a call takes `sample_s`, or the last one it can take; and that time."""
    found: Optional[Tuple[float, float]] = None
    for factor in _FACTORS:
        call = scaling.grown(calls, growth, factor, _INPUTS_SEED)
        if call is None:
            break
        seen, looked_s = _once(one, call, task.call_s)
        if seen[0] != behaviour.RETURNED:
            break
        own = inputs.copied(call)
        started_s = time.thread_time()
        _finish(one.function, own)
        found = factor, time.thread_time() - started_s
        if found[1] > task.large_s or looked_s > _MOST_LOOKED * task.large_s:
            break
    return found


def _once(side: _Side, call: Call, call_s: float) -> Tuple[List[Any], float]:
    for cache in side.caches:
        cache.cache_clear()
    started_s = time.thread_time()
    try:
        seen = behaviour.of_call(side.function, call, call_s)
    except Exception:
        # Nothing that could be shown: an integer with too many digits, for one.
        seen = behaviour.unknown(behaviour.NOT_RUN)
    return seen, time.thread_time() - started_s


def _largest(
    calls: Sequence[Call], chosen: Sequence[Tuple[scaling.Growth, float]]
) -> Optional[Call]:
    for growth, factor in chosen[:1]:
        return scaling.grown(calls, growth, factor, _INPUTS_SEED)
    return max(_small(calls), key=scaling.size, default=None)


def _scaled(
    calls: Sequence[Call], chosen: Sequence[Tuple[scaling.Growth, float]]
) -> List[_Workload]:
    found: List[_Workload] = []
    for number, (growth, factor) in enumerate(chosen):
        for level in range(1, _LEVELS + 1):
            share = factor / 2 ** (_LEVELS - level)
            call = scaling.grown(calls, growth, share, _INPUTS_SEED) if share >= 1 else None
            if call is not None and scaling.size(call):
                found.append(_Workload(call, level, number))
    return found


def _same_at_corners(
    one: _Side, other: _Side, calls: Sequence[Call], task: Observe, share_s: float
) -> bool:
    largest = sorted(_small(calls), key=scaling.size, reverse=True)
    until_s = time.thread_time() + min(_CORNERS_S, share_s / 2)
    for call in corners.corners(largest):
        if time.thread_time() > until_s:
            break
        seen = _seen(one, call, task.call_s / 4)
        if seen is not None and not _same(other, call, seen, task.call_s / 4):
            return False
    return True


class _Seen(NamedTuple):
    """What the original did, in the form of `messages.Observed`, and the time it took."""

    line: List[Any]
    spent_s: float


def _seen(one: _Side, call: Call, call_s: float) -> Optional[_Seen]:
    """`None` where the original does something else when it is asked again, or does not end."""
    line, spent_s = _once(one, call, 4 * call_s)
    again, _ = _once(one, call, 4 * call_s)
    ended = line[0] in (behaviour.RETURNED, behaviour.RAISED)
    return _Seen(line, spent_s) if ended and line == again else None


def _same(other: _Side, call: Call, seen: _Seen, call_s: float) -> bool:
    line, _ = _once(other, call, 2 * max(seen.spent_s, 4 * call_s))
    return line == seen.line


class _Pairs:
    """Measures both sides on all workloads, round by round."""

    def __init__(self, one: _Side, other: _Side, work: Sequence[_Workload], task: Observe) -> None:
        self.work = work
        self.waits = False
        self._sides = (one, other)
        self._task = task
        self._source = random.Random(task.seed)
        self._clock = time.thread_time_ns
        self._lazies = [_is_lazy(one, each.call) for each in work]
        self._copies = [
            self._lazies[number] or _changes_arguments(one, each.call)
            for number, each in enumerate(work)
        ]
        self._own = [inputs.copied(each.call) for each in work]
        self._repeats = [[1, 1] for _ in work]

    def samples(self, share_s: float) -> List[Tuple[List[float], List[float]]]:
        """Nanoseconds a call, of each side, for each workload; pairs stand at the same index."""
        gc.disable()
        self._find_clock()
        for number in range(len(self.work)):
            for side in (0, 1):
                self._warm_up(number, side)
        found: List[Tuple[List[float], List[float]]] = [([], []) for _ in self.work]
        for done in range(self._task.rounds):
            if done >= _LEAST_ROUNDS and time.thread_time() > share_s:
                break
            if done >= _CLEAR_ROUNDS and self._is_clear(found):
                break
            gc.collect()
            order = list(range(len(self.work)))
            self._source.shuffle(order)
            for number in order:
                if done >= self._task.rounds_below and 0 < self.work[number].level < _LEVELS:
                    continue
                sides = [0, 1]
                self._source.shuffle(sides)
                for side in sides:
                    found[number][side].append(self._sample(number, side))
        return found

    def peaks(self, number: int) -> List[int]:
        """The bytes that each side has at most at a time, in one call."""
        found = []
        for side in self._sides:
            own = inputs.copied(self.work[number].call)
            for cache in side.caches:
                cache.cache_clear()
            tracemalloc.start()
            try:
                _finish(side.function, own)
                found.append(tracemalloc.get_traced_memory()[1])
            finally:
                tracemalloc.stop()
        return found

    def _is_clear(self, found: Sequence[Tuple[List[float], List[float]]]) -> bool:
        """Whether every single pair says that it is much faster, or that it is not by what counts."""
        small, large = (
            [found[number] for number, each in enumerate(self.work) if each.level == level]
            for level in (0, _LEVELS)
        )
        ratios = _ratios(large or small)
        if max(ratios, default=0.0) < _CLEARLY_NOT:
            return True
        return min(ratios) > _CLEARLY_FASTER and (
            not large or min(_ratios(small), default=1.0) >= 1
        )

    def _find_clock(self) -> None:
        """Time on the clock, if the function gives the processor away by itself, or has threads.

        The process's own clock of processor time moves on by whole ticks as soon as it has a limit.
        """
        before = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw
        for number in range(len(self.work)):
            self._sample(number, 0)
        waited = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw - before
        if waited >= len(self.work) or _threads() > 1:
            self.waits = True
            self._clock = time.perf_counter_ns

    def _warm_up(self, number: int, side: int) -> None:
        for _ in range(_WARM_UPS):
            spent_ns = max(self._sample(number, side), 20.0)
        most = _MAX_COPIES if self._copies[number] else _MAX_REPEATS
        wanted = int(self._task.sample_s * 1e9 / spent_ns) + 1
        if wanted > 1:
            # A single call tells little of a short one.
            self._repeats[number][side] = min(wanted, most, 50)
            spent_ns = max(self._sample(number, side), 20.0)
            wanted = int(self._task.sample_s * 1e9 / spent_ns) + 1
        self._repeats[number][side] = min(wanted, most)

    def _sample(self, number: int, index: int) -> float:
        side, call = self._sides[index], self.work[number].call
        repeats = self._repeats[number][index]
        function, clock = side.function, self._clock
        if side.caches:
            return self._one_by_one(side, call, repeats)
        if self._copies[number]:
            calls = [inputs.copied(call) for _ in range(repeats)]
            started_ns = clock()
            for each in calls:
                _finish(function, each)
            return (clock() - started_ns) / repeats
        positional, named = self._own[number].positional, self._own[number].named
        started_ns = clock()
        if named:
            for _ in range(repeats):
                function(*positional, **named)
        else:
            for _ in range(repeats):
                function(*positional)
        return (clock() - started_ns) / repeats

    def _one_by_one(self, side: _Side, call: Call, repeats: int) -> float:
        spent_ns = 0
        for _ in range(min(repeats, _MAX_COPIES)):
            own = inputs.copied(call)
            for cache in side.caches:
                cache.cache_clear()
            started_ns = self._clock()
            _finish(side.function, own)
            spent_ns += self._clock() - started_ns
        return spent_ns / min(repeats, _MAX_COPIES)


def _ratios(samples: Sequence[Tuple[List[float], List[float]]]) -> List[float]:
    """How much longer the original took over all inputs together, round by round."""
    rounds = min((len(ones) for ones, _ in samples), default=0)
    return [
        sum(ones[i] for ones, _ in samples) / max(sum(others[i] for _, others in samples), 1e-9)
        for i in range(rounds)
    ]


def _threads() -> int:
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return threading.active_count()


def _finish(function: Any, call: Call) -> None:
    """Call it, and have an iterator give all that it has."""
    result = function(*call.positional, **call.named)
    if hasattr(type(result), "__next__"):
        deque(result, maxlen=0)


def _is_lazy(side: _Side, call: Call) -> bool:
    own = inputs.copied(call)
    return hasattr(type(side.function(*own.positional, **own.named)), "__next__")


def _changes_arguments(side: _Side, call: Call) -> bool:
    return bool(behaviour.of_call(side.function, call, 10.0)[7])


def _in_fork(body: Callable[[int], None], deadline_s: float) -> Iterator[List[Any]]:
    """The lines that `body` writes in a process of its own, until its time is over."""
    read_fd, write_fd = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read_fd)
            body(write_fd)
        finally:
            os._exit(0)
    os.close(write_fd)
    try:
        yield from _lines(read_fd, deadline_s + _GRACE_S)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(read_fd)


def _lines(fd: int, deadline_s: float) -> Iterator[List[Any]]:
    data = b""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    while True:
        left_s = deadline_s - time.monotonic()
        if left_s <= 0 or not poll.poll(left_s * 1000):
            return
        part = os.read(fd, 1 << 16)
        if not part:
            return
        data += part
        *whole, data = data.split(b"\n")
        for line in whole:
            yield json.loads(line)
