"""Code that nobody has read runs in a sandbox, or not at all."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from fakes import FakeRunner
from lacuna_ls.adapters.confined_runner import ConfinedRunner
from lacuna_ls.adapters.sandbox.probe import Probed
from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.errors import RunnerError
from lacuna_ls.domain.test_result import RunStatus, TestReport
from lacuna_ls.ports.code_runner import Overlay, TestRequest
from lacuna_ls.worker import tiers

OWN = TestRequest(Path("/w"), Path("python"), ("test_a.py",))
DRAFT = Overlay(Path("/w/a.py"), b"")


@dataclass
class Pool(FakeRunner):
    """A pool on a machine of this tier."""

    tier: str = tiers.NONE
    asked: list[Path] = field(default_factory=list)

    async def confinement(self, interpreter: Path) -> Probed:
        self.asked.append(interpreter)
        return Probed(self.tier, ())


def on(tier: str) -> tuple[Pool, ConfinedRunner]:
    pool = Pool(lambda _: TestReport(RunStatus.COMPLETED, ()), tier=tier)
    return pool, ConfinedRunner(cast(WorkerPool, pool))


async def screened(runner: ConfinedRunner) -> list[Any]:
    return [report async for report in runner.screen(OWN, [DRAFT])]


async def test_without_a_sandbox_no_draft_is_run():
    pool, runner = on(tiers.NONE)
    with pytest.raises(RunnerError, match="sandbox"):
        await screened(runner)
    with pytest.raises(RunnerError, match="sandbox"):
        await runner.run(TestRequest(OWN.root, OWN.interpreter, OWN.targets, overlays=(DRAFT,)))
    assert (pool.requests, pool.screened) == ([], [])


async def test_the_users_own_tests_run_without_a_sandbox():
    pool, runner = on(tiers.NONE)
    await runner.run(OWN)
    assert pool.requests == [OWN]


@pytest.mark.parametrize("tier", [tiers.LANDLOCK, tiers.BUBBLEWRAP])
async def test_in_a_sandbox_drafts_run(tier: str):
    pool, runner = on(tier)
    assert len(await screened(runner)) == 1
    assert pool.screened == [DRAFT]
