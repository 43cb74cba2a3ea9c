"""JavaScript's tests, by the real node and the real vitest."""

import asyncio
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lacuna_ls.adapters.program_runner import ProgramRunner
from lacuna_ls.domain.errors import RunnerError, UntrustedFolderError
from lacuna_ls.domain.test_result import Outcome, RunStatus, TestReport
from lacuna_ls.ports.code_runner import TestRequest
from real_runs import LIMITS, Trusting, failures, outcomes, project

NODE = shutil.which("node")
VITEST = Path(__file__).resolve().parents[3] / "node_modules" / "vitest" / "vitest.mjs"
pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the runner forks"),
    pytest.mark.skipif(NODE is None, reason="there is no node here"),
]

CALC = "export function add(a, b) {\n  return a - b;\n}\n"
NODE_TEST = """import { describe, it, test } from "node:test";
import assert from "node:assert/strict";
import { add } from "./calc.mjs";

test("adds", () => {
  assert.equal(add(1, 2), 3);
});
describe("sums", () => {
  it("deep", () => assert.deepEqual({ a: add(1, 0) }, { a: 2 }));
  it("ok", () => {});
  it.skip("later", () => {});
  it.todo("some day");
});
test("parent", async (t) => {
  await t.test("child", () => {});
});
"""
VITEST_TEST = """import { describe, expect, it, test } from "vitest";
import { add } from "./calc.mjs";

test("adds", () => {
  expect(add(1, 2)).toBe(3);
});
describe("sums", () => {
  it("ok", () => {});
  it.skip("later", () => {});
});
"""


def with_vitest(root: Path) -> Path:
    """As a package manager installs it: a launcher in the folder."""
    launcher = f'#!/bin/sh\nexec node {VITEST} "$@"\n'
    project(root, {"node_modules/.bin/vitest": launcher, "package.json": '{"type": "module"}'})
    (root / "node_modules/.bin/vitest").chmod(0o755)
    (root / "node_modules/vitest").symlink_to(VITEST.parent)
    return root


def asked(root: Path, *targets: str, wall_s: float = 60.0) -> TestRequest:
    return TestRequest(
        root.resolve(), Path(NODE or ""), targets, limits=replace(LIMITS, wall_s=wall_s)
    )


async def run(root: Path, *targets: str, wall_s: float = 60.0) -> TestReport:
    return await ProgramRunner(Trusting()).run(asked(root, *targets, wall_s=wall_s))


async def test_each_test_of_node_has_its_outcome_its_place_and_the_compared_values(tmp_path):
    root = project(tmp_path, {"calc.mjs": CALC, "calc.test.mjs": NODE_TEST}).resolve()
    report = await run(root, "calc.test.mjs")
    assert report.status is RunStatus.COMPLETED, report
    assert outcomes(report) == {
        "adds": Outcome.FAILED,
        "sums::deep": Outcome.FAILED,
        "sums::ok": Outcome.PASSED,
        "sums::later": Outcome.SKIPPED,
        "sums::some day": Outcome.SKIPPED,
        "parent::child": Outcome.PASSED,
    }
    first, second = failures(report)
    assert (first.exception, first.message) == ("AssertionError", "expected 3, got -1")
    assert second.message == "expected { a: 2 }, got { a: 1 }"
    assert [(f.path, f.line) for f in first.frames] == [(root / "calc.test.mjs", 5)]
    assert "add" in first.names


async def test_an_error_in_the_code_leads_there(tmp_path):
    code = "export function add() {\n  throw new TypeError('no');\n}\n"
    root = project(tmp_path, {"calc.mjs": code, "calc.test.mjs": NODE_TEST})
    failure = failures(await run(root, "calc.test.mjs"))[0]
    assert (failure.exception, failure.message) == ("TypeError", "no")
    places = [(f.path.name, f.line) for f in failure.frames]
    assert places == [("calc.test.mjs", 5), ("calc.mjs", 1)]


@pytest.mark.parametrize(
    ("text", "exception", "line"),
    [
        ('import { test } from "node:test";\nimport { x } from "./calc.mjs";\n', "SyntaxError", 1),
        ('import "node:test";\nconst f = () => null.x;\nf();\n', "TypeError", 1),
        ('import "node:test";\nlet = 1;\n', "SyntaxError", 1),
    ],
)
async def test_a_file_that_does_not_load_is_an_error_at_its_line(tmp_path, text, exception, line):
    root = project(tmp_path, {"calc.mjs": CALC, "calc.test.mjs": text})
    report = await run(root, "calc.test.mjs")
    assert report.status is RunStatus.COLLECTION_ERROR
    (failure,) = failures(report)
    assert failure.exception == exception
    assert (failure.frames[-1].path.name, failure.frames[-1].line) == ("calc.test.mjs", line)


async def test_a_test_file_of_another_framework_is_not_run(tmp_path):
    jest = "test('x', () => { require('fs').writeFileSync('ran', ''); });\n"
    root = project(tmp_path, {"calc.test.js": jest})
    report = await run(root, "calc.test.js")
    assert report.status is RunStatus.NO_TESTS
    assert not (root / "ran").exists()


async def test_typescript_needs_a_node_that_knows_it(tmp_path):
    text = 'import { test } from "node:test";\nconst n: number = 1;\ntest("x", () => { n; });\n'
    root = project(tmp_path, {"calc.test.ts": text})
    report = await run(root, "calc.test.ts")
    if report.status is RunStatus.NO_FRAMEWORK:
        assert report.detail == "node:test runs TypeScript with Node.js 22.18 or newer"
    else:
        assert outcomes(report) == {"x": Outcome.PASSED}


async def test_vitest_tells_the_same(tmp_path):
    root = with_vitest(project(tmp_path, {"src/calc.mjs": CALC, "src/calc.test.js": VITEST_TEST}))
    report = await run(root, "src/calc.test.js")
    assert report.status is RunStatus.COMPLETED, report
    assert outcomes(report) == {
        "adds": Outcome.FAILED,
        "sums::ok": Outcome.PASSED,
        "sums::later": Outcome.SKIPPED,
    }
    (failure,) = failures(report)
    assert failure.message == "expected -1 to be 3 // Object.is equality"
    assert [(f.path.name, f.line) for f in failure.frames] == [("calc.test.js", 4)]
    assert "add" in failure.names


async def test_vitest_finds_the_tests_of_a_source_and_of_typescript(tmp_path):
    files = {
        "src/calc.ts": CALC.replace("a, b", "a: number, b: number"),
        "deep/sums.test.ts": VITEST_TEST.replace("./calc.mjs", "../src/calc"),
        "deep/broken.test.ts": 'import "../src/calc";\nimport "./nowhere";\n',
    }
    report = await run(with_vitest(project(tmp_path, files)), "src/calc.ts")
    assert report.status is RunStatus.COLLECTION_ERROR
    assert {r.test_id.partition("::")[0] for r in report.results} == {
        "deep/sums.test.ts",
        "deep/broken.test.ts",
    }
    assert "deep/broken.test.ts could not be loaded" in report.detail


async def test_a_program_runs_in_the_package_of_the_file(tmp_path):
    where = 'import { test } from "node:test";\nimport { writeFileSync } from "node:fs";\nwriteFileSync("here", "");\n'
    root = project(tmp_path, {"packages/a/package.json": "{}", "packages/a/src/x.test.mjs": where})
    await run(root, "packages/a/src/x.test.mjs")
    assert (root / "packages/a/here").exists()


HANGS = """import { test } from "node:test";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
test("hangs", () => {
  writeFileSync("pid", String(spawn("sleep", ["600"], { detached: true }).pid));
  while (true) {}
});
"""


def gone(pid: int) -> bool:
    """Whether no such process is left but one that its parent has not looked at yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z"
    except OSError:
        return True


async def test_a_run_whose_time_is_over_ends_with_all_that_it_started(tmp_path):
    root = project(tmp_path, {"x.test.mjs": HANGS})
    report = await run(root, "x.test.mjs", wall_s=2.0)
    assert report.status is RunStatus.TIMED_OUT
    assert report.detail == "node --test did not end within 2 s"
    assert gone(int((root / "pid").read_text()))


async def test_a_run_that_is_cancelled_ends_with_all_that_it_started(tmp_path):
    root = project(tmp_path, {"x.test.mjs": HANGS})
    running = asyncio.create_task(run(root, "x.test.mjs"))
    while not ((root / "pid").exists() and (root / "pid").read_text()):
        await asyncio.sleep(0.01)
        assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert gone(int((root / "pid").read_text()))


async def test_output_is_capped(tmp_path):
    loud = 'import "node:test";\nfor (let i = 0; i < 3e4; i++) console.error("x".repeat(50));\n'
    root = project(tmp_path, {"x.test.mjs": loud + "process.exitCode = 1;\n"})
    limits = replace(LIMITS, output_bytes=4096)
    report = await ProgramRunner(Trusting()).run(replace(asked(root, "x.test.mjs"), limits=limits))
    assert len(report.output) < 8192


async def test_an_untrusted_folder_runs_nothing(tmp_path):
    class Trusts(Trusting):
        def trusted(self, path: Path) -> bool:
            return False

    text = 'import "node:test";\nimport fs from "node:fs";\nfs.writeFileSync("ran", "");\n'
    root = project(tmp_path, {"x.test.mjs": text})
    with pytest.raises(UntrustedFolderError):
        await ProgramRunner(Trusts()).run(asked(root, "x.test.mjs"))
    assert not (root / "ran").exists()


async def test_a_missing_node_is_said(tmp_path):
    root = project(tmp_path, {"x.test.mjs": 'import "node:test";\n'})
    missing = replace(asked(root, "x.test.mjs"), interpreter=Path("/nowhere/node"))
    with pytest.raises(RunnerError, match="found no node on the PATH to run tests with"):
        await ProgramRunner(Trusting()).run(missing)


async def test_the_users_environment_is_theirs(tmp_path, monkeypatch):
    monkeypatch.setenv("LACUNA_TRIAL", "seen")
    text = (
        'import { test } from "node:test";\nimport assert from "node:assert";\n'
        'test("x", () => assert.strictEqual(process.env.LACUNA_TRIAL, "seen"));\n'
    )
    root = project(tmp_path, {"x.test.mjs": text})
    assert (await run(root, "x.test.mjs")).green
    assert os.environ["LACUNA_TRIAL"] == "seen"


KILLED = """
import asyncio, sys
from pathlib import Path
from lacuna_ls.adapters.program_process import run_program
from lacuna_ls.ports.code_runner import Limits

node, folder = sys.argv[1:3]
command = (node, "--test", "x.test.mjs")
asyncio.run(run_program(command, Path(folder), {"PATH": sys.argv[3]}, Limits()))
"""


async def test_the_end_of_the_server_is_the_end_of_what_it_has_started(tmp_path):
    root = project(tmp_path, {"x.test.mjs": HANGS})
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, NODE or "", root, os.environ["PATH"]
    )
    while not ((root / "pid").exists() and (root / "pid").read_text()):
        await asyncio.sleep(0.01)
        assert server.returncode is None
    server.kill()
    await server.wait()
    for _ in range(1000):
        if gone(int((root / "pid").read_text())):
            return
        await asyncio.sleep(0.01)
    pytest.fail("it is still there")
