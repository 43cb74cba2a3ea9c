"""Whether variants of a function were seen to do the same, and on which input they do not.

Strict is what a rewrite is held to: types, recursively, the order of dicts, floats by their bits,
which containers are the same object, arguments after the call, what was printed, exceptions with
their message. Otherwise numbers count by their value and messages and identity do not count: so two
readings of what a function should do are told apart, and not two ways to write one reading.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lacuna_ls.domain.observation import (
    Behaviour,
    Ending,
    InputKind,
    Observation,
    ObservedInput,
)

_PLAINEST = (
    InputKind.CAPTURED,
    InputKind.DOCUMENTED,
    InputKind.PROBED,
    InputKind.MUTATED,
    InputKind.GENERATED,
    InputKind.EDGE,
)


@dataclass(frozen=True, slots=True)
class Difference:
    """An input on which two variants do not do the same, and what each does."""

    input: ObservedInput
    one: Behaviour
    other: Behaviour


def same(one: Behaviour, other: Behaviour, *, strict: bool) -> bool | None:
    """Whether two behaviours on one input are equal; `None` if one of them was not seen."""
    if Ending.NOT_RUN in (one.ending, other.ending):
        return None
    if strict:
        return one == other
    return _reading(one) == _reading(other)


def differences(
    observation: Observation, one: int, other: int, *, strict: bool
) -> tuple[Difference, ...]:
    """Where two variants differ on steady inputs, the input that is easiest to read first."""
    found = [
        Difference(each, each.behaviours[one], each.behaviours[other])
        for each in observation.inputs
        if each.steady
        and same(each.behaviours[one], each.behaviours[other], strict=strict) is False
    ]
    return tuple(sorted(found, key=_plainness))


def clusters(
    observation: Observation, variants: Iterable[int], kinds: Sequence[InputKind] = tuple(InputKind)
) -> tuple[tuple[int, ...], ...]:
    """Variants that do the same, loosely, on all steady inputs of `kinds`; in the given order."""
    inputs = [each for each in observation.inputs if each.steady and each.kind in kinds]
    found: list[list[int]] = []
    for variant in variants:
        for cluster in found:
            if all(
                same(each.behaviours[cluster[0]], each.behaviours[variant], strict=False)
                is not False
                for each in inputs
            ):
                cluster.append(variant)
                break
        else:
            found.append([variant])
    return tuple(map(tuple, found))


def in_words(behaviour: Behaviour) -> str:
    """What it did, as a verb phrase: `returns 0`, `raises ValueError`."""
    match behaviour.ending:
        case Ending.RETURNED if behaviour.arguments_changed and behaviour.shown == "None":
            return "changes its argument"
        case Ending.RETURNED:
            return f"returns {behaviour.shown}"
        case Ending.RAISED:
            return f"raises {behaviour.exception.rpartition('.')[2]}"
        case Ending.RAN_ON:
            return "does not end in time"
        case Ending.EXITED:
            return "ends the process"
        case Ending.NOT_RUN:
            return "was not run"


def _reading(behaviour: Behaviour) -> tuple[str, ...]:
    return (
        behaviour.ending,
        behaviour.loose_value,
        behaviour.exception,
        behaviour.arguments if behaviour.ending is Ending.RETURNED else "",
        behaviour.printed,
    )


def _plainness(difference: Difference) -> tuple[int, int, str]:
    call = difference.input.call
    return len(call), _PLAINEST.index(difference.input.kind), call
