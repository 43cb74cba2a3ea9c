"""Search for a speed-up.

What it does: rewrites a function so that it takes less time: loops over characters become methods of
strings, pairs are found by a table instead of by trying all, sums over ranges get their closed form,
what is asked again and again is kept for the length of a call, and more. A rewrite is run, in the
sandbox, on what the tests call the function with, on more inputs like these and on larger ones; it is
offered only if it did the same on all of them, passes the tests, and was measurably faster: at least
by a tenth, measured in pairs with the original, and no slower on the small inputs of the tests.

Why: that something is slow shows late, when there is much data; and whoever then makes it faster by
hand has to see to it that it still does the same, in every corner.

Example: with the cursor on the line of the `def`, choose `Search for a speed-up of total`. Nothing
runs before that. What is found stands there as information, and in the menu as
`Speed up total: 4.8x faster (4.7-5.0x, 61 inputs)`: the factor on the largest inputs, the interval in
which it lies, and on how many inputs both did the same. If nothing is found, you are told so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lacuna_ls.actions.provider import ActionKind, ActionRequest, Command, Example, Offer
from lacuna_ls.domain.text import Span
from lacuna_ls.optimization.candidates import worth_a_search
from lacuna_ls.optimization.engine import Faster
from lacuna_ls.syntax.document import Document
from lacuna_ls.syntax.nodes import span_of
from lacuna_ls.verification.callables import callable_at
from lacuna_ls.verification.evidence import in_words

EXAMPLES = (
    Example(
        title="Pairs without trying all of them",
        before="""\
def com|mon(left, right):
    found = set()
    for one in left:
        for other in right:
            if one == other:
                found.add(one)
    return sorted(found)


def test_common():
    assert common([1, 4, 3], [5, 3, 1]) == [1, 3]
    assert common([5, 3, 2, 8], [3, 2]) == [2, 3]
""",
        after="""\
def common(left, right):
    found = set()
    known = set(right)
    for one in left:
        if one in known:
            found.add(one)
    return sorted(found)


def test_common():
    assert common([1, 4, 3], [5, 3, 1]) == [1, 3]
    assert common([5, 3, 2, 8], [3, 2]) == [2, 3]
""",
    ),
    Example(
        title="A sum over a range in closed form",
        before="""\
def tri|angle(n):
    return sum(range(n + 1))


def test_triangle():
    assert triangle(4) == 10
    assert triangle(30) == 465
""",
        after="""\
def triangle(n):
    return n * len(range(n + 1)) // 2


def test_triangle():
    assert triangle(4) == 10
    assert triangle(30) == 465
""",
    ),
    Example(
        title="Nothing is offered where the rewrite would do something else",
        before="""\
def par|ts(words, text):
    return [word for word in words if word in text]


def test_parts():
    assert parts(["ab", "ba", "b"], "abc") == ["ab", "b"]
""",
        after=None,
    ),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A rewrite of the function `name`, whose first line is `span`."""

    span: Span
    name: str
    faster: Faster


@dataclass(frozen=True, slots=True)
class SpeedUp:
    """Lists what searches have found in this version of the document."""

    found: Callable[[Document], Sequence[Found]]
    kind: ActionKind = ActionKind.QUICK_FIX

    def offers(self, request: ActionRequest) -> Sequence[Offer]:
        line_at = request.document.source.line_at
        first, last = line_at(request.span.start), line_at(request.span.end)
        return tuple(
            Offer(
                title=title_of(each),
                kind=self.kind,
                version=request.document.version,
                edits=each.faster.edits,
                evidence=each.faster.evidence,
            )
            for each in self.found(request.document)
            if first <= line_at(each.span.start) <= last
        )


@dataclass(frozen=True, slots=True)
class SearchSpeedUp:
    """Starts a search in the function whose first line the menu was opened on, if it has a loop."""

    command: str
    kind: ActionKind = ActionKind.REFACTOR

    def offers(self, request: ActionRequest) -> Sequence[Offer]:
        document = request.document
        if document.tree is None or document.language is None or not request.span.end:
            return ()
        types = frozenset(document.language.function_nodes)
        function = callable_at(document.tree.root_node, request.span, types)
        if function is None or not worth_a_search(function.node, document.language):
            return ()
        line_at = document.source.line_at
        if line_at(request.span.start) != line_at(span_of(function.node).start):
            return ()
        command = Command(self.command, (document.uri, function.name))
        title = f"Search for a speed-up of {function.name}"
        return (Offer(title, self.kind, document.version, command=command),)


def title_of(found: Found) -> str:
    return f"Speed up {found.name}: {in_words(found.faster.evidence)}"


def provider(found: Callable[[Document], Sequence[Found]] = lambda _: ()) -> SpeedUp:
    return SpeedUp(found)


def starter(command: str) -> SearchSpeedUp:
    return SearchSpeedUp(command)
