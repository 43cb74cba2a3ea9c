"""What programs that run tests say of them, read into results; each has a form of its own.

`node` is that of `grammars/javascript/node_reporter.mjs`, `vitest` that of vitest's own reporter
`json`. Both are read with tolerance: what has another shape than expected is left out.
"""

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lacuna_ls.adapters.worker_report import clean
from lacuna_ls.domain.test_result import Failure, Frame, Outcome, TestResult

_PLACE = re.compile(
    r"^ +at (?:async )?(?:(?P<function>.*?) \()?(?P<path>(?:file://)?/.*?):(?P<line>\d+):\d+\)?$",
    re.MULTILINE,
)
_ERROR = re.compile(
    r"^(?P<name>[\w$.]*(?:Error|Exception|Failure)[\w$]*)(?: \[\w+\])?(?:: |$)", re.MULTILINE
)
_SOURCE = re.compile(r"^(?P<path>(?:file://)?/.*):(?P<line>\d+)$", re.MULTILINE)
_NOT_THE_USERS = ("/node_modules/", "/@vite/")
_EQUALITIES = (
    "equal",
    "strictEqual",
    "deepEqual",
    "deepStrictEqual",
    "partialDeepStrictEqual",
    "==",
)
_WORD = re.compile(r"[^\W\d][\w$]*")
_MAX_MESSAGE = 4000
_MAX_FRAMES = 100
_MAX_NAMES = 50
_MAX_NESTING = 100
_MAX_MS = 1e9


@dataclass(frozen=True, slots=True)
class Said:
    """The tests of some files, and the errors of files that could not be loaded."""

    results: tuple[TestResult, ...] = ()
    unloaded: tuple[TestResult, ...] = ()


def read_report(form: str, text: str, root: Path) -> Said:
    """What a report says, with test ids relative to `root`; `form` is `node` or `vitest`."""
    return {"node": _of_node, "vitest": _of_vitest}[form](text, root)


@dataclass(slots=True)
class _Found:
    """One test as it was reported; `line` is zero-based, -1 where it is not known."""

    path: str
    names: tuple[str, ...]
    outcome: Outcome
    duration_s: float
    failure: Failure | None
    line: int


def _of_node(text: str, root: Path) -> Said:
    """Tests are told when those inside them have been; what contains others is none itself."""
    found: list[_Found] = []
    unloaded: list[TestResult] = []
    printed = defaultdict[str, list[str]](list)
    above = defaultdict[str, list[str]](list)
    containing: set[tuple[str, tuple[str, ...]]] = set()
    for event in _events(text):
        path, kind = _string(event.get("file")), event.get("type")
        if kind == "test:stderr":
            printed[path].append(_string(event.get("printed")))
            continue
        name, nesting = _string(event.get("name")), min(_whole(event.get("nesting")), _MAX_NESTING)
        error = _table(event.get("error"))
        if kind == "test:start":
            above[path][nesting:] = [name]
        elif nesting == 0 and name and (path == name or path.endswith("/" + name)):
            if kind == "test:fail" and not any(each.path == path for each in found):
                failure = _unloaded("".join(printed[path]))
                unloaded.append(TestResult(_id(path, (), root), Outcome.ERROR, 0.0, failure))
        elif kind not in ("test:pass", "test:fail") or event.get("suite"):
            continue
        elif error.get("kind") != "subtestsFailed":
            names = (*above[path][:nesting], name)
            containing.add((path, names[:-1]))
            if kind == "test:fail" or (path, names) not in containing:
                found.append(_node_test(event, path, names, error))
    return Said(_results(found, root), tuple(unloaded))


def _node_test(
    event: Mapping[str, Any], path: str, names: tuple[str, ...], error: Mapping[str, Any]
) -> _Found:
    failed = event["type"] == "test:fail"
    if event.get("todo"):
        outcome = Outcome.XFAILED if failed else Outcome.SKIPPED
    elif event.get("skipped"):
        outcome = Outcome.SKIPPED
    else:
        outcome = Outcome.FAILED if failed else Outcome.PASSED
    return _Found(
        path=path,
        names=names,
        outcome=outcome,
        duration_s=_duration_s(event.get("duration_ms")),
        failure=_node_failure(error) if outcome is Outcome.FAILED else None,
        line=_whole(event.get("line")) - 1,
    )


def _node_failure(error: Mapping[str, Any]) -> Failure:
    message = _string(error.get("message")).strip()
    if "expected" in error and error.get("operator") in _EQUALITIES:
        values = f"expected {error['expected']}, got {error.get('actual')}"
        message = f"{message}: {values}" if error.get("own_words") else values
        if error["operator"] == "==" and error["expected"] == "true":
            message = _string(error.get("message")).strip()
    name = _string(error.get("name")) or "Error"
    return _failure(name, re.sub(r"\n\s*\n", "\n", message), _string(error.get("stack")))


def _unloaded(printed: str) -> Failure:
    """From what node prints of an error outside tests: its place, a line of code, the error."""
    named = _ERROR.search(printed)
    if named is None:
        return Failure("Error", clean(printed.strip()[-2000:]) or "the file failed", ())
    message = printed[named.end() :].partition("\n")[0]
    failure = _failure(named["name"], message, printed[named.start() :])
    place = _SOURCE.search(printed)
    if not failure.frames and place is not None:
        frame = Frame(Path(_real(place["path"])), int(place["line"]) - 1, "<module>")
        failure = replace(failure, frames=(frame,))
    return failure


def _of_vitest(text: str, root: Path) -> Said:
    try:
        files = json.loads(text)["testResults"]
    except (ValueError, LookupError, TypeError):
        return Said()
    found: list[_Found] = []
    unloaded: list[TestResult] = []
    for file in map(_table, _list(files)):
        path, tests = _string(file.get("name")), _list(file.get("assertionResults"))
        found += [_vitest_test(_table(test), path) for test in tests]
        if not tests and file.get("status") == "failed":
            failure = _thrown(_string(file.get("message")) or "the file failed")
            unloaded.append(TestResult(_id(path, (), root), Outcome.ERROR, 0.0, failure))
    return Said(_results(found, root), tuple(unloaded))


def _vitest_test(test: Mapping[str, Any], path: str) -> _Found:
    outcomes = {"passed": Outcome.PASSED, "failed": Outcome.FAILED}
    outcome = outcomes.get(_string(test.get("status")), Outcome.SKIPPED)
    messages = [*_list(test.get("failureMessages")), "it failed"]
    return _Found(
        path=path,
        names=(*map(_string, _list(test.get("ancestorTitles"))), _string(test.get("title"))),
        outcome=outcome,
        duration_s=_duration_s(test.get("duration")),
        failure=_thrown(_string(messages[0])) if outcome is Outcome.FAILED else None,
        line=_whole(_table(test.get("location")).get("line")) - 1,
    )


def _thrown(text: str) -> Failure:
    """From an error as JavaScript prints it: its name, its message, its stack."""
    said = re.split(r"\n +at ", text, maxsplit=1)[0]
    named = _ERROR.match(said)
    name = named["name"] if named is not None else "Error"
    return _failure(name, said[named.end() if named is not None else 0 :], text)


def _failure(name: str, message: str, stack: str) -> Failure:
    frames = [
        Frame(Path(_real(place["path"])), int(place["line"]) - 1, _function(place["function"]))
        for place in _PLACE.finditer(stack)
        if not any(part in place["path"] for part in _NOT_THE_USERS)
    ]
    # They come innermost first.
    return Failure(clean(name), clean(message[:_MAX_MESSAGE]), tuple(frames[:_MAX_FRAMES][::-1]))


def _function(name: str | None) -> str:
    """Test frameworks call anonymous functions, as methods of objects of their own."""
    return "<anonymous>" if name is None or "<anonymous>" in name else clean(name)


def _results(found: list[_Found], root: Path) -> tuple[TestResult, ...]:
    """With the names that stand in the code of each test, and a number where two have one id."""
    taken: dict[str, int] = defaultdict(int)
    sources = {path: _lines(path) for path in {each.path for each in found}}
    results: list[TestResult] = []
    for each in found:
        own = _id(each.path, each.names, root)
        taken[own] += 1
        own = own if taken[own] == 1 else f"{own}[{taken[own]}]"
        names = _names(each, found, sources[each.path])
        failure = replace(each.failure, names=names) if each.failure is not None else None
        results.append(TestResult(own, each.outcome, each.duration_s, failure, names=names))
    return tuple(results)


def _names(test: _Found, found: list[_Found], source: list[str]) -> tuple[str, ...]:
    """From the line of the test up to that of the next one."""
    if test.line < 0:
        return ()
    later = [e.line for e in found if e.path == test.path and e.line > test.line]
    lines = source[test.line : min(later, default=len(source))]
    words = _WORD.findall("\n".join(re.sub(r"\"[^\"]*\"|'[^']*'|//.*", "", each) for each in lines))
    return tuple(dict.fromkeys(words))[:_MAX_NAMES]


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text("utf-8", "replace").splitlines()
    except (OSError, ValueError):
        return []


def _id(path: str, names: tuple[str, ...], root: Path) -> str:
    relative = Path(os.path.relpath(_real(path), root)).as_posix()
    return clean("::".join((relative, *names)))


@lru_cache(maxsize=256)
def _real(path: str) -> str:
    return os.path.realpath(unquote(path.removeprefix("file://")) if "://" in path else path)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _duration_s(value: Any) -> float:
    return value / 1000 if isinstance(value, int | float) and 0 <= value < _MAX_MS else 0.0


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _events(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            yield event
