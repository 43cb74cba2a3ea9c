"""What a user, or a repository, may set, and what becomes of anything else.

A wrong setting never stops the server: it becomes a `Problem` that names it and says what is
allowed, its default is kept, and the rest works.

Some settings decide what runs on the machine. They are the user's alone: a repository's files
cannot set them, trusted or not.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Settings:
    """Validated settings. The names of the protocol are those of `RULES`.

    `interpreter` is empty where it is to be found. With `trust` "never", no folder's code runs and
    nobody is asked. `ignore` holds globs of files that are never read into a prompt, `instructions` what
    a model is to be told of a project. `model_endpoint`
    is empty where no model but the embedded one is to be asked; `model_key_variable` is the name of
    the environment variable that holds its key.
    """

    model_endpoint: str = ""
    model_name: str = ""
    model_chat_name: str = ""
    model_key_variable: str = ""
    interpreter: str = ""
    tests_arguments: tuple[str, ...] = ()
    trust: str = "ask"
    completion_enabled: str = "auto"
    holes_epsilon: float = 0.1
    holes_max_holes: int = 4
    tests_on_save: str = "affected"
    actions_time_budget_s: float = 10.0
    extract_hints: str = "quiet"
    speed_lenses: str = "slow"
    ignore: tuple[str, ...] = ()
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A setting that was not taken: its name as it was written, and what the user can do."""

    name: str
    message: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One setting. `accept` gives the value in the form of `Settings`, `None` if it is wrong."""

    name: str
    field: str
    allowed: str
    accept: Callable[[Any], Any]
    machine: bool = False
    editor: bool = True

    @property
    def toml_name(self) -> str:
        return re.sub(r"[A-Z]", lambda m: f"_{m[0].lower()}", self.name)


def read_settings(
    user: Any, repository: Mapping[str, Any] | None = None
) -> tuple[Settings, tuple[Problem, ...]]:
    """Settings from an editor's JSON and a repository's table, and what was wrong with either.

    The editor's keys may stand under "lacuna" or bare, nested or dotted; `None` means unset.
    The editor wins over the repository, except that a default does not (editors send theirs).
    """
    theirs, repository_problems = _read(repository, _REPOSITORY_RULES)
    ours, user_problems = _read(_unwrapped(user), _EDITOR_RULES)
    default = Settings()
    chosen = {name: value for name, value in ours.items() if value != getattr(default, name)}
    return replace(default, **{**theirs, **chosen}), (*user_problems, *repository_problems)


def _one_of(*names: str) -> Callable[[Any], str | None]:
    return lambda value: value if isinstance(value, str) and value in names else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and "\0" not in value else None


def _texts(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list | tuple) or any(_text(item) is None for item in value):
        return None
    return tuple(value)


def _number(low: float, high: float, *, high_too: bool) -> Callable[[Any], float | None]:
    def accept(value: Any) -> float | None:
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            return None
        return float(value) if low < value < high or (high_too and value == high) else None

    return accept


def _count(low: int, high: int) -> Callable[[Any], int | None]:
    def accept(value: Any) -> int | None:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            return None
        return int(value) if low <= value <= high else None

    return accept


def _endpoint(value: Any) -> str | None:
    """A URL without anything that is a secret, or that asks for something of its own."""
    if value == "":
        return ""
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        return None
    try:
        parts = urlsplit(value)
        plain = parts.username is None and not parts.query and not parts.fragment
        in_order = plain and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        if not in_order or " " in value:
            return None
        secure = parts.scheme == "https" or (
            parts.scheme == "http" and _is_loopback(parts.hostname or "")
        )
    except ValueError:
        return None
    return value if secure else None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _model_name(value: Any) -> str | None:
    taken = isinstance(value, str) and len(value) <= 200 and (value.isprintable() or not value)
    return value if taken else None


def _variable(value: Any) -> str | None:
    """In capitals, as such variables are: a key that was pasted here has others, and is refused."""
    taken = isinstance(value, str) and re.fullmatch(r"(?:[A-Z_][A-Z0-9_]{0,63})?", value)
    return value if taken else None


RULES = (
    Rule(
        "model.endpoint",
        "model_endpoint",
        "an https URL, an http URL of this machine, or empty",
        _endpoint,
        machine=True,
    ),
    Rule("model.name", "model_name", "the name of a model, or empty", _model_name, machine=True),
    Rule(
        "model.chatName",
        "model_chat_name",
        "the name of a model, or empty",
        _model_name,
        machine=True,
    ),
    Rule(
        "model.apiKeyEnvironmentVariable",
        "model_key_variable",
        "the name of an environment variable in capitals, never a key, or empty",
        _variable,
        machine=True,
    ),
    Rule("interpreter", "interpreter", "a path, or empty to find one", _text, machine=True),
    Rule("tests.arguments", "tests_arguments", "a list of texts", _texts, machine=True),
    Rule("trust", "trust", '"ask" or "never"', _one_of("ask", "never"), machine=True),
    Rule(
        "completion.enabled",
        "completion_enabled",
        '"auto", "on" or "off"',
        _one_of("auto", "on", "off"),
    ),
    Rule(
        "holes.epsilon",
        "holes_epsilon",
        "a number between 0 and 1, both excluded",
        _number(0, 1, high_too=False),
    ),
    Rule("holes.maxHoles", "holes_max_holes", "a whole number from 1 to 8", _count(1, 8)),
    Rule("tests.onSave", "tests_on_save", '"affected" or "off"', _one_of("affected", "off")),
    Rule(
        "actions.timeBudgetSeconds",
        "actions_time_budget_s",
        "a number above 0, at most 600",
        _number(0, 600, high_too=True),
    ),
    Rule("extract.hints", "extract_hints", '"quiet" or "off"', _one_of("quiet", "off")),
    Rule("speed.lenses", "speed_lenses", '"slow" or "off"', _one_of("slow", "off")),
    Rule("ignore", "ignore", "a list of globs", _texts, editor=False),
    Rule("instructions", "instructions", "a text", _text, editor=False),
)

_EDITOR_RULES = {rule.name: rule for rule in RULES if rule.editor}
_REPOSITORY_RULES = {rule.toml_name: rule for rule in RULES}
assert {rule.field for rule in RULES} == {field.name for field in fields(Settings)}


def _unwrapped(user: Any) -> Any:
    """The table itself, without the "lacuna" around it or before its keys."""
    if not isinstance(user, Mapping):
        return user
    if "lacuna" in user:
        return user["lacuna"]
    return {_without_prefix(key): value for key, value in user.items()}


def _without_prefix(key: Any) -> Any:
    return key.removeprefix("lacuna.") if isinstance(key, str) else key


def _read(table: Any, rules: Mapping[str, Rule]) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    in_repository = rules is _REPOSITORY_RULES
    for name, value in _leaves(table, rules):
        rule = rules.get(name)
        if rule is None:
            problems.append(Problem(name, f"{name} is not a setting of Lacuna"))
        elif in_repository and rule.machine:
            problems.append(Problem(name, f"{name} is set in the editor, never in a repository"))
        elif value is None:
            continue
        elif (accepted := rule.accept(value)) is None:
            problems.append(Problem(name, f"{name} must be {rule.allowed}"))
        else:
            values[rule.field] = accepted
    return values, tuple(problems)


def _leaves(table: Any, rules: Mapping[str, Rule], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names and their values; a table that no rule's name leads through is a leaf."""
    if table is None:
        return
    if not isinstance(table, Mapping):
        yield "lacuna", table
        return
    for key, value in table.items():
        name = f"{prefix}{key}"
        inside = any(rule.startswith(f"{name}.") for rule in rules)
        if inside and name not in rules and isinstance(value, Mapping):
            yield from _leaves(value, rules, f"{name}.")
        elif not (inside and value is None):
            yield name, value


def concerns_settings(value: Any) -> bool:
    """True if an editor's JSON holds settings of Lacuna, and not only those of others."""
    if not isinstance(value, Mapping):
        return False
    if "lacuna" in value:
        return True
    heads = {rule.name.split(".")[0] for rule in RULES}
    return any(str(_without_prefix(key)).split(".")[0] in heads for key in value)
