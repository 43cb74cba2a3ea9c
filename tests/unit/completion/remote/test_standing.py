"""When an endpoint is asked, and for how long it is waited for."""

from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.completion.remote.standing import (
    LEAST_DEBOUNCE_S,
    MOST_DEBOUNCE_S,
    Pace,
    Standing,
)


def test_it_is_left_alone_longer_with_each_failure_up_to_a_minute():
    standing, pauses = Standing(), []
    for _ in range(9):
        standing = standing.failed(0.0, "down")
        pauses.append(standing.closed_until_s)
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]


def test_an_answer_closes_the_case():
    assert Standing().failed(0.0, "down").answered(0.2).may_ask(0.0)


def test_a_wait_that_is_asked_for_is_kept_up_to_an_hour():
    assert not Standing().failed(0.0, "busy", 600.0).may_ask(599.0)
    assert Standing().failed(0.0, "busy", 1e9).may_ask(3600.0)


def test_nobody_waits_for_an_endpoint_that_never_answered_is_late_or_failed():
    assert Standing().patience_s == 0
    assert Standing().answered(0.2).late().patience_s == 0
    assert Standing().answered(0.2).failed(0.0, "down").patience_s == 0


def test_one_that_is_slower_than_anybody_waits_is_not_waited_for():
    assert Standing().answered(0.2).answered(3.0).patience_s == 0


def test_the_first_answer_may_take_longer():
    assert Standing().answered(3.0).patience_s > 0


@given(st.floats(0, 1.5))
def test_one_that_answers_is_waited_for_about_twice_as_long_as_it_takes(latency_s):
    assert 0.3 <= Standing().answered(latency_s).patience_s <= 1.5


@given(st.lists(st.floats(0, 10), max_size=30))
def test_the_debounce_follows_the_pace_within_its_bounds(times):
    pace = Pace()
    for now_s in sorted(times):
        pace = pace.asked(now_s)
    assert LEAST_DEBOUNCE_S <= pace.debounce_s <= MOST_DEBOUNCE_S


def test_who_types_fast_waits_less():
    fast = slow = Pace()
    for n in range(20):
        fast, slow = fast.asked(n * 0.08), slow.asked(n * 0.6)
    assert fast.debounce_s < slow.debounce_s
