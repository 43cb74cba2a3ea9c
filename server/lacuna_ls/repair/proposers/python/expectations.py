"""What a guard should ask and raise: by the messages of the failures, and by the failing tests' text.

`pytest.raises(E, match=...)`, `self.assertRaises(E)` and `self.assertRaisesRegex(E, ...)` are read;
a pattern stands for a text where it matches itself once its escapes are taken out.
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lacuna_ls.repair.fix import RedTests
from lacuna_ls.repair.proposers.python import failures
from lacuna_ls.repair.proposers.template import Context

# What a crash says, and what the guard against it asks.
_SIGNS = (
    (re.compile("NaN|nan"), re.compile(r"isnan|isfinite")),
    (re.compile("infinity|inf"), re.compile(r"isinf|isfinite")),
    (re.compile("NoneType"), re.compile(r"\bis None\b")),
    (re.compile("index out of range|empty|pop from"), re.compile(r"^not \w+$|\blen\(")),
    (re.compile("division by zero|math domain"), re.compile(r"[=<]= 0$|< 0$")),
    (re.compile("^KeyError$"), re.compile(r"\bnot in\b")),
)
_MUST_NOT = (
    (re.compile(r"(\w+) is None"), "{} must not be None"),
    (re.compile(r"not (\w+)"), "{} must not be empty"),
    (re.compile(r"(\w+) < 0"), "{} must not be negative"),
    (re.compile(r"(\w+) <= 0"), "{} must be positive"),
    (re.compile(r"(\w+) == 0"), "{} must not be 0"),
)
_SHOWN_BY_CRASH = 3.0
_SAYS_OTHERWISE = 0.2
_WAITING = frozenset({"raises", "assertRaises", "assertRaisesRegex"})
_ANCHORS = re.compile(r"^\^|\.\*|\$$")


@dataclass(frozen=True, slots=True)
class Wanted:
    """An exception by its name, with the text it should have; `missed` if it did not come up."""

    error: str
    text: str = ""
    missed: bool = False


def wanted_errors(context: Context) -> tuple[Wanted, ...]:
    """Those that did not come up first; each once, with a text where a test asks for one."""
    return context.once("wanted errors", context.root, lambda: tuple(_wanted(context)))


def _wanted(context: Context) -> Iterator[Wanted]:
    asked = [each for tests in context.tests for each in _asked(tests)]
    texts = {error: text for error, text in reversed(asked) if text}
    missed = dict.fromkeys(failures.missing_errors(context))
    for error in missed:
        yield Wanted(error, texts.get(error, ""), missed=True)
    for error in dict.fromkeys(error for error, _ in asked):
        if error not in missed:
            yield Wanted(error, texts.get(error, ""))


def _asked(tests: RedTests) -> Iterator[tuple[str, str]]:
    try:
        tree = ast.parse(tests.data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for names in tests.names:
        node = _within(tree, names)
        if node is None:
            continue
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and call.args and _last_name(call.func) in _WAITING:
                error = _last_name(call.args[0])
                if error:
                    yield error, _pattern(call)


def _within(tree: ast.AST, names: tuple[str, ...]) -> ast.AST | None:
    """The function or class of these names, each in the one before."""
    node: ast.AST | None = None
    for name in names:
        inner = ast.iter_child_nodes(node or tree)
        node = next((each for each in inner if _is_named(each, name)), None)
        if node is None:
            return None
    return node


def _is_named(node: ast.AST, name: str) -> bool:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return isinstance(node, kinds) and node.name == name


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _pattern(call: ast.Call) -> str:
    """The text that is asked for, if the pattern says no more than that text."""
    given = [keyword.value for keyword in call.keywords if keyword.arg == "match"]
    if _last_name(call.func) == "assertRaisesRegex":
        given += call.args[1:2]
    value = given[0] if given else None
    if isinstance(value, ast.Call) and _last_name(value.func) == "escape" and value.args:
        value = value.args[0]
        return str(value.value) if isinstance(value, ast.Constant) else ""
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return ""
    pattern = _ANCHORS.sub("", value.value)
    text = re.sub(r"\\(\W)", r"\1", pattern)
    try:
        return text if re.fullmatch(pattern, text) else ""
    except re.error:
        return ""


def raised(wanted: Wanted, condition: str) -> tuple[str, float]:
    """The statement that raises it, and how well that fits what a test asks of its text.

    Its text is the test's, if that is a sentence, or else what the condition says.
    """
    found = ((pattern.fullmatch(condition), words) for pattern, words in _MUST_NOT)
    said = next((words.format(match[1]) for match, words in found if match), "")
    if wanted.text in said or " " not in wanted.text:
        likely = 1.0 if wanted.text in said else _SAYS_OTHERWISE
        text = said or wanted.text
    else:
        text, likely = wanted.text, 1.0
    if not text:
        return f"raise {wanted.error}", likely
    # A string of JSON is one of Python.
    return f"raise {wanted.error}({json.dumps(text, ensure_ascii=False)})", likely


def signs(condition: str, context: Context) -> float:
    """More where a crash says what the guard asks."""
    said = context.once("said", context.root, lambda: tuple(_said(context)))
    shown = any(asks.search(condition) for number, (_, asks) in enumerate(_SIGNS) if number in said)
    return _SHOWN_BY_CRASH if shown else 1.0


def _said(context: Context) -> Iterator[int]:
    """Which of the signs the failures give."""
    words = (*context.messages, *(name for tests in context.tests for name in tests.raised))
    for number, (crash, _) in enumerate(_SIGNS):
        if any(map(crash.search, words)):
            yield number
