"""The findings of a check as SARIF 2.1.0 (OASIS Standard, 2020), for code scanning services.

Columns are in UTF-16 code units, as `columnKind` says. Paths are relative to where the check was
made (`originalUriBaseIds`), those outside of it absolute.
"""

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import lacuna_ls
from lacuna_ls.cli.check_fixes import Proposed
from lacuna_ls.cli.check_report import NOT_RUN, Checked, region
from lacuna_ls.cli.check_run import Red
from lacuna_ls.cli.check_speed import Timing
from lacuna_ls.domain.text import Source, Span, TextEdit, decode
from lacuna_ls.lsp.convert import Encoding
from lacuna_ls.lsp.uris import uri_of

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_BASE = "PROJECT"
_RULES = (
    ("failing-test", "FailingTest", "A test that concerns the file fails", "error"),
    (
        "unfinished-run",
        "UnfinishedRun",
        "The tests that concern the file did not come to their end",
        "error",
    ),
    ("faster-rewrite", "FasterRewrite", "A function that does the same takes less time", "note"),
    ("slower-function", "SlowerFunction", "The function takes more time than it did", "warning"),
)


def as_sarif(checked: Checked) -> dict[str, Any]:
    here = checked.here.resolve()
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver()},
                "columnKind": "utf16CodeUnits",
                "originalUriBaseIds": {_BASE: {"uri": uri_of(here).rstrip("/") + "/"}},
                "invocations": [_invocation(checked)],
                "results": [
                    *(_result(red, checked) for red in checked.reds),
                    *(_timing(each, checked) for each in checked.timings if each.found),
                ],
            }
        ],
    }


def _driver() -> dict[str, Any]:
    rules = [
        {
            "id": id_,
            "name": name,
            "shortDescription": {"text": f"{text}."},
            "defaultConfiguration": {"level": level},
        }
        for id_, name, text, level in _RULES
    ]
    return {"name": "Lacuna", "version": lacuna_ls.__version__, "rules": rules}


def _invocation(checked: Checked) -> dict[str, Any]:
    notifications = [{"level": "error", "message": {"text": text}} for text in checked.wrong]
    return {
        "executionSuccessful": checked.status != NOT_RUN,
        "exitCode": checked.status,
        "toolExecutionNotifications": notifications,
    }


def _result(red: Red, checked: Checked) -> dict[str, Any]:
    rule = 0 if red.finding.test_id else 1
    about = f"{checked.shown(red.subject.path)}\0{red.finding.test_id}"
    related = [
        {
            "id": number,
            "physicalLocation": {
                "artifactLocation": _artifact(each.path, checked),
                "region": {"startLine": each.line + 1},
            },
            "message": {"text": each.message},
        }
        for number, each in enumerate(red.finding.related, start=1)
    ]
    fixes = [
        _fix(proposed, checked)
        for proposed in checked.fixes
        if red.finding.test_id in proposed.tests and proposed.subject.root == red.subject.root
    ]
    return {
        "ruleId": _RULES[rule][0],
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": red.finding.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(red.subject.path, checked),
                    "region": _region(red.subject.document.source, red.finding.span),
                }
            }
        ],
        "relatedLocations": related,
        "partialFingerprints": {
            "lacunaTest/v1": hashlib.sha256(about.encode("utf-8", "replace")).hexdigest()
        },
        **({"fixes": fixes} if fixes else {}),
    }


def _timing(timing: Timing, checked: Checked) -> dict[str, Any]:
    rule = 3 if timing.slower else 2
    subject = timing.subject
    about = f"{checked.shown(subject.path)}\0{timing.name}"
    source = subject.document.source
    artifact = _artifact(subject.path, checked)
    replacements = [_replacement(source, edit) for edit in timing.edits]
    change = {"artifactLocation": artifact, "replacements": replacements}
    fix = {"description": {"text": timing.message}, "artifactChanges": [change]}
    place = {"artifactLocation": artifact, "region": {"startLine": timing.line + 1}}
    return {
        "ruleId": _RULES[rule][0],
        "ruleIndex": rule,
        "level": _RULES[rule][3],
        "message": {"text": timing.message},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {
            "lacunaSpeed/v1": hashlib.sha256(about.encode("utf-8", "replace")).hexdigest()
        },
        **({"fixes": [fix]} if replacements else {}),
    }


def _fix(proposed: Proposed, checked: Checked) -> dict[str, Any]:
    source = proposed.subject.document.source
    change = {
        "artifactLocation": _artifact(proposed.subject.path, checked),
        "replacements": [_replacement(source, edit) for edit in proposed.fix.candidate.edits],
    }
    return {"description": {"text": proposed.title}, "artifactChanges": [change]}


def _replacement(source: Source, edit: TextEdit) -> dict[str, Any]:
    return {
        "deletedRegion": _region(source, edit.span),
        "insertedContent": {"text": decode(edit.new)},
    }


def _region(source: Source, span: Span) -> dict[str, int]:
    at = region(source, span, Encoding.UTF16)
    return {
        "startLine": at.line,
        "startColumn": at.column,
        "endLine": at.end_line,
        "endColumn": at.end_column,
    }


def _artifact(path: Path, checked: Checked) -> dict[str, str]:
    here = checked.here.resolve()
    if not path.is_relative_to(here):
        return {"uri": uri_of(path)}
    # A first segment with a colon would be read as a scheme; quoting it prevents that.
    uri = quote(path.relative_to(here).as_posix().encode("utf-8", "surrogateescape"), safe="/")
    return {"uri": uri, "uriBaseId": _BASE}
