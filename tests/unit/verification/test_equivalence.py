"""Whether two variants do the same, and the input that tells them apart."""

from lacuna_ls.domain.observation import Behaviour, Ending, InputKind, Observation, ObservedInput
from lacuna_ls.verification.equivalence import clusters, differences, in_words, same


def returned(shown: str, value: str = "", *, changed: bool = False) -> Behaviour:
    return Behaviour(Ending.RETURNED, value or shown, shown, shown, arguments_changed=changed)


def raised(exception: str, message: str = "") -> Behaviour:
    return Behaviour(Ending.RAISED, exception=exception, message=message)


def seen(
    call: str,
    *behaviours: Behaviour,
    kind: InputKind = InputKind.MUTATED,
    steady: bool = True,
) -> ObservedInput:
    return ObservedInput(call, call, kind, "", steady, behaviours)


NOT_RUN = Behaviour(Ending.NOT_RUN)


def test_messages_and_identity_count_only_where_it_is_strict() -> None:
    assert same(raised("ValueError", "a"), raised("ValueError", "b"), strict=False)
    assert not same(raised("ValueError", "a"), raised("ValueError", "b"), strict=True)
    one, other = returned("x", "x@1"), returned("x", "x@2")
    assert same(one, other, strict=False)
    assert not same(one, other, strict=True)


def test_what_was_not_run_is_neither_equal_nor_different() -> None:
    assert same(NOT_RUN, returned("1"), strict=False) is None


def test_the_shortest_call_that_differs_comes_first() -> None:
    observation = Observation(
        (
            seen("f([1, 2, 3])", returned("1"), returned("2")),
            seen("f([])", returned("0"), raised("ValueError")),
            seen("f(1)", returned("1"), returned("1")),
        )
    )
    found = differences(observation, 0, 1, strict=False)
    assert [each.input.call for each in found] == ["f([])", "f([1, 2, 3])"]


def test_an_input_on_which_the_original_is_not_steady_tells_nothing_apart() -> None:
    observation = Observation((seen("f(1)", returned("1"), returned("2"), steady=False),))
    assert not differences(observation, 0, 1, strict=True)
    assert clusters(observation, (0, 1)) == ((0, 1),)


def test_variants_that_do_the_same_on_every_input_are_one_cluster() -> None:
    observation = Observation(
        (
            seen("f(1)", returned("0"), returned("1"), returned("1"), returned("2")),
            seen("f(2)", returned("0"), returned("1"), NOT_RUN, returned("1")),
        )
    )
    assert clusters(observation, (1, 2, 3)) == ((1, 2), (3,))


def test_behaviours_read_as_verbs() -> None:
    assert in_words(returned("[0]")) == "returns [0]"
    assert in_words(raised("decimal.InvalidOperation")) == "raises InvalidOperation"
    assert in_words(Behaviour(Ending.RAN_ON)) == "does not end in time"
    assert in_words(returned("None", changed=True)) == "changes its argument"
