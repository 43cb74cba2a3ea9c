"""What menu and lenses start: each command takes the URI of an open document."""

from collections.abc import Awaitable
from typing import Any

from lsprotocol import types

from lacuna_ls.lsp.errors import invalid_params
from lacuna_ls.lsp.server import COMMANDS, LacunaServer


def register(server: LacunaServer) -> None:
    def execute(params: types.ExecuteCommandParams) -> Awaitable[None]:
        arguments: list[Any] = list(params.arguments or ())
        known = params.command in COMMANDS
        if not known or len(arguments) != 1 or not isinstance(arguments[0], str):
            raise invalid_params(types.WORKSPACE_EXECUTE_COMMAND)
        return _execute(server, params.command, arguments[0])

    if server.client.execute_command:
        server.on(types.WORKSPACE_EXECUTE_COMMAND, execute)


async def _execute(server: LacunaServer, command: str, uri: str) -> None:
    document = server.documents.get(uri)
    if document is not None:
        services = await server.services()
        await services.commands[command](document)
