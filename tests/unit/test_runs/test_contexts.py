"""What a change hits, what is not proven, and that nothing is left out that a change can break."""

import sys
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeFiles
from lacuna_ls.domain.execution import Code, Execution
from lacuna_ls.domain.test_result import Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.syntax.languages import languages
from lacuna_ls.test_runs.code_now import CodeNow
from lacuna_ls.test_runs.contexts import (
    FAILED,
    ITS_FILE,
    UNWATCHED,
    Contexts,
    Dependency,
    FileRun,
    Judged,
    in_words,
)
from lacuna_ls.test_runs.units import LOADING

ROOT = Path("/w")
PYTHON = next(language for language in languages() if ".py" in language.suffixes)
SHOP = "VAT = 2\n\n\ndef price(n):\n    return n * VAT\n\n\ndef total(n):\n    return n\n"


@dataclass
class Shop:
    """A shop, a test of each of its functions, and what was recorded of them."""

    files: FakeFiles = field(default_factory=FakeFiles)
    contexts: Contexts = field(default_factory=Contexts)
    opened: dict[str, str] = field(default_factory=dict)
    unproven: dict[str, str] = field(default_factory=dict)
    red: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.write("shop.py", SHOP)
        self.write("rates.json", "{}")
        self.now = CodeNow(ROOT, PYTHON, self.files)

    def write(self, name: str, text: str) -> None:
        self.files.contents[ROOT / name] = text.encode()

    def edit(self, before: str, after: str) -> None:
        self.write("shop.py", self.files.contents[ROOT / "shop.py"].decode().replace(before, after))

    def report(self, *tests: str, watched: bool = True) -> TestReport:
        lines = {"price": 3, "total": 7}
        results, executions = [], [_executed("", {0: "<module>"})]
        for test in tests:
            outcome = Outcome.FAILED if test in self.red else Outcome.PASSED
            results.append(TestResult(f"test_shop.py::{test}", outcome, 0.1))
            opened = frozenset(ROOT / n for t, n in self.opened.items() if t == test)
            code = _executed(f"test_shop.py::{test}", {lines[test]: test}).code
            why = self.unproven.get(test, "")
            executions.append(Execution(f"test_shop.py::{test}", code, opened, why))
        return TestReport(
            RunStatus.COMPLETED, tuple(results), executions=tuple(executions) if watched else ()
        )

    def watched(self, *tests: str, only: bool = False) -> None:
        ids = frozenset(f"test_shop.py::{test}" for test in tests) if only else frozenset()
        run = FileRun("test_shop.py", self.report(*tests), ids)
        self.contexts.watched(run, "w", self.now, ROOT)

    def ran(self, *tests: str, only: bool = False) -> None:
        ids = frozenset(f"test_shop.py::{test}" for test in tests) if only else frozenset()
        run = FileRun("test_shop.py", self.report(*tests, watched=False), ids)
        self.contexts.ran(run, "w", self.now, ROOT)

    def judged(self, world: str = "w") -> Judged | None:
        changed = self.contexts.changed_since(self.now, ROOT)
        return self.contexts.judge("test_shop.py", world, changed)

    def hits(self) -> dict[str, str]:
        judged = self.judged()
        assert judged is not None
        return {test.partition("::")[2]: in_words(hit) for test, hit in judged.hits.items()}

    def doubts(self) -> dict[str, str]:
        judged = self.judged()
        assert judged is not None
        return {test.partition("::")[2]: why for test, why in judged.unproven.items()}


def _executed(test: str, code: Mapping[int, str]) -> Execution:
    found = frozenset(Code(ROOT / "shop.py", line, name) for line, name in code.items())
    return Execution(test, found, frozenset())


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.watched("price", "total")
    return shop


def test_without_a_change_nothing_is_affected(shop):
    assert (shop.hits(), shop.doubts()) == ({}, {})


def test_a_change_in_a_function_hits_the_tests_that_executed_it(shop):
    shop.edit("return n\n", "return n + 1\n")
    assert shop.hits() == {"total": "it calls shop.total, which changed"}


def test_a_change_outside_of_functions_hits_all_that_import_the_file(shop):
    shop.edit("VAT = 2", "VAT = 3")
    said = "it imports shop, which changed outside of its functions"
    assert shop.hits() == {"price": said, "total": said}


def test_an_import_is_told_with_the_files_that_it_goes_through():
    changed = Dependency("src/pricing/__init__.py", LOADING, "0")
    said = in_words(changed, [PurePath("shop.py"), PurePath("src/orders/__init__.py")])
    assert said == (
        "it imports pricing through shop, orders, and pricing changed outside of its functions"
    )


def test_a_change_that_is_taken_back_is_none(shop):
    shop.edit("return n\n", "return n + 1\n")
    shop.edit("return n + 1\n", "return n\n")
    assert shop.hits() == {}


def test_lines_that_moved_are_no_change(shop):
    shop.edit("def price", "# in cents\n\n\ndef price")
    assert shop.hits() == {}


def test_a_file_that_is_gone_hits_its_tests(shop):
    del shop.files.contents[ROOT / "shop.py"]
    assert set(shop.hits()) == {"price", "total"}


def test_a_file_that_a_test_read_counts_as_a_whole():
    shop = Shop(opened={"price": "rates.json"})
    shop.watched("price", "total")
    shop.write("rates.json", "[]")
    assert shop.hits() == {"price": "it reads rates.json, which changed"}


def test_what_was_recorded_in_another_world_says_nothing(shop):
    assert shop.judged("another") is None


def test_a_test_of_which_not_all_was_seen_is_not_proven():
    shop = Shop(unproven={"price": "it starts a process"})
    shop.watched("price", "total")
    assert shop.doubts() == {"price": "it starts a process"}


def test_a_test_that_failed_is_not_proven():
    shop = Shop(red=("price",))
    shop.watched("price", "total")
    assert shop.doubts() == {"price": FAILED}


def test_a_test_that_ran_without_being_watched_has_seen_the_change_and_is_to_be_watched(shop):
    shop.edit("return n\n", "return n + 1\n")
    shop.ran("total", only=True)
    assert (shop.hits(), shop.doubts()) == ({}, {"total": UNWATCHED, "price": ITS_FILE})


def test_watched_again_all_is_proven(shop):
    shop.edit("return n\n", "return n + 1\n")
    shop.ran("total", only=True)
    shop.watched("price", "total", only=True)
    assert (shop.hits(), shop.doubts()) == ({}, {})


def test_a_test_that_ran_with_what_it_knows_stays_proven(shop):
    shop.ran("price", "total")
    assert (shop.hits(), shop.doubts()) == ({}, {})


def test_a_test_that_is_no_more_is_forgotten(shop):
    shop.watched("price")
    judged = shop.judged()
    assert judged is not None
    assert judged.untouched == ("test_shop.py::price",)


def test_a_test_that_nobody_knows_of_makes_its_file_unknown(shop):
    shop.contexts.ran(
        FileRun("test_shop.py", shop.report("price", watched=False)), "w", shop.now, ROOT
    )
    report = TestReport(RunStatus.COMPLETED, (TestResult("test_shop.py::new", Outcome.PASSED, 0),))
    shop.contexts.ran(FileRun("test_shop.py", report), "w", shop.now, ROOT)
    assert shop.judged() is None


def test_a_run_that_did_not_end_says_nothing(shop):
    report = TestReport(RunStatus.TIMED_OUT, ())
    shop.contexts.watched(FileRun("test_shop.py", report), "w", shop.now, ROOT)
    assert shop.judged() is None


# A small language of programs for the property: modules of functions that use constants and each
# other; tests call functions. Everything runs in this process.

MODULES = ("a", "b", "c")
calls = st.lists(st.tuples(st.sampled_from(MODULES), st.integers(0, 2)), max_size=2)
functions = st.lists(calls, min_size=3, max_size=3)
programs = st.tuples(functions, functions, functions)


def source(module: int, program: Any, constants: Mapping[str, int]) -> str:
    """Functions call only what comes later in the order of (module, number), so that all ends."""
    lines = [f"import {name}" for name in MODULES if name != MODULES[module]]
    lines.append(f"BASE = {constants.get(f'{module}', 1)}")
    for number, called in enumerate(program[module]):
        terms = [f"{constants.get(f'{module}.{number}', 1)}", "BASE"]
        for name, other in called:
            if (MODULES.index(name), other) > (module, number):
                terms.append(f"{name}.f{other}()" if name != MODULES[module] else f"f{other}()")
        lines += [f"def f{number}():", f"    return {' + '.join(terms)}"]
    return "\n".join(lines) + "\n"


@contextmanager
def heard(codes: set[Code]) -> Any:
    def trace(frame: Any, event: str, argument: Any) -> None:
        path = Path(frame.f_code.co_filename)
        if path.parent == ROOT:
            codes.add(Code(path, max(frame.f_code.co_firstlineno - 1, 0), frame.f_code.co_name))

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def run_all(files: FakeFiles) -> tuple[dict[str, int], TestReport]:
    """What each function gives, each being called by a test; and the report on that."""
    modules = {name: ModuleType(name) for name in MODULES}
    shared: set[Code] = set()
    with heard(shared):
        for name, module in modules.items():
            path = ROOT / f"{name}.py"
            code = compile(files.contents[path], str(path), "exec")
            vars(module)["__builtins__"] = {"__import__": lambda name, *_: modules.get(name)}
            exec(code, vars(module))
    values: dict[str, int] = {}
    results, executions = [], [Execution("", frozenset(shared), frozenset())]
    for name, module in modules.items():
        for number in range(3):
            test, codes = f"test_all.py::{name}{number}", set[Code]()
            with heard(codes):
                values[test] = vars(module)[f"f{number}"]()
            results.append(TestResult(test, Outcome.PASSED, 0.0))
            executions.append(Execution(test, frozenset(codes), frozenset()))
    return values, TestReport(RunStatus.COMPLETED, tuple(results), executions=tuple(executions))


@given(
    programs, st.integers(0, 2), st.sampled_from(["", ".0", ".1", ".2"]), programs, st.booleans()
)
def test_whatever_is_edited_no_test_is_left_out_whose_result_changes(
    program, module, place, other, calls_change
):
    files, contexts = FakeFiles(), Contexts()
    for number, name in enumerate(MODULES):
        files.contents[ROOT / f"{name}.py"] = source(number, program, {}).encode()
    now = CodeNow(ROOT, PYTHON, files)
    before, report = run_all(files)
    contexts.watched(FileRun("test_all.py", report), "w", now, ROOT)

    edited = list(program)
    if calls_change:
        edited[module] = other[module]
    text = source(module, edited, {f"{module}{place}": 7})
    files.contents[ROOT / f"{MODULES[module]}.py"] = text.encode()
    after, _ = run_all(files)

    judged = contexts.judge("test_all.py", "w", contexts.changed_since(now, ROOT))
    assert judged is not None
    assert {test for test in before if before[test] != after[test]} <= judged.hits.keys()
