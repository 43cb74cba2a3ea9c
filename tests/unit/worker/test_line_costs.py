"""Where the time of a call goes, line by line."""

import time

from lacuna_ls.worker import line_costs
from lacuna_ls.worker.capture import Call


def wait(n):
    time.sleep(0.001 * n)
    total = 0
    for _ in range(50):
        total += 1
    return total


FIRST = wait.__code__.co_firstlineno - 1


def test_the_line_that_costs_most_comes_first_with_what_it_calls():
    found = line_costs.measured(wait, Call((20,), {}, ""), __file__)
    assert found[0][:2] == [FIRST + 1, 1]
    assert found[0][2] > 0.5


def test_a_line_is_counted_as_often_as_it_runs():
    found = line_costs.measured(wait, Call((1,), {}, ""), __file__)
    counts = {line: count for line, count, _ in found}
    assert counts[FIRST + 4] == 50


def test_a_call_that_does_not_end_is_given_up():
    def endless(n):
        while True:
            n += 1

    found = line_costs.measured(endless, Call((1,), {}, ""), __file__)
    assert sum(count for _, count, _ in found) >= 100_000


def test_of_calls_that_take_no_time_nothing_is_said():
    assert line_costs.of_longest(abs, [Call((1,), {}, "")], __file__) == []


def test_arguments_are_left_as_they_were():
    given = [3, 1]

    def order(xs):
        xs.sort()

    line_costs.measured(order, Call((given,), {}, ""), __file__)
    assert given == [3, 1]
