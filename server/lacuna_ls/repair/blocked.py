"""What a test needs and a sandbox denies, in words."""

import re

from lacuna_ls.domain.test_result import Failure, TestReport, TestResult

_PATH = re.compile(r"'(/[^']*)'")
_DENIED = ("PermissionError",)


def difference(outside: TestReport, inside: TestReport) -> str:
    """Where candidates run, the first thing that the same code does otherwise; empty if nothing.

    Of a red test the kind of its failure counts too: one that fails for want of something does so
    whatever is changed in the code.
    """
    before = {result.test_id: result for result in outside.results}
    for result in inside.results:
        if result.test_id not in before:
            return f"{result.test_id} is found only in the sandbox"
        if _kind(result) != _kind(before[result.test_id]):
            return f"{result.test_id} is {_in_words(result)}"
    if outside.status is not inside.status or len(before) != len(inside.results):
        return inside.detail or "not all of the tests are found in the sandbox"
    return ""


def _kind(result: TestResult) -> tuple[str, str]:
    return result.outcome, result.failure.exception if result.failure is not None else ""


def _in_words(result: TestResult) -> str:
    if result.failure is None:
        return f"{result.outcome} in the sandbox"
    need = _need(result.failure)
    if need:
        return f"blocked: needs {need}"
    first = result.failure.message.splitlines()[:1]
    return f"{result.outcome} in the sandbox: " + ": ".join([result.failure.exception, *first])


def _need(failure: Failure) -> str:
    message = failure.message
    if "Network is unreachable" in message or "Connection refused" in message:
        return "the network"
    if "Read-only file system" in message or failure.exception in _DENIED:
        path = _PATH.search(message)
        return f"access to {path.group(1)}" if path else "what a sandbox denies"
    return ""
