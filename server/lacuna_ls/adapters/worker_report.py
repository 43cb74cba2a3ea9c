"""From the messages of a test process to a report.

What the process says about itself is checked against what the supervisor saw of it: a run is
complete only with the completion record, and with one outcome for each test that was collected.
"""

import re
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

from lacuna_ls.adapters.worker_facts import function_facts
from lacuna_ls.domain.errors import RunnerError
from lacuna_ls.domain.execution import Code, Execution
from lacuna_ls.domain.facts import FunctionFacts
from lacuna_ls.domain.test_result import (
    CoveredFile,
    Failure,
    Frame,
    Outcome,
    RunStatus,
    TestReport,
    TestResult,
)
from lacuna_ls.worker import messages, records

_NOT_TEXT = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI, such as colours
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC, such as titles and links
    r"|\x1b[@-_]?"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)


def plain_text(data: bytes) -> str:
    r"""Text without escape sequences and control characters, `\n` and tabs kept."""
    return clean(data.decode("utf-8", "replace"))


def clean(text: str) -> str:
    text = _NOT_TEXT.sub("", text.replace("\r\n", "\n"))
    return text.encode("utf-8", "replace").decode()


class ReportBuilder:
    """Takes the messages of one run in order."""

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce
        self._collected: dict[str, None] = {}
        self._results: dict[str, TestResult] = {}
        self._collection_errors: list[TestResult] = []
        self._running: str | None = None
        self._facts: list[FunctionFacts] = []
        self._code: list[Code] = []
        self._executions: list[Execution] = []
        self._interpreter: str | None = None
        self._broken = ""
        self._unseen: str | None = None
        self._exit_code: int | None = None

    @property
    def final(self) -> bool:
        """Whether pytest has run the tests to their end: how its process ends adds nothing."""
        return self._exit_code in (0, 1)

    def tests_say(self, message: Any) -> None:
        """A message of the process that ran the tests.

        Raises:
            ValueError, TypeError, AttributeError: its fields are not what they should be.
        """
        match message:
            case messages.Collected(test_ids):
                self._collected.update((str(test_id), None) for test_id in test_ids)
            case messages.Started(test_id):
                self._running = str(test_id)
                self._facts = []
            case records.Recorded(test_id, path, function) if test_id == self._running:
                self._facts.append(function_facts(path, function))
            case messages.Finished():
                self._running = None
                self._add(replace(_result(message), facts=tuple(self._facts)))
                self._facts = []
            case records.Executed():
                self._executions.append(self._execution(message))
            case messages.CollectionFailed(test_id, failure):
                self._collection_errors.append(
                    TestResult(str(test_id), Outcome.ERROR, 0.0, _failure(failure))
                )
            case messages.NoFramework(interpreter):
                self._interpreter = str(interpreter)
            case messages.Broken(reason):
                self._broken = clean(str(reason))
            case messages.Unseen(program):
                self._unseen = clean(str(program))
            case messages.Done(self._nonce, exit_code):
                self._exit_code = int(exit_code)

    def hung(self, message: messages.Hung) -> None:
        """The supervisor says where the running test was when its time was over."""
        if self._running is not None:
            failure = Failure("Timeout", "its time was over here", _frames(message.frames))
            self._add(TestResult(self._running, Outcome.FAILED, 0.0, failure))

    def report(self, ended: messages.Ended, output: str) -> TestReport:
        """The verdict, once the supervisor has said how the process ended."""
        status, detail = self._verdict(ended, output)
        return TestReport(
            status=status,
            results=(*self._collection_errors, *self._results.values()),
            detail=detail,
            output=output,
            elapsed_s=ended.elapsed_s,
            confined=ended.confined,
            executions=tuple(self._executions),
        )

    def _execution(self, message: records.Executed) -> Execution:
        self._code += [Code(Path(path), int(line), str(name)) for path, line, name in message.new]
        if any(not 0 <= number < len(self._code) for number in message.code):
            raise ValueError("code that has not been named")
        code = frozenset(self._code[number] for number in message.code)
        opened = frozenset(Path(path) for path in message.opened)
        return Execution(str(message.test_id), code, opened, clean(str(message.unproven)))

    def _add(self, result: TestResult) -> None:
        """A test that is reported twice is as red as the redder of the two."""
        before = self._results.get(result.test_id)
        if before is None or not before.red:
            self._results[result.test_id] = result

    def _verdict(self, ended: messages.Ended, output: str) -> tuple[RunStatus, str]:
        if self._interpreter is not None:
            return RunStatus.NO_FRAMEWORK, (
                f"{self._interpreter} has no pytest, which tests here need: install it there "
                f"(`{self._interpreter} -m pip install pytest`) or set `lacuna.interpreter`"
            )
        if self._exit_code is None:
            return self._cut_off(ended)
        if self._unseen is not None:
            return RunStatus.CRASHED, (
                f"a test starts {self._unseen}, which sees the file on disk and not the change"
            )
        if self._collection_errors:
            first = self._collection_errors[0]
            message = first.failure.message.splitlines()[:1] if first.failure else []
            return RunStatus.COLLECTION_ERROR, ": ".join(
                [f"{first.test_id} could not be loaded", *message]
            )
        match self._exit_code:
            case 0 | 1:
                return self._completeness()
            case 2 | 3:
                return RunStatus.CRASHED, self._broken or "the run was interrupted"
            case 5:
                return RunStatus.NO_TESTS, "no tests were found"
            case _:
                return RunStatus.COLLECTION_ERROR, _last_error(output) or (
                    f"pytest could not start (exit status {self._exit_code})"
                )

    def _cut_off(self, ended: messages.Ended) -> tuple[RunStatus, str]:
        where = f" in {self._running}" if self._running else ""
        if ended.timed_out:
            what = self._running or "the run"
            return RunStatus.TIMED_OUT, f"{what} did not end within {ended.wall_s:.3g} s"
        if ended.signal == signal.SIGXCPU:
            return RunStatus.TIMED_OUT, f"the processor time allowed was used up{where}"
        if ended.signal:
            return RunStatus.CRASHED, f"the test process was killed by {_name(ended.signal)}{where}"
        return RunStatus.CRASHED, (
            f"the test process ended{where} with exit status {ended.exit_code}"
            " before its tests were done"
        )

    def _completeness(self) -> tuple[RunStatus, str]:
        missing = [test_id for test_id in self._collected if test_id not in self._results]
        stopped_early = any(result.red for result in self._results.values())
        if not self._collected and not self._results:
            return RunStatus.NO_TESTS, "no tests were found"
        if missing and not stopped_early:
            return RunStatus.CRASHED, (
                f"{len(missing)} of {len(self._collected)} tests have no outcome, "
                f"the first is {missing[0]}"
            )
        if self._results.keys() - self._collected.keys():
            return RunStatus.CRASHED, "outcomes came for tests that were not collected"
        return RunStatus.COMPLETED, ""


def _result(message: messages.Finished) -> TestResult:
    return TestResult(
        test_id=str(message.test_id),
        outcome=Outcome(message.outcome),
        duration_s=float(message.duration_s),
        failure=_failure(message.failure),
        covered=tuple(
            CoveredFile(Path(path), tuple(int(line) for line in lines))
            for path, lines in message.covered
        ),
        names=tuple(clean(str(name)) for name in message.names),
    )


def _failure(record: Any) -> Failure | None:
    if record is None:
        return None
    exception, message, frames, names, example = record
    return Failure(
        exception=clean(str(exception)),
        message=clean(str(message)),
        frames=_frames(frames),
        names=tuple(clean(str(name)) for name in names),
        example=clean(str(example)),
    )


def _frames(records: Any) -> tuple[Frame, ...]:
    return tuple(
        Frame(Path(path), int(line), clean(str(function))) for path, line, function in records
    )


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _last_error(output: str) -> str:
    """What pytest or its parser of arguments says on its last line about an error."""
    found = re.findall(r"(?m)^(?:ERROR: |E   |\S+: error: )(?!usage: )(.*)", output)
    return found[-1].strip() if found else ""


class Capped:
    """Output of which the first and the last part is kept."""

    def __init__(self, limit_bytes: int) -> None:
        self._half = max(limit_bytes // 2, 1)
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0

    def add(self, data: bytes) -> None:
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:] if room > 0 else data
        excess = len(self._tail) - self._half
        if excess > 0:
            del self._tail[:excess]
            self._dropped += excess

    def text(self) -> str:
        if not self._dropped:
            return plain_text(bytes(self._head + self._tail))
        gap = f"\n... {self._dropped} bytes left out ...\n"
        return plain_text(bytes(self._head)) + gap + plain_text(bytes(self._tail))


def starting_failed(interpreter: Path, output: str) -> RunnerError:
    last = output.strip().splitlines()[-1:] or ["it said nothing"]
    return RunnerError(f"{interpreter.name} could not start the test process: {last[0][:300]}")
