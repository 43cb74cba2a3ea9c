"""Where a sandbox gives another verdict, nothing is offered, and it is said why."""

import sys

import pytest

from lacuna_ls.domain.test_result import Failure, Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.repair.blocked import difference
from lacuna_ls.repair.fix import SearchEnd, in_words
from unit.repair.test_search_with_real_runs import found


def report(outcome: Outcome, exception: str = "", message: str = "") -> TestReport:
    failure = Failure(exception, message, ()) if exception else None
    return TestReport(RunStatus.COMPLETED, (TestResult("t.py::test_a", outcome, 0.0, failure),))


RED = report(Outcome.FAILED, "AssertionError", "assert 1 == 2")
GREEN = report(Outcome.PASSED)


@pytest.mark.parametrize("same", [RED, GREEN])
def test_the_same_verdict_is_no_difference(same):
    assert difference(same, same) == ""


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        (("OSError", "[Errno 101] Network is unreachable"), "blocked: needs the network"),
        (
            ("PermissionError", "[Errno 13] Permission denied: '/etc/motd'"),
            "blocked: needs access to /etc/motd",
        ),
        (("PermissionError", "[Errno 1] Operation"), "blocked: needs what a sandbox denies"),
        (("KeyError", "'X'"), "failed in the sandbox: KeyError: 'X'"),
    ],
)
def test_what_is_needed_is_named(inside, said):
    for outside in (RED, GREEN):
        assert difference(outside, report(Outcome.FAILED, *inside)) == f"t.py::test_a is {said}"


@pytest.mark.skipif(sys.platform != "linux", reason="the sandboxes are those of Linux")
async def test_a_test_that_needs_the_users_home_gets_no_fix_and_the_reason(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    secret = tmp_path / "elsewhere" / "limit.txt"
    secret.parent.mkdir()
    secret.write_text("18")
    tests = (
        "from age import is_adult\n\ndef test_limit():\n"
        f"    assert is_adult(int(open({str(secret)!r}).read()))\n"
    )
    root = tmp_path / "work"
    result = await found(root, "def is_adult(age):\n    return age > 18\n", tests)
    assert result.end is SearchEnd.NOT_VERIFIABLE
    assert result.fixes == ()
    assert in_words(result) == (
        "no fix offered: it cannot be verified here: "
        f"test_age.py::test_limit is blocked: needs access to {secret}"
    )
