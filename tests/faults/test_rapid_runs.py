"""Runs begun, given up and overtaken at any moment, while files change: each verdict is of its run."""

import asyncio
import random
import sys

import pytest

from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.test_result import RunStatus
from real_runs import LIMITS, Trusting, project, request
from sessions import descendants

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

_RUNS = 40
_PATIENCE_S = 100.0


async def test_runs_that_overtake_each_other_tell_the_truth_and_leave_nothing(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    chance = random.Random(1)
    pool = WorkerPool(Trusting())
    before = descendants()
    for number in range(_RUNS):
        pause_s = chance.choice((0.0, 0.0, 0.02))
        test = f"import time\n\ndef test_a():\n    time.sleep({pause_s})\n    assert {number} < 0\n"
        project(tmp_path, {"test_it.py": test})
        if chance.random() < 0.2:
            project(tmp_path, {"conftest.py": f"NUMBER = {number}\n"})
        run = asyncio.create_task(pool.run(request(tmp_path, "test_it.py", limits=LIMITS)))
        if chance.random() < 0.6:
            await asyncio.wait([run], timeout=chance.random() ** 2 * 0.2)
            run.cancel()
        try:
            report = await asyncio.wait_for(run, _PATIENCE_S)
        except asyncio.CancelledError:
            continue
        assert report.status is RunStatus.COMPLETED
        assert [f"{number} < 0" in str(r.failure) for r in report.results] == [True]
        if chance.random() < 0.3:
            await asyncio.sleep(chance.random() * 0.3)  # long enough for a session to be begun
    await pool.close()
    assert descendants() <= before
