"""What this system can hold is found by trying; what is started there knows no secrets."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lacuna_ls.adapters.sandbox import launch as launching
from lacuna_ls.adapters.sandbox import probe as probing
from lacuna_ls.adapters.sandbox.launch import Launch, clean_environment, launch
from lacuna_ls.adapters.sandbox.probe import probe
from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.ports.code_runner import Overlay
from lacuna_ls.worker import tiers
from real_runs import Trusting, project, request

if sys.platform != "linux":
    pytest.skip("the sandboxes are those of Linux", allow_module_level=True)

HERE = Path(sys.executable)


async def test_the_strongest_tier_that_holds_is_found():
    found = await probe(HERE)
    assert found.tier in (tiers.BUBBLEWRAP, tiers.LANDLOCK, tiers.NONE)
    assert len(found.refused) == [tiers.BUBBLEWRAP, tiers.LANDLOCK, tiers.NONE].index(found.tier)


async def test_a_program_that_is_there_and_does_not_work_is_not_relied_on(tmp_path, monkeypatch):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'setting up uid map: Permission denied' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(launching, "bubblewrap_program", lambda: str(broken))
    monkeypatch.setattr(probing, "bubblewrap_program", lambda: str(broken))
    found = await probe(HERE)
    assert found.tier != tiers.BUBBLEWRAP
    assert "bubblewrap: setting up uid map: Permission denied" in found.in_words


async def test_a_sandbox_that_lets_things_through_is_not_relied_on(tmp_path, monkeypatch, caplog):
    pretends = tmp_path / "python"
    told = '{"tier": "landlock", "through": ["read a file", "trace a process"]}'
    pretends.write_text(f"#!/bin/sh\necho '{told}'\n")
    pretends.chmod(0o755)
    monkeypatch.setattr(probing, "bubblewrap_program", lambda: None)
    found = await probe(pretends)
    assert found.tier == tiers.NONE
    assert "it lets code read a file, trace a process" in found.in_words
    assert "candidates run unsandboxed: limits only" in caplog.text


def test_only_what_tests_need_is_left_of_the_environment():
    kept = {"PATH": "/bin", "LC_ALL": "C", "PYTHONPATH": "x", "VIRTUAL_ENV": "v"}
    secret = {"API_KEY": "1", "SSH_AUTH_SOCK": "/s", "AWS_PROFILE": "p", "LACUNA_NAMESPACES": "x"}
    assert clean_environment({**kept, **secret}) == kept


def test_without_namespaces_the_command_is_as_it_was(tmp_path):
    launched = launch(tiers.LANDLOCK, ("python", "x"), tmp_path, tmp_path, {"PATH": "/bin"})
    assert launched == Launch(("python", "x"), {"PATH": "/bin"})


CANDIDATE = """
import os

def seen():
    return [name for name in os.environ if name.endswith(("KEY", "SOCK")) or "LACUNA" in name]
"""


async def test_a_candidate_sees_no_key_and_runs_where_it_was_said(tmp_path, monkeypatch):
    monkeypatch.setenv("MY_API_KEY", "canary")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/tmp/canary")
    test = "import calc\n\ndef test_a():\n    assert calc.seen() == []\n"
    project(tmp_path, {"calc.py": "def seen(): return 1\n", "test_it.py": test})
    overlay = Overlay(tmp_path.resolve() / "calc.py", CANDIDATE.encode())
    pool = WorkerPool(Trusting())
    run = request(tmp_path, "test_it.py")
    confirmed = await pool.run(replace(run, overlays=(overlay,)))
    (screened,) = [report async for report in pool.screen(run, [overlay])]
    await pool.close()
    assert confirmed.green, confirmed
    assert screened.green, screened
    tier = (await pool.confinement(HERE)).tier
    assert (confirmed.confined, screened.confined) == (tier, tier)
