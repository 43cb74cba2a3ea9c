"""Random programs that run: for tests that change a program and ask whether it does the same.

They are small and total: every loop is bounded, every effect goes to a log.
"""

import random
from collections.abc import AsyncIterator, Callable, Generator, Iterable
from typing import Any

NAMES = ("a", "b", "c", "d", "e")


class Program:
    """Writes the lines of one random function."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.lines: list[str] = []
        self.budget = rng.randint(8, 24)
        self.functions = 0
        self.kind = rng.choice(
            ("plain", "plain", "plain", "generator", "generator", "global", "async", "async")
        )
        self.method = rng.random() < 0.2

    def text(self) -> str:
        text = self.host()
        if not self.method:
            return text
        method = text.replace("host(a, b)", "host(self, a, b)").replace("log(a", "log(self.x, a")
        lines = "".join(f"    {line}\n" for line in method.splitlines())
        return f"class Host:\n    x = 5\n\n{lines}\n\nhost = Host().host\n"

    def host(self) -> str:
        self.lines = [f"{'async ' if self.kind == 'async' else ''}def host(a, b):"]
        if self.kind == "global":
            self.lines.append("    global e")
        bound = [n for n in "cde" if self.rng.random() < 0.93 and (n, self.kind) != ("e", "global")]
        self.lines += [f"    {n} = {i}" for i, n in enumerate(bound)]
        self.suite(1, loops=0)
        before = len(self.lines)
        self.suite(1, loops=0)
        if self.rng.random() < 0.3:
            self.lines += [*self.lines[before:], "    log(b, d)"]
        self.lines.append(f"    return ({', '.join(self.some(2))})")
        if self.kind == "generator":
            self.lines.append("    yield a")
        return "\n".join(self.lines) + "\n"

    def some(self, most: int) -> list[str]:
        return [self.rng.choice(NAMES) for _ in range(self.rng.randint(1, most))]

    def value(self) -> str:
        r = self.rng
        x, y = r.choice(NAMES), r.choice(NAMES)
        return r.choice(
            (
                *(x, str(r.randint(0, 3)), f"{x} + 1", f"{x} + {y}", f"log({x})"),
                *(f"may_fail({x})", f"({x} if {y} else 0)", f"sum([{x} for {x} in range(2)])"),
                *(f"({x} := {x} + 1)", f"sum({y} + i for i in range(2))", f"({x} and (c := {y}))"),
                *(f"next(iter(range({x} % 2)))", f"[{x} + i for i in range(2) if {y}][-1:]"),
                *self.waiting(x, y),
            )
        )

    def waiting(self, x: str, y: str) -> tuple[str, ...]:
        """Values of a generator or coroutine."""
        if self.kind == "generator":
            return (f"(yield {x})", f"(yield {y})", f"(yield from (1, {x}))")
        if self.kind == "async":
            return (f"await later_on({x})", f"await later_on({y})", f"(await later_on({x})) + 1")
        return ()

    def suite(self, depth: int, loops: int) -> None:
        for _ in range(self.rng.randint(1, 4)):
            self.statement(depth, loops)

    def statement(self, depth: int, loops: int) -> None:
        r, pad = self.rng, "    " * depth
        self.budget -= 1
        deep = depth > 4 or self.budget < 0
        kind = r.choice(SIMPLE) if deep else r.choice(SIMPLE + COMPOUND)
        name = r.choice(NAMES)
        if kind in ("break", "continue") and not loops:
            kind = "assign"
        if kind == "assign":
            self.lines.append(f"{pad}{name} = {self.value()}")
        elif kind == "augment":
            self.lines.append(f"{pad}{name} += 1")
        elif kind == "pair":
            self.lines.append(f"{pad}{name}, {r.choice(NAMES)} = {self.value()}, {self.value()}")
        elif kind == "log":
            self.lines.append(f"{pad}log({', '.join(self.some(2))})")
        elif kind == "del":
            self.lines.append(f"{pad}del {name}")
        elif kind in ("break", "continue"):
            self.lines.append(f"{pad}{kind}")
        elif kind == "return":
            self.lines.append(f"{pad}return {self.value()}")
        elif kind == "call":
            function = f"nested_{r.randint(1, self.functions)}()" if self.functions else name
            self.lines.append(f"{pad}log({function})")
        elif kind == "raise":
            self.lines.append(f"{pad}raise KeyError({name!r})")
        elif kind == "yield":
            self.lines.append(f"{pad}{'yield ' if self.kind == 'generator' else ''}{name}")
        else:
            self.compound(kind, depth, loops)

    def compound(self, kind: str, depth: int, loops: int) -> None:
        r, pad, deeper = self.rng, "    " * depth, depth + 1
        name = r.choice(NAMES)
        if kind == "if":
            self.lines.append(f"{pad}if {self.value()}:")
            self.suite(deeper, loops)
            if r.random() < 0.5:
                self.lines.append(f"{pad}else:")
                self.suite(deeper, loops)
        elif kind == "for":
            over = f"range({r.randint(0, 2)})"
            head = f"for {name} in {over}"
            if self.kind == "async" and r.random() < 0.5:
                head = f"async for {name} in slowly({over})"
            self.lines.append(f"{pad}{head}:")
            self.suite(deeper, loops + 1)
            if r.random() < 0.3:
                self.lines.append(f"{pad}else:")
                self.suite(deeper, loops)
        elif kind == "while":
            self.lines.append(f"{pad}while tick():")
            self.suite(deeper, loops + 1)
        elif kind == "with":
            word = "async with" if self.kind == "async" and r.random() < 0.5 else "with"
            self.lines.append(f"{pad}{word} {r.choice(('manager()', 'suppress()'))} as {name}:")
            self.suite(deeper, loops)
        elif kind == "match":
            self.lines.append(f"{pad}match {self.value()}:")
            self.lines.append(f"{pad}    case 1:")
            self.suite(deeper + 1, loops)
            self.lines.append(f"{pad}    case {name} if {self.value()}:")
            self.suite(deeper + 1, loops)
        elif kind == "try":
            self.lines.append(f"{pad}try:")
            self.suite(deeper, loops)
            if r.random() < 0.7:
                alias = f" as {name}" if r.random() < 0.3 else ""
                caught = r.choice(("(KeyError, NameError)", "KeyError", "StopIteration"))
                star = "*" if r.random() < 0.15 and "return" not in "".join(self.lines) else ""
                self.lines.append(f"{pad}except{star} {caught}{alias}:")
                self.suite(deeper, loops)
                if r.random() < 0.3:
                    self.lines.append(f"{pad}else:")
                    self.suite(deeper, loops)
                if r.random() < 0.7:
                    return
            self.lines.append(f"{pad}finally:")
            self.suite(deeper, loops)
        else:
            self.nested(depth)

    def nested(self, depth: int) -> None:
        r, pad = self.rng, "    " * depth
        self.functions += 1
        function, name = f"nested_{self.functions}", r.choice(NAMES)
        shared = self.kind != "global" or name != "e"
        bound = any(
            f"{name} =" in line or ("(a, b)" in line and name in "ab") for line in self.lines
        )
        self.lines.append(f"{pad}def {function}():")
        if shared and bound and r.random() < 0.4:
            self.lines += [f"{pad}    nonlocal {name}", f"{pad}    {name} = {name} + 1"]
        self.lines.append(f"{pad}    return {', '.join(self.some(2))}")
        use = r.choice((f"log({function}())", "pass", f"later.append({function})"))
        self.lines.append(f"{pad}{use}")


SIMPLE = (
    "assign",
    "assign",
    "assign",
    "assign",
    "assign",
    "augment",
    "augment",
    "pair",
    "log",
    "log",
    "log",
    "yield",
    "break",
    "continue",
    "return",
    "raise",
    "del",
    "call",
    "call",
)
COMPOUND = ("if", "for", "try", "if", "for", "try", "while", "with", "match", "nested", "nested")


def run(code: str, a: int, b: int) -> list[object]:
    """What the program does: its log, its result or the kind of its exception, and what it leaves."""
    log: list[object] = []
    ticks = iter([1, 0, 1, 1, 0, 1, 0, 0] * 8)
    later: list[Callable[[], object]] = []

    def shown(value: object) -> object:
        return repr(value) if isinstance(value, int | tuple | str) else type(value).__name__

    def record(*values: object) -> int:
        log.append(tuple(shown(v) for v in values))
        return len(log)

    def may_fail(value: object) -> object:
        record("may_fail", value)
        if len(log) % 9 == 4:
            raise KeyError(value)
        return value

    class Manager:
        def __init__(self, *, swallows: bool = False) -> None:
            self.swallows = swallows

        def __enter__(self) -> int:
            return record("enter")

        def __exit__(self, *raised: object) -> bool:
            record("exit", raised[0] is not None)
            return self.swallows

        async def __aenter__(self) -> int:
            return record("aenter")

        async def __aexit__(self, *raised: object) -> bool:
            return self.__exit__(*raised)

    async def later_on(value: object) -> object:
        record("awaited", await Suspended())
        return may_fail(value)

    async def slowly(values: Iterable[object]) -> AsyncIterator[object]:
        for value in values:
            record("awaited", await Suspended())
            yield value

    scope: dict[str, Any] = {
        "later_on": later_on,
        "slowly": slowly,
        "log": record,
        "may_fail": may_fail,
        "tick": lambda: next(ticks, 0),
        "manager": Manager,
        "suppress": lambda: Manager(swallows=True),
        "later": later,
        "e": 7,
    }
    try:
        exec(compile(code, "<program>", "exec"), scope)
        outcome = scope["host"](a, b)
        if hasattr(outcome, "send"):
            outcome = driven(outcome, record, a + 2 * b)
        record("result", *map(shown, outcome if isinstance(outcome, tuple) else (outcome,)))
    except Exception as error:  # noqa: BLE001 - whatever the program raises is its outcome
        record("raised", "NameError" if isinstance(error, NameError) else type(error).__name__)
    for function in later:
        try:
            record("later", function())
        except Exception as error:  # noqa: BLE001
            record("later raised", type(error).__name__)
    owners = (scope, vars(scope["Host"]) if "Host" in scope else {})
    record(*(owner.get(name) for owner in owners for name in NAMES))
    return log


class Suspended:
    """Awaits once; its value is what the driver sends."""

    def __await__(self) -> Generator[str, object, object]:
        return (yield "waits")


def driven(body: Any, record: Callable[..., int], seed: int) -> object:
    """Runs a generator or coroutine: sends it values, now and then throws, at last closes it."""
    sent = None
    try:
        for number in range(40):
            throws = seed % 3 == 1 and number == 4
            found = body.throw(KeyError("thrown")) if throws else body.send(sent)
            record("yields", found)
            sent = number % 3
        body.close()
    except StopIteration as stop:
        return stop.value
    return "closed"


def valid(code: str) -> bool:
    try:
        compile(code, "<program>", "exec")
    except SyntaxError:
        return False
    return True
