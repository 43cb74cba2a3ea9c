"""Which lines of a few named files each test executes.

`sys.monitoring` (3.12 and later) tells of a line once and is then silent until the next test, so a
loop costs nothing; before that, `sys.settrace` follows only the frames of the named files.
"""

import os
import sys
import threading
from typing import Any, Dict, List, Sequence, Set, Tuple


def tracer(files: Sequence[str]) -> Any:
    """A tracer with `start`, `stop` and `close`, the best that this interpreter has."""
    paths = {os.path.realpath(path) for path in files}
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:
        return _Settrace(paths)
    # 3 and 4 are the tool numbers that no kind of tool has been promised.
    free = [tool for tool in (4, 3) if monitoring.get_tool(tool) is None]
    return _Monitoring(paths, monitoring, free[0]) if free else _Settrace(paths)


class _Lines:
    """Executed lines by real path, and whether a code object's file is one of those named."""

    def __init__(self, paths: Set[str]) -> None:
        self._paths = paths
        self._real: Dict[str, str] = {}
        self._seen: Set[Tuple[str, int]] = set()

    def path_of(self, filename: str) -> str:
        """The real path if the file is one of those named, else empty."""
        known = self._real.get(filename)
        if known is None:
            real = os.path.realpath(filename)
            known = self._real[filename] = real if real in self._paths else ""
        return known

    def add(self, path: str, line: int) -> None:
        self._seen.add((path, line - 1))

    def take(self) -> List[Tuple[str, List[int]]]:
        by_path: Dict[str, List[int]] = {}
        for path, line in sorted(self._seen):
            by_path.setdefault(path, []).append(line)
        self._seen.clear()
        return list(by_path.items())


class _Settrace:
    def __init__(self, paths: Set[str]) -> None:
        self._lines = _Lines(paths)
        self._before: Any = None

    def start(self) -> None:
        self._before = sys.gettrace()
        threading.settrace(self._calls)
        sys.settrace(self._calls)

    def stop(self) -> List[Tuple[str, List[int]]]:
        sys.settrace(self._before)
        threading.settrace(self._before)
        return self._lines.take()

    def close(self) -> None:
        pass

    def _calls(self, frame: Any, event: str, argument: Any) -> Any:
        path = self._lines.path_of(frame.f_code.co_filename)
        if not path:
            return None

        def line(frame: Any, event: str, argument: Any) -> Any:
            if event == "line":
                self._lines.add(path, frame.f_lineno)
            return line

        return line


class _Monitoring:
    def __init__(self, paths: Set[str], monitoring: Any, tool: int) -> None:
        self._lines = _Lines(paths)
        self._monitoring = monitoring
        self._tool = tool
        monitoring.use_tool_id(tool, "lacuna")
        monitoring.register_callback(tool, monitoring.events.PY_START, self._on_start)
        monitoring.register_callback(tool, monitoring.events.LINE, self._on_line)

    def start(self) -> None:
        self._monitoring.set_events(self._tool, self._monitoring.events.PY_START)
        self._monitoring.restart_events()

    def stop(self) -> List[Tuple[str, List[int]]]:
        self._monitoring.set_events(self._tool, 0)
        return self._lines.take()

    def close(self) -> None:
        self._monitoring.free_tool_id(self._tool)

    def _on_start(self, code: Any, offset: int) -> Any:
        if self._lines.path_of(code.co_filename):
            self._monitoring.set_local_events(self._tool, code, self._monitoring.events.LINE)
        return self._monitoring.DISABLE

    def _on_line(self, code: Any, line: int) -> Any:
        self._lines.add(self._lines.path_of(code.co_filename), line)
        return self._monitoring.DISABLE
