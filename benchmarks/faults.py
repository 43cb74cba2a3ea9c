"""Attacks by candidates, cheats that fake a pass, hostile repositories, and planted secrets.

    python benchmarks/faults.py [--json FILE]

Keys of the result: `attacks` let loose at every tier that holds here, `escapes` among them (of
`tiers`, each with its own counts); `cheats_total`, and `cheats` that were called verified;
`honest_rejected`, the share of honest patches that were not admitted, of `honest_total`;
`hostile_repos` opened, edited and saved untrusted with a server started in each, with their
`executions` and `packets`; `canaries` planted where a prompt could be made of them, and
`canaries_leaked` of them into requests to an endpoint, the log or anything kept. `controls` are attacks that do get through where nothing confines them:
the bait works. The lists are those of `tests/faults/`, where a few of each are ordinary tests.
"""

# ruff: noqa: E402 -- the lists lie among the tests

import argparse
import asyncio
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

# In place of this folder, whose `faults.py` is not the package.
sys.path[0] = str(Path(__file__).resolve().parents[1] / "tests")

from e2e.real_server import descendants
from faults.attacked import bait, left_running, let_loose
from faults.attacks import ATTACKS, module
from faults.canaries import leaks
from faults.cheats import CHEATS, honest_patches, judge
from faults.hostile import REPOSITORIES, open_hostile
from lacuna_ls.adapters.sandbox.probe import probe
from lacuna_ls.repair.admission import admitted
from lacuna_ls.worker import tiers

_ORDER = (tiers.BUBBLEWRAP, tiers.LANDLOCK)
# Harmless to the machine that this runs on.
_CONTROLS = ("read: ", "reach: ")
_MODULES = 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    result = asyncio.run(_measure())
    for key, value in result.items():
        if not isinstance(value, (list, dict)):
            print(f"{key:>16} {value}")
    for problem in result["problems"]:
        print("  !", problem)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


async def _measure() -> dict[str, Any]:
    found = await probe(Path(sys.executable))
    print("this system holds candidates by", found.in_words)
    problems: list[str] = []
    here = _ORDER[_ORDER.index(found.tier) :] if found.tier else ()
    by_tier = {tier: await _attacks(tier, problems) for tier in here}
    cheats = await _cheats(problems)
    honest_total, honest_rejected = _honest()
    hostile = await _hostile(problems)
    canaries = await _canaries(problems)
    return {
        "tier": found.in_words,
        "attacks": sum(each["attacks"] for each in by_tier.values()),
        "escapes": sum(each["escapes"] for each in by_tier.values()),
        "controls": _controls(),
        "tiers": by_tier,
        **cheats,
        "honest_total": honest_total,
        "honest_rejected": honest_rejected / honest_total,
        **hostile,
        **canaries,
        "problems": problems,
    }


async def _attacks(tier: str, problems: list[str]) -> dict[str, Any]:
    attacks = [attack for attack in ATTACKS if tier in attack.tiers]
    escaped = 0
    with tempfile.TemporaryDirectory() as folder, bait(_real(folder)) as own:
        held = []
        before = descendants(os.getpid())
        async for each in let_loose(attacks, tier, own):
            if each.escapes or each.report.confined not in (tier, ""):
                escaped += 1
                problems.append(f"{tier}: {each.attack.name}: {', '.join(each.escapes)}")
                own.arm()
            held.append({"attack": each.attack.name, "by_limits_too": each.attack.limits,
                         "how": _how(each.report)})  # fmt: skip
        if left := await left_running(before):
            escaped += 1
            problems.append(f"{tier}: {len(left)} processes were left")
    print(f"{tier}: {len(held)} attacks, {escaped} escapes")
    return {"attacks": len(held), "escapes": escaped, "list": held}


def _real(folder: str) -> Path:
    return Path(folder).resolve()


def _how(report: Any) -> str:
    failure = report.results[0].failure if report.results else None
    return f"{failure.exception}: {failure.message}"[:100] if failure else report.detail[:100]


def _controls() -> int:
    """Attacks of harmless kinds that succeed in a plain process of the same user."""
    through = 0
    with tempfile.TemporaryDirectory() as folder, bait(_real(folder)) as own:
        for attack in ATTACKS:
            if attack.name.startswith(_CONTROLS):
                code = module(own.values(), attack).decode() + "\nrun()\n"
                ended = subprocess.run(
                    [sys.executable, "-c", code], capture_output=True, check=False,
                    env={**os.environ, "CANARY_API_KEY": "CANARY"}, cwd=folder,
                )  # fmt: skip
                through += ended.returncode == 0 or bool(own.disturbed())
                own.arm()
    return through


async def _cheats(problems: list[str]) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder:
        judged = await judge(Path(folder), list(CHEATS))
    verified = [each.name for each in judged if each.verified]
    problems += [f"verified: {name}" for name in verified]
    print(f"{len(judged)} cheats, {len(verified)} called verified")
    return {
        "cheats_total": len(judged),
        "cheats": len(verified),
        "cheats_never_run": sum(not each.admitted for each in judged),
    }


def _honest() -> tuple[int, int]:
    """Of patches to modules of the standard library that have functions enough."""
    library = Path(sysconfig.get_path("stdlib"))
    paths = [path for path in sorted(library.glob("*.py")) if 8_000 < path.stat().st_size < 60_000]
    patches = list(honest_patches(_readable(paths)[:_MODULES]))
    return len(patches), sum(admitted(*patch) is None for patch in patches)


def _readable(paths: Sequence[Path]) -> list[Path]:
    # Those about the interpreter itself and the test runner say `sys` and `inspect` all the time.
    machinery = {"bdb", "inspect", "pdb", "trace", "doctest", "site", "signal", "runpy"}
    return [path for path in paths if path.stem not in machinery]


async def _canaries(problems: list[str]) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder:
        count, seen = await leaks(_real(folder))
    problems += [f"a canary leaked: {each}" for each in seen]
    print(f"{count} canaries")
    return {"canaries": count, "canaries_leaked": len(seen)}


async def _hostile(problems: list[str]) -> dict[str, int]:
    seen = []
    for name in REPOSITORIES:
        with tempfile.TemporaryDirectory() as folder:
            seen.append(await open_hostile(Path(folder), name))
    problems += [str(asdict(s)) for s in seen if s.executed or s.packets or not s.answered]
    print(f"{len(seen)} hostile repositories")
    return {
        "hostile_repos": len(seen),
        "executions": sum(len(each.executed) for each in seen),
        "packets": sum(each.packets for each in seen),
    }


if __name__ == "__main__":
    main()
