"""Which lines are suspected a little, beside those that a failing test ran."""

from lacuna_ls.repair.localize import FunctionLines
from lacuna_ls.repair.trials import _with_faint

RAN, OTHER = FunctionLines("ran", 0, 3), FunctionLines("other", 4, 6)


def test_what_did_not_run_of_a_function_that_ran_is_suspected_a_little():
    lines = _with_faint((0.2, 1.0, 0.0, 0.0, 0.2, 0.0, 0.0), (RAN, OTHER))
    assert 0 < lines[2] == lines[3] < 0.001


def test_a_header_runs_when_its_function_is_defined_and_says_nothing_of_the_body():
    lines = _with_faint((0.2, 1.0, 0.0, 0.0, 0.2, 0.0, 0.0), (RAN, OTHER))
    assert lines[4:] == (0.2, 0.0, 0.0)
