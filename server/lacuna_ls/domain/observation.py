"""What variants of one function were seen to do on the same inputs."""

from dataclasses import dataclass
from enum import StrEnum


class InputKind(StrEnum):
    """Where an input comes from.

    `CAPTURED` from a test's own call, `DOCUMENTED` from the function's documentation, `MUTATED`
    from those with all that they have in common kept, `EDGE` with something broken that few of
    them speak for, `GENERATED` from annotations, `PROBED` was asked for.
    """

    CAPTURED = "captured"
    DOCUMENTED = "documented"
    MUTATED = "mutated"
    EDGE = "edge"
    GENERATED = "generated"
    PROBED = "probed"


class Ending(StrEnum):
    """How a call ended. After `EXITED` its process was gone, `RAN_ON` was stopped."""

    RETURNED = "returned"
    RAISED = "raised"
    RAN_ON = "ran on"
    EXITED = "exited"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What one variant did on one input.

    `value`, `loose_value`, `arguments` and `printed` are digests: of what was returned (exact, and
    with numbers to ten digits and no identity), of the arguments after the call, and of what was
    printed (empty for nothing). An iterator stands for what it gave, up to a bound. `shown` is what
    was returned as short text, a literal where there is one. `then` is the `loose_value` of what the
    request's `then` made of it.
    """

    ending: Ending
    value: str = ""
    loose_value: str = ""
    shown: str = ""
    exception: str = ""
    message: str = ""
    arguments: str = ""
    arguments_changed: bool = False
    printed: str = ""
    then: str = ""


@dataclass(frozen=True, slots=True)
class ObservedInput:
    """One input, and a behaviour for each variant, the original's first.

    `call` is for people and short; `code` is the call as Python, empty where an argument has no
    literal. `test_id` is pytest's, of the test that made the call, or the one it is made from. An input is not `steady` if the
    original did something else when it was run again. `expected` is the `loose_value` that the
    function's documentation promises for it; empty if it says nothing. `expected_code` is the
    same as Python. `first` is the `loose_value` of the first argument.
    """

    call: str
    code: str
    kind: InputKind
    test_id: str
    steady: bool
    behaviours: tuple[Behaviour, ...]
    expected: str = ""
    expected_code: str = ""
    first: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """Inputs in the order in which they were made, captured ones first.

    Without any, `detail` says why. `complete` is false if time ran out or the process ended early.
    `confined` names the sandbox, as in a `TestReport`.
    """

    inputs: tuple[ObservedInput, ...]
    detail: str = ""
    complete: bool = True
    confined: str = ""
    elapsed_s: float = 0.0
