"""What was seen of the failure, for a model to read: its smallest input, what it broke, its values.

The input and the property that it breaks come first, because a small counterexample helps more than
many (He et al., 2025, "Use Property-Based Testing to Bridge LLM Code Generation and Validation",
PGS, section 3.3: of all failing inputs the shortest). Then the values block by block, as LDB (Zhong
et al., 2024) shows them. Inputs that Hypothesis shrank are taken as it left them; of ordinary tests
the failing call that is the shortest to write is taken.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lacuna_ls.domain.facts import CapturedCall, FunctionFacts
from lacuna_ls.domain.test_result import TestReport, TestResult
from lacuna_ls.domain.text import Source, decode
from lacuna_ls.repair.model_loop.target import Target
from lacuna_ls.syntax.document import Document, parse
from lacuna_ls.syntax.nodes import preorder
from lacuna_ls.test_runs.facts import trace, trace_text

_MOST_TESTS = 3
_MOST_TEST_BYTES = 2_500
_MOST_TRACE = 4_000
_MOST_MESSAGE = 1_200

Read = Callable[[Path], bytes | None]


@dataclass(frozen=True, slots=True)
class Briefing:
    """Texts, each empty where nothing is known.

    `tests` is the code of failing tests, that of the smallest failure first. `example` is its
    input, `broken` what it should have shown.
    """

    tests: str = ""
    example: str = ""
    broken: str = ""


def briefing(
    report: TestReport, document: Document, path: Path, target: Target, read: Read
) -> Briefing:
    """What `report` tells of the target. `read` gives the files that a model may see, others not."""
    failures = sorted(report.failures, key=lambda result: _size(result, path, target))
    if not failures:
        return Briefing()
    smallest = failures[0]
    tests = [code for r in failures[:_MOST_TESTS] if (code := _test_code(r, document, read))]
    return Briefing(
        tests="\n\n".join(dict.fromkeys(tests)),
        example=_example(smallest, path, target),
        broken=_broken(smallest, document, read),
    )


def values_text(report: TestReport, path: Path, target: Target, source: Source) -> str:
    """What the target did in the smallest failure, block by block; `source` is what ran."""
    failures = sorted(report.failures, key=lambda result: _size(result, path, target))
    shown = trace(_facts_of(failures[0], path, target)) if failures else None
    if shown is None or not shown.total:
        return ""
    return trace_text(shown, {path: source})[:_MOST_TRACE]


def _size(result: TestResult, path: Path, target: Target) -> tuple[int, int]:
    """How much there is to read of a failure's input; those without a known input come last."""
    example = _example(result, path, target)
    return (0, len(example)) if example else (1, len(result.test_id))


def _example(result: TestResult, path: Path, target: Target) -> str:
    if result.failure is not None and result.failure.example:
        return result.failure.example
    calls = [call for facts in _facts_of(result, path, target) for call in facts.captured]
    return _call_text(target.name, calls[-1]) if calls else ""


def _call_text(name: str, call: CapturedCall) -> str:
    arguments = ", ".join(f"{a.name}={a.text}" for a in call.arguments)
    if call.raised is not None:
        ended = f"raised {call.raised}"
    elif call.returned is not None:
        ended = f"returned {call.returned}"
    else:
        ended = "did not return"
    return f"{name}({arguments}) {ended}"


def _facts_of(result: TestResult, path: Path, target: Target) -> Sequence[FunctionFacts]:
    """Those of the target: by its name, and where several have it, by its place in the original."""
    named = [
        facts
        for facts in result.facts
        if facts.path == path and facts.name.rpartition(".")[2] == target.name
    ]
    there = [facts for facts in named if target.first_line <= facts.line <= target.last_line]
    return there or named


def _broken(result: TestResult, document: Document, read: Read) -> str:
    """The assertion as it stands in the test, and what came of it."""
    failure = result.failure
    if failure is None:
        return ""
    message = f"{failure.exception}: {failure.message}"[:_MOST_MESSAGE]
    line = _asserting_line(result, document, read)
    return f"{line}\n{message}" if line else message


def _asserting_line(result: TestResult, document: Document, read: Read) -> str:
    if result.failure is None:
        return ""
    for frame in result.failure.frames:
        if frame.path.name == _file_name(result):
            data = read(frame.path)
            source = Source.of(data) if data is not None else None
            if source is not None and frame.line < len(source.line_starts):
                return source.text(source.line_span(frame.line)).strip()
    return ""


def _test_code(result: TestResult, document: Document, read: Read) -> str:
    """The source of a test's function."""
    paths = [f.path for f in result.failure.frames] if result.failure is not None else []
    path = next((p for p in paths if p.name == _file_name(result)), None)
    data = read(path) if path is not None else None
    if data is None or document.language is None:
        return ""
    name = result.test_id.rpartition("::")[2].partition("[")[0]
    root = parse(data, document.language).root_node
    found: Iterable[bytes] = (
        node.text or b""
        for node in preorder(root)
        if node.type in document.language.definition_nodes
        and (own := node.child_by_field_name("name")) is not None
        and own.text == name.encode()
    )
    return decode(next(iter(found), b"")[:_MOST_TEST_BYTES])


def _file_name(result: TestResult) -> str:
    return Path(result.test_id.partition("::")[0]).name
