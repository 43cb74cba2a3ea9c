"""The newest result of each test of one workspace root."""

from collections.abc import Sequence

from lacuna_ls.domain.test_result import RunStatus, TestReport, TestResult


class Verdicts:
    """What the runs so far have said, test by test.

    A later run of a test file replaces all that is known of it, so that a test that was renamed or
    deleted does not live on.
    """

    def __init__(self) -> None:
        self._results: dict[str, TestResult] = {}

    def record(self, targets: Sequence[str], report: TestReport) -> None:
        """Take over a run's results. `targets` are those of its request."""
        files = {_file(target) for target in targets}
        files.update(_file(result.test_id) for result in report.results)
        kept = {id_: r for id_, r in self._results.items() if _file(id_) not in files}
        self._results = kept | {result.test_id: result for result in report.results}

    def report(self) -> TestReport:
        """All that is known, in the form of one completed run."""
        return TestReport(RunStatus.COMPLETED, tuple(self._results.values()))


def _file(test_id: str) -> str:
    return test_id.partition("::")[0]
