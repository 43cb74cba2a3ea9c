"""Makes extract-method cases out of published code: helpers called once, put back in their caller.

An author who wrote a helper that one place calls has drawn its bounds and chosen its name. Here the
helper's body takes the place of its call, and the helper goes; whoever finds the range again, and a
name like the author's, does what the author did.

Only what is plainly right is inlined. The helper is a function of the module or a method; it is
undecorated, and its name stands nowhere else in the file. It has no return but perhaps one, its last
statement; every argument is a variable, given by position, and no parameter is assigned. No local of
the helper is known to the caller, and no variable of the caller to the helper. What returns one of
the helper's own variables leaves it in the variable that the caller assigned the result to.
Nothing around the body hints at its bounds: docstring, blank lines and comments in front are left out.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_KEPT_OUT = (
    *_SCOPES,
    ast.Lambda,
    ast.Yield,
    ast.YieldFrom,
    ast.Await,
    ast.Global,
    ast.Nonlocal,
    ast.AsyncFor,
    ast.AsyncWith,
    ast.NamedExpr,
    ast.Match,
)
_FRAME = frozenset(("locals", "super", "vars", "eval", "exec", "__class__"))


@dataclass(frozen=True, slots=True)
class Case:
    """A file with the helper inlined; lines count from one, `name` is what its author called it."""

    text: str
    first_line: int
    last_line: int
    name: str


@dataclass(frozen=True, slots=True)
class _Site:
    """The statement that calls the helper, in its host. `targets` take the result, if any do."""

    host: ast.FunctionDef
    statement: ast.stmt
    call: ast.Call
    targets: tuple[str, ...]
    returned: bool


def cases_of(text: str) -> Iterator[Case]:
    """One case a helper, each from the file as it was."""
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    if "\t" in text or "\f" in text or "\r" in text or not text.isascii():
        return
    counts = Counter(re.findall(r"\w+", text))
    for group, methods in _groups(module):
        sites = {site.call: site for host in group for site in _sites(host)}
        for helper in group:
            if counts[helper.name] != 2 or helper.decorator_list:
                continue
            for site in sites.values():
                if _called(site.call, methods) == helper.name and site.host is not helper:
                    case = _inlined(text, helper, site, methods)
                    if case is not None:
                        yield case


def _groups(module: ast.Module) -> Iterator[tuple[list[ast.FunctionDef], bool]]:
    """Functions that may call each other by their bare names, then by `self`."""
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    yield [node for node in module.body if isinstance(node, ast.FunctionDef)], False
    for owner in classes:
        yield [node for node in owner.body if isinstance(node, ast.FunctionDef)], True


def _called(call: ast.Call, methods: bool) -> str | None:
    function = call.func
    if not methods:
        return function.id if isinstance(function, ast.Name) else None
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.attr if function.value.id == "self" else None
    return None


def _sites(host: ast.FunctionDef) -> Iterator[_Site]:
    for node in _own(host):
        value = getattr(node, "value", None)
        if not isinstance(value, ast.Call):
            continue
        if isinstance(node, ast.Expr):
            yield _Site(host, node, value, (), returned=False)
        elif isinstance(node, ast.Return):
            yield _Site(host, node, value, (), returned=True)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            names = _names(node.targets[0])
            if names:
                yield _Site(host, node, value, names, returned=False)


def _own(host: ast.FunctionDef) -> Iterator[ast.AST]:
    pending: list[ast.AST] = list(host.body)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, (*_SCOPES, ast.Lambda)):
            pending.extend(ast.iter_child_nodes(node))


def _names(target: ast.expr) -> tuple[str, ...]:
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    names = tuple(part.id for part in parts if isinstance(part, ast.Name))
    return names if len(names) == len(parts) == len(set(names)) else ()


def _inlined(text: str, helper: ast.FunctionDef, site: _Site, methods: bool) -> Case | None:
    body = helper.body[1:] if ast.get_docstring(helper, clean=False) is not None else helper.body
    arguments = _arguments(helper, site.call, methods)
    if not body or arguments is None or not _plain(body):
        return None
    result = body[-1].value if isinstance(body[-1], ast.Return) else None
    bound = _bound(body)
    if bool(result) != bool(site.targets or site.returned) or bound & {*arguments, "self"}:
        return None
    returned = _names(result) if result is not None and site.targets else ()
    if len(returned) != len(site.targets) or not set(returned) <= bound:
        returned = ()
    results = dict(zip(returned, site.targets, strict=True)) if returned else {}
    kept = body[:-1] if returned else body
    if not kept or _clash(body, site, bound, arguments, results):
        return None
    return _written(text, helper, site, kept, {**arguments, **results})


def _arguments(helper: ast.FunctionDef, call: ast.Call, methods: bool) -> dict[str, str] | None:
    """The caller's variable for each parameter; `None` unless all are plain and by position."""
    listed = helper.args
    if listed.vararg or listed.kwarg or listed.kwonlyargs or listed.posonlyargs or call.keywords:
        return None
    names = [parameter.arg for parameter in listed.args]
    if methods:
        if names[:1] != ["self"]:
            return None
        names = names[1:]
    given = [value.id for value in call.args if isinstance(value, ast.Name)]
    if len(given) != len(call.args) or len(given) != len(names) or len(set(given)) != len(given):
        return None
    return dict(zip(names, given, strict=True))


def _plain(body: list[ast.stmt]) -> bool:
    nodes = [node for statement in body for node in ast.walk(statement)]
    returns = [node for node in nodes if isinstance(node, ast.Return)]
    spread = any(_spread(node) for node in nodes)
    frame = any(isinstance(node, ast.Name) and node.id in _FRAME for node in nodes)
    kept_out = any(isinstance(node, _KEPT_OUT) for node in nodes)
    return not (spread or frame or kept_out) and returns in ([], [body[-1]])


def _spread(node: ast.AST) -> bool:
    """Whether a string goes over several lines: its text may not be indented anew."""
    text = isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )
    return text and getattr(node, "lineno", 0) != getattr(node, "end_lineno", 0)


def _bound(body: list[ast.stmt]) -> set[str]:
    nodes = [node for statement in body for node in ast.walk(statement)]
    names = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    names |= {n.name for n in nodes if isinstance(n, ast.ExceptHandler) and n.name}
    return names | {(n.asname or n.name).split(".")[0] for n in nodes if isinstance(n, ast.alias)}


def _clash(
    body: list[ast.stmt],
    site: _Site,
    bound: set[str],
    arguments: dict[str, str],
    results: dict[str, str],
) -> bool:
    """Whether a name would mean something else in the caller."""
    mine = {n.id for s in body for n in ast.walk(s) if isinstance(n, ast.Name)} | bound
    caller = {n.id for n in ast.walk(site.host) if isinstance(n, ast.Name)} | {
        n.arg for n in ast.walk(site.host) if isinstance(n, ast.arg)
    }
    taken = (bound - set(results)) & caller
    foreign = {new for old, new in results.items() if old != new and new in mine}
    free = mine - bound - set(arguments) - {"self"}
    hidden = free & (
        _bound(site.host.body) | {n.arg for n in ast.walk(site.host.args) if isinstance(n, ast.arg)}
    )
    overwritten = set(arguments.values()) & set(site.targets)
    swapped = {new for old, new in arguments.items() if old != new and new in mine}
    return bool(taken or foreign or hidden or overwritten or swapped)


def _written(
    text: str,
    helper: ast.FunctionDef,
    site: _Site,
    kept: list[ast.stmt],
    renamed: dict[str, str],
) -> Case | None:
    lines = text.split("\n")
    moved = _moved(lines, kept, site, renamed)
    statement = site.statement
    if moved is None or not _alone(lines, statement):
        return None
    assert statement.end_lineno is not None
    assert helper.end_lineno is not None
    start, stop = helper.lineno - 1, helper.end_lineno
    while start and (not lines[start - 1].strip() or lines[start - 1].lstrip().startswith("#")):
        start -= 1
    at, after = statement.lineno - 1, statement.end_lineno
    if at < start:
        result = [*lines[:at], *moved, *lines[after:start], *lines[stop:]]
        first = at + 1
    else:
        result = [*lines[:start], *lines[stop:at], *moved, *lines[after:]]
        first = at + 1 - (stop - start)
    joined = "\n".join(result)
    try:
        ast.parse(joined)
    except SyntaxError:
        return None
    return Case(joined, first, first + len(moved) - 1, helper.name)


def _alone(lines: list[str], statement: ast.stmt) -> bool:
    assert statement.end_lineno is not None
    before = lines[statement.lineno - 1][: statement.col_offset]
    behind = lines[statement.end_lineno - 1][statement.end_col_offset :]
    return not before.strip() and not behind.strip()


def _moved(
    lines: list[str], kept: list[ast.stmt], site: _Site, renamed: dict[str, str]
) -> list[str] | None:
    """The body's lines with the caller's names, at the caller's indentation."""
    if not all(_alone(lines, statement) for statement in kept):
        return None
    names = [n for s in kept for n in ast.walk(s) if isinstance(n, ast.Name)]
    edits = [(n.lineno, n.col_offset, n.id, renamed[n.id]) for n in names if n.id in renamed]
    formatted = {
        id(i)
        for s in kept
        for n in ast.walk(s)
        if isinstance(n, ast.JoinedStr)
        for i in ast.walk(n)
    }
    # Before Python 3.12 a name in an f-string has no place of its own.
    if any(id(n) in formatted and renamed.get(n.id, n.id) != n.id for n in names):
        return None
    edits = [edit for edit in edits if edit[2] != edit[3]]
    last = kept[-1]
    if isinstance(last, ast.Return) and site.targets:
        edits.append((last.lineno, last.col_offset, "return", ", ".join(site.targets) + " ="))
    assert last.end_lineno is not None
    own = dict(enumerate(lines[kept[0].lineno - 1 : last.end_lineno], kept[0].lineno))
    for line, column, old, new in sorted(edits, reverse=True):
        if not own[line].startswith(old, column):
            return None
        own[line] = own[line][:column] + new + own[line][column + len(old) :]
    indent, wanted = " " * kept[0].col_offset, " " * site.statement.col_offset
    if any(line.strip() and not line.startswith(indent) for line in own.values()):
        return None
    return [wanted + line[len(indent) :] if line.strip() else "" for line in own.values()]
