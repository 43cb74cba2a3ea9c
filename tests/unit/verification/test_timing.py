"""What pairs of times say."""

import math
import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from lacuna_ls.domain.timing import LARGEST, Timed
from lacuna_ls.verification.timing import (
    Interval,
    Measured,
    in_words,
    interval,
    measured,
)


def timed(level: int, before_ns: float, after_ns: float, growth: int = 0, rounds: int = 9) -> Timed:
    """Samples with noise of a few per cent, the same in every run."""
    source = random.Random(f"{level} {before_ns} {after_ns} {growth}")
    noisy = [
        (before_ns * source.uniform(0.97, 1.03), after_ns * source.uniform(0.97, 1.03))
        for _ in range(rounds)
    ]
    ones, others = zip(*noisy, strict=True)
    return Timed(level, growth, 10 * 2**level, True, ones, others)


def test_what_is_twice_as_fast_is_worth_it() -> None:
    found = measured([timed(0, 100, 90), timed(LARGEST, 4000, 2000)])
    assert found is not None
    assert found.speedup.low <= 2 <= found.speedup.high
    assert found.worth_it


def test_a_title_says_where_a_rewrite_takes_more_memory() -> None:
    large = replace(timed(LARGEST, 4000, 1000), peaks=(150_000, 4_000_000))
    found = measured([timed(0, 100, 90), large])
    assert found is not None
    assert ", memory 0.1 -> 4.0 MB)" in in_words(found, 12)


def test_memory_that_does_not_count_is_not_mentioned() -> None:
    large = replace(timed(LARGEST, 4000, 1000), peaks=(1_000, 40_000))
    found = measured([timed(0, 100, 90), large])
    assert found is not None
    assert "memory" not in in_words(found, 12)


def test_what_is_faster_by_less_than_a_tenth_is_not() -> None:
    found = measured([timed(0, 100, 100), timed(LARGEST, 4000, 3800)])
    assert found is not None
    assert not found.worth_it


def test_what_is_slower_on_small_inputs_is_not() -> None:
    found = measured([timed(0, 100, 130), timed(LARGEST, 4000, 1000)])
    assert found is not None
    assert not found.worth_it


def test_what_is_slower_on_one_kind_of_large_inputs_is_not() -> None:
    large = [timed(LARGEST, 4000, 1000, growth=0), timed(LARGEST, 1000, 1600, growth=1)]
    found = measured([timed(0, 100, 90), *large])
    assert found is not None
    assert found.speedup.low > 1.5
    assert not found.worth_it


def test_what_did_something_else_was_not_measured() -> None:
    assert measured([timed(0, 100, 50), Timed(3, 0, 80, False, (), ())]) is None


def test_too_few_pairs_say_nothing() -> None:
    assert measured([timed(0, 100, 50, rounds=4)]) is None


def test_without_larger_inputs_those_of_the_tests_are_what_counts() -> None:
    found = measured([timed(0, 300, 100)])
    assert found is not None
    assert found.small is None
    assert found.worth_it


def test_powers_are_shown_where_they_are_certain() -> None:
    rows = [timed(level, 10.0 * 4**level, 50.0 * 2**level) for level in range(1, LARGEST + 1)]
    found = measured(rows)
    assert found is not None
    assert found.growth is not None
    assert in_words(found, 7).endswith("7 inputs, n^2.0 -> n^1.0)")


def test_equal_powers_are_not_shown() -> None:
    rows = [timed(level, 10.0 * 4**level, 5.0 * 4**level) for level in range(1, LARGEST + 1)]
    found = measured(rows)
    assert found is not None
    assert found.growth is None


def test_no_factor_is_rounded_up() -> None:
    found = Measured(Interval(2.69, 2.99, 3.11), None, 41)
    assert in_words(found, 41) == "2.9x faster (2.6-3.2x, 41 inputs)"
    assert (
        in_words(Measured(Interval(37.9, 41.8, 45.2), None, 1), 1) == "41x faster (37-46x, 1 input)"
    )


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(st.floats(-3, 3), min_size=5, max_size=30))
def test_the_estimate_lies_in_its_interval(ratios: list[float]) -> None:
    found = interval(ratios, 1)
    slack = 1e-9
    assert found.low <= found.middle + slack
    assert found.middle <= found.high + slack
    assert math.exp(min(ratios)) - slack <= found.low


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_identical_code_is_never_worth_it(seed: int) -> None:
    source = random.Random(seed)
    rows = [
        Timed(
            level, 0, 10, True,
            tuple(source.gauss(1000, 60) for _ in range(25)),
            tuple(source.gauss(1000, 60) for _ in range(25)),
        )
        for level in (0, LARGEST)
    ]  # fmt: skip
    found = measured(rows)
    assert found is not None
    assert not found.worth_it
