"""Why a test failed: the exception, the compared values, the frames."""

import ast
import doctest
import linecache
import os
import re
import reprlib
import types
from functools import lru_cache
from itertools import dropwhile
from typing import Any, Iterable, Iterator, List, Optional, Tuple

from .messages import FailureRecord

_MAX_MESSAGE = 4000
_MAX_FRAMES = 100
# What Hypothesis calls it depends on its version.
_EXAMPLE = re.compile(r"(?:Falsifying example|Failing test case): ")
_MAX_EXAMPLE = 600
_FRAMEWORKS = ("_pytest", "pytest", "pluggy", "unittest", "_lacuna_worker")
_LOADING = ("importlib", "_frozen_importlib", "_frozen_importlib_external")
_Frame = Tuple[str, int, str]

_values = reprlib.Repr()
_values.maxstring = _values.maxother = 120
_values.maxlist = _values.maxtuple = _values.maxdict = _values.maxset = 8


def describe(error: BaseException, test_file: str = "") -> FailureRecord:
    """A failure record of any exception that pytest reports for a test or a file.

    Frames of hooks that lie above the first one in `test_file` are left out.
    """
    failures = getattr(error, "failures", None)
    if type(error).__name__ == "MultipleDoctestFailures" and failures:
        return describe(failures[0])
    if isinstance(error, doctest.DocTestFailure):
        return _doctest_mismatch(error)
    if isinstance(error, doctest.UnexpectedException):
        inner = describe(error.exc_info[1])
        return inner._replace(frames=[_doctest_frame(error), *inner.frames])
    if type(error).__name__ == "CollectError" and error.__cause__ is not None:
        return describe(error.__cause__)
    entries = _from_file(test_file, _after_loading(list(_entries(error.__traceback__))))
    frames = [_frame(tb) for tb in entries]
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        frames.append((_real(error.filename), error.lineno - 1, "<module>"))
    message = _text(error) or _plain_assertion(error, entries)
    return FailureRecord(
        type(error).__name__, message[:_MAX_MESSAGE], _bounded(frames), example=_example(error)
    )


def falsifying(text: str) -> str:
    """The example by which Hypothesis shows that a test fails, as it prints it; may be empty."""
    found = _EXAMPLE.search(text)
    lines = text[found.start() :].splitlines() if found is not None else []
    shown: List[str] = []
    for line in lines:
        shown.append(line.rstrip())
        if line.rstrip().endswith(")") and not line.startswith(" "):
            break
    return "\n".join(shown)[:_MAX_EXAMPLE]


def _example(error: BaseException) -> str:
    notes = getattr(error, "__notes__", None)
    texts = [note for note in notes if isinstance(note, str)] if isinstance(notes, list) else []
    return next(filter(None, map(falsifying, texts)), "")


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as failed:
        return "<its message could not be made: {}>".format(type(failed).__name__)


def _entries(tb: Optional[types.TracebackType]) -> Iterator[types.TracebackType]:
    """The traceback without the frames of the test framework."""
    while tb is not None:
        hidden = tb.tb_frame.f_locals.get("__tracebackhide__", False)
        if _package_of(tb) not in _FRAMEWORKS and hidden is not True:
            yield tb
        tb = tb.tb_next


def _after_loading(entries: List[types.TracebackType]) -> List[types.TracebackType]:
    """Without the frames that led to the first line of a file's own."""
    return list(dropwhile(lambda tb: _package_of(tb) in _LOADING, entries))


def _package_of(tb: types.TracebackType) -> str:
    return str(tb.tb_frame.f_globals.get("__name__", "")).partition(".")[0]


def _from_file(test_file: str, entries: List[types.TracebackType]) -> List[types.TracebackType]:
    for index, tb in enumerate(entries):
        if tb.tb_frame.f_code.co_filename == test_file:
            return entries[index:]
    return entries


def _frame(tb: types.TracebackType) -> _Frame:
    code = tb.tb_frame.f_code
    line = tb.tb_lineno if tb.tb_lineno is not None else code.co_firstlineno
    return _real(code.co_filename), max(line - 1, 0), code.co_name


def _bounded(frames: List[_Frame]) -> List[_Frame]:
    if len(frames) <= _MAX_FRAMES:
        return frames
    return frames[: _MAX_FRAMES // 2] + frames[-_MAX_FRAMES // 2 :]


@lru_cache(maxsize=1024)
def _real(path: str) -> str:
    return os.path.realpath(path)


def _doctest_frame(error: Any) -> _Frame:
    line = (error.test.lineno or 0) + error.example.lineno
    return _real(error.test.filename or "<doctest>"), line, error.test.name


def _doctest_mismatch(error: doctest.DocTestFailure) -> FailureRecord:
    message = "{}: expected {}, got {}".format(
        error.example.source.strip(), error.example.want.strip(), error.got.strip() or "nothing"
    )
    return FailureRecord("DocTestFailure", message[:_MAX_MESSAGE], [_doctest_frame(error)])


def _plain_assertion(error: BaseException, entries: List[types.TracebackType]) -> str:
    """What pytest's rewriting says of an assertion, for one in a module that is not rewritten."""
    if not isinstance(error, AssertionError) or not entries:
        return ""
    frame, line = entries[-1].tb_frame, entries[-1].tb_lineno
    source = "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals))
    statement = _assertion_at(source, line)
    if statement is None:
        return ""
    text = ast.get_source_segment(source, statement.test) or ""
    seen = ["{} = {}".format(name, value) for name, value in _locals_in(statement.test, frame)]
    return "assert " + text + (" where " + ", ".join(seen) if seen else "")


def _assertion_at(source: str, line: int) -> Optional[ast.Assert]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and node.lineno <= line <= (node.end_lineno or line):
            return node
    return None


def _locals_in(test: ast.expr, frame: types.FrameType) -> Iterable[Tuple[str, str]]:
    found = [node for node in ast.walk(test) if isinstance(node, ast.Name)]
    found.sort(key=lambda node: (node.lineno, node.col_offset))
    for name in dict.fromkeys(node.id for node in found):
        if name in frame.f_locals:
            try:
                yield name, _values.repr(frame.f_locals[name])
            except Exception:
                yield name, "<no repr>"
