"""What a status item says: the model, its calibrations, and per folder trust, sandbox and epsilon.

No part of the protocol. It goes to clients that name `lacunaStatus` among their experimental
capabilities, whenever it may have changed, and holds nothing that is not to be had elsewhere.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from lacuna_ls.domain.calibration import Calibration
from lacuna_ls.domain.errors import LacunaError
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.lsp.uris import uri_of
from lacuna_ls.settings import Settings
from lacuna_ls.syntax.languages import Language, languages

log = logging.getLogger(__name__)

METHOD = "lacuna/status"
EMBEDDED = "built in"


@dataclass(frozen=True, slots=True)
class Calibrated:
    """For documents in these languages, holes carry a guarantee at each of `epsilons`."""

    language_ids: tuple[str, ...]
    epsilons: tuple[float, ...]
    population: str


@dataclass(frozen=True, slots=True)
class Folder:
    """`sandbox` is empty where candidates run with limits only, `None` where it is not known."""

    uri: str
    trusted: bool
    sandbox: str | None
    epsilon: float


@dataclass(frozen=True, slots=True)
class Status:
    """`chat_model` is empty where no model is asked for fixes; `epsilon` is that of no folder."""

    model: str
    chat_model: str
    epsilon: float
    calibrated: tuple[Calibrated, ...]
    folders: tuple[Folder, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the services know it from; `sandbox` starts the folder's interpreter.

    `model` names what completes now, empty where that is the model in the package.
    """

    calibration: Callable[[Language], Calibration | None]
    sandbox: Callable[[Path], Awaitable[str]]
    model: Callable[[], str] = lambda: ""


def register(server: LacunaServer) -> None:
    if server.client.status:
        server.status_changed = _Reports(server).changed


class _Reports:
    """Tells what is known at once, and the rest when it is; never the same twice running."""

    def __init__(self, server: LacunaServer) -> None:
        self._server = server
        self._sandboxes: dict[Path, str] = {}
        self._told: Status | None = None
        self._telling: set[asyncio.Task[None]] = set()

    def changed(self) -> None:
        """Something of it may be another now. Returns at once."""
        task = asyncio.ensure_future(self._tell())
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self) -> None:
        self._say()
        services = self._server.built_services()
        if services is None or services.status is None:
            return
        for root in self._server.roots:
            if root in self._sandboxes or not services.trust.trusted(root):
                continue
            try:
                self._sandboxes[root] = await services.status.sandbox(root)
            except (LacunaError, OSError) as error:
                log.info("the sandbox of %s is not known: %s", root.name, error)
        self._say()

    def _say(self) -> None:
        services = self._server.built_services()
        if services is None or services.status is None:
            return
        settings = self._server.settings
        status = Status(
            model=services.status.model() or EMBEDDED,
            chat_model=_chat_model(settings),
            epsilon=settings.holes_epsilon,
            calibrated=tuple(
                _calibrated(language, calibration)
                for language in languages()
                if (calibration := services.status.calibration(language))
            ),
            folders=tuple(
                Folder(
                    uri_of(root),
                    services.trust.trusted(root),
                    self._sandboxes.get(root),
                    self._server.settings_in(root).holes_epsilon,
                )
                for root in self._server.roots
            ),
        )
        if status != self._told:
            self._told = status
            self._server.protocol.notify(METHOD, _camel_case(asdict(status)))


def _chat_model(settings: Settings) -> str:
    if not settings.model_endpoint:
        return ""
    name = settings.model_chat_name or settings.model_name or "the first model"
    return f"{name} at {urlsplit(settings.model_endpoint).netloc}"


def _calibrated(language: Language, calibration: Calibration) -> Calibrated:
    epsilons = sorted({cell.epsilon for cell in calibration.cells})
    return Calibrated(language.language_ids, tuple(epsilons), calibration.population)


def _camel_case(value: object) -> object:
    if isinstance(value, dict):
        return {_camel_name(key): _camel_case(each) for key, each in value.items()}
    return [_camel_case(each) for each in value] if isinstance(value, tuple | list) else value


def _camel_name(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.title() for part in tail)
