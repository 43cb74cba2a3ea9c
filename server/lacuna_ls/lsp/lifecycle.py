"""From `initialize` to `exit`: what is agreed with the client, settings, folders, the end.

`initialize` imports nothing that is not needed to answer it; `initialized` brings in the rest.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types

import lacuna_ls
from lacuna_ls.domain.errors import LacunaError
from lacuna_ls.lsp.client_features import features_of
from lacuna_ls.lsp.convert import negotiated
from lacuna_ls.lsp.errors import RequestRefusedError
from lacuna_ls.lsp.pauses import exempt_what_is_loaded
from lacuna_ls.lsp.protocol import Phase
from lacuna_ls.lsp.server import COMMANDS, LacunaServer
from lacuna_ls.lsp.uris import path_of, uri_of
from lacuna_ls.settings import concerns_settings, read_settings

if TYPE_CHECKING:
    from lacuna_ls.lsp.services import BuildServices

log = logging.getLogger(__name__)

# Not the space: a popup after every word would be in the way.
_TRIGGER_CHARACTERS = (".", "(")
_PARENT_POLL_S = 5.0
_ANSWER_TIMEOUT_S = 10.0
_SETTINGS_FILES = ("**/pyproject.toml", "**/lacuna.toml")


def create_server(build_services: "BuildServices") -> LacunaServer:
    """A server that has not met its client yet. Heavy rooms are imported after `initialized`."""
    server = LacunaServer(build_services)
    life = _Lifecycle(server)
    server.on(types.INITIALIZE, life.initialize)
    server.on(types.INITIALIZED, life.initialized)
    server.on(types.SHUTDOWN, life.shutdown)
    server.on(types.EXIT, life.exit)
    server.on(types.SET_TRACE, lambda params: None)
    server.on(types.WORKSPACE_DID_CHANGE_CONFIGURATION, life.configuration_changed)
    server.on(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, life.files_changed)
    server.on(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, life.folders_changed)
    return server


class _Lifecycle:
    def __init__(self, server: LacunaServer) -> None:
        self._server = server
        self._user_settings: Any = None
        # Where the client has said other ones for a root.
        self._user_settings_in: dict[Path, Any] = {}
        self._reported: set[str] = set()
        self._started = False

    def initialize(self, params: types.InitializeParams) -> types.InitializeResult:
        server = self._server
        server.client = features_of(params.capabilities)
        general = params.capabilities.general
        server.encoding = negotiated(general.position_encodings if general else None)
        server.roots = _roots(params)
        options = params.initialization_options
        options = dict(options) if isinstance(options, Mapping) else {}
        server.trust.trust_for_session(_paths(options.pop("trustedFolders", None)))
        self._user_settings = options
        self._read_settings({}, report=False)
        server.protocol.phase = Phase.INITIALIZED
        if params.process_id is not None:
            _end_with(params.process_id, server)
        return types.InitializeResult(
            capabilities=_capabilities(server),
            server_info=types.ServerInfo(name="lacuna-ls", version=lacuna_ls.__version__),
        )

    async def _start_services(self) -> None:
        try:
            services = await self._server.services()
        except LacunaError:
            return
        await self._pull_settings()
        await services.prepare()
        exempt_what_is_loaded()

    def initialized(self, params: types.InitializedParams) -> Any:
        if self._started:
            return None
        self._started = True
        # Before anything is awaited: the next message may already be a didOpen.
        _register_rooms(self._server)
        _ask_to_hear_of_changes(self._server)
        return self._start_services()

    def shutdown(self, params: None) -> None:
        self._server.protocol.cancel_requests()
        self._server.protocol.phase = Phase.SHUT_DOWN

    def exit(self, params: None) -> None:
        self._server.stop(0 if self._server.protocol.phase is Phase.SHUT_DOWN else 1)

    async def configuration_changed(self, params: types.DidChangeConfigurationParams) -> None:
        if concerns_settings(params.settings):
            self._user_settings, self._user_settings_in = params.settings, {}
        await self._pull_settings()

    async def files_changed(self, params: types.DidChangeWatchedFilesParams) -> None:
        await self._pull_settings()

    async def folders_changed(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        removed = set(_paths(folder.uri for folder in params.event.removed))
        added = _paths(folder.uri for folder in params.event.added)
        kept = [root for root in self._server.roots if root not in removed]
        self._server.roots = tuple(dict.fromkeys((*kept, *added)))
        await self._pull_settings()

    async def _pull_settings(self) -> None:
        """Ask the client, if it can be asked, and read the workspace's own files again."""
        if self._server.client.configuration:
            roots = self._server.roots
            scopes = (None, *(uri_of(root) for root in roots))
            items = [types.ConfigurationItem(scope_uri=uri, section="lacuna") for uri in scopes]
            params = types.ConfigurationParams(items=items)
            with contextlib.suppress(RequestRefusedError, TimeoutError):
                answer = await asyncio.wait_for(
                    self._server.protocol.send_request_async(types.WORKSPACE_CONFIGURATION, params),
                    _ANSWER_TIMEOUT_S,
                )
                if answer and concerns_settings(answer[0]):
                    self._user_settings = answer[0]
                    of_roots = zip(roots, answer[1:], strict=False)
                    self._user_settings_in = {r: a for r, a in of_roots if concerns_settings(a)}
        services = self._server.built_services()
        read = services.repository_settings if services is not None else lambda root: {}
        self._read_settings({root: read(root) for root in self._server.roots}, report=True)
        self._server.status_changed()
        for document in self._server.documents if self._started else ():
            self._server.opportunity_hints.touched(document.uri)

    def _read_settings(
        self, repositories: Mapping[Path, Mapping[str, Any]], *, report: bool
    ) -> None:
        """Each root has what its own repository sets, and no other's."""
        self._server.settings, problems = read_settings(self._user_settings)
        read = {
            root: read_settings(self._user_settings_in.get(root, self._user_settings), table)
            for root, table in repositories.items()
        }
        self._server.folder_settings = {root: settings for root, (settings, _) in read.items()}
        of_roots = (problem for _, found in read.values() for problem in found)
        for problem in (*problems, *of_roots) if report else ():
            if problem.message not in self._reported:
                self._reported.add(problem.message)
                self._server.tell(f"Lacuna: {problem.message}")


def _register_rooms(server: LacunaServer) -> None:
    from lacuna_ls.lsp import (
        code_action,
        commands,
        completion,
        diagnostics,
        hints,
        hover,
        lenses,
        progress,
        status,
        text_sync,
    )

    rooms = (
        *(text_sync, completion, code_action, diagnostics, hints, hover, lenses),
        *(commands, progress, status),
    )
    for room in rooms:
        room.register(server)


def _ask_to_hear_of_changes(server: LacunaServer) -> None:
    """Some clients tell of changed settings only if asked to; the answer does not matter."""
    wanted: list[types.Registration] = []
    if server.client.registers_configuration:
        method = types.WORKSPACE_DID_CHANGE_CONFIGURATION
        wanted.append(
            types.Registration(id=method, method=method, register_options={"section": "lacuna"})
        )
    if server.client.registers_watched_files:
        method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        watchers = [{"globPattern": pattern} for pattern in _SETTINGS_FILES]
        wanted.append(
            types.Registration(id=method, method=method, register_options={"watchers": watchers})
        )
    if wanted:
        server.protocol.send_request_async(
            types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams(registrations=wanted)
        )


def _capabilities(server: LacunaServer) -> types.ServerCapabilities:
    """What is served to this client; completion items only where there is no ghost text."""
    client = server.client
    inline = client.inline_completion
    kinds = [types.CodeActionKind.QuickFix, types.CodeActionKind.RefactorExtract]
    return types.ServerCapabilities(
        position_encoding=types.PositionEncodingKind(server.encoding.value),
        text_document_sync=types.TextDocumentSyncOptions(
            open_close=True,
            change=types.TextDocumentSyncKind.Incremental,
            save=types.SaveOptions(include_text=False),
        ),
        inline_completion_provider=types.InlineCompletionOptions() if inline else None,
        completion_provider=None
        if inline
        else types.CompletionOptions(trigger_characters=_TRIGGER_CHARACTERS),
        code_action_provider=types.CodeActionOptions(
            code_action_kinds=kinds, resolve_provider=server.client.action_resolve_edit
        ),
        diagnostic_provider=types.DiagnosticOptions(
            inter_file_dependencies=True, workspace_diagnostics=False, identifier="lacuna"
        )
        if client.diagnostic_pull
        else None,
        hover_provider=True if client.hover else None,
        inlay_hint_provider=types.InlayHintOptions() if client.inlay_hints else None,
        code_lens_provider=types.CodeLensOptions() if client.code_lenses else None,
        execute_command_provider=types.ExecuteCommandOptions(commands=list(COMMANDS))
        if client.execute_command
        else None,
        workspace=types.WorkspaceOptions(
            workspace_folders=types.WorkspaceFoldersServerCapabilities(
                supported=True, change_notifications=True
            )
        ),
    )


def _roots(params: types.InitializeParams) -> tuple[Path, ...]:
    if params.workspace_folders:
        return _paths(folder.uri for folder in params.workspace_folders)
    if params.root_uri:
        return _paths([params.root_uri])
    return (Path(params.root_path).resolve(),) if params.root_path else ()


def _paths(names: Any) -> tuple[Path, ...]:
    """Real paths of folders named by URI or by path; what is neither is left out."""
    if not isinstance(names, Iterable) or isinstance(names, str | Mapping):
        return ()
    found: list[Path] = []
    for name in names:
        path = _path(name) if isinstance(name, str) else None
        if path is not None:
            found.append(path)
    return tuple(found)


def _path(name: str) -> Path | None:
    path = Path(name) if os.path.isabs(name) else path_of(name)  # noqa: PTH117
    try:
        return path.resolve() if path else None
    except (OSError, RuntimeError, ValueError):
        return None


def _end_with(pid: int, server: LacunaServer) -> None:
    """Stop when the client's process is gone, even if something else keeps its pipe open."""
    loop = asyncio.get_running_loop()
    if not hasattr(os, "pidfd_open"):
        _poll(pid, server, loop)
        return
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        # Not a process of this machine (a container's client): the stream's end has to do.
        return
    loop.add_reader(descriptor, server.stop, 1)


def _poll(pid: int, server: LacunaServer, loop: asyncio.AbstractEventLoop) -> None:
    if os.name != "posix":
        return
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        server.stop(1)
    except OSError:
        return
    else:
        loop.call_later(_PARENT_POLL_S, _poll, pid, server, loop)
