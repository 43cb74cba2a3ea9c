"""Hints at what is worth extracting, and their quick fix, with the real server."""

from typing import Any

import pytest

from e2e.real_server import connected
from real_runs import project

pytestmark = [pytest.mark.asyncio]

STEPS = "".join(f"    log.step({n}, title)\n" for n in range(20))
REPORT = f"""\
def publish(title, sections, log):
    # Count the words of all sections
    counts = {{}}
    for section in sections:
        for line in section.lines:
            for word in line.split():
                if word.isalpha():
                    key = word.lower()
                    counts[key] = counts.get(key, 0) + 1

    log.write(counts)
{STEPS}    return counts
"""


async def test_a_hint_comes_when_the_text_rests_and_its_quick_fix_extracts(tmp_path):
    root = project(tmp_path / "w", {"report.py": REPORT})
    async with connected(root, tmp_path) as editor:
        file = editor.open(root / "report.py")
        await editor.wait_until(lambda: bool(editor.publications))
        (hint,) = editor.publications[-1]["diagnostics"]
        assert hint["message"] == "These 8 lines could be a function: count_words_sections"
        (fix,) = await menu(editor, file, hint, ["quickfix"])
        assert fix["title"].startswith('Extract lines 2-9 into "count_words_sections"')
        assert fix["diagnostics"] == [hint]
        whole = [each["title"] for each in await menu(editor, file, hint, [])]
        assert whole.count(fix["title"]) == 1
        await editor.apply(fix)
        assert "def count_words_sections(sections):\n    # Count the words" in file.text
        assert "    counts = count_words_sections(sections)\n" in file.text
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
    at = {"line": 1, "character": 4}
    context: dict[str, Any] = {"diagnostics": [hint] if hint else [], "triggerKind": 1}
    if only:
        context["only"] = only
    params = {"textDocument": {"uri": file.uri}, "range": {"start": at, "end": at}}
    return list(await editor.request("textDocument/codeAction", {**params, "context": context}))
