"""A counterexample as one more test at the end of a file that pytest collects."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from lacuna_ls.domain.text import Span, TextEdit, encode
from lacuna_ls.verification.claims import Counterexample

_SOURCE_FOLDERS = ("src", "lib")


@dataclass(frozen=True, slots=True)
class FailingTest:
    """An edit to the file of tests, and the name of the function that it adds."""

    edit: TextEdit
    name: str


def failing_test(
    text: bytes, function: str, path: PurePath, counterexample: Counterexample
) -> FailingTest | None:
    """A test of `function`, of the file at `path` relative to the root; `None` if `text` is broken.

    What the file of tests has imported is used; what it has not is imported in the test.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    known = set(_bound(tree))
    module = _module_of(tree, path)
    name = _free_name(f"test_{function}", known)
    lines = [f"def {name}():"]
    for needed in (function, *counterexample.needs):
        if needed in known or (needed != "pytest" and _imports_all(tree, module)):
            continue
        statement = "import pytest" if needed == "pytest" else f"from {module} import {needed}"
        lines.append(f"    {statement}")
    if len(lines) > 1:
        lines.append("")
    lines += [f"    {line}" for line in counterexample.body]
    newline = "\r\n" if b"\r\n" in text else "\n"
    gap = "" if text.endswith(b"\n") or not text else newline
    added = gap + (newline * 2 if text else "") + newline.join(lines) + newline
    return FailingTest(TextEdit(Span(len(text), len(text)), encode(added)), name)


def _bound(tree: ast.Module) -> Iterator[str]:
    """Names that the statements at the top bind."""
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name) for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _module_of(tree: ast.Module, path: PurePath) -> str:
    """The module as the tests import it; by its path, if they do not."""
    stem = path.parent.name if path.stem == "__init__" else path.stem
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            if name.rpartition(".")[2] == stem:
                return name
            if any(alias.name == stem for alias in node.names):
                return f"{name}{'' if name.endswith('.') else '.'}{stem}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.rpartition(".")[2] == stem:
                    return alias.name
    parts = [*path.parent.parts, *([] if path.stem == "__init__" else [stem])]
    if parts[0] in _SOURCE_FOLDERS and len(parts) > 1:
        parts = parts[1:]
    return ".".join(parts)


def _imports_all(tree: ast.Module, module: str) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and "." * node.level + (node.module or "") == module
        and node.names[0].name == "*"
        for node in tree.body
    )


def _free_name(name: str, known: set[str]) -> str:
    number = 1
    while True:
        tried = f"{name}_counterexample" + ("" if number == 1 else f"_{number}")
        if tried not in known:
            return tried
        number += 1
