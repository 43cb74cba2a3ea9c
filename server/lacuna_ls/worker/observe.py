"""What variants of one function do on the same inputs.

The tests are run once, with the function's calls captured (`capture`). Where they end, in the same
process, more inputs are made from what was captured (`inputs`); then each variant of the file is
put in place (`variants`) in a fork of its own and called with copies of them. So no value is ever
written down, and no variant sees what another has left behind.
"""

import contextlib
import gc
import json
import os
import random
import select
import signal
import sys
import time
import types
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from . import behaviour, canonical, documented, generated, inputs, run_tests, values, variants
from .capture import Call, Capture
from .confinement import Confinement
from .messages import Done, Grown, NoFramework, Observe, Observed, Request, Timed

CAPTURED, DOCUMENTED, MUTATED, EDGE, GENERATED, PROBED = (
    "captured", "documented", "mutated", "edge", "generated", "probed",
)  # fmt: skip
_MAX_HANGS = 3
_WAITING_FACTOR = 4.0


# What a variant differs in, or why it cannot be compiled.
_Code = Union[None, types.CodeType, Exception]


class Input(NamedTuple):
    """`expected` is the loose form of what the documentation says it gives, and that as code."""

    call: Call
    kind: str
    expected: str = ""
    expected_code: str = ""


def observe(
    request: Request, contents: Sequence[run_tests.Contents], place: Confinement, fd: int
) -> None:
    """Capture, call, and report; does not return. The last of `contents` are the variants."""
    task = Observe(*request.observe)
    known = contents[: len(contents) - task.variants]
    texts = [each.data for each in contents[len(contents) - task.variants :]]
    base = run_tests.Contents(task.path, texts[task.base])
    capture = Capture(
        task.path, task.function, task.inputs, lambda: behaviour.time_limit(task.call_s)
    )
    channel = run_tests.Channel(fd)

    def rest() -> None:
        module = capture.stop()
        found = _timed if task.rounds else _observed
        for each in found(module, capture, texts, task):
            with contextlib.suppress(ValueError):  # larger than a frame
                channel.send(each)
        channel.send(Done(request.nonce, 0))
        os._exit(0)

    run_tests._as_if_started(request.root)
    run_tests._silence()
    run_tests._be_of_a_candidate(request, place, request.niceness)
    run_tests._see([*known, base], channel)
    capture.start()
    _run_tests(request, _Capturing(capture, rest), channel)
    os._exit(0)


class _Capturing:
    """A plugin of pytest that tells whose calls come next, and when fixtures are torn down.

    Tests after those that have shown enough do not run.
    """

    def __init__(self, capture: Capture, rest: Callable[[], None]) -> None:
        self._capture = capture
        self._rest = rest

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._capture.test_id = nodeid

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._capture.test_id = ""

    def pytest_runtest_teardown(self, item: Any) -> None:
        if self._capture.complete:
            item.session.shouldstop = "enough calls were seen"

    def pytest_sessionfinish(self) -> None:
        self._rest()


def _run_tests(request: Request, plugin: _Capturing, channel: run_tests.Channel) -> None:
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, request.root)
    try:
        import pytest
    except ModuleNotFoundError:
        channel.send(NoFramework(sys.executable))
        return
    arguments = [
        "-o", "cache_dir=" + os.path.join(request.scratch, "cache"), "--tb=no",
        *request.arguments, *request.targets,
    ]  # fmt: skip
    sys.argv[:] = ["pytest", *arguments]
    # Last of all plugins: then nothing is left of the session but its summary.
    last: Any = pytest.hookimpl(trylast=True)
    _Capturing.pytest_sessionfinish = last(_Capturing.pytest_sessionfinish)  # type: ignore[method-assign]
    pytest.main(arguments, plugins=[_pytest_plugin().InOneProcess(), plugin])


def _pytest_plugin() -> Any:
    from . import pytest_plugin

    return pytest_plugin


def _observed(
    module: Optional[types.ModuleType], capture: Capture, texts: Sequence[bytes], task: Observe
) -> Iterator[Observed]:
    function = None if module is None else variants.callable_of(module, task.function)
    if module is None or function is None:
        return
    found = _inputs(function, capture, task)
    deadline_s = time.monotonic() + task.wall_s
    gc.collect()
    gc.freeze()

    codes = [_code(task.path, texts[task.base], text) for text in texts]

    def run(index: int, call_s: float, seed: int) -> List[List[Any]]:
        fork = _Fork(module, task, codes[index], seed)
        return fork.behaviours(found, call_s, deadline_s)

    first = run(0, task.call_s, 1)
    again = run(0, task.call_s, 2)
    others = [run(index, 2 * task.call_s, 1) for index in range(1, len(texts))]
    by_variant = [first, *others]
    for number, each in enumerate(found):
        behaviours = [of_one[number] for of_one in by_variant]
        if behaviours[0][0] == behaviour.NOT_RUN:
            continue
        text, code = _in_words(task.function, each.call)
        steady = first[number] == again[number]
        argument = each.call.positional[:1]
        yield Observed(
            text,
            code,
            each.kind,
            each.call.test_id,
            steady,
            behaviours,
            each.expected,
            each.expected_code,
            canonical.form(argument[0]).loose if argument else "",
        )


def _timed(
    module: Optional[types.ModuleType], capture: Capture, texts: Sequence[bytes], task: Observe
) -> Iterator[Union[Timed, Grown]]:
    function = None if module is None else variants.callable_of(module, task.function)
    if module is None or function is None:
        return
    from . import timing

    calls = [each.call for each in _inputs(function, capture, task)]
    yield from timing.timed(module, calls, texts, task)


def _code(path: str, base: bytes, text: bytes) -> _Code:
    try:
        return variants.difference(path, base, text)
    except (SyntaxError, ValueError) as error:
        return error


def _inputs(function: Any, capture: Capture, task: Observe) -> List[Input]:
    found = [Input(call, CAPTURED) for call in capture.calls]
    if task.probes:
        return found + _probes(capture, task)
    found = _with_documented(found, function, task.function)
    more = task.inputs - len(found)
    if found and more > 0 and task.mutated:
        calls = [each.call for each in found]
        mutants = inputs.mutants(calls, min(more, task.mutated), task.seed)
        found += [Input(each.call, EDGE if each.edge else MUTATED) for each in mutants]
    if task.generated:
        found += _generated(function, [each.call for each in found], capture, task)
    return found[: task.inputs]


def _probes(capture: Capture, task: Observe) -> List[Input]:
    """Those that keep to what the tests show, in their order."""
    contract = inputs.Contract(capture.calls)
    found = []
    for code in task.probes:
        call = documented.call_of(code)
        inside = None if call is None else contract.judged(call)
        if call is not None and inside is not None:
            found.append(Input(call, PROBED if inside else EDGE))
    return found


def _generated(
    function: Any, known: Sequence[Call], capture: Capture, task: Observe
) -> List[Input]:
    contract = inputs.Contract(capture.calls)
    found = []
    for call in generated.calls(function, known, task.generated, task.library):
        inside = contract.judged(call)
        if inside is not None:
            found.append(Input(call, GENERATED if inside else EDGE))
    return found


def _with_documented(captured: List[Input], function: Any, name: str) -> List[Input]:
    """And the examples of the documentation; what a test calls too learns what is expected."""
    if "." in name:
        return captured
    found = {_form(each.call): each for each in captured}
    for call, expected in documented.examples(function, name):
        form = _form(call)
        before = found.get(form, Input(call, DOCUMENTED))
        if expected is not None:
            said = canonical.form(expected[0]).loose
            code = values.literal(expected[0]) or ""
            before = before._replace(expected=said, expected_code=code)
        found[form] = before
    return list(found.values())


def _form(call: Call) -> str:
    return canonical.form((call.positional, call.named)).exact


class _Fork:
    """Calls one variant, in forks of this process."""

    def __init__(self, module: types.ModuleType, task: Observe, code: _Code, seed: int) -> None:
        self._module = module
        self._function = task.function
        self._then = task.then
        self._code = code
        self._seed = seed

    def behaviours(
        self, found: Sequence[Input], call_s: float, deadline_s: float
    ) -> List[List[Any]]:
        """One for each input; what a fork does not survive is told from outside of it."""
        known: List[List[Any]] = []
        hangs = 0
        while len(known) < len(found) and hangs < _MAX_HANGS:
            if time.monotonic() > deadline_s:
                break
            lines, ran_on = self._in_fork(found[len(known) :], call_s, deadline_s)
            known += lines
            if len(known) < len(found):
                hangs += 1
                known.append(behaviour.unknown(behaviour.RAN_ON if ran_on else behaviour.EXITED))
        return [*known, *(behaviour.unknown(behaviour.NOT_RUN) for _ in found[len(known) :])]

    def _in_fork(
        self, found: Sequence[Input], call_s: float, deadline_s: float
    ) -> Tuple[List[List[Any]], bool]:
        read_fd, write_fd = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(read_fd)
                self._call_all(found, call_s, write_fd)
            finally:
                os._exit(0)
        os.close(write_fd)
        try:
            return _read_lines(read_fd, _WAITING_FACTOR * call_s + 0.2, deadline_s + 0.5)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(read_fd)

    def _call_all(self, found: Sequence[Input], call_s: float, fd: int) -> None:
        function, then, failed = None, None, None
        try:
            if isinstance(self._code, Exception):
                raise self._code
            if self._code is not None:
                variants.apply(self._module, self._code)
            function = variants.callable_of(self._module, self._function)
            then = variants.callable_of(self._module, self._then) if self._then else None
        except BaseException as error:
            failed = error
        for each in found:
            random.seed(self._seed)
            if function is None:
                missing = failed or NameError(self._function)
                seen = behaviour.raised(missing, "", each.call)
            else:
                seen = behaviour.of_call(function, each.call, call_s, then)
            line = json.dumps(seen).encode("ascii") + b"\n"
            while line:
                line = line[os.write(fd, line) :]


def _read_lines(fd: int, pause_s: float, deadline_s: float) -> Tuple[List[List[Any]], bool]:
    """The lines that came, and whether the next one was waited for in vain."""
    data = b""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    while True:
        left_s = min(pause_s, deadline_s - time.monotonic())
        if left_s <= 0 or not poll.poll(left_s * 1000):
            return _decoded(data), True
        part = os.read(fd, 1 << 16)
        if not part:
            return _decoded(data), False
        data += part


def _decoded(data: bytes) -> List[List[Any]]:
    return [json.loads(line) for line in data[: data.rfind(b"\n") + 1].splitlines()]


def _in_words(qualified_name: str, call: Call) -> Tuple[str, str]:
    """The call as it is shown, and as code; no code if an argument is no literal."""
    positional = list(call.positional)
    name = qualified_name
    if "." in qualified_name and positional:
        # A static method has no receiver, and then is shown with its class all the same.
        name = qualified_name.rpartition(".")[2]
        receiver = positional.pop(0)
        prefix = receiver.__qualname__ if isinstance(receiver, type) else behaviour.shown(receiver)
        shown = "{}.{}({})".format(prefix, name, _list(positional, call.named, behaviour.shown))
        return shown, ""
    shown = "{}({})".format(name, _list(positional, call.named, behaviour.shown))
    literals = [values.literal(v) for v in (*positional, *call.named.values())]
    if None in literals:
        return shown, ""
    return shown, "{}({})".format(name, _list(positional, call.named, values.literal))


def _list(positional: Sequence[Any], named: Dict[str, Any], text: Any) -> str:
    return ", ".join(
        [*(text(v) for v in positional), *("{}={}".format(k, text(v)) for k, v in named.items())]
    )
