"""Inputs from annotations, by Hypothesis: the user's own, or one that is named and comes last.

It is imported where the tests have ended, so that none of them can see it.
"""

import contextlib
import importlib
import inspect
import sys
import typing
from typing import Any, Callable, Dict, List, Sequence

from .capture import Call

_MAX_DRAWS = 200


def calls(function: Any, known: Sequence[Call], count: int, library: str) -> List[Call]:
    """Up to `count` calls of `function`; none where a parameter says nothing of its type.

    A parameter without annotation, such as the receiver of a method, gets what it has in `known`
    calls. `library` is a folder with Hypothesis, used if the interpreter has none.
    """
    if library and library not in sys.path:
        sys.path.append(library)
    try:
        # Not a dependency: what cannot be had is done without.
        hypothesis: Any = importlib.import_module("hypothesis")
        st: Any = importlib.import_module("hypothesis.strategies")
    except Exception:
        return []
    found: List[Call] = []
    try:
        strategies = _strategies(function, known, st)
        if not strategies:
            return []

        def take(values: Dict[str, Any]) -> None:
            if len(found) < count:
                found.append(_call(function, values))

        drawn = hypothesis.given(st.fixed_dictionaries(strategies))(take)
        hypothesis.settings(
            max_examples=min(count, _MAX_DRAWS),
            database=None,
            derandomize=True,
            deadline=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )(drawn)()
    except Exception:
        # An annotation of which no strategy can be made; what was drawn before it is as good.
        return found
    return found


def _strategies(function: Any, known: Sequence[Call], st: Any) -> Dict[str, Any]:
    parameters = inspect.signature(function).parameters
    hints: Dict[str, Any] = {}
    with contextlib.suppress(Exception):
        hints = typing.get_type_hints(function)
    found: Dict[str, Any] = {}
    for index, (name, parameter) in enumerate(parameters.items()):
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        seen = [_argument(call, index, name) for call in known]
        values = [value for each in seen for value in each]
        if hints.get(name, Any) is not Any:
            found[name] = st.from_type(hints[name])
        elif values:
            found[name] = st.sampled_from(values)
        elif parameter.default is parameter.empty:
            return {}
    return found


def _argument(call: Call, index: int, name: str) -> List[Any]:
    """What the call gives the parameter, as a list of one, or nothing."""
    if index < len(call.positional):
        return [call.positional[index]]
    return [call.named[name]] if name in call.named else []


def _call(function: Callable[..., Any], values: Dict[str, Any]) -> Call:
    """Positional up to the first parameter that is left out or has to be named."""
    positional: List[Any] = []
    named: Dict[str, Any] = {}
    in_order = True
    for name, parameter in inspect.signature(function).parameters.items():
        in_order = in_order and name in values and parameter.kind is not parameter.KEYWORD_ONLY
        if in_order:
            positional.append(values[name])
        elif name in values:
            named[name] = values[name]
    return Call(tuple(positional), named, "")
