"""A save, the run of tests that it set off, and what both are done with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from lacuna_ls.domain.test_result import TestReport
from lacuna_ls.ports.clock import Clock
from lacuna_ls.ports.code_runner import CodeRunner, TestRequest
from lacuna_ls.ports.context_store import ContextStore
from lacuna_ls.ports.files import Files
from lacuna_ls.repair.finished import FinishedFixes
from lacuna_ls.syntax.document import Document


@dataclass(frozen=True, slots=True)
class SaveTools:
    """What the work after a save is done with.

    `interpreter` names the Python of a file's folder, given the workspace root and the file; it
    raises `RunnerError` if there is none. Without `contexts` it is not recorded what
    tests execute, without `expect` nothing is got ready for candidates before there are any.
    """

    runner: CodeRunner
    files: Files
    clock: Clock
    finished: FinishedFixes
    interpreter: Callable[[Path, Path], Path]
    contexts: ContextStore | None = None
    expect: Callable[[TestRequest], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class Save:
    """A saved snapshot, and where it lies."""

    document: Document
    path: Path
    root: Path


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run; `clean` are the open documents whose text is what the tests ran on."""

    request: TestRequest
    report: TestReport
    clean: tuple[Save, ...]
