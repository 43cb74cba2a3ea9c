"""What `lacuna-ls doctor` finds: each line a fact, and where something is amiss, its mend."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from lacuna_ls.adapters.calibration_store import FileCalibrationStore
from lacuna_ls.adapters.endpoint.address import host_of
from lacuna_ls.adapters.endpoint.chat_model import Endpoint, EndpointModel
from lacuna_ls.adapters.endpoint.keys import key_for
from lacuna_ls.adapters.endpoint.routes import Route
from lacuna_ls.adapters.interpreters import interpreter_for
from lacuna_ls.adapters.project_context import DEADLINE_S, ProjectContext, Surroundings
from lacuna_ls.adapters.repository_settings import repository_settings
from lacuna_ls.adapters.sandbox.probe import probe
from lacuna_ls.adapters.trust_store import TrustStore
from lacuna_ls.adapters.workspace_files import RunFiles, WorkspaceFiles, is_secret
from lacuna_ls.completion import predictor
from lacuna_ls.completion.remote import engine as remote
from lacuna_ls.domain.calibration import Calibration
from lacuna_ls.domain.errors import ModelError
from lacuna_ls.model.embedded import model_id
from lacuna_ls.model.vocabulary import Vocabulary
from lacuna_ls.model.workspace import Workspace
from lacuna_ls.ports.language_model import CompletionRequest
from lacuna_ls.settings import Settings, read_settings
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_path, languages

_MOST_FILES = 5_000
_MOST_NAMED = 8
_SLOW_FIRST_S = 1.0
_PROMPT = CompletionRequest("def total(prices):\n    return ", "\n", "python", 24, top_logprobs=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. `problem` and `mend` are sentences, both empty where all is well."""

    section: str
    name: str
    value: str
    problem: str = ""
    mend: str = ""


async def findings(root: Path, path: Path | None, settings: Settings) -> list[Finding]:
    """All that is found out for a folder, and a file of it, with the user's own settings."""
    table = repository_settings(root)
    chosen, problems = read_settings(None, table)
    found = [Finding("settings", p.name, "not taken", p.message, "mend it there") for p in problems]
    trusted = TrustStore().trusted(root)
    found += _trust(root, trusted)
    found += await _interpreter(root, path or root, settings, trusted)
    found += _calibrations("built in", model_id())
    found += await _endpoint(settings, trusted)
    found += await _context(root, path, settings, chosen)
    return found


def _trust(root: Path, trusted: bool) -> list[Finding]:
    if trusted:
        return [Finding("folder", "trust", "trusted")]
    problem = "nothing of it is run, and no endpoint is asked"
    return [Finding("folder", "trust", "not trusted", problem, f"lacuna-ls trust {root}")]


async def _interpreter(
    root: Path, target: Path, settings: Settings, trusted: bool
) -> list[Finding]:
    found = interpreter_for(root, target, settings.interpreter)
    if found is None:
        problem = "found no Python to run tests with"
        return [Finding("folder", "interpreter", "none", problem, "name one: lacuna.interpreter")]
    line = Finding("folder", "interpreter", f"{found.path} ({found.reason})")
    if found.from_workspace and not trusted:
        return [line, Finding("folder", "sandbox", "not tried in a folder without trust")]
    probed = await probe(found.path)
    if probed.confines:
        return [line, Finding("folder", "sandbox", probed.in_words)]
    mend = "install bubblewrap; docs/safety.md says what else a system may need"
    problem = "code that a model wrote is not run"
    return [line, Finding("folder", "sandbox", probed.in_words, problem, mend)]


def _calibrations(whose: str, name: str, *, far: bool = False) -> list[Finding]:
    """For each language what holes claim; one that was never calibrated claims nothing."""
    store = FileCalibrationStore()
    found: list[Finding] = []
    for language in languages():
        key = remote.key(name, language) if far else predictor.key(name, language)
        calibration = store.load(key)
        title = f"calibration of {whose}, {language.name}"
        if calibration is not None:
            found.append(Finding("holes", title, _measured(calibration)))
        elif store.refuted(key):
            problem = "saved files differ from what was shown more often than it claims"
            found.append(Finding("holes", title, "withdrawn", problem, "run lacuna-ls calibrate"))
        else:
            how = "; lacuna-ls calibrate --endpoint measures them" if far else ""
            found.append(Finding("holes", title, f"uncalibrated: its holes claim nothing{how}"))
    return found


def _measured(calibration: Calibration) -> str:
    epsilons = sorted({cell.epsilon for cell in calibration.cells})
    n = min((cell.n for cell in calibration.cells), default=0)
    levels = ", ".join(f"{epsilon:g}" for epsilon in epsilons)
    return f"epsilon {levels} (n = {n}): {calibration.population}"


async def _endpoint(settings: Settings, trusted: bool) -> list[Finding]:
    if not settings.model_endpoint:
        return [Finding("endpoint", "model", "none is named: the one that is built in completes")]
    key = await asyncio.to_thread(
        key_for, settings.model_endpoint, settings.model_key_variable, os.environ
    )
    missing = bool(settings.model_key_variable) and not key.value
    problem = f"{settings.model_key_variable} is not set in this environment" if missing else ""
    mend = "set it where your editor is started" if missing else ""
    found = [
        Finding("endpoint", "host", host_of(settings.model_endpoint)),
        Finding("endpoint", "key", key.source, problem, mend),
    ]
    if missing:
        return found
    endpoint = Endpoint(settings.model_endpoint, settings.model_name, settings.model_key_variable)
    model = EndpointModel(endpoint, os.environ)
    try:
        found += await _route(model)
        found += await _speed(model)
    except ModelError as error:
        mend = "docs/models.md says what to do about each message"
        found.append(Finding("endpoint", "answer", "none", str(error), mend))
        return found
    finally:
        await model.close()
    name = remote.name_of(model.capabilities)
    if not model.capabilities.logprobs:
        name = f"{name}, scored by {model_id()}"
    return found + _calibrations("the endpoint", name, far=True)


async def _route(model: EndpointModel) -> list[Finding]:
    routing = await model.routing()
    family = f" of {routing.family.name}" if routing.family is not None else ""
    is_chat = routing.route is Route.CHAT
    problem = "slow, and log-probabilities are of a conversation" if is_chat else ""
    mend = "name a model that fills in the middle, such as a coder's base model" if is_chat else ""
    numbers = "yes" if routing.logprobs else "no: scored by the built-in model"
    return [
        Finding("endpoint", "model", model.capabilities.model_id),
        Finding("endpoint", "route", f"{routing.route}{family}", problem, mend),
        *(Finding("endpoint", "because", reason) for reason in routing.why),
        Finding("endpoint", "log-probabilities", numbers),
        Finding("endpoint", "prompt and answer", f"{routing.context_tokens} tokens at most"),
    ]


async def _speed(model: EndpointModel) -> list[Finding]:
    start_s = time.perf_counter()
    first_s: float | None = None
    tokens = 0
    async with aclosing(model.complete(_PROMPT)) as chunks:
        async for chunk in chunks:
            first_s = first_s if first_s is not None else time.perf_counter() - start_s
            tokens += max(len(chunk.tokens), 1 if chunk.text else 0)
    took_s = time.perf_counter() - start_s
    if first_s is None:
        return [Finding("endpoint", "speed", "it answered with nothing")]
    slow = first_s > _SLOW_FIRST_S
    problem = "ghost text will mostly be the built-in model's" if slow else ""
    mend = "a smaller model, or a machine of its own" if slow else ""
    each = f"{1000 * (took_s - first_s) / (tokens - 1):.0f} ms" if tokens > 1 else "not measured"
    return [
        Finding("endpoint", "first token", f"{1000 * first_s:.0f} ms", problem, mend),
        Finding("endpoint", "each further token", each),
    ]


async def _context(
    root: Path, path: Path | None, settings: Settings, chosen: Settings
) -> list[Finding]:
    """What a prompt for the file would be told, and what is never read for one."""
    files = WorkspaceFiles((root,), chosen.ignore)
    suffixes = frozenset(suffix for language in languages() for suffix in language.suffixes)
    shown = list(islice(files.source_files(root, suffixes), _MOST_FILES))
    every = set(islice(RunFiles((root,)).source_files(root, suffixes), _MOST_FILES))
    secret = sorted(_secrets(root, files))
    ruled_out = (path.relative_to(root).as_posix() for path in every - set(shown))
    found = [
        Finding("context", "source files", f"{len(shown)} may be read for a prompt"),
        Finding("context", "excluded by rules", _named(sorted(set(ruled_out) - set(secret)))),
        Finding("context", "excluded as secrets", _named(secret)),
    ]
    path = path if path is not None else next(iter(shown), None)
    data = files.shown(path) if path is not None else None
    if path is None or data is None:
        if path is not None:
            problem = f"nothing of {path.name} is sent to an endpoint"
            mend = "a rule of git, of an AI tool's ignore file or of your own leaves it out"
            found.append(Finding("context", f"told of {path.name}", "nothing", problem, mend))
        return found
    python = interpreter_for(root, path, settings.interpreter)
    surroundings = Surroundings(
        root, files.shown, None if python is None else python.path, chosen.instructions
    )
    workspace = Workspace(files, Vocabulary())
    await workspace.refresh(root, suffixes)
    context = ProjectContext(tuple, lambda path: surroundings, similar=workspace.similar)
    document = open_document("", 0, by_path(path), data)
    told = context.told(document, len(data), path)
    start_s = time.perf_counter()
    await context.gather(document, len(data), path)
    limit_ms, took_ms = 1000 * DEADLINE_S, 1000 * (time.perf_counter() - start_s)
    return [
        *found,
        *(Finding("context", f"told of {path.name}: {name}", _named(said)) for name, said in told),
        Finding("context", "time for that", f"{took_ms:.0f} ms, of which {limit_ms:.0f} count"),
    ]


def _secrets(root: Path, files: WorkspaceFiles) -> Iterator[str]:
    """Files whose names say that they hold some, in the folders that source files are looked for in."""
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if files.may_show(Path(folder) / name / "_")]
        for name in names:
            if is_secret(name):
                yield (Path(folder) / name).relative_to(root).as_posix()


def _named(names: list[str]) -> str:
    if not names:
        return "none"
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def this_server() -> list[Finding]:
    """The server itself."""
    import lacuna_ls

    return [
        Finding("server", "version", f"lacuna-ls {lacuna_ls.__version__}"),
        Finding("server", "runs in", f"Python {sys.version.split()[0]} at {sys.executable}"),
    ]
