"""What idioms make of a function `f`, and what it does when it is called."""

import copy
import textwrap
from collections.abc import Callable
from typing import Any

from lacuna_ls.optimization.candidates import candidates
from lacuna_ls.syntax.languages import by_language_id


def rewritten(before: str) -> list[str]:
    python = by_language_id("python")
    assert python is not None
    data = textwrap.dedent(before).encode()
    return [each.data.decode() for each in candidates(data, "f", python, 40)]


def loaded(text: str) -> Callable[..., Any]:
    names: dict[str, Any] = {}
    exec(text, names)
    found: Callable[..., Any] = names["f"]
    return found


def seen(function: Callable[..., Any], arguments: tuple[Any, ...]) -> object:
    own = copy.deepcopy(arguments)
    try:
        return repr((function(*own), own))
    except Exception as error:  # noqa: BLE001 - whatever it raises
        return type(error)
