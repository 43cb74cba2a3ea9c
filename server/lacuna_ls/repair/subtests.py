"""A test function as several: each of its independent checks a test of its own.

One large test is no spectrum: it says which lines ran before its first failing assertion, and
nothing of those behind it. Each check becomes a test with the statements before it that check
nothing, as in "purification" of test cases (Xuan, Monperrus, "Test case purification for improving
fault localization", 2014), but without slicing: set-up is copied whole. All parts pass exactly if
the test passes, as long as no check changes what a later statement reads; where that cannot be
seen, the test stays whole.
"""

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_COMPOUND = (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.If, ast.Try)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*_FUNCTIONS, ast.Lambda, ast.ClassDef)
_ENDS = (ast.Return, ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal, ast.NamedExpr, ast.Delete)
_RAISES = ("raises", "warns", "assertRaises", "assertRaisesRegex", "assertWarns", "subTest")
_MOST_PARTS = 64


@dataclass(frozen=True, slots=True)
class Part:
    """One check of a test as a test: its node id, and the zero-based lines of the check before."""

    test_id: str
    lines: range


@dataclass(frozen=True, slots=True)
class Parts:
    """A test file's text with tests in parts. `of_test` has those that were split, by node id."""

    data: bytes
    of_test: Mapping[str, tuple[Part, ...]]


@dataclass(frozen=True, slots=True)
class _Test:
    """A test function, the names that others of its scope have, and its node id in the file."""

    node: ast.FunctionDef | ast.AsyncFunctionDef
    test_id: str
    siblings: frozenset[str]


@dataclass(slots=True)
class _Linked:
    """Names that may stand for the same object, because one statement mentions them."""

    groups: list[set[str]] = field(default_factory=list)

    def add(self, names: set[str]) -> None:
        if names:
            together = [group for group in self.groups if group & names]
            self.groups = [g for g in self.groups if not g & names] + [names.union(*together)]

    def around(self, names: set[str]) -> set[str]:
        return names.union(*(group for group in self.groups if group & names))


def in_parts(data: bytes, file: str, test_ids: Collection[str]) -> Parts | None:
    """Those of the tests that have independent checks, split; `None` if there are none.

    `file` is what stands before the first `::` of the file's node ids. A parametrised test is
    named with or without its parameters.
    """
    try:
        tree = ast.parse(data.decode("utf-8"))
    except (UnicodeDecodeError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    lines = data.splitlines(keepends=True)
    if len(data.decode("utf-8").splitlines()) != len(lines):
        return None
    wanted = {test_id.partition("[")[0] for test_id in test_ids}
    outer = frozenset(_stateful(tree.body))
    of_test: dict[str, tuple[Part, ...]] = {}
    texts: list[tuple[range, bytes]] = []
    for test in _tests(tree, file):
        checks = _checks(test.node, outer, lines) if test.test_id in wanted else ()
        names = [f"{test.node.name}__{number}" for number in range(1, len(checks) + 1)]
        if not 2 <= len(checks) <= _MOST_PARTS or test.siblings.intersection(names):
            continue
        prefix = test.test_id.removesuffix(test.node.name)
        of_test[test.test_id] = tuple(
            Part(prefix + name, _lines(check)) for name, check in zip(names, checks, strict=True)
        )
        written = [_written(test.node, *each, lines) for each in zip(names, checks, strict=True)]
        texts.append((_whole(test.node), b"\n".join(written)))
    if not of_test:
        return None
    for where, text in sorted(texts, key=lambda each: -each[0].start):
        lines[where.start : where.stop] = [text]
    return Parts(b"".join(lines), of_test)


def _tests(tree: ast.Module, file: str) -> Iterator[_Test]:
    """Test functions of the module and of its classes, however deep."""
    scopes: list[tuple[Sequence[ast.stmt], str]] = [(tree.body, f"{file}::")]
    while scopes:
        body, prefix = scopes.pop()
        names = frozenset(n.name for n in body if isinstance(n, (*_FUNCTIONS, ast.ClassDef)))
        for node in body:
            if isinstance(node, ast.ClassDef):
                scopes.append((node.body, f"{prefix}{node.name}::"))
            elif isinstance(node, _FUNCTIONS):
                yield _Test(node, prefix + node.name, names)


def _checks(
    function: ast.FunctionDef | ast.AsyncFunctionDef,
    outer: frozenset[str],
    lines: Sequence[bytes],
) -> tuple[ast.stmt, ...]:
    """The checks of a test that do not depend on each other; none where that is not seen."""
    body = function.body
    ends = (function.lineno, *(n.end_lineno or n.lineno for n in body))
    own_lines = all(n.lineno > end for n, end in zip(body, ends, strict=False))
    if not own_lines or not _begins_alone(function, lines) or any(map(_leaves, body)):
        return ()
    # What follows the last check could raise as well.
    checks = tuple(node for node in body if _is_check(node) or node is body[-1])
    arguments = function.args
    given = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    stateful = given | _stateful(body) | outer
    linked = _Linked()
    for node in body:
        if not _is_check(node):
            linked.add(_names(node) & stateful)
    changed: set[str] = set()
    for node in body:
        if _names(node) & changed:
            return ()
        if _is_check(node):
            changed |= linked.around(_changed(node) & stateful | _bound(node))
    return checks


def _begins_alone(function: ast.FunctionDef | ast.AsyncFunctionDef, lines: Sequence[bytes]) -> bool:
    """Whether the function's first line holds its `def` and nothing before it."""
    head = b"".join(lines[function.lineno - 1 : function.body[0].lineno - 1])
    return re.match(rb"\s*(async\s+)?def\s+" + function.name.encode(), head) is not None


def _leaves(statement: ast.stmt) -> bool:
    """Whether the test can end here, or reaches for names beyond its own."""
    return any(isinstance(node, _ENDS) for node in _own(statement))


def _own(statement: ast.AST) -> Iterator[ast.AST]:
    """A statement and what is in it, functions and classes defined in it left out."""
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, _SCOPES):
            stack.extend(ast.iter_child_nodes(node))


def _is_check(statement: ast.stmt) -> bool:
    if isinstance(statement, _COMPOUND):
        return any(map(_checks_something, _own(statement)))
    return _checks_something(statement) or (
        isinstance(statement, ast.Expr) and _checks_something(statement.value)
    )


def _checks_something(node: ast.AST) -> bool:
    if isinstance(node, ast.Assert):
        return True
    return _called(node) in _RAISES or _is_assertion(node)


def _is_assertion(node: ast.AST) -> bool:
    """`self.assertEqual(...)` and its like."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    receiver = node.func.value
    of_self = isinstance(receiver, ast.Name) and receiver.id == "self"
    return of_self and node.func.attr.startswith("assert")


def _called(node: ast.AST) -> str:
    """The last part of the name of what is called."""
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _stateful(body: Sequence[ast.stmt]) -> set[str]:
    """Names that are bound to something that could change: not to a literal without parts."""
    found: set[str] = set()
    for statement in body:
        value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
        if value is None or not isinstance(value, ast.Constant):
            found |= _bound(statement)
    return found


def _bound(statement: ast.AST) -> set[str]:
    return {
        node.id for node in _own(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }  # fmt: skip


def _names(statement: ast.AST) -> set[str]:
    """All names in a statement, the `self` of its assertions aside."""
    aside = {
        id(node.func.value)
        for node in ast.walk(statement)
        if _is_assertion(node) and isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
    }  # fmt: skip
    named = (n for n in ast.walk(statement) if isinstance(n, ast.Name))
    return {node.id for node in named if id(node) not in aside}


def _changed(statement: ast.AST) -> set[str]:
    """Names whose objects a check gets hold of in a way in which it could change them."""
    found: set[str] = set()
    for node in ast.walk(statement):
        stored = isinstance(getattr(node, "ctx", None), ast.Store)
        called = isinstance(node, ast.Call) and (
            not _is_assertion(node) or _called(node) in _RAISES
        )
        if stored or called or isinstance(node, (ast.Await, ast.AugAssign)):
            found |= _names(node)
    return found


def _whole(function: ast.FunctionDef | ast.AsyncFunctionDef) -> range:
    """The function's lines, decorators included, counted from zero."""
    first = min([function.lineno, *(d.lineno for d in function.decorator_list)])
    return range(first - 1, function.end_lineno or function.lineno)


def _lines(statement: ast.stmt) -> range:
    return range(statement.lineno - 1, statement.end_lineno or statement.lineno)


def _written(
    function: ast.FunctionDef | ast.AsyncFunctionDef,
    name: str,
    check: ast.stmt,
    lines: Sequence[bytes],
) -> bytes:
    """The test called `name`, with one check of all and the set-up before it."""
    head = b"".join(lines[_whole(function).start : function.body[0].lineno - 1])
    renamed = re.sub(
        rb"(\bdef\s+)" + re.escape(function.name.encode()) + rb"\b",
        lambda found: found[1] + name.encode(),
        head,
        count=1,
    )
    kept = [n for n in function.body if n.lineno < check.lineno and not _is_check(n)]
    text = b"".join(b"".join(lines[r.start : r.stop]) for r in map(_lines, (*kept, check)))
    return renamed + (text if text.endswith(b"\n") else text + b"\n")
