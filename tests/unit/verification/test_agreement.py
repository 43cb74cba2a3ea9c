"""Which candidates the rules of agreement put first."""

from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.verification.agreement import (
    Passing,
    Prior,
    by_b4,
    by_codet,
    by_pass_count,
    passing,
)


def rows(*texts: str) -> Passing:
    return passing([[mark == "1" for mark in text] for text in texts])


def test_codet_prefers_many_that_agree_to_one_that_passes_a_little_more() -> None:
    matrix = rows("1110", "1110", "1110", "1111")
    assert by_codet(matrix)[0].members == (0, 1, 2)
    assert by_pass_count(matrix)[0].members == (3,)


def test_b4_puts_first_who_agree_and_passes_what_others_almost_pass() -> None:
    matrix = rows("11110", "11110", "11100", "11000", "10001")
    assert by_b4(matrix, Prior(rarity=100, plenty=1))[0].members == (0, 1)


def test_one_candidate_seen_twice_counts_as_two() -> None:
    once = rows("110", "110", "011")
    counted = Passing(
        ((True, True, False), (False, True, True)), candidate_counts=(2, 1), test_counts=(1, 1, 1)
    )
    assert [s.score for s in by_b4(once)] == [s.score for s in by_b4(counted)]
    assert [s.score for s in by_codet(once)] == [s.score for s in by_codet(counted)]


@given(
    st.integers(1, 6).flatmap(
        lambda n: st.lists(st.lists(st.booleans(), min_size=n, max_size=n), min_size=1, max_size=8)
    )
)
def test_each_rule_puts_each_candidate_in_one_set(table: list[list[bool]]) -> None:
    for rule in (by_b4, by_codet, by_pass_count):
        sets = rule(passing(table))
        members = sorted(index for each in sets for index in each.members)
        assert members == list(range(len(table)))
        assert [s.score for s in sets] == sorted((s.score for s in sets), reverse=True)


@given(
    st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=6),
    st.permutations(range(4)),
)
def test_the_order_of_the_tests_does_not_matter(table: list[list[bool]], order: list[int]) -> None:
    shuffled = [[row[index] for index in order] for row in table]
    before, after = by_b4(passing(table)), by_b4(passing(shuffled))
    assert [s.members for s in before] == [s.members for s in after]
