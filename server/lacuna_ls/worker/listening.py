"""How a recorder hears of what code does, in each Python.

`sys.monitoring` (3.12 and later) stands in nobody's way; before that, `sys.settrace` follows the
frames of the named files.
"""

import os
import sys
from typing import Any, Dict, List, Sequence, Set

from .facts import Recorder
from .records import FunctionRecord


def recorder(files: Sequence[str]) -> Any:
    """A recorder with `start`, `freeze`, `take` and `close`, the best that this interpreter has."""
    paths = {os.path.realpath(path) for path in files}
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:
        return _Settrace(paths)
    # 3 and 4 are the tool numbers that no kind of tool has been promised.
    free = [tool for tool in (4, 3) if monitoring.get_tool(tool) is None]
    return _Monitoring(paths, monitoring, free[0]) if free else _Settrace(paths)


class _Settrace:
    def __init__(self, paths: Set[str]) -> None:
        self._recorder = Recorder(paths)
        self._before: Any = None

    def start(self, again: Any = None) -> None:
        self._before = sys.gettrace()
        self._recorder.begin(again)
        sys.settrace(self._calls)

    def freeze(self) -> None:
        self._recorder.freeze()
        if sys.gettrace() == self._calls:
            sys.settrace(self._before)

    def take(self) -> Dict[str, List[FunctionRecord]]:
        self.freeze()
        return self._recorder.take()

    def close(self) -> None:
        """Nothing is held."""

    def _calls(self, frame: Any, event: str, argument: Any) -> Any:
        recorder = self._recorder
        recorder.starts(frame.f_code)
        if not recorder.on or recorder.busy:
            return None
        code = recorder.code_of(frame.f_code)
        if code is None:
            return None
        recorder.timed(recorder.called, frame, code)
        raising: List[Any] = []

        def inside(frame: Any, event: str, argument: Any) -> Any:
            if not recorder.on:
                frame.f_trace = None
                return None
            if recorder.busy:
                return inside
            if event == "line":
                raising.clear()
                recorder.timed(recorder.line, frame, code, frame.f_lineno)
            elif event == "exception":
                raising[:] = [argument[1]]
                recorder.timed(recorder.raised, frame, argument[1])
            elif event == "return" and argument is None and raising:
                recorder.timed(recorder.unwound, frame, raising[0])
            elif event == "return":
                name = "yield" if code.suspends(frame.f_lasti) else "return"
                recorder.timed(recorder.returned, frame, code, argument, name)
            return inside

        return inside


class _Monitoring:
    def __init__(self, paths: Set[str], monitoring: Any, tool: int) -> None:
        self._recorder = Recorder(paths)
        self._monitoring = monitoring
        self._tool = tool
        events = monitoring.events
        self._global = events.PY_START | events.PY_UNWIND | events.RAISE
        self._local = events.LINE | events.PY_RETURN | events.PY_YIELD
        monitoring.use_tool_id(tool, "lacuna")
        for event, callback in (
            (events.PY_START, self._on_start),
            (events.LINE, self._on_line),
            (events.PY_RETURN, self._on_return),
            (events.PY_YIELD, self._on_yield),
            (events.RAISE, self._on_raise),
            (events.PY_UNWIND, self._on_unwind),
        ):
            monitoring.register_callback(tool, event, callback)

    def start(self, again: Any = None) -> None:
        self._recorder.begin(again)
        self._monitoring.set_events(self._tool, self._global)
        self._monitoring.restart_events()

    def freeze(self) -> None:
        self._recorder.freeze()
        self._monitoring.set_events(self._tool, 0)

    def take(self) -> Dict[str, List[FunctionRecord]]:
        self.freeze()
        return self._recorder.take()

    def close(self) -> None:
        self._monitoring.free_tool_id(self._tool)

    def _on_start(self, code: Any, offset: int) -> Any:
        recorder = self._recorder
        recorder.starts(code)
        if not recorder.listens():
            return None
        facts = recorder.code_of(code)
        if facts is None:
            return None if recorder.awaits(code) else self._monitoring.DISABLE
        if self._monitoring.get_local_events(self._tool, code) != self._local:
            self._monitoring.set_local_events(self._tool, code, self._local)
        recorder.timed(recorder.called, sys._getframe(1), facts)
        return None

    def _on_line(self, code: Any, line: int) -> Any:
        recorder = self._recorder
        if not recorder.on:
            return self._monitoring.DISABLE
        facts = recorder.codes.get(code) if recorder.listens() else None
        if facts is not None:
            recorder.timed(recorder.line, sys._getframe(1), facts, line)
        return None

    def _on_return(self, code: Any, offset: int, value: Any) -> Any:
        self._left(code, sys._getframe(1), value, "return")

    def _on_yield(self, code: Any, offset: int, value: Any) -> Any:
        self._left(code, sys._getframe(1), value, "yield")

    def _left(self, code: Any, frame: Any, value: Any, name: str) -> None:
        recorder = self._recorder
        facts = recorder.codes.get(code) if recorder.listens() else None
        if facts is not None:
            recorder.timed(recorder.returned, frame, facts, value, name)

    def _on_raise(self, code: Any, offset: int, error: BaseException) -> Any:
        recorder = self._recorder
        if recorder.listens() and recorder.codes.get(code) is not None:
            recorder.timed(recorder.raised, sys._getframe(1), error)

    def _on_unwind(self, code: Any, offset: int, error: BaseException) -> Any:
        recorder = self._recorder
        if recorder.listens() and recorder.codes.get(code) is not None:
            recorder.timed(recorder.unwound, sys._getframe(1), error)
