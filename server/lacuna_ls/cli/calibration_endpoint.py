"""Calibrate the model of an endpoint: what the server would ask it at cursors in a project's files.

The same cursors, the same procedure and the same table as for the model in the package. A prompt is
told what it would be told of the project with no other file open. Each cursor is one question to the
endpoint, about code of the project: so it takes a folder that the user trusts.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from lacuna_ls.adapters.endpoint.chat_model import Endpoint, EndpointModel
from lacuna_ls.adapters.interpreters import interpreter_for
from lacuna_ls.adapters.project_context import ProjectContext, Surroundings
from lacuna_ls.adapters.repository_settings import repository_settings
from lacuna_ls.adapters.workspace_files import WorkspaceFiles
from lacuna_ls.cli.calibration_run import (
    Measured,
    Place,
    Predicted,
    embedded,
    measured_by,
    project_files,
    seeded,
)
from lacuna_ls.completion.remote import engine, sample
from lacuna_ls.completion.sample import Sample
from lacuna_ls.domain.errors import ModelBusyError, ModelError
from lacuna_ls.model.workspace import Workspace
from lacuna_ls.settings import Settings, read_settings

_MOST_FAILURES = 3
_LONGEST_WAIT_S = 120.0
_OTHERWISE = "Its holes stay uncalibrated and claim nothing."


async def measure_endpoint(root: Path, settings: Settings, most: int, seed: int) -> list[Measured]:
    """Calibrations of the languages of a project, by the model of the endpoint that is set.

    Raises:
        ModelError: the endpoint does not answer, or fails again and again.
        StoreError: the standard library could not be indexed.
    """
    files = project_files(root)
    endpoint = Endpoint(settings.model_endpoint, settings.model_name, settings.model_key_variable)
    model = EndpointModel(endpoint, os.environ)
    try:
        routing = await model.routing()
        name = engine.name_of(model.capabilities)
        own = await embedded(root, files)
        context = _context(root, files, settings, own.workspace)
        asked = sample.Asked(model, context, None if routing.logprobs else own)
        random = seeded(seed)
        patience = Patience()

        async def at(place: Place) -> Sample | None:
            drawn = sample.draw(place.data, random, place.group)
            if drawn is None:
                return None
            return await patience.spent_on(
                partial(sample.take, drawn, place.language, asked, place.path)
            )

        predicted = Predicted(name, engine.key, _OTHERWISE)
        return await measured_by(at, predicted, root, files, random, most)
    finally:
        await model.close()


class Patience:
    """What fails now and then is left out, as ghost text leaves it out; what always fails ends it."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._failures = 0

    async def spent_on(self, take: Callable[[], Awaitable[Sample | None]]) -> Sample | None:
        """Its sample; `None` if the endpoint has none.

        Raises:
            ModelError: it was the last of several failures in a row.
        """
        while True:
            try:
                taken = await take()
            except ModelError as error:
                self._failures += 1
                if self._failures >= _MOST_FAILURES:
                    raise
                if not isinstance(error, ModelBusyError) or error.wait_s > _LONGEST_WAIT_S:
                    return None
                await self._sleep(error.wait_s)
            else:
                self._failures = 0
                return taken


def _context(
    root: Path, files: WorkspaceFiles, settings: Settings, workspace: Workspace
) -> sample.Context:
    chosen = read_settings(None, repository_settings(root))[0]

    def surroundings(path: Path) -> Surroundings:
        python = interpreter_for(root, path, settings.interpreter)
        own = None if python is None else python.path
        return Surroundings(root, files.shown, own, chosen.instructions)

    return ProjectContext(tuple, surroundings, similar=workspace.similar).gather
