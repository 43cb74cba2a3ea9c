"""Candidates that attack the machine are held, at every tier that this system has."""

import os
import sys
from pathlib import Path

import pytest

from e2e.real_server import descendants
from faults.attacked import bait, left_running, let_loose
from faults.attacks import A_FEW, ATTACKS, Attack
from lacuna_ls.adapters.sandbox.probe import probe
from lacuna_ls.worker import tiers

if sys.platform != "linux":
    pytest.skip("the sandboxes are those of Linux", allow_module_level=True)

ORDER = (tiers.BUBBLEWRAP, tiers.LANDLOCK)


@pytest.fixture(autouse=True)
def _no_plugins(monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def test_there_are_enough_and_each_is_another():
    assert len({attack.body for attack in ATTACKS}) == len(ATTACKS) >= 40


@pytest.mark.parametrize("tier", ORDER)
async def test_a_few_attacks_are_held(tmp_path, tier):
    strongest = (await probe(Path(sys.executable))).tier
    if strongest not in ORDER[: ORDER.index(tier) + 1]:
        pytest.skip(f"{tier} does not hold here")
    attacks = [attack for attack in A_FEW if tier in attack.tiers]
    with bait(tmp_path) as own:
        before = descendants(os.getpid())
        found = [each async for each in let_loose(attacks, tier, own)]
        assert await left_running(before) == set()
    assert {each.attack.name: each.escapes for each in found if each.escapes} == {}
    assert {each.report.confined for each in found} == {tier}


async def test_the_bait_notices_what_gets_through(tmp_path):
    """An attack on what a candidate may have: its own scratch folder."""
    own_file = Attack("own", "open(tempfile.mkdtemp() + '/mine', 'w').write('x')")
    strongest = (await probe(Path(sys.executable))).tier
    with bait(tmp_path) as own:
        (found,) = [each async for each in let_loose([own_file], strongest, own)]
        assert found.escapes == ("its test passed",)
        own.arm()
        (own.root / "conftest.py").write_text("")
        (changed,) = own.disturbed()
    assert "conftest.py" in changed
