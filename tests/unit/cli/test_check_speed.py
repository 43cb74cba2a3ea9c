"""`lacuna-ls check --speed`, with a runner that says what a test tells it."""

import math
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from fakes import FakeClock, FakeFiles, FakeRunner
from lacuna_ls.cli import main
from lacuna_ls.cli.check_json import as_json
from lacuna_ls.cli.check_report import Checked
from lacuna_ls.cli.check_run import Subject
from lacuna_ls.cli.check_sarif import as_sarif
from lacuna_ls.cli.check_speed import against, faster
from lacuna_ls.cli.check_speed_picture import picture
from lacuna_ls.domain.observation import (
    Behaviour,
    Ending,
    InputKind,
    Observation,
    ObservedInput,
)
from lacuna_ls.domain.test_result import Outcome, RunStatus, TestReport, TestResult
from lacuna_ls.domain.timing import LARGEST, Timed, Timing
from lacuna_ls.lsp.save_run import SaveTools
from lacuna_ls.ports.code_runner import ObserveRequest, TestRequest
from lacuna_ls.ports.code_timer import TimeRequest
from lacuna_ls.repair.finished import FinishedFixes
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.test_runs.selection import Targets

SLOW = "def total(xs):\n    t = 0\n    for x in xs:\n        t += x\n    return t\n"
FAST = "def total(xs):\n    return sum(xs)\n"
PLAIN = "\n\ndef one():\n    return 1\n"


class Runner(FakeRunner):
    """A text with `for` takes four times as long; all do the same and pass."""

    async def time(self, request: TimeRequest) -> Timing:
        costs = [4000.0 if b"for" in text else 1000.0 for text in request.variants]
        rows = tuple(
            tuple(
                Timed(level, 0, 2**level, True, (costs[0],) * 9, (cost,) * 9)
                for level in range(LARGEST + 1)
            )
            for cost in costs[1:]
        )
        return Timing(rows, confined=self.tier)


def green(request: TestRequest) -> TestReport:
    return TestReport(RunStatus.COMPLETED, (TestResult("test_adding.py::t", Outcome.PASSED, 0.0),))


def observed(request: ObserveRequest) -> Observation:
    behaviours = (Behaviour(Ending.RETURNED, value="6"),) * len(request.variants)
    return Observation((ObservedInput("total()", "", InputKind.CAPTURED, "", True, behaviours),))


def subject(root: Path, text: str) -> Subject:
    path = root / "adding.py"
    path.write_text(text)
    document = open_document(path.as_uri(), 0, by_language_id("python"), text.encode())
    return Subject(path, root, document, Targets(("test_adding.py",)))


def tools() -> SaveTools:
    return SaveTools(
        runner=Runner(green, behaviour=observed),
        files=FakeFiles({}),
        clock=FakeClock(),
        finished=FinishedFixes(),
        interpreter=lambda root, path: Path("python"),
    )


def committed(root: Path, text: str) -> None:
    (root / "adding.py").write_text(text)
    author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for command in (["init", "-q"], ["add", "."], [*author, "commit", "-qm", "a"]):
        subprocess.run(["git", *command], cwd=root, check=True)


async def test_each_function_that_repeats_something_is_searched(tmp_path: Path) -> None:
    (found,) = await faster([subject(tmp_path, SLOW + PLAIN)], tools())
    assert found.message.startswith("total can be 4.0x faster (4.0-4.0x, ")
    assert "-    for x in xs:\n" in found.patch
    assert found.found


async def test_what_became_slower_since_a_revision_is_found(tmp_path: Path) -> None:
    committed(tmp_path, FAST)
    (found,) = await against("HEAD", [subject(tmp_path, SLOW + PLAIN)], tools())
    assert found.message == "total is slower than at HEAD by 4.0x (4.0-4.0x, 6 inputs)"
    assert found.slower


async def test_code_scanning_gets_what_was_found_with_the_edit(tmp_path: Path) -> None:
    timings = await faster([subject(tmp_path, SLOW)], tools())
    checked = Checked(tmp_path, (), (), (), (), 0.0, timings=timings)
    (run,) = as_sarif(checked)["runs"]
    (result,) = run["results"]
    assert result["ruleId"] == run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"]
    assert (result["ruleId"], result["level"]) == ("faster-rewrite", "note")
    (change,) = result["fixes"][0]["artifactChanges"]
    assert "sum(" in "".join(each["insertedContent"]["text"] for each in change["replacements"])
    (timing,) = as_json(checked)["speed"]
    assert timing["measured"]["low"] > 1


async def test_what_is_as_it_was_is_not_timed(tmp_path: Path) -> None:
    committed(tmp_path, SLOW)
    assert await against("HEAD", [subject(tmp_path, SLOW + PLAIN)], tools()) == ()


async def test_a_revision_is_never_taken_for_an_option(tmp_path: Path) -> None:
    committed(tmp_path, FAST)
    assert await against("--help", [subject(tmp_path, SLOW)], tools()) == ()


def rows(power: float) -> list[Timed]:
    return [
        Timed(level, 0, 2**level, True, (1000.0 * 2 ** (power * level),), (1000.0 * 2**level,))
        for level in range(1, LARGEST + 1)
    ]


def test_a_picture_has_a_line_before_and_one_after_for_each_function() -> None:
    drawn = ET.fromstring(picture([("a<b", rows(2)), ("other", rows(1.5)), ("untimed", [])]))
    space = "{http://www.w3.org/2000/svg}"
    lines = drawn.findall(f".//{space}polyline")
    assert len(lines) == 4
    assert any("a<b" in (text.text or "") for text in drawn.iter(f"{space}text"))
    for line in lines:
        places = [tuple(map(float, each.split(","))) for each in line.attrib["points"].split()]
        assert all(math.isfinite(x) and math.isfinite(y) for x, y in places)
        assert places == sorted(places)


@pytest.mark.parametrize(
    "arguments",
    [["--against", "HEAD"], ["--picture", "a.svg"], ["--speed", "--picture", "a.py"]],
)
def test_arguments_that_make_no_sense_end_with_the_usage(
    tmp_path: Path, arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", str(tmp_path), *arguments])
    assert ended.value.code == 2
