"""What `extract.py` runs in an environment of its own: rope and jedi, timed on the same texts.

Reads a JSON list of texts from standard input, writes a JSON list of times. Nothing of Lacuna is
imported here, and nothing of rope or jedi anywhere else.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, cast

Timer = Callable[[], float]


def main() -> None:
    jobs = cast("list[dict[str, Any]]", json.load(sys.stdin))
    json.dump([{"rope": rope_times(job), "jedi": jedi_times(job)} for job in jobs], sys.stdout)


def rope_times(job: dict[str, Any]) -> dict[str, float | None]:
    """Milliseconds: the median of `repeats` fresh projects, and of as many edits in one."""
    project_type = import_module("rope.base.project").Project
    extract_type = import_module("rope.refactor.extract").ExtractMethod
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sample.py")

        def extracted(project: Any, text: str, start: int, end: int) -> float:
            path.write_text(text, encoding="utf-8")
            began = time.process_time()
            project.validate()
            changes = extract_type(project, project.get_file("sample.py"), start, end)
            new = changes.get_changes("probe_part").changes[0].new_contents
            took = time.process_time() - began
            assert "def probe_part(" in new
            return 1e3 * took

        def cold() -> float:
            began = time.process_time()
            project = project_type(folder, ropefolder=None)
            opened = 1e3 * (time.process_time() - began)
            return opened + extracted(project, job["text"], job["start"], job["end"])

        def edits() -> Timer:
            project = project_type(folder, ropefolder=None)
            extracted(project, job["text"], job["start"], job["end"])
            return lambda: extracted(project, job["edited"], job["start"], job["end"])

        return _timed(job["repeats"], cold, edits)


def jedi_times(job: dict[str, Any]) -> dict[str, float | None]:
    """Milliseconds, as above. jedi keeps the tree of a path and parses what changed in it."""
    script_type = import_module("jedi").Script
    number = iter(range(1_000))

    def extracted(text: str, path: str) -> float:
        first, last = job["first_line"], job["last_line"]
        began = time.process_time()
        script = script_type(text, path=path)
        found = script.extract_function(
            first, job["first_column"], new_name="probe_part", until_line=last,
            until_column=job["last_column"],
        )  # fmt: skip
        new = next(iter(found.get_changed_files().values())).get_new_code()
        took = time.process_time() - began
        assert "def probe_part(" in new
        return 1e3 * took

    def cold() -> float:
        return extracted(job["text"], f"sample_{next(number)}.py")

    def edits() -> Timer:
        path = f"sample_{next(number)}.py"
        extracted(job["text"], path)
        return lambda: extracted(job["edited"], path)

    return _timed(job["repeats"], cold, edits)


def _timed(repeats: int, cold: Timer, edits: Callable[[], Timer]) -> dict[str, float | None]:
    """The median of each, `None` where the tool failed on every text."""
    times: dict[str, list[float]] = {"cold": [], "edit": []}
    for _ in range(repeats):
        with suppress(Exception):
            times["cold"].append(cold())
        with suppress(Exception):
            times["edit"].append(edits()())
    return {kind: statistics.median(found) if found else None for kind, found in times.items()}


if __name__ == "__main__":
    main()
