"""The newest result of each test of one workspace root."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lacuna_ls.domain.test_result import RunStatus, TestReport, TestResult
from lacuna_ls.test_runs.same_code import moved_result


class Verdicts:
    """What the runs so far have said, test by test.

    A later run of a test file replaces all that is known of it, so that a test that was renamed or
    deleted does not live on. A run of some of its tests says nothing of the others.
    """

    def __init__(self) -> None:
        self._results: dict[str, TestResult] = {}
        self._concerned: dict[Path, frozenset[str]] = {}
        self._ended: dict[Path, tuple[RunStatus, str]] = {}

    def record(
        self, path: Path, targets: Sequence[str], report: TestReport, only: Sequence[str] = ()
    ) -> None:
        """Take over a run that was made because `path` was saved; the rest as in its request."""
        asked = frozenset(_file(target) for target in targets)
        kept = self._untouched(asked, report, only)
        self._results = kept | {result.test_id: result for result in report.results}
        self._ended = {p: e for p, e in self._ended.items() if not self._concerned[p] & asked}
        # Some programs find the test files themselves.
        self._concerned[path] = asked | {_file(result.test_id) for result in report.results}
        self._ended[path] = (report.status, report.detail)

    def extend(self, path: Path, report: TestReport, only: Sequence[str] = ()) -> None:
        """Take over a run of tests that a save of `path` could affect, beyond the file's own.

        They concern it as its own do where they turned red with it, or stayed so since.
        """
        old = {id_ for id_, result in self._results.items() if result.red}
        turned = {_file(r.test_id) for r in report.failures if r.test_id not in old}
        stayed = {_file(r.test_id) for r in report.failures} & self.concerned(path)
        kept = self._untouched(frozenset(), report, only)
        self._results = kept | {result.test_id: result for result in report.results}
        self._concerned[path] = self.concerned(path) | turned | stayed

    def _untouched(
        self, asked: frozenset[str], report: TestReport, only: Sequence[str]
    ) -> dict[str, TestResult]:
        """The results of which the run says nothing; `only` names tests, and files of which all ran."""
        files = asked | {_file(result.test_id) for result in report.results}
        ran = frozenset(only) or files
        return {
            id_: result
            for id_, result in self._results.items()
            if _file(id_) not in files or not (id_ in ran or _file(id_) in ran)
        }

    def explained(self, results: Sequence[TestResult]) -> None:
        """A further run of failing tests says what they do; their verdicts stay."""
        for result in results:
            known = self._results.get(result.test_id)
            if known is not None and known.red:
                self._results[result.test_id] = replace(known, facts=result.facts)

    def moved(self, path: Path, lines: Mapping[int, int]) -> None:
        """The code of `path` is what it was, on other lines."""
        self._results = {
            id_: moved_result(result, path, lines) for id_, result in self._results.items()
        }

    def concerned(self, path: Path) -> frozenset[str]:
        """The test files that ran when `path` was last saved."""
        return self._concerned.get(path, frozenset())

    def report(self, path: Path) -> TestReport:
        """All results, in a report that ended as the last run because of `path` did."""
        status, detail = self._ended.get(path, (RunStatus.COMPLETED, ""))
        return TestReport(status, tuple(self._results.values()), detail)


def _file(test_id: str) -> str:
    return test_id.partition("::")[0]
