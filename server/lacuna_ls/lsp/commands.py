"""What menu and lenses start: each command takes the URI of an open document, and some a name."""

from collections.abc import Awaitable
from typing import Any

from lsprotocol import types

from lacuna_ls.lsp.errors import invalid_params
from lacuna_ls.lsp.server import BREAK_FUNCTION, COMMANDS, SPEED_UP, LacunaServer

_ARGUMENTS = {command: 2 if command in (BREAK_FUNCTION, SPEED_UP) else 1 for command in COMMANDS}


def register(server: LacunaServer) -> None:
    def execute(params: types.ExecuteCommandParams) -> Awaitable[None]:
        arguments: list[Any] = list(params.arguments or ())
        fits = len(arguments) == _ARGUMENTS.get(params.command)
        if not fits or not all(isinstance(argument, str) for argument in arguments):
            raise invalid_params(types.WORKSPACE_EXECUTE_COMMAND)
        return _execute(server, params.command, *arguments)

    if server.client.execute_command:
        server.on(types.WORKSPACE_EXECUTE_COMMAND, execute)


async def _execute(server: LacunaServer, command: str, uri: str, *further: str) -> None:
    document = server.documents.get(uri)
    if document is not None:
        services = await server.services()
        await services.commands[command](document, *further)
