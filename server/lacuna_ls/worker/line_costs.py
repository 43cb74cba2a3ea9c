"""Where the time of one call goes, line by line, with what each line calls.

By events of the interpreter, which cost more than most lines do: shares are rough, and only those of
the first few lines mean anything.
"""

import contextlib
import sys
import time
from typing import Any, Dict, List, Optional, Sequence

from . import inputs
from .capture import Call

_MOST_LINES = 5
_MOST_EVENTS = 200_000
# A call that takes less is not where anybody waits.
_LEAST_S = 0.05
_MOST_LOOKED_S = 1.0


class _EnoughError(BaseException):
    pass


def of_longest(function: Any, calls: Sequence[Call], path: str) -> List[List[Any]]:
    """As `measured`, of the call that takes longest; nothing if none takes its time."""
    longest, longest_s = None, _LEAST_S
    until_s = time.thread_time() + _MOST_LOOKED_S
    for call in calls:
        own = inputs.copied(call)
        started_s = time.thread_time()
        with contextlib.suppress(Exception):
            function(*own.positional, **own.named)
        spent_s = time.thread_time() - started_s
        if spent_s > longest_s:
            longest, longest_s = call, spent_s
        if time.thread_time() > until_s:
            break
    return measured(function, longest, path)


def measured(function: Any, call: Optional[Call], path: str) -> List[List[Any]]:
    """The zero-based lines of the file at `path` that cost most: [line, times it ran, share]."""
    if call is None:
        return []
    own = inputs.copied(call)
    costs_ns: Dict[int, int] = {}
    counts: Dict[int, int] = {}
    last = [0, time.perf_counter_ns()]
    left = [_MOST_EVENTS]

    def local(frame: Any, event: str, _: Any) -> Any:
        now_ns = time.perf_counter_ns()
        if last[0]:
            costs_ns[last[0]] = costs_ns.get(last[0], 0) + now_ns - last[1]
        if event == "line":
            counts[frame.f_lineno] = counts.get(frame.f_lineno, 0) + 1
        last[0] = frame.f_lineno
        left[0] -= 1
        if not left[0]:
            raise _EnoughError
        last[1] = time.perf_counter_ns()
        return local

    def outer(frame: Any, _event: str, _argument: Any) -> Any:
        return local if frame.f_code.co_filename == path else None

    before = sys.gettrace()
    sys.settrace(outer)
    try:
        with contextlib.suppress(Exception, _EnoughError):
            function(*own.positional, **own.named)
    finally:
        sys.settrace(before)
    whole_ns = sum(costs_ns.values()) or 1
    found = sorted(counts, key=lambda line: -costs_ns.get(line, 0))[:_MOST_LINES]
    return [[line - 1, counts[line], round(costs_ns.get(line, 0) / whole_ns, 3)] for line in found]
