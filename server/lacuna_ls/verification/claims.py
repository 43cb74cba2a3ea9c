"""What a function can be held to besides its tests, and inputs on which it does not hold.

Each rule learns from what the tests' own calls show and then looks at the inputs that no test has:
examples of the documentation; the version before, where the tests do not ask for another one;
exceptions that are slips rather than answers; a return annotation; and relations that all results
of the tests share (order, length, members, sign, arguments left alone, doing it twice, undoing it).
After REFUTE (Sinha et al., "Can language models falsify?", 2025), which looks for counterexamples
instead of fixes, and the properties of property-based testing (Claessen and Hughes, "QuickCheck",
2000). A relation needs `_WITNESSES` results that could have broken it.
"""

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lacuna_ls.domain.observation import Behaviour, Ending, InputKind, Observation, ObservedInput
from lacuna_ls.verification.equivalence import in_words, same

_NOW, _BEFORE = 0, 1
_WITNESSES = 3
_SLIPS = (
    "IndexError", "KeyError", "TypeError", "AttributeError", "ZeroDivisionError",
    "UnboundLocalError", "NameError", "RecursionError", "UnicodeError",
)  # fmt: skip
_LIKE_THE_TESTS = (
    InputKind.DOCUMENTED,
    InputKind.MUTATED,
    InputKind.GENERATED,
    InputKind.PROBED,
)
_NONE = type(None)
_OF_TYPING = frozenset({"Dict", "List", "Set", "Tuple"})
_TYPES = {kind.__name__: kind for kind in (int, float, str, bytes, bool, list, dict, set, tuple)}


@dataclass(frozen=True, slots=True)
class Subject:
    """The function: its name, its source, its return annotation, and how its result is used.

    `then` is the function that undoes it, or itself; `has_before` says that the observation's
    second variant is the version before.
    """

    name: str
    source: str
    returns: str = ""
    then: str = ""
    has_before: bool = False


@dataclass(frozen=True, slots=True)
class Counterexample:
    """An input on which the function does not do what it can be held to.

    `says` completes "`call` ..."; `body` are lines of a test that fails for that reason, with
    the exception of that name, and `needs` the names that they use besides the function's.
    """

    call: str
    says: str
    body: tuple[str, ...]
    exception: str = "AssertionError"
    needs: tuple[str, ...] = ()
    rule: int = 0


Rule = Callable[[ObservedInput], Counterexample | None]


def counterexamples(observation: Observation, subject: Subject) -> tuple[Counterexample, ...]:
    """One for each rule that is broken, by the shortest call that breaks it.

    `rule` is the same for what other inputs of the same tests break.
    """
    tried = sorted(
        (each for each in observation.inputs if each.code and each.steady),
        key=lambda each: (len(each.code), each.code),
    )
    found: list[Counterexample] = []
    for number, rule in enumerate(_rules(observation, subject)):
        first = next(filter(None, map(rule, tried)), None)
        if first is not None:
            found.append(replace(first, rule=number))
    return tuple(found)


def _rules(observation: Observation, subject: Subject) -> Iterator[Rule]:
    seen = [each for each in observation.inputs if each.kind is InputKind.CAPTURED]
    yield _documented
    if subject.has_before and not any(_differs(each) for each in seen):
        yield _as_before
    yield lambda each: _slip(each, seen, subject)
    yield lambda each: _annotated(each, subject)
    for holds, says, body in _RELATIONS:
        if _shared(seen, holds):
            yield _relation(holds, says, body)
    if subject.then:
        yield from _afterwards(seen, subject)


def _documented(each: ObservedInput) -> Counterexample | None:
    now = each.behaviours[_NOW]
    if not each.expected or (now.ending is Ending.RETURNED and now.loose_value == each.expected):
        return None
    if each.expected_code == "":
        return None
    body = (f"assert {each.code} == {each.expected_code}",)
    says = f"{in_words(now)}, its documentation says {each.expected_code}"
    return Counterexample(each.code, says, body, now.exception or "AssertionError")


def _differs(each: ObservedInput) -> bool:
    return same(each.behaviours[_NOW], each.behaviours[_BEFORE], strict=False) is False


def _as_before(each: ObservedInput) -> Counterexample | None:
    now, before = each.behaviours[_NOW], each.behaviours[_BEFORE]
    if not _differs(each) or each.kind is InputKind.CAPTURED:
        return None
    if before.ending is Ending.RAISED and before.exception not in _SLIPS:
        name = before.exception.rpartition(".")[2]
        raising = (f"with pytest.raises({name}):", f"    {each.code}")
        says = f"{in_words(now)}, at HEAD it {in_words(before)}"
        exception = now.exception or "Failed"
        return Counterexample(each.code, says, raising, exception, needs=("pytest",))
    if _value(before) is None:
        return None
    body = (f"assert {each.code} == {before.shown}",)
    says = f"{in_words(now)}, at HEAD it {in_words(before)}"
    return Counterexample(each.code, says, body, now.exception or "AssertionError")


def _slip(
    each: ObservedInput, seen: Sequence[ObservedInput], subject: Subject
) -> Counterexample | None:
    now = each.behaviours[_NOW]
    if each.kind not in _LIKE_THE_TESTS or now.ending is not Ending.RAISED:
        return None
    known = {other.behaviours[_NOW].exception for other in seen}
    if now.exception not in _SLIPS or now.exception in known or now.exception in subject.source:
        return None
    return Counterexample(each.code, in_words(now), (each.code,), now.exception)


def _annotated(each: ObservedInput, subject: Subject) -> Counterexample | None:
    kinds = _kinds(subject.returns)
    value = _value(each.behaviours[_NOW])
    if not kinds or value is None or each.kind not in _LIKE_THE_TESTS:
        return None
    if isinstance(value[0], kinds) or (float in kinds and isinstance(value[0], int)):
        return None
    says = f"{in_words(each.behaviours[_NOW])}, annotated as {subject.returns}"
    names = [kind.__name__ for kind in kinds if kind is not _NONE]
    named = names[0] if len(names) == 1 else f"({', '.join(names)})"
    if not names:
        return Counterexample(each.code, says, (f"assert {each.code} is None",))
    if _NONE not in kinds:
        return Counterexample(each.code, says, (f"assert isinstance({each.code}, {named})",))
    asserted = f"assert result is None or isinstance(result, {named})"
    return Counterexample(each.code, says, (f"result = {each.code}", asserted))


def _kinds(annotation: str) -> tuple[type, ...]:
    """The types that a value may have; none where the annotation says more than plain types do."""
    try:
        return tuple(dict.fromkeys(_kinds_of(ast.parse(annotation, mode="eval").body)))
    except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError):
        return ()


def _kinds_of(node: ast.expr) -> Iterator[type]:
    """The types that one part names; a `LookupError` where it names something else."""
    match node:
        case ast.Constant(value=None):
            yield _NONE
        case ast.Constant(value=str() as quoted):
            yield from _kinds_of(ast.parse(quoted, mode="eval").body)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            yield from (*_kinds_of(left), *_kinds_of(right))
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            yield from (*_kinds_of(inner), _NONE)
        case ast.Subscript(value=ast.Name(id="Union"), slice=ast.Tuple(elts=members)):
            for member in members:
                yield from _kinds_of(member)
        case ast.Subscript(value=ast.Name(id=name)) | ast.Name(id=name):
            yield _TYPES[name.lower() if name in _OF_TYPING else name]
        case _:
            raise LookupError


# Whether a relation holds of arguments and result; `None` where these cannot say.
_Holds = Callable[[Sequence[Any], Any, Behaviour], bool | None]


def _sorted(arguments: Sequence[Any], result: Any, behaviour: Behaviour) -> bool | None:
    if not isinstance(result, list) or len(result) < 2:
        return None
    try:
        return bool(result == sorted(result))
    except TypeError:
        return None


def _as_long(arguments: Sequence[Any], result: Any, behaviour: Behaviour) -> bool | None:
    if not arguments or not isinstance(result, list | str | tuple):
        return None
    return len(result) == len(arguments[0]) if _sized(arguments[0]) and result else None


def _from_argument(arguments: Sequence[Any], result: Any, behaviour: Behaviour) -> bool | None:
    if not arguments or not isinstance(result, list) or not result:
        return None
    held = arguments[0]
    return all(member in held for member in result) if isinstance(held, list | tuple) else None


def _not_negative(arguments: Sequence[Any], result: Any, behaviour: Behaviour) -> bool | None:
    return result >= 0 if type(result) in (int, float) else None


def _something(arguments: Sequence[Any], result: Any, behaviour: Behaviour) -> bool | None:
    return result is not None


def _left_alone(arguments: Sequence[Any], result: Any, behaviour: Behaviour) -> bool | None:
    held = arguments[0] if arguments else None
    return not behaviour.arguments_changed if isinstance(held, list | dict | set) and held else None


# The relation, what is said where it is broken, and the lines of a test of it.
_RELATIONS: tuple[tuple[_Holds, str, tuple[str, ...]], ...] = (
    (_sorted, "which is not in order", ("result = {call}", "assert result == sorted(result)")),
    (_as_long, "which is not as long as its argument", ("assert len({call}) == len({first})",)),
    (
        _from_argument,
        "which is not all from its argument",
        ("assert all(member in {first} for member in {call})",),
    ),
    (_not_negative, "which is negative", ("assert {call} >= 0",)),
    (_something, "", ("assert {call} is not None",)),
    (
        _left_alone,
        "and changes its argument",
        ("argument = {first}", "{call_of_argument}", "assert argument == {first}"),
    ),
)


def _shared(seen: Sequence[ObservedInput], holds: _Holds) -> bool:
    """Whether it holds of all results of the tests, and enough of them could have broken it."""
    verdicts = [_verdict(each, holds) for each in seen]
    return False not in verdicts and verdicts.count(True) >= _WITNESSES


def _verdict(each: ObservedInput, holds: _Holds) -> bool | None:
    arguments, value = _arguments(each.code), _value(each.behaviours[_NOW])
    if arguments is None or value is None:
        return None
    return holds(arguments, value[0], each.behaviours[_NOW])


def _relation(holds: _Holds, says: str, body: Sequence[str]) -> Rule:
    def rule(each: ObservedInput) -> Counterexample | None:
        if each.kind not in _LIKE_THE_TESTS or _verdict(each, holds) is not False:
            return None
        texts = _texts(each.code)
        lines = tuple(line.format(**texts) for line in body)
        words = ", ".join(filter(None, (in_words(each.behaviours[_NOW]), says)))
        if says.startswith("and "):
            words = f"{in_words(each.behaviours[_NOW])} {says}"
        return Counterexample(each.code, words, lines)

    return rule


def _afterwards(seen: Sequence[ObservedInput], subject: Subject) -> Iterator[Rule]:
    """Doing it twice is doing it once; undoing it gives the argument back."""
    done = [each for each in seen if each.behaviours[_NOW].ending is Ending.RETURNED]
    twice = subject.then == subject.name

    def holds(each: ObservedInput) -> bool:
        now = each.behaviours[_NOW]
        return now.then == (now.loose_value if twice else each.first)

    changing = [each for each in done if each.behaviours[_NOW].loose_value != each.first]
    enough = len(changing) >= (_WITNESSES if twice else 1)
    if not done or not enough or not all(map(holds, done)):
        return

    def rule(each: ObservedInput) -> Counterexample | None:
        now = each.behaviours[_NOW]
        if now.ending is not Ending.RETURNED or holds(each) or each.kind not in _LIKE_THE_TESTS:
            return None
        if twice:
            doing = (f"once = {each.code}", f"assert {subject.name}(once) == once")
            says = f"{in_words(now)}, and something else when that is given to it again"
            return Counterexample(each.code, says, doing)
        first = _texts(each.code)["first"]
        says = f"{in_words(now)}, of which {subject.then} does not make {first} again"
        body = (f"assert {subject.then}({each.code}) == {first}",)
        return Counterexample(each.code, says, body, needs=(subject.then,))

    yield rule


def _arguments(code: str) -> list[Any] | None:
    try:
        call = ast.parse(code, mode="eval").body
        assert isinstance(call, ast.Call)
        return [ast.literal_eval(argument) for argument in call.args]
    except (ValueError, SyntaxError, TypeError, AssertionError):
        return None


def _value(behaviour: Behaviour) -> tuple[Any] | None:
    """What was returned, in a tuple of one, where it is a literal that is short."""
    if behaviour.ending is not Ending.RETURNED:
        return None
    try:
        return (ast.literal_eval(behaviour.shown),)
    except (ValueError, SyntaxError, TypeError):
        return None


def _texts(code: str) -> dict[str, str]:
    """The parts of a call that tests are written with."""
    call = ast.parse(code, mode="eval").body
    assert isinstance(call, ast.Call)
    first = ast.unparse(call.args[0]) if call.args else ""
    rest = [ast.unparse(argument) for argument in call.args[1:]]
    rest += [f"{keyword.arg}={ast.unparse(keyword.value)}" for keyword in call.keywords]
    name = ast.unparse(call.func)
    return {
        "call": code,
        "first": first,
        "call_of_argument": f"{name}({', '.join(['argument', *rest])})",
    }


def _sized(value: Any) -> bool:
    return isinstance(value, list | str | tuple | set | dict)
