"""Secrets planted where a prompt could be made of them, and a look at everything that is sent or kept."""

import asyncio
import random
import string
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2e.real_server import user
from endpoints.scripted_server import Asked, completed, completing, sent, serving_by
from lacuna_ls.lsp.client import Client

_TWIN = "\n\ndef total(prices):\n    return sum(prices)\n"
_LETTERS = string.ascii_letters + string.digits
_DRAWS = random.Random(50)


def _random(length: int, letters: str = _LETTERS) -> str:
    return "".join(_DRAWS.choice(letters) for _ in range(length - 1)) + "7"


def _key() -> str:
    """Formats of widely used credentials, each with a value of its own."""
    upper = string.ascii_uppercase + string.digits
    return _DRAWS.choice(
        [
            f"AKIA{_random(16, upper)}",
            f"ghp_{_random(36)}",
            f"glpat-{_random(20)}",
            f"sk-{_random(40)}",
            f"xoxb-{_random(24)}",
            f"AIza{_random(35)}",
            f"hf_{_random(34)}",
            f"npm_{_random(36)}",
            f"pypi-{_random(50)}",
            f"sk_live_{_random(24)}",
        ]
    )


@dataclass(frozen=True, slots=True)
class Planted:
    """`where` in words; `value` must never be seen again."""

    where: str
    value: str


class Garden:
    """A project of files with secrets; `canaries` are all of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.canaries: list[Planted] = []
        self.active = self._code("the active buffer", 10) + "\n\ndef total(prices):\n    return "
        self.neighbour = self._code("an open neighbour", 7) + "\n\ndef prices(): ...\n"
        root.mkdir()
        imported = self._code("an imported file", 8)
        defaults = "".join(
            f"def load_{n}(token='{self._planted('a default', _key())}'): ...\n" for n in range(4)
        )
        (root / "util.py").write_text(imported + defaults)
        (root / "neighbour.py").write_text(self.neighbour)
        (root / "twin.py").write_text(self._code("a file that looks alike", 3) + _TWIN)
        (root / "ignored.py").write_text(self._plain("an ignored file", 5) + _TWIN)
        (root / "hidden.py").write_text(self._plain("a file hidden from AI tools", 5) + _TWIN)
        (root / ".gitignore").write_text("ignored.py\n")
        (root / ".aiexclude").write_text("hidden.py\n")
        (root / ".env").write_text(self._plain("an environment file", 4))
        (root / "AGENTS.md").write_text(f"Use {self._planted('the instructions', _key())}.\n")
        self.environment = {
            f"SERVICE_{n}_TOKEN": self._planted("an environment variable", _random(24))
            for n in range(3)
        }

    def _planted(self, where: str, value: str) -> str:
        self.canaries.append(Planted(where, value))
        return value

    def _code(self, where: str, count: int) -> str:
        return "".join(f"KEY_{n} = '{self._planted(where, _key())}'\n" for n in range(count))

    def _plain(self, where: str, count: int) -> str:
        """Nothing that a pattern knows: such files are not read at all."""
        values = (self._planted(where, _random(12, string.ascii_lowercase)) for _ in range(count))
        return "".join(f"def name_{n}(): return '{v}'\n" for n, v in enumerate(values))


async def leaks(folder: Path) -> tuple[int, list[str]]:
    """How many canaries there were, and where one was seen: requests, log, caches and data."""
    garden = Garden(folder / "project")
    log = folder / "log"
    words = completed(("sum", -0.1), ("(prices)", -0.1), ("\n", -0.1))
    async with serving_by(completing(sent(*words))) as server:
        command = [sys.executable, "-I", "-m", "lacuna_ls", "--log-file", str(log)]
        command += ["--log-level", "info"]
        environment = {**user(folder / "home"), **garden.environment}
        async with await Client.start(command, environment=environment) as client:
            options: dict[str, Any] = {
                "trustedFolders": [str(garden.root)],
                "model": {"endpoint": server.url, "name": "coder"},
            }
            await client.initialize(garden.root, options=options)
            async with asyncio.timeout(90):
                await _type(client, garden, server.asked)
    assert any("REDACTED_SECRET" in str(asked.body) for asked in server.asked)
    seen = {"a request": "\n".join(str(asked) for asked in server.asked)}
    for path in (log, *(p for p in (folder / "home").rglob("*") if p.is_file())):
        seen[path.name] = path.read_bytes().decode("utf-8", "replace")
    # What the environment hands to the server is not among what is looked through.
    return len(garden.canaries), [
        f"{planted.where} in {name}"
        for planted in garden.canaries
        for name, text in seen.items()
        if planted.value in text
    ]


async def _type(client: Client, garden: Garden, asked: list[Asked]) -> None:
    """Open, edit and complete, until the endpoint has been asked with all there is to tell."""
    other = client.open(garden.root / "neighbour.py", garden.neighbour)
    client.change(other, garden.neighbour + f"LAST = '{garden.canaries[10].value}'\n")
    head = (
        "from util import load_0, load_1\nfrom ignored import name_0\nfrom hidden import name_1\n"
    )
    file = client.open(garden.root / "main.py", head + garden.active)
    streams: list[Asked] = []
    # What looks alike is found once the project has been read.
    while len(streams) < 3 or "twin.py" not in streams[-1].prompt:
        client.change(file, f"{head}{garden.active}{'p' * len(streams)}")
        await client.complete(file, len(file.text.encode()))
        streams = [each for each in asked if each.body and each.body.get("stream")]
