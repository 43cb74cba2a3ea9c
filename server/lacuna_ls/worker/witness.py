"""What is watched of each test while it runs: its lines in some files, its facts in others."""

import inspect
from typing import Any, Callable, List, Sequence, Tuple

from . import line_trace
from .listening import recorder
from .records import Recorded

_NAMES = 50


class Witness:
    """`start` and `stop` around each test; `trace` and `recorded` name files."""

    def __init__(self, trace: Sequence[str], recorded: Sequence[str]) -> None:
        self._trace = line_trace.tracer(trace) if trace else None
        self._recorder = recorder(recorded) if recorded else None

    def close(self) -> None:
        for watcher in (self._trace, self._recorder):
            if watcher is not None:
                watcher.close()

    def start(self, function: Any) -> None:
        """Begin with the test that `function` is."""
        if self._trace is not None:
            self._trace.start()
        if self._recorder is not None:
            self._recorder.start(generated(function))

    def freeze(self) -> None:
        """It has failed: what tears it down is not what made it fail."""
        if self._recorder is not None:
            self._recorder.freeze()

    def stop(self) -> List[Tuple[str, List[int]]]:
        """The lines that were executed."""
        self.freeze()
        return self._trace.stop() if self._trace is not None else []

    def send_facts(self, send: Callable[[Any], None], test_id: str) -> None:
        if self._recorder is None:
            return
        for path, functions in self._recorder.take().items():
            for function in functions:
                try:
                    send(Recorded(test_id, path, function))
                except ValueError:  # larger than a frame
                    continue


def generated(function: Any) -> Any:
    """The code of a test that Hypothesis calls once per example, `None` for any other test."""
    handle = getattr(function, "hypothesis", None)
    return getattr(getattr(handle, "inner_test", None), "__code__", None)


def names_in(function: Any) -> Tuple[str, ...]:
    """The names that the code of a test refers to, in the order of their first use."""
    code = generated(function) or getattr(inspect.unwrap(function), "__code__", None)
    return () if code is None else code.co_names[:_NAMES]
