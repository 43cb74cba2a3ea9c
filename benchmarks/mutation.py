"""Small mistakes planted in real code: seeded, reproducible, one place each.

Kinds, after the classes of DeMillo, Lipton and Sayward ("Hints on test data selection", 1978) and of
what people fix in one-line commits (Karampatsis and Sutton, "How often do single-statement bugs
occur?", 2020): an operator replaced, a number or bound off by one, a statement dropped, two
arguments swapped, a guard left out. Made from Python's own syntax tree, so that they share nothing
with the templates that look for fixes.
"""

import ast
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

_COMPARISONS: dict[type[ast.cmpop], tuple[bytes, bytes]] = {
    ast.Lt: (b"<", b"<="),
    ast.LtE: (b"<=", b"<"),
    ast.Gt: (b">", b">="),
    ast.GtE: (b">=", b">"),
    ast.Eq: (b"==", b"!="),
    ast.NotEq: (b"!=", b"=="),
    ast.Is: (b"is", b"is not"),
    ast.In: (b"in", b"not in"),
}
_ARITHMETIC: dict[type[ast.operator], tuple[bytes, bytes]] = {
    ast.Add: (b"+", b"-"),
    ast.Sub: (b"-", b"+"),
    ast.Mult: (b"*", b"+"),
    ast.FloorDiv: (b"//", b"/"),
    ast.Mod: (b"%", b"//"),
}
_ENDS_A_GUARD = (ast.Return, ast.Raise, ast.Continue, ast.Break)


@dataclass(frozen=True, slots=True)
class Mutant:
    """`text` is the whole file; the function has its qualified name, the line counts from 1."""

    path: Path
    kind: str
    function: str
    line: int
    text: bytes


def mutants(package: Path, seed: int) -> Iterator[Mutant]:
    """All mutants of a package's files, kind by kind in turn, no two of a kind in one function.

    The order is random and always the same for one seed.
    """
    by_kind: dict[str, list[Mutant]] = defaultdict(list)
    for path in sorted(package.rglob("*.py")):
        if "test" not in path.name and "test" not in path.parent.name:
            for mutant in mutants_of(path, path.read_bytes()):
                by_kind[mutant.kind].append(mutant)
    chance = random.Random(seed)
    queues: list[list[Mutant]] = []
    for kind in sorted(by_kind):
        found = by_kind[kind]
        chance.shuffle(found)
        queues.append(list({(each.path, each.function): each for each in found}.values()))
    while any(queues):
        for queue in queues:
            while queue:
                mutant = queue.pop(0)
                if _is_python(mutant.text) and not same_program(
                    mutant.text, mutant.path.read_bytes()
                ):
                    yield mutant
                    break


def mutants_of(path: Path, data: bytes) -> Iterator[Mutant]:
    """The mutants of one file's functions; some may be no Python, or the same program."""
    starts = [0]
    for text in data.splitlines(keepends=True):
        starts.append(starts[-1] + len(text))

    def span(node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = starts[node.lineno - 1] + node.col_offset
        return start, starts[node.end_lineno - 1] + node.end_col_offset

    for name, node in _inside_functions(ast.parse(data), ()):
        for kind, start, end, new in _edits(node, data, span):
            line = data.count(b"\n", 0, start) + 1
            yield Mutant(path, kind, ".".join(name), line, data[:start] + new + data[end:])


def _inside_functions(
    node: ast.AST, names: tuple[str, ...], *, inside: bool = False
) -> Iterator[tuple[tuple[str, ...], ast.AST]]:
    """Each node of the innermost function's body, with the function's qualified name."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            if not inside:
                yield from _inside_functions(child, (*names, child.name), inside=True)
        elif isinstance(child, ast.ClassDef):
            yield from _inside_functions(child, (*names, child.name))
        else:
            if inside:
                yield names, child
            yield from _inside_functions(child, names, inside=inside)


_Edit = tuple[str, int, int, bytes]
_SpanOf = Callable[[ast.expr | ast.stmt], tuple[int, int]]


def _edits(node: ast.AST, data: bytes, span: _SpanOf) -> Iterator[_Edit]:
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
            yield from _operator(span(left)[1], span(right)[0], data, *_COMPARISONS[type(op)])
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _ARITHMETIC:
            symbols = _ARITHMETIC[type(operator)]
            yield from _operator(span(left)[1], span(right)[0], data, *symbols)
        case ast.BoolOp(op=joint, values=values):
            words = (b"and", b"or") if isinstance(joint, ast.And) else (b"or", b"and")
            for one, other in pairwise(values):
                yield from _operator(span(one)[1], span(other)[0], data, *words)
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            for near in (value + 1, value - 1):
                yield "off by one", *span(node), b"%d" % near
        case ast.Call(args=[first, second, *_]) if not _starred(first, second):
            (start, one_end), (other_start, end) = span(first), span(second)
            between = data[one_end:other_start]
            swapped = data[other_start:end] + between + data[start:one_end]
            yield "swapped arguments", start, end, swapped
        case ast.If(body=[*_, last], orelse=[]) if isinstance(last, _ENDS_A_GUARD):
            yield "missing guard", *span(node), b"pass"
        case ast.Expr(value=ast.Call()) | ast.Assign() | ast.AugAssign():
            assert isinstance(node, ast.stmt)
            yield "dropped statement", *span(node), b"pass"


def _operator(start: int, end: int, data: bytes, old: bytes, new: bytes) -> Iterator[_Edit]:
    """The operator between two operands, which parentheses and comments may surround."""
    between = data[start:end]
    if between.count(old) == 1 and b"#" not in between:
        at = start + between.index(old)
        yield "operator", at, at + len(old), new


def _starred(*arguments: ast.expr) -> bool:
    return any(isinstance(each, ast.Starred) for each in arguments)


def _is_python(text: bytes) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def same_program(one: bytes, other: bytes) -> bool:
    """Whether two texts have the same syntax tree."""
    if not (_is_python(one) and _is_python(other)):
        return one == other
    return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))
