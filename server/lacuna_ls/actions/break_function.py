"""Try to break this function.

What it does: looks for an input on which the function does what it should not, makes that input as
small as it can, and puts a test that fails because of it into the menu. The function is run, in the
sandbox, on what its tests call it with and on more inputs like that. It is held to the examples of
its documentation; to what the version of the last commit did, unless the tests ask for something
else; to not raising what looks like a slip (`IndexError`, `TypeError`, ...); to its return
annotation; and to what all results in its tests have in common (in order, as long as the argument,
the argument left alone, done twice as done once, undone by its counterpart, ...).

Why: tests show what somebody has thought of. An input that nobody has thought of is worth most as
long as the code is fresh.

Example: with the cursor on the line of the `def`, choose `Try to break second`. Nothing runs before
that. What is found stands in the menu there, as `Add a failing test: second([1, 1]) raises IndexError`;
the test goes to the end of the function's test file, and has been seen to fail for that reason. If
nothing is found, you are told in how many seconds and inputs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lacuna_ls.actions.provider import (
    ActionKind,
    ActionRequest,
    Command,
    Example,
    FileEdits,
    Offer,
)
from lacuna_ls.domain.text import Source, Span, TextEdit
from lacuna_ls.repair.proposers.template import templates_of
from lacuna_ls.syntax.document import Document
from lacuna_ls.verification.breaking import Broken
from lacuna_ls.verification.callables import callable_at

EXAMPLES = (
    Example(
        title="An input that no test has",
        before="""\
def sec|ond(xs):
    return sorted(set(xs))[1]


def test_second():
    assert second([3, 1, 2]) == 2
    assert second([5, 4]) == 5
    assert second([9, 7, 7]) == 9
""",
        after="""\
def second(xs):
    return sorted(set(xs))[1]


def test_second():
    assert second([3, 1, 2]) == 2
    assert second([5, 4]) == 5
    assert second([9, 7, 7]) == 9


def test_second_counterexample():
    second([1, 1])
""",
    ),
    Example(
        title="An example of the documentation that does not hold",
        before="""\
def squ|are(n):
    \"\"\"The square: square(3) == 9.\"\"\"
    return n * 2


def test_square():
    assert square(2) == 4
""",
        after="""\
def square(n):
    \"\"\"The square: square(3) == 9.\"\"\"
    return n * 2


def test_square():
    assert square(2) == 4


def test_square_counterexample():
    assert square(3) == 9
""",
    ),
    Example(
        title="Nothing is offered where nothing is found",
        before="""\
def dou|ble(n):
    return 2 * n


def test_double():
    assert double(5) == 10
    assert double(4) == 8
""",
        after=None,
    ),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A function of a document that was broken; `span` is the function.

    `elsewhere` is the file of its tests, unless that is the document itself.
    """

    span: Span
    broken: Broken
    elsewhere: FileEdits | None = None


@dataclass(frozen=True, slots=True)
class AddFailingTest:
    """Lists what attempts have found in this version of the document."""

    found: Callable[[Document], Sequence[Found]]
    kind: ActionKind = ActionKind.QUICK_FIX

    def offers(self, request: ActionRequest) -> Sequence[Offer]:
        return tuple(
            self._offer(each, request.document.version)
            for each in self.found(request.document)
            if _on_one_line(request, each.span)
        )

    def _offer(self, found: Found, version: int) -> Offer:
        counterexample = found.broken.counterexample
        edits: tuple[TextEdit, ...] = (found.broken.test.edit,)
        return Offer(
            title=f"Add a failing test: {counterexample.call} {counterexample.says}",
            kind=self.kind,
            version=version,
            edits=() if found.elsewhere else edits,
            elsewhere=(found.elsewhere,) if found.elsewhere else (),
        )


@dataclass(frozen=True, slots=True)
class BreakFunction:
    """Starts an attempt on the function whose first line the menu was opened on."""

    command: str
    kind: ActionKind = ActionKind.REFACTOR

    def offers(self, request: ActionRequest) -> Sequence[Offer]:
        document = request.document
        templates = templates_of(document.language)
        if templates is None or document.tree is None or not request.span.end:
            return ()
        function = callable_at(document.tree.root_node, request.span, templates.function_types)
        if function is None or templates.is_test(function.node):
            return ()
        line_at = document.source.line_at
        if line_at(request.span.start) != line_at(function.node.start_byte):
            return ()
        command = Command(self.command, (document.uri, function.name))
        title = f"Try to break {function.name}"
        return (Offer(title, self.kind, document.version, command=command),)


def provider(found: Callable[[Document], Sequence[Found]] = lambda _: ()) -> AddFailingTest:
    return AddFailingTest(found)


def starter(command: str) -> BreakFunction:
    return BreakFunction(command)


def _on_one_line(request: ActionRequest, span: Span) -> bool:
    source: Source = request.document.source
    first, last = source.line_at(request.span.start), source.line_at(request.span.end)
    return source.line_at(span.start) <= last and first <= source.line_at(span.end)
