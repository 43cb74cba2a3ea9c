"""What a function is held to, on observations that are written down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.domain.observation import Behaviour, Ending, InputKind, Observation, ObservedInput
from lacuna_ls.verification.claims import Counterexample, Subject, counterexamples

CAPTURED, MUTATED, EDGE = InputKind.CAPTURED, InputKind.MUTATED, InputKind.EDGE


def returned(shown: str, *, then: str = "", changed: bool = False) -> Behaviour:
    return Behaviour(Ending.RETURNED, shown, shown, shown, arguments_changed=changed, then=then)


def raised(exception: str) -> Behaviour:
    return Behaviour(Ending.RAISED, exception=exception)


def seen(
    call: str, *behaviours: Behaviour, kind: InputKind = MUTATED, expected: str = ""
) -> ObservedInput:
    first = call.partition("(")[2].rpartition(")")[0]
    return ObservedInput(call, call, kind, "", True, behaviours, expected, expected, first)


def of_tests(*pairs: tuple[str, Behaviour]) -> list[ObservedInput]:
    return [seen(call, behaviour, kind=CAPTURED) for call, behaviour in pairs]


def found(*inputs: ObservedInput, subject: Subject | None = None) -> list[Counterexample]:
    return list(counterexamples(Observation(inputs), subject or Subject("f", "def f(x): ...")))


ORDERED = of_tests(
    ("f([1, 2, 2])", returned("[1, 2]")),
    ("f([3, 4])", returned("[3, 4]")),
    ("f([0, 5, 9, 5])", returned("[0, 5, 9]")),
)


def test_an_example_of_the_documentation_is_kept() -> None:
    (broken,) = found(seen("f(3)", returned("6"), expected="9"))
    assert broken.says == "returns 6, its documentation says 9"
    assert broken.body == ("assert f(3) == 9",)


def test_a_result_is_in_order_where_those_of_the_tests_are() -> None:
    (broken,) = found(*ORDERED, seen("f([1, 0])", returned("[1, 0]")))
    assert broken.says == "returns [1, 0], which is not in order"
    assert broken.body == ("result = f([1, 0])", "assert result == sorted(result)")


def test_two_results_in_order_are_no_rule() -> None:
    assert not found(*ORDERED[:2], seen("f([1, 0])", returned("[1, 0]")))


def test_a_rule_that_a_test_breaks_is_none() -> None:
    (other,) = of_tests(("f([9, 8])", returned("[9, 8]")))
    assert not found(*ORDERED, other, seen("f([1, 0])", returned("[1, 0]")))


def test_members_of_the_result_are_those_of_the_argument() -> None:
    (broken,) = found(*ORDERED, seen("f([5])", returned("[7]")))
    assert broken.says == "returns [7], which is not all from its argument"


def test_an_argument_is_left_alone_where_the_tests_see_it_so() -> None:
    changing = seen("f([2])", returned("[2]", changed=True))
    (broken,) = found(*ORDERED, changing)
    assert broken.body == ("argument = [2]", "f(argument)", "assert argument == [2]")


@pytest.mark.parametrize("exception", ["IndexError", "TypeError"])
def test_a_slip_on_an_input_like_those_of_the_tests(exception: str) -> None:
    (broken,) = found(*ORDERED, seen("f([])", raised(exception)))
    assert broken.says == f"raises {exception}"
    assert (broken.body, broken.exception) == (("f([])",), exception)


def test_what_the_function_raises_itself_or_in_a_test_is_no_slip() -> None:
    named = Subject("f", "def f(x):\n    raise IndexError")
    assert not found(*ORDERED, seen("f([])", raised("IndexError")), subject=named)
    (known,) = of_tests(("f(None)", raised("IndexError")))
    assert not found(*ORDERED, known, seen("f([])", raised("IndexError")))


def test_at_the_edge_of_what_the_tests_show_nothing_is_a_slip() -> None:
    assert not found(*ORDERED, seen("f([])", raised("IndexError"), kind=EDGE))


def test_the_version_before_counts_where_the_tests_do_not_ask_for_another() -> None:
    before = Subject("f", "def f(x): ...", has_before=True)
    kept = seen("f(1)", returned("1"), returned("1"), kind=CAPTURED)
    wanted = seen("f(2)", returned("4"), returned("2"), kind=CAPTURED)
    differs = seen("f(3)", returned("6"), returned("3"))
    (broken,) = found(kept, differs, subject=before)
    assert broken.says == "returns 6, at HEAD it returns 3"
    assert not found(kept, wanted, differs, subject=before)


def test_an_exception_of_the_version_before_is_asked_for() -> None:
    before = Subject("f", "def f(x): ...", has_before=True)
    (broken,) = found(seen("f(0)", returned("1"), raised("ValueError")), subject=before)
    assert broken.body == ("with pytest.raises(ValueError):", "    f(0)")
    assert broken.needs == ("pytest",)


def test_a_return_annotation_is_kept() -> None:
    subject = Subject("f", "def f(x) -> int: ...", returns="int")
    (broken,) = found(seen("f(0)", returned("'a'")), subject=subject)
    assert broken.says == "returns 'a', annotated as int"
    assert not found(seen("f(0)", returned("2")), subject=subject)


@pytest.mark.parametrize(
    ("returns", "body"),
    [
        ("int | None", ("result = f(0)", "assert result is None or isinstance(result, int)")),
        (
            "Optional[List[int]]",
            ("result = f(0)", "assert result is None or isinstance(result, list)"),
        ),
        ("Union[int, bytes]", ("assert isinstance(f(0), (int, bytes))",)),
        ("None", ("assert f(0) is None",)),
        ('"dict[str, int]"', ("assert isinstance(f(0), dict)",)),
    ],
)
def test_each_member_of_an_annotated_union_may_be_returned(returns: str, body: tuple[str, ...]):
    subject = Subject("f", f"def f(x) -> {returns}: ...", returns=returns)
    (broken,) = found(seen("f(0)", returned("'a'")), subject=subject)
    assert (broken.body, broken.says) == (body, f"returns 'a', annotated as {returns}")


@pytest.mark.parametrize("value", ["3", "None"])
def test_what_a_union_allows_breaks_nothing(value: str):
    subject = Subject("f", "def f(x) -> int | None: ...", returns="int | None")
    assert not found(seen("f(0)", returned(value)), subject=subject)


@given(st.text(max_size=30))
def test_any_text_may_stand_as_an_annotation(returns: str):
    found(seen("f(0)", returned("'a'")), subject=Subject("f", "def f(x): ...", returns=returns))


@pytest.mark.parametrize("returns", ["T", "Money | None", "Callable[[int], int]", "a.b"])
def test_an_annotation_that_is_no_plain_type_is_held_against_nothing(returns: str):
    subject = Subject("f", f"def f(x) -> {returns}: ...", returns=returns)
    assert not found(seen("f(0)", returned("'a'")), subject=subject)


def test_doing_it_twice_is_doing_it_once_where_the_tests_show_that() -> None:
    once = of_tests(
        ("f(' a')", returned("'a'", then="'a'")),
        ("f('b ')", returned("'b'", then="'b'")),
        ("f(' c ')", returned("'c'", then="'c'")),
    )
    subject = Subject("f", "def f(x): ...", then="f")
    (broken,) = found(*once, seen("f('  a')", returned("' a'", then="'a'")), subject=subject)
    assert broken.body == ("once = f('  a')", "assert f(once) == once")


def test_what_undoes_it_gives_the_argument_back() -> None:
    (test,) = of_tests(("f('a')", returned("'b'", then="'a'")))
    subject = Subject("f", "def f(x): ...", then="g")
    (broken,) = found(test, seen("f('_')", returned("'_'", then="' '")), subject=subject)
    assert broken.body == ("assert g(f('_')) == '_'",)
    assert broken.needs == ("g",)


def test_the_shortest_call_is_the_counterexample() -> None:
    slips = (seen(call, raised("IndexError")) for call in ("f([1, 1])", "f([])", "f([7])"))
    (broken,) = found(*ORDERED, *slips)
    assert broken.call == "f([])"
