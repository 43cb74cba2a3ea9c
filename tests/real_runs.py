"""Small projects on disk, and real runs of their tests in this interpreter."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from lacuna_ls.adapters.worker_pool import WorkerPool
from lacuna_ls.domain.test_result import Failure, Outcome, TestReport
from lacuna_ls.ports.code_runner import Limits, TestRequest

LIMITS = Limits(wall_s=30.0, cpu_s=30.0)


class Trusting:
    """A `TrustStore` that trusts all folders."""

    def trusted(self, path: Path) -> bool:
        return True

    def grant(self, folder: Path) -> None: ...

    def withdraw(self, folder: Path) -> None: ...


def project(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def request(root: Path, *targets: str, limits: Limits = LIMITS) -> TestRequest:
    return TestRequest(root.resolve(), Path(sys.executable), targets, limits=limits)


async def run_one(root: Path, test: str | bytes, *, wall_s: float = 30.0) -> TestReport:
    """The report on a project that has one file of tests."""
    project(root, {"test_it.py": test})
    limits = replace(LIMITS, wall_s=wall_s)
    return await WorkerPool(Trusting()).run(request(root, "test_it.py", limits=limits))


def outcomes(report: TestReport) -> dict[str, Outcome]:
    return {result.test_id.partition("::")[2]: result.outcome for result in report.results}


def failures(report: TestReport) -> list[Failure]:
    return [result.failure for result in report.results if result.failure is not None]
