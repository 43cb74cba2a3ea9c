"""The demo's steps: what a user does in an editor, and what the server answers."""

import asyncio
import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from rich.text import Text

from lacuna_ls.cli.demo_screen import Piece, difference, ghost, listing, note, pieces
from lacuna_ls.holes.calibration import EPSILONS
from lacuna_ls.lsp.client import CAPABILITIES, Client, OpenFile

T = TypeVar("T")

PATIENCE_S = 40.0
"""How long the demo waits for what an editor's user would see sooner or later."""

SETTINGS = {
    "interpreter": sys.executable,
    # Time enough for a machine that does much else; an ordinary one needs two seconds.
    "actions.timeBudgetSeconds": 30,
}

COMMAND = (sys.executable, "-I", "-m", "lacuna_ls")

# The project of the demo needs no pytest plugin; those that happen to lie beside us take seconds.
ENVIRONMENT = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

_FIX = re.compile(r"Fix: .+ \((\d+) of \1 tests? pass(?:es)?(?:, \d+ skipped)?\)")


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one step: `body` is for the terminal, `details` for `--json`."""

    ok: bool
    outcome: str
    body: tuple[Text, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Typing:
    """Text typed at the end of a file; the cursor stands behind it."""

    path: str
    text: str

    @property
    def line(self) -> str:
        return self.text.rpartition("\n")[2]


@dataclass(frozen=True, slots=True)
class Place:
    """A function of the demo's workspace, and the file with its tests."""

    path: str
    function: str
    tests: str


@dataclass(slots=True)
class Stage:
    """The connection to the server, and the files that are open."""

    client: Client
    root: Path
    files: dict[str, OpenFile] = field(default_factory=dict)

    def open(self, path: str) -> OpenFile:
        if path not in self.files:
            self.files[path] = self.client.open(self.root / path)
        return self.files[path]


COMPLETED = Typing(
    "orchard/harvest.py",
    '''

def buyers(orders: list[Order], fruit: str) -> set[str]:
    """Everybody who ordered a fruit."""
    names = set()
    for order in orders:
        for line in order.''',
)
# Which of them leaves the model in doubt depends on its calibration.
DOUBTED = (
    Typing(
        "orchard/harvest.py",
        '''

def fruit_of(orders: list[Order], customer: str) -> Counter:
    """Pieces of each fruit that one customer bought."""
    bought = Counter()
    for order in orders:
        for''',
    ),
    Typing(
        "orchard/orders.py",
        '''

def customers(text: str) -> list[str]:
    """Everybody who ordered, in the order of the text."""
    names = []
    for''',
    ),
)
BUGS = (
    Place("orchard/pricing.py", "line_total", "tests/test_pricing.py"),
    Place("orchard/delivery.py", "delivery_day", "tests/test_delivery.py"),
    Place("orchard/harvest.py", "best_sellers", "tests/test_harvest.py"),
)
LONG = Place("orchard/invoice.py", "render_invoice", "tests/test_invoice.py")
EXTRACTED = re.compile(r"^    shipping = 0\n.*?FRAGILE_SURCHARGE$", re.DOTALL | re.MULTILINE)


async def completion(stage: Stage) -> Step:
    """Begin a line; ghost text offers its rest."""
    shown = await _ghost_text(stage, COMPLETED, PATIENCE_S)
    details = {"typed": COMPLETED.line, "text": _plain(shown)}
    if not shown:
        return Step(ok=False, outcome="no ghost text came", details=details)
    outcome = f"ghost text at the end of {COMPLETED.path}"
    return Step(True, outcome, _typed_and_offered(stage, COMPLETED, shown), details)


async def holes(stage: Stage) -> Step:
    """Where the model doubts a part of its text there is a tab stop with its guess in it."""
    await _library_read(stage)
    for typing in DOUBTED:
        shown = await _ghost_text(stage, typing, patience_s=2.0)
        doubts = [piece for piece in shown if piece.tab_stop]
        if doubts and len(doubts) < len(shown):
            break
    claim = await _claim(stage.root, typing)
    by_epsilon = [(epsilon, await _at_epsilon(stage, typing, epsilon)) for epsilon in EPSILONS]
    details = {
        "typed": typing.line,
        "text": _plain(shown),
        "holes": [{"guess": p.text, "alternatives": list(p.alternatives)} for p in doubts],
        "claim": claim,
        "by_epsilon": [
            {"epsilon": epsilon, "text": _plain(at), "holes": [p.text for p in at if p.tab_stop]}
            for epsilon, at in by_epsilon
        ],
    }
    body = (
        *_typed_and_offered(stage, typing, shown),
        *(note(f"Tab {p.tab_stop}", _choice(p)) for p in doubts),
        note("claim", claim),
        *(note(f"ε {epsilon:g}", ghost(at)) for epsilon, at in by_epsilon),
    )
    if not doubts:
        return Step(False, "no ghost text has a tab stop", body, details)
    stops = "one tab stop" if len(doubts) == 1 else f"{len(doubts)} tab stops"
    return Step(True, f"{stops} where the model doubts", body, details)


async def failing_test(stage: Stage) -> Step:
    """Save three files as they are: their tests run, and what fails is shown at its line."""
    body: list[Text] = []
    found: list[dict[str, Any]] = []
    red = 0
    for bug in BUGS:
        begun = time.perf_counter()
        shown = await _save(stage, bug)
        elapsed_s = round(time.perf_counter() - begun, 2)
        found += [_as_data(stage, bug, file, each, elapsed_s) for file, each in shown]
        if shown:
            red += 1
            body += _in_place(bug, *shown[0], elapsed_s)
    outcome = f"{red} of {len(BUGS)} saves turned red"
    return Step(red == len(BUGS), outcome, tuple(body), {"diagnostics": found})


async def fix(stage: Stage) -> Step:
    """Open the menu in the function: its first line has been tried already. Enter."""
    body: list[Text] = []
    applied: list[dict[str, Any]] = []
    for bug in BUGS:
        file = stage.open(bug.path)
        # The search for a fix follows the newest save.
        await _save(stage, bug)
        begun = time.perf_counter()
        menu = await until(partial(_fixes, stage.client, file, bug.function))
        elapsed_s = round(time.perf_counter() - begun, 2)
        if not menu:
            body.append(note("no fix", bug.path))
            continue
        before, title = file.text, menu[0]["title"]
        await stage.client.apply(menu[0])
        applied.append(
            {"file": bug.path, "title": title, "text": file.text, "elapsed_s": elapsed_s}
        )
        body += [
            note("menu", f"{title}   {elapsed_s:.1f} s after red"),
            difference(before, file.text, context=0),
        ]
    outcome = f"{len(applied)} of {len(BUGS)} fixed from the menu"
    return Step(len(applied) == len(BUGS), outcome, tuple(body), {"fixes": applied})


async def green(stage: Stage) -> Step:
    """Save again: nothing is red any more, and the terminal agrees."""
    left = [each for bug in BUGS for each in await _save(stage, bug)]
    passes, verdict = await asyncio.to_thread(terminal, stage.root)
    body = (note("shown", f"{len(left)} diagnostics"), note("pytest", verdict))
    outcome = "saved again, nothing is red" if not left else "saved again, still red"
    details = {"diagnostics": len(left), "terminal": verdict}
    return Step(passes and not left, outcome, body, details)


async def extract(stage: Stage) -> Step:
    """Select lines of a long function; they become a function, and the tests stay green."""
    client, file = stage.client, stage.open(LONG.path)
    selection = EXTRACTED.search(file.text)
    assert selection
    start, end = (client.position(file, len(file.text[:at].encode())) for at in selection.span())
    menu = await client.code_actions(file, {"start": start, "end": end}, only=["refactor.extract"])
    offers = [action for action in menu if "disabled" not in action]
    if not offers:
        reasons = "; ".join(action["disabled"]["reason"] for action in menu)
        return Step(ok=False, outcome=f"not offered: {reasons or 'the menu is empty'}")
    before, title = file.text, offers[0]["title"]
    await client.apply(offers[0])
    left = await _save(stage, LONG)
    passes, verdict = await asyncio.to_thread(terminal, stage.root)
    details = {"title": title, "text": file.text, "diagnostics": len(left), "terminal": verdict}
    body = (
        note("menu", title),
        difference(before, file.text, context=0, removed=False),
        note("pytest", verdict),
    )
    outcome = f"lines of {LONG.function} became a function"
    return Step(passes and not left, outcome, body, details)


STEPS: dict[str, Callable[[Stage], Awaitable[Step]]] = {
    "completion": completion,
    "holes": holes,
    "failing_test": failing_test,
    "fix": fix,
    "green": green,
    "extract": extract,
}


def terminal(root: Path) -> tuple[bool, str]:
    """Whether pytest in a terminal is content, and the last line that it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=root,
        env={**os.environ, **ENVIRONMENT},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    last = (done.stdout.strip().splitlines() or ["it printed nothing"])[-1]
    return done.returncode == 0, last


async def fixes_at(client: Client, file: OpenFile, span: dict[str, Any]) -> list[dict[str, Any]]:
    """The menu's finished fixes: those whose title says that every test passes."""
    menu = await client.code_actions(file, span)
    return [action for action in menu if _FIX.fullmatch(action["title"])]


async def until(ask: Callable[[], Awaitable[T]], deadline: float | None = None) -> T:
    """Ask until the answer is not empty or the clock says `deadline`; the last answer."""
    deadline = time.monotonic() + PATIENCE_S if deadline is None else deadline
    answer = await ask()
    while not answer and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
        answer = await ask()
    return answer


async def _ghost_text(stage: Stage, typing: Typing, patience_s: float) -> tuple[Piece, ...]:
    """What is offered behind the typed text, which is taken back again."""
    client, file = stage.client, stage.open(typing.path)
    saved = file.text
    client.change(file, saved + typing.text)
    ask = partial(client.complete, file, len(file.text.encode()))
    items = await until(ask, time.monotonic() + patience_s)
    client.change(file, saved)
    if not items:
        return ()
    text = items[0]["insertText"]
    return pieces(text["value"]) if isinstance(text, dict) else (Piece(text),)


async def _at_epsilon(stage: Stage, typing: Typing, epsilon: float) -> tuple[Piece, ...]:
    """What is offered once the setting has been moved; then it is moved back."""
    before = dict(stage.client.configuration)
    await _configure(stage, {**before, "holes": {"epsilon": epsilon}})
    shown = await _ghost_text(stage, typing, patience_s=2.0)
    await _configure(stage, before)
    return shown


async def _configure(stage: Stage, configuration: dict[str, Any]) -> None:
    """Other settings, as a user makes them; the server has them when this returns."""
    client, file = stage.client, stage.open(COMPLETED.path)
    asked = client.configuration_asked
    client.configuration = configuration
    client.notify("workspace/didChangeConfiguration", {"settings": None})

    async def answered() -> bool:
        await client.code_actions(file, _cursor(client, file, 0))
        return client.configuration_asked > asked

    await until(answered)
    await answered()


async def _library_read(stage: Stage) -> None:
    """Wait, on a first run, for the standard library: only from there this line is known."""
    file = stage.client.open(stage.root / "untitled.py", text="if __name__ ==")
    await until(partial(stage.client.complete, file, len(file.text)))


def _plain(shown: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in shown)


def _typed_and_offered(stage: Stage, typing: Typing, shown: tuple[Piece, ...]) -> tuple[Text, ...]:
    first = stage.open(typing.path).text.count("\n") + 1
    lines = [*enumerate(f"{typing.text}|".split("\n"), first)]
    return (
        *(listing(line, number) for number, line in lines if line.strip()),
        note("offered", ghost((Piece(typing.line.lstrip()), *shown))),
    )


async def _claim(root: Path, typing: Typing) -> str:
    """What the server claims of its text, which editors without ghost text show beside the item."""
    text_document = {
        k: v for k, v in CAPABILITIES["textDocument"].items() if k != "inlineCompletion"
    }
    async with await Client.start(COMMAND, stderr=subprocess.DEVNULL) as client:
        await client.initialize(root, capabilities={**CAPABILITIES, "textDocument": text_document})
        file = client.open(root / typing.path)
        client.change(file, file.text + typing.text)
        params = {
            "textDocument": {"uri": file.uri},
            "position": client.position(file, len(file.text.encode())),
        }

        async def items() -> list[dict[str, Any]]:
            answer = await client.request("textDocument/completion", params)
            return list(answer["items"])

        offered = await until(items)
    return str(offered[0]["detail"]).removeprefix("Lacuna, ") if offered else "nothing was offered"


def _choice(piece: Piece) -> str:
    others = ", ".join(piece.alternatives)
    return f"{piece.text}   or {others}" if others else piece.text


async def _save(stage: Stage, place: Place) -> list[tuple[OpenFile, dict[str, Any]]]:
    """Save a file; what is shown in it and in its tests once they have run."""
    client, source, tests = stage.client, stage.open(place.path), stage.open(place.tests)
    await client.save(source)
    await client.diagnostics(source, timeout_s=PATIENCE_S)
    # What was published with it for the other file comes before the answer to any request.
    await client.code_actions(source, _cursor(client, source, 0))
    shown = []
    for file in (source, tests):
        with contextlib.suppress(TimeoutError):
            shown += [(file, each) for each in await client.diagnostics(file, timeout_s=0.1)]
    return shown


async def _fixes(client: Client, file: OpenFile, function: str) -> list[dict[str, Any]]:
    """The menu's fixes with the cursor in the function."""
    before = file.text.partition(f"def {function}")[0]
    return await fixes_at(client, file, _cursor(client, file, len(before.encode())))


def _cursor(client: Client, file: OpenFile, offset: int) -> dict[str, Any]:
    position = client.position(file, offset)
    return {"start": position, "end": position}


def _as_data(
    stage: Stage, place: Place, file: OpenFile, diagnostic: dict[str, Any], elapsed_s: float
) -> dict[str, Any]:
    return {
        "saved": place.path,
        "file": file.path.relative_to(stage.root).as_posix(),
        "line": diagnostic["range"]["start"]["line"] + 1,
        "message": diagnostic["message"],
        "elapsed_s": elapsed_s,
    }


def _in_place(
    place: Place, file: OpenFile, diagnostic: dict[str, Any], elapsed_s: float
) -> tuple[Text, ...]:
    """A diagnostic under the line that it is shown at."""
    line = diagnostic["range"]["start"]["line"]
    test, _, message = diagnostic["message"].partition(": ")
    return (
        note("saved", f"{place.path}, red after {elapsed_s:.1f} s"),
        listing(file.text.splitlines()[line], line + 1),
        note("", Text(f"  ^ {test}", "red")),
        note("", Text(f"    {message.splitlines()[0]}", "red")),
    )
