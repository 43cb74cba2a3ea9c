"""From the messages of a process that observes to an `Observation`.

The process runs code that is not the user's: nothing it says is taken for more than data.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lacuna_ls.adapters.worker_report import clean
from lacuna_ls.domain.observation import Behaviour, Ending, InputKind, Observation, ObservedInput
from lacuna_ls.ports.code_runner import ObserveRequest
from lacuna_ls.worker import messages


class ObservationBuilder:
    """Takes the messages of one run in order."""

    def __init__(self, nonce: str, variants: int) -> None:
        self._nonce = nonce
        self._variants = variants
        self._inputs: list[ObservedInput] = []
        self._done = False
        self._interpreter = ""

    def tests_say(self, message: Any) -> None:
        """A message of the process that observes.

        Raises:
            ValueError, TypeError, AttributeError: its fields are not what they should be.
        """
        match message:
            case messages.Observed():
                self._inputs.append(_input(message, self._variants))
            case messages.NoFramework(interpreter):
                self._interpreter = str(interpreter)
            case messages.Done(self._nonce, _):
                self._done = True

    def hung(self, message: messages.Hung) -> None:
        """Where the process was when its time was over says nothing of what was observed."""

    def observation(self, ended: messages.Ended) -> Observation:
        """All of it, once the supervisor has said how the process ended."""
        return Observation(
            tuple(self._inputs),
            "" if self._inputs else self._why_nothing(ended),
            self._done,
            ended.confined,
            ended.elapsed_s,
        )

    def _why_nothing(self, ended: messages.Ended) -> str:
        if self._interpreter:
            return "the interpreter has no pytest"
        if ended.timed_out:
            return f"the tests did not end within {ended.wall_s:.3g} s"
        if not self._done:
            return "the process that ran the tests ended early"
        return "no test calls the function with values that can be copied"


def observe_task(request: ObserveRequest) -> messages.Observe:
    return messages.Observe(
        path=str(request.path),
        function=request.function,
        variants=len(request.variants),
        base=request.base,
        inputs=request.inputs,
        mutated=request.mutated,
        generated=request.generated,
        probes=list(request.probes),
        then=request.then,
        library=_hypothesis_folder() if request.generated else "",
        seed=request.seed,
        call_s=request.call_s,
        wall_s=request.wall_s,
    )


@cache
def _hypothesis_folder() -> str:
    """Where this interpreter has Hypothesis, for those that have none; empty if it has none."""
    spec = find_spec("hypothesis")
    return str(Path(spec.origin).parents[1]) if spec is not None and spec.origin else ""


def _input(message: messages.Observed, variants: int) -> ObservedInput:
    behaviours = tuple(_behaviour(*fields) for fields in message.behaviours)
    if len(behaviours) != variants:
        raise ValueError("not one behaviour for each variant")
    return ObservedInput(
        call=clean(str(message.call)),
        code=str(message.code),
        kind=InputKind(message.kind),
        test_id=clean(str(message.test_id)),
        steady=bool(message.steady),
        behaviours=behaviours,
        expected=str(message.expected),
        expected_code=str(message.expected_code),
        first=str(message.first),
    )


def _behaviour(
    ending: str, value: str, loose: str, shown: str, exception: str, message: str,
    arguments: str, changed: bool, printed: str, then: str,
) -> Behaviour:  # fmt: skip
    return Behaviour(
        ending=Ending(ending),
        value=str(value),
        loose_value=str(loose),
        shown=clean(str(shown)),
        exception=clean(str(exception)),
        message=clean(str(message)),
        arguments=str(arguments),
        arguments_changed=bool(changed),
        printed=str(printed),
        then=str(then),
    )
