"""`lacuna-ls check --speed`: rewrites that are faster, and how a function's time has changed.

What an editor offers for one function on demand is searched for each function of the given files that
repeats anything. With `--against` the working copy is timed beside a revision instead.
"""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lacuna_ls.adapters.last_commit import text_at
from lacuna_ls.cli.check_run import Subject
from lacuna_ls.domain.text import TextEdit, decode
from lacuna_ls.domain.timing import Timed
from lacuna_ls.lsp.save_run import SaveTools
from lacuna_ls.optimization.candidates import function_named, worth_a_search
from lacuna_ls.optimization.engine import Faster, Target, search
from lacuna_ls.ports.code_runner import TestRequest
from lacuna_ls.ports.code_timer import TimedRunner, TimeRequest
from lacuna_ls.syntax.languages import Language
from lacuna_ls.syntax.nodes import Node, preorder, span_of
from lacuna_ls.verification.callables import callable_at
from lacuna_ls.verification.evidence import in_words
from lacuna_ls.verification.timing import Measured, compared, measured


@dataclass(frozen=True, slots=True)
class Timing:
    """What is said of one function, at a zero-based line.

    `patch` makes it faster, if that is what was found; `slower` is true where it was measured to
    be slower. `timed` has the times, before and after; `measured` is what they say, with the revision's
    or the given text as the original. `edits` are the patch.
    """

    subject: Subject
    name: str
    line: int
    message: str
    patch: str = ""
    slower: bool = False
    timed: tuple[Timed, ...] = ()
    measured: Measured | None = None
    edits: tuple[TextEdit, ...] = ()

    @property
    def found(self) -> bool:
        """Whether there is something to do."""
        return bool(self.patch) or self.slower


async def faster(subjects: Sequence[Subject], tools: SaveTools) -> tuple[Timing, ...]:
    """A rewrite for each function that has one.

    Raises:
        RunnerError: no process could be started.
        UntrustedFolderError: a project is not trusted.
    """
    found: list[Timing] = []
    for target, subject, node in _targets(subjects, tools):
        assert isinstance(tools.runner, TimedRunner)
        result = await search(target, tools.runner)
        if isinstance(result, Faster):
            message = f"{target.name} can be {in_words(result.evidence)}: {result.summary}"
            line = node.start_point[0]
            patch = _patch(subject, target.data, result.data)
            found.append(
                Timing(
                    subject,
                    target.name,
                    line,
                    message,
                    patch,
                    timed=result.timed,
                    measured=result.measured,
                    edits=result.edits,
                )
            )
    return tuple(found)


async def against(
    revision: str, subjects: Sequence[Subject], tools: SaveTools
) -> tuple[Timing, ...]:
    """Each function whose file reads otherwise at the revision, beside what it was there."""
    found: list[Timing] = []
    for target, subject, node in _targets(subjects, tools):
        before = await text_at(subject.path, revision)
        if before is None or not _differs(before, target, node):
            continue
        assert isinstance(tools.runner, TimedRunner)
        request = TimeRequest(target.request, target.path, target.name, (target.data, before))
        timing = await tools.runner.time(request)
        result = measured(timing.variants[0])
        now = target.name, node.start_point[0]
        if result is None:
            message = f"{target.name} does not do the same as at {revision}, or cannot be timed"
            found.append(Timing(subject, *now, message))
            continue
        words, slower = compared(result, revision)
        turned = tuple(_turned(each) for each in timing.variants[0])
        message = f"{target.name} is {words}"
        after = measured(turned)
        found.append(Timing(subject, *now, message, slower=slower, timed=turned, measured=after))
    return tuple(found)


def _targets(
    subjects: Sequence[Subject], tools: SaveTools
) -> Iterator[tuple[Target, Subject, Node]]:
    for subject in subjects:
        language = subject.document.language
        if language is None or not subject.targets.paths or subject.document.tree is None:
            continue
        interpreter = tools.interpreter(subject.root, subject.path)
        request = TestRequest(subject.root, interpreter, subject.targets.paths)
        for name, node in _functions(subject.document.tree.root_node, language):
            target = Target(subject.document.data, subject.path, name, language, request)
            yield target, subject, node


def _functions(root: Node, language: Language) -> Iterator[tuple[str, Node]]:
    types = frozenset(language.function_nodes)
    for node in preorder(root):
        if node.type in types and worth_a_search(node, language):
            found = callable_at(root, span_of(node), types)
            if found is not None and found.node == node:
                yield found.name, node


def _differs(before: bytes, target: Target, node: Node) -> bool:
    from lacuna_ls.syntax.document import parse

    old = function_named(parse(before, target.language).root_node, target.name, target.language)
    return old is not None and old.text != node.text


def _turned(timed: Timed) -> Timed:
    """The revision's as the original, the working copy's as what came of it."""
    return Timed(
        timed.level,
        timed.growth,
        timed.size,
        timed.equal,
        timed.variant_ns,
        timed.original_ns,
        timed.peaks[::-1],
    )


def _patch(subject: Subject, before: bytes, after: bytes) -> str:
    name = subject.path.relative_to(subject.root).as_posix()
    old, new = (decode(data).splitlines(keepends=True) for data in (before, after))
    return "".join(difflib.unified_diff(old, new, f"a/{name}", f"b/{name}"))


def write_picture(path: Path, timings: Sequence[Timing]) -> None:
    """One picture of all functions that were timed on several sizes."""
    from lacuna_ls.cli.check_speed_picture import picture

    path.write_text(picture([(each.name, each.timed) for each in timings]), encoding="utf-8")
