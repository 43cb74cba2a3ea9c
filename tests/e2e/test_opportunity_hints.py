"""Hints at what is worth extracting, and their quick fix, with the real server."""

from typing import Any

import pytest

from e2e.real_server import connected
from real_runs import project

pytestmark = [pytest.mark.asyncio]

REPORT = """\
def publish(report, folder, log):
    log.info("publish %s", report.title)
    # Count the words of all sections
    counts = {}
    for section in report.sections:
        for line in section.lines:
            for word in line.split():
                if word.isalpha():
                    key = word.lower()
                    counts[key] = counts.get(key, 0) + 1
                elif word in report.aliases:
                    alias = report.aliases[word]
                    counts[alias] = counts.get(alias, 0) + 1

    if not counts:
        log.warning("nothing in %s for %s", report, folder)
        return None
    with folder.create("index.html") as page:
        page.write(report.title, report.author, counts)
        page.write(report.licence, report.date, log.level)
        if report.pages > folder.room:
            raise ValueError(log.name)
        while page.waits(folder):
            log.info("waits for %s and %s", folder, report)
    return page
"""


async def test_a_hint_comes_when_the_text_rests_and_its_quick_fix_extracts(tmp_path):
    root = project(tmp_path / "w", {"report.py": REPORT})
    async with connected(root, tmp_path) as editor:
        file = editor.open(root / "report.py")
        await editor.wait_until(lambda: bool(editor.publications))
        (hint,) = editor.publications[-1]["diagnostics"]
        assert hint["message"] == "These 11 lines could be a function: count_words_sections"
        (fix,) = await menu(editor, file, hint, ["quickfix"])
        assert fix["title"].startswith('Extract lines 3-13 into "count_words_sections"')
        assert fix["diagnostics"] == [hint]
        whole = [each["title"] for each in await menu(editor, file, hint, [])]
        assert whole.count(fix["title"]) == 1
        await editor.apply(fix)
        assert "def count_words_sections(report):\n    # Count the words" in file.text
        assert "    counts = count_words_sections(report)\n" in file.text
        await editor.wait_until(lambda: not editor.publications[-1]["diagnostics"])


async def test_hints_vanish_when_they_are_switched_off(tmp_path):
    root = project(tmp_path / "w", {"report.py": REPORT})
    async with connected(root, tmp_path) as editor:
        editor.open(root / "report.py")
        await editor.wait_until(lambda: bool(editor.publications))
        editor.configuration = {**editor.configuration, "extract": {"hints": "off"}}
        editor.notify("workspace/didChangeConfiguration", {"settings": None})
        await editor.wait_until(lambda: not editor.publications[-1]["diagnostics"])


async def menu(editor: Any, file: Any, hint: Any, only: list[str]) -> list[dict[str, Any]]:
    at = {"line": 2, "character": 4}
    context: dict[str, Any] = {"diagnostics": [hint] if hint else [], "triggerKind": 1}
    if only:
        context["only"] = only
    params = {"textDocument": {"uri": file.uri}, "range": {"start": at, "end": at}}
    return list(await editor.request("textDocument/codeAction", {**params, "context": context}))
