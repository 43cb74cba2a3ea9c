from collections.abc import Callable

import pytest

from lacuna_ls.test_runs.contexts import FAILED, ITS_FILE, UNWATCHED, Dependency, Judged
from lacuna_ls.test_runs.plan import FileTests, first_tests, later_tests, only_of
from lacuna_ls.test_runs.selection import Targets

CHANGED = Dependency("shop.py", "price", "0")
Known = dict[str, Judged | None]


def judged(
    file: str, hits: str = "", unproven: str = "", untouched: str = "", why: str = "it forks"
) -> Judged:
    """Tests are single letters."""
    return Judged(
        {f"{file}::{test}": CHANGED for test in hits},
        {f"{file}::{test}": why for test in unproven},
        tuple(f"{file}::{test}" for test in untouched),
    )


def brief(tests: tuple[FileTests, ...]) -> list[str]:
    """`a.py:xy` for two tests of a file, the name alone for all of it."""
    return [
        each.file + (":" + "".join(sorted(t[-1] for t in each.only)) if each.only else "")
        for each in tests
    ]


def planned(own: Targets, known: Known, *, whole: bool = False) -> tuple[list[str], list[str]]:
    """The first and the later tests where the change reaches all files of `known`, in order."""
    judge: Callable[[str], Judged | None] = known.get
    first = first_tests(own, lambda: tuple(known), judge, whole=whole)
    return brief(first), brief(later_tests(first, tuple(known), judge))


@pytest.mark.parametrize(
    ("known", "first", "later"),
    [
        (judged("a", "x", untouched="y"), ["a:x"], ["a:y"]),
        (judged("a", "x", "z", "y"), ["a:xz"], ["a:y"]),
        (judged("a", "xy"), ["a"], []),
        (judged("a", untouched="y"), [], []),
        (judged("a", unproven="z", untouched="y"), ["a:z"], []),
        (judged("a", "x", "z", "y", UNWATCHED), ["a:x"], ["a:yz"]),
        (judged("a", "", "z", "y", UNWATCHED), [], ["a:z"]),
        (judged("a", "", "z", "y", ITS_FILE), [], ["a:z"]),
        (judged("a", "", "z", "y", FAILED), ["a:z"], []),
        (None, ["a"], ["a"]),
    ],
    ids=[
        "hit, then what is beside it",
        "unproven ones at once",
        "all",
        "none is affected",
        "only unproven ones",
        "those to be watched can wait",
        "only those to be watched",
        "those beside what changed earlier can wait",
        "red ones run again",
        "nothing is known: all, and once more to be watched",
    ],
)
def test_of_the_own_tests_those_run_first_that_the_change_can_break(known, first, later):
    assert planned(Targets(("a",)), {"a": known}) == (first, later)


def test_a_save_without_a_change_runs_all_own_tests():
    assert planned(Targets(("a",)), {"a": judged("a", untouched="xy")}, whole=True) == (["a"], [])


def test_a_file_with_examples_runs_whole():
    known: Known = {"a": judged("a", untouched="x"), "b": judged("b", "x", untouched="y")}
    assert planned(Targets(("a", "b"), ("a",)), known)[0] == ["a", "b:x"]


def test_where_no_own_test_is_affected_the_nearest_that_are_hit_run_first():
    known: Known = {
        "far": None,
        "a": judged("a", untouched="x"),
        "b": judged("b", "x", untouched="y"),
        "c": judged("c", "x"),
        "d": judged("d", "x"),
    }
    assert planned(Targets(("a",)), known) == (["b:x", "c"], ["b:y", "d", "far"])


def test_without_own_tests_and_records_the_nearest_two_run_first():
    known: Known = {"a": None, "b": None, "c": None}
    first, later = planned(Targets(()), known)
    assert (first, later) == (["a", "b"], ["c", "a", "b"])


def test_behind_the_first_report_come_hits_then_doubts_then_what_is_not_known():
    known: Known = {
        "own": judged("own", "x"),
        "unknown": None,
        "doubt": judged("doubt", unproven="z", untouched="y"),
        "hit": judged("hit", "x", untouched="y"),
        "safe": judged("safe", untouched="y"),
    }
    assert planned(Targets(("own",)), known) == (["own"], ["hit", "doubt:z", "unknown"])


def test_no_test_runs_twice():
    known: Known = {"a": judged("a", "xy", "z", "w"), "b": judged("b", "x", untouched="y")}
    first, later = planned(Targets(("a",)), known)
    assert (first, later) == (["a:xyz"], ["a:w", "b"])


def test_each_test_has_its_reason():
    (tests,) = first_tests(Targets(("a",)), lambda: ("a",), {"a": judged("a", "x", "z", "y")}.get)
    assert tests.why == {
        "a::x": "it calls shop.price, which changed",
        "a::z": "it is not proven unaffected: it forks",
    }


def test_a_request_names_tests_only_where_some_are_left_out():
    assert only_of((FileTests("a"), FileTests("b"))) == ()
    assert only_of((FileTests("a"), FileTests("b", ("b::x",)))) == ("a", "b::x")


def test_a_file_of_which_more_tests_are_hit_than_can_be_named_runs_whole():
    many = Judged({f"a::{n:05}": CHANGED for n in range(9_000)}, {}, ("a::x",))
    assert planned(Targets(("a",)), {"a": many}) == (["a"], [])
