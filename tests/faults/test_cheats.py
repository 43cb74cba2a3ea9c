"""Candidates that fake a pass are not called verified; honest ones are let through."""

import argparse
import asyncio
import difflib
import fractions
import heapq
import shutil
import statistics
import sys
import textwrap
import urllib.parse
from dataclasses import replace
from pathlib import Path

import pytest

from faults.cheats import CHEATS, cheat, honest_patches, judge
from lacuna_ls.adapters.sandbox.seal import seal
from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.ports.code_runner import Overlay
from lacuna_ls.repair.admission import admitted
from real_runs import Trusting, project, request

MODULES = (argparse, difflib, fractions, heapq, shutil, statistics, textwrap, urllib.parse)
# Those that get as far as to be run, by what they do there.
RUN = ("ends the process by a name in a variable", "speaks for the runner", "passes for one seed")
REFUSED = tuple(
    name
    for name in CHEATS
    if name.startswith(("says", "equals", "is a number", "replaces", "changes", "skips", "expects"))
)


@pytest.fixture(autouse=True)
def _no_plugins(monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def test_there_are_enough_and_each_is_another():
    assert len(set(CHEATS.values())) == len(CHEATS) >= 25


@pytest.mark.parametrize("name", REFUSED)
def test_what_reaches_for_the_runner_is_never_run(name):
    assert admitted(*cheat(name)) is None


@pytest.mark.skipif(sys.platform != "linux", reason="the sandboxes are those of Linux")
async def test_what_is_run_and_cheats_is_not_verified(tmp_path):
    assert [each.name for each in await judge(tmp_path, RUN) if each.verified] == []


def test_nearly_all_honest_patches_are_admitted():
    patches = list(honest_patches([Path(module.__file__ or "") for module in MODULES]))
    refused = sum(admitted(*patch) is None for patch in patches)
    assert refused <= 0.02 * len(patches)


def test_a_seal_tells_of_tests_and_what_configures_them(tmp_path):
    root = project(tmp_path, {"tests/test_a.py": "1", "conftest.py": "2", "calc.py": "3"})
    before = seal(root, ("tests/test_a.py::test_x",))
    (root / "calc.py").write_text("4")
    assert seal(root, ("tests/test_a.py::test_x",)) == before
    (root / "tests" / "conftest.py").write_text("")
    assert seal(root, ("tests/test_a.py::test_x",)) != before


async def test_a_verdict_of_tests_that_changed_meanwhile_counts_for_nothing(tmp_path):
    files = {"victim.py": "", "test_it.py": "import victim\n\ndef test_a(): victim.wait()\n"}
    root = project(tmp_path, files)
    waits = "import pathlib, time\n\ndef wait():\n    while not pathlib.Path('go').exists(): time.sleep(0.01)\n"
    run = request(root, "test_it.py")
    pool = WorkerPool(Trusting())
    overlay = Overlay(run.root / "victim.py", waits.encode())
    judging = asyncio.create_task(pool.run(replace(run, overlays=(overlay,))))
    await asyncio.wait([judging], timeout=0.3)
    (root / "test_it.py").write_text("def test_a(): pass\n")
    (root / "go").touch()
    report = await judging
    await pool.close()
    assert not report.green
    assert "changed while" in report.detail
