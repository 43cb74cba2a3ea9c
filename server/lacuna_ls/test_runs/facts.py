"""What is shown of the facts that a failing test left: a note per line, and its trace.

The trace has the form in which LDB (Zhong et al., 2024, "Debug like a Human", section 3.1) shows
one to a model: basic blocks with the values after them, the first and the last five of many.
"""

import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lacuna_ls.domain.facts import BlockPass, FunctionFacts, LineFacts, SeenValue
from lacuna_ls.domain.test_result import RunStatus, TestReport, TestResult
from lacuna_ls.domain.text import Source, Span
from lacuna_ls.ports.code_runner import TestRequest

BLOCKS_SHOWN = 5
_MAX_RECORDED = 3
_MAX_RECORDED_S = 2.0
_RECORDING_WALL_S = 10.0
_MAX_NOTE = 120
_BLOCK_LINES = 12
_UNSHOWN_ARGUMENTS = ("self", "cls")


@dataclass(frozen=True, slots=True)
class Trace:
    """`first` and `last` blocks of one test, with the functions they are in; `total` had it."""

    first: tuple[tuple[FunctionFacts, BlockPass], ...]
    last: tuple[tuple[FunctionFacts, BlockPass], ...]
    total: int


def recording(
    request: TestRequest, report: TestReport, paths: Collection[Path]
) -> TestRequest | None:
    """The request for one more run of the first few failing tests, with facts of `paths`.

    `None` if there is nothing to be recorded: the run of `request` did not come to its end with a
    failure, or running them once more takes too long.
    """
    if report.status is not RunStatus.COMPLETED or not paths:
        return None
    targets: list[str] = []
    spent_s = 0.0
    for result in report.failures[:_MAX_RECORDED]:
        spent_s += result.duration_s
        if spent_s <= _MAX_RECORDED_S and result.failure is not None:
            targets.append(result.test_id)
    if not targets:
        return None
    limits = replace(request.limits, wall_s=min(request.limits.wall_s, _RECORDING_WALL_S))
    return replace(request, targets=tuple(targets), facts=tuple(paths), limits=limits)


def line_notes(
    results: Iterable[TestResult], path: Path, source: Source
) -> tuple[tuple[int, str], ...]:
    """(zero-based line, what was seen there), ascending, for the file at `path`.

    Where several failing tests went through a function, the first one's values are shown.
    `source` is the text that the tests ran on.
    """
    texts: dict[int, list[str]] = {}
    for function in _first_passes(results, path):
        for line in function.lines:
            note = _note(line, function, source)
            if note:
                texts.setdefault(line.line, []).append(note)
    return tuple((line, _shortened(", ".join(notes))) for line, notes in sorted(texts.items()))


def function_at(
    results: Iterable[TestResult], path: Path, line: int
) -> tuple[TestResult, FunctionFacts] | None:
    """The failing test that went through the function named on `line`, and what it did there."""
    for result in results:
        for function in result.facts:
            if function.path == path and function.line == line:
                return result, function
    return None


def trace(functions: Sequence[FunctionFacts]) -> Trace:
    """The trace of a test; of one function of it, if only that is given."""
    passes = [(function, block) for function in functions for block in function.blocks]
    passes.sort(key=lambda each: each[1].number)
    total = sum(function.blocks_total for function in functions)
    if total <= 2 * BLOCKS_SHOWN:
        return Trace(tuple(passes), (), total)
    return Trace(tuple(passes[:BLOCKS_SHOWN]), tuple(passes[-BLOCKS_SHOWN:]), total)


def trace_text(shown: Trace, sources: Mapping[Path, Source]) -> str:
    """The blocks as code, the values behind them as comments; `sources` are what ran."""
    parts = [_block_text(function, block, sources) for function, block in shown.first]
    left_out = shown.total - len(shown.first) - len(shown.last)
    if left_out > 0:
        parts.append(f"# ... {left_out} more {'block' if left_out == 1 else 'blocks'} ...")
    parts += [_block_text(function, block, sources) for function, block in shown.last]
    return "\n\n".join(parts)


def lines_of(shown: Trace) -> Iterator[tuple[Path, int]]:
    """The lines that a trace shows."""
    for function, block in (*shown.first, *shown.last):
        for line in range(block.first_line, block.last_line + 1):
            yield function.path, line


def _first_passes(results: Iterable[TestResult], path: Path) -> Iterator[FunctionFacts]:
    seen: set[tuple[str, int]] = set()
    for result in results:
        for function in result.facts:
            key = function.name, function.line
            if function.path == path and key not in seen:
                seen.add(key)
                yield function


def _note(line: LineFacts, function: FunctionFacts, source: Source) -> str:
    definition = line.line == function.line
    code = _code(source, line.line)
    shown = [
        _value_text(value)
        for value in line.values
        if not (definition and value.name in _UNSHOWN_ARGUMENTS)
        and not (value.name == "return" and value.last == "None" and "return" not in code)
    ]
    return ", ".join([*shown, *([line.raised] if line.raised else [])])


def _value_text(value: SeenValue) -> str:
    if value.name == "return":
        return f"→ {value.last}"
    if value.count == 1:
        return f"{value.name} = {value.last}"
    return f"{value.name} = {value.first} … {value.last} ({value.count}×)"


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_NOTE else text[: _MAX_NOTE - 1] + "…"


def _block_text(function: FunctionFacts, block: BlockPass, sources: Mapping[Path, Source]) -> str:
    source = sources.get(function.path)
    lines = range(block.first_line, block.last_line + 1)
    code = [] if source is None else [_code(source, line) for line in lines]
    if len(code) > _BLOCK_LINES:
        half = _BLOCK_LINES // 2
        code = [*code[:half], f"# ... {len(code) - 2 * half} more lines ...", *code[-half:]]
    where = f"# block {block.number}: {function.name}, {function.path.name} line {lines[0] + 1}"
    values = [f"#     {name} = {text}" for name, text in block.values if name != "return"]
    values += [f"#     returns {text}" for name, text in block.values if name == "return"]
    return "\n".join([where, textwrap.dedent("\n".join(code)), *values])


def _code(source: Source, line: int) -> str:
    if line >= len(source.line_starts):
        return ""
    span = source.line_span(line)
    return source.text(Span(span.start, span.end))
