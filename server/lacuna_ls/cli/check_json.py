"""The findings of a check as JSON; `docs/check.md` describes it.

Lines and columns count from 1, columns in Unicode code points.
"""

from typing import Any

from lacuna_ls.cli.check_fixes import Proposed, patch
from lacuna_ls.cli.check_report import FOUND, GREEN, NOT_RUN, Checked, region
from lacuna_ls.cli.check_run import Red
from lacuna_ls.cli.check_speed import Timing
from lacuna_ls.verification.timing import Measured

VERSION = 1
_STATUS = {GREEN: "green", FOUND: "found", NOT_RUN: "not run"}


def as_json(checked: Checked) -> dict[str, Any]:
    return {
        "version": VERSION,
        "status": _STATUS[checked.status],
        "summary": {
            "files": len(checked.subjects),
            "tests": checked.tally.total(),
            "outcomes": {outcome.value: count for outcome, count in sorted(checked.tally.items())},
            "elapsed_s": round(checked.elapsed_s, 3),
        },
        "findings": [_finding(red, checked) for red in checked.reds],
        "fixes": [_fix(proposed, checked) for proposed in checked.fixes],
        "speed": [_timing(each, checked) for each in checked.timings],
        "untested": [checked.shown(path) for path in checked.untested],
        "errors": list(checked.wrong),
    }


def _finding(red: Red, checked: Checked) -> dict[str, Any]:
    at = region(red.subject.document.source, red.finding.span)
    return {
        "path": checked.shown(red.subject.path),
        "line": at.line,
        "column": at.column,
        "end_line": at.end_line,
        "end_column": at.end_column,
        "message": red.finding.message,
        "test": red.finding.test_id or None,
        "related": [
            {"path": checked.shown(each.path), "line": each.line + 1, "message": each.message}
            for each in red.finding.related
        ],
    }


def _timing(timing: Timing, checked: Checked) -> dict[str, Any]:
    return {
        "path": checked.shown(timing.subject.path),
        "line": timing.line + 1,
        "function": timing.name,
        "message": timing.message,
        "slower": timing.slower,
        "patch": timing.patch,
        "measured": _measured(timing.measured),
    }


def _measured(found: Measured | None) -> dict[str, Any] | None:
    """Factors are of the original's time to the other's: above one the function is faster now."""
    if found is None:
        return None
    speedup, growth = found.speedup, found.growth
    return {
        "speedup": speedup.middle,
        "low": speedup.low,
        "high": speedup.high,
        "inputs": found.inputs,
        "growth": None if growth is None else [growth.before, growth.after],
        "memory_bytes": None if found.memory is None else list(found.memory),
    }


def _fix(proposed: Proposed, checked: Checked) -> dict[str, Any]:
    evidence = proposed.fix.evidence
    shown = checked.shown(proposed.subject.path)
    return {
        "path": shown,
        "title": proposed.title,
        "rank": proposed.rank + 1,
        "tests": list(proposed.tests),
        "tests_passed": evidence.tests_passed,
        "tests_total": evidence.tests_total,
        "tests_skipped": evidence.tests_skipped,
        "unsandboxed": evidence.unsandboxed,
        "patch": patch(proposed, shown),
        "written": proposed.written,
    }
