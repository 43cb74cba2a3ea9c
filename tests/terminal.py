"""What a terminal's `python -m pytest` says of a file of tests, beside what a run of ours says."""

import os
import re
import subprocess
import sys
from pathlib import Path

from lacuna_ls.adapters.worker_pool import WorkerPool
from real_runs import request


def in_the_terminal(root: Path, target: str) -> dict[str, str]:
    command = [sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider", target]
    told = subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=False, env=os.environ,
        stdin=subprocess.DEVNULL,
    ).stdout  # fmt: skip
    found = re.findall(
        r"^(PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS) (?:\[1\] )?(\S+)", told, re.MULTILINE
    )
    return {name.partition(":")[0] if kind == "SKIPPED" else name: kind for kind, name in found}


async def here(pool: WorkerPool, root: Path, target: str) -> dict[str, str]:
    names = {"XFAILED": "XFAIL", "XPASSED": "XPASS"}
    report = await pool.run(request(root, target))
    found = {r.test_id: names.get(r.outcome.name, r.outcome.name) for r in report.results}
    return {n.partition(":")[0] if kind == "SKIPPED" else n: kind for n, kind in found.items()}
