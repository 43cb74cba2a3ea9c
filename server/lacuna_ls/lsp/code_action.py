"""The menu: what the providers offer, in the form that this client understands."""

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Sequence
from typing import Any

from lsprotocol import types

from lacuna_ls.actions.provider import ActionKind, ActionRequest, Offer
from lacuna_ls.actions.registry import all_offers
from lacuna_ls.domain.errors import LacunaError
from lacuna_ls.domain.text import Source, TextEdit, decode
from lacuna_ls.lsp.convert import on_whole_lines, range_of, span_of
from lacuna_ls.lsp.diagnostics import EXTRACT
from lacuna_ls.lsp.errors import invalid_params, not_kept, not_made, stale
from lacuna_ls.lsp.rename import rename_command
from lacuna_ls.lsp.server import LacunaServer
from lacuna_ls.syntax.document import Document

log = logging.getLogger(__name__)

# Menus whose items may still be resolved; an item of an older one is stale.
_MENUS_KEPT = 8
# Names the one annotation of an edit that has any.
_ELSEWHERE = "elsewhere"


def register(server: LacunaServer) -> None:
    menus = _Menus(server)
    server.on(types.TEXT_DOCUMENT_CODE_ACTION, menus.code_action)
    if server.client.action_resolve_edit:
        server.on(types.CODE_ACTION_RESOLVE, menus.resolve)


class _Menus:
    def __init__(self, server: LacunaServer) -> None:
        self._server = server
        self._kept: OrderedDict[int, tuple[Document, tuple[Offer, ...]]] = OrderedDict()
        self._count = 0

    def code_action(
        self, params: types.CodeActionParams
    ) -> list[types.CodeAction] | Awaitable[list[types.CodeAction]]:
        document = self._server.documents.get(params.text_document.uri)
        if document is None or not self._server.client.action_literals:
            return []
        if self._server.untouched.leaves(document):
            return []
        return self._menu(document, params)

    def resolve(self, action: types.CodeAction) -> types.CodeAction | Awaitable[types.CodeAction]:
        """Build the edit, if the document is still the one that the menu was opened on.

        Some editors ask for every action: one that held nothing back is complete.
        """
        if action.data is None and (action.command or action.disabled):
            return action
        menu, index = _address(action.data)
        document, offers = self._kept.get(menu, (None, ()))
        if document is None or self._server.documents.get(document.uri) is not document:
            raise stale()
        if not 0 <= index < len(offers):
            raise invalid_params(types.CODE_ACTION_RESOLVE)
        offer = offers[index]
        if offer.kind is ActionKind.REFACTOR_EXTRACT or offer.rename_at is not None:
            return self._tried(action, document, offer)
        action.edit = self._edit(document, offer)
        return action

    async def _tried(
        self, action: types.CodeAction, document: Document, offer: Offer
    ) -> types.CodeAction:
        """A refactoring that was chosen is run first, where that is possible."""
        services = await self._server.services()
        if offer.later is not None:
            try:
                offer = await offer.later()
            except LacunaError as error:
                self._server.tell(f"Not extracted: {error}")
                raise not_made() from error
        reason = await services.objection(document, offer)
        if self._server.documents.get(document.uri) is not document:
            raise stale()
        if reason is not None:
            self._server.tell(f"Not applied: {reason}")
            raise not_kept()
        action.edit = self._edit(document, offer)
        return action

    async def _menu(
        self, document: Document, params: types.CodeActionParams
    ) -> list[types.CodeAction]:
        services = await self._server.services()
        request, kinds = self._request(document, params)
        offers = tuple(
            offer
            for offer in all_offers(services.actions, request, kinds)
            if offer.version == document.version and self._listable(offer, request)
        )
        if self._server.documents.get(document.uri) is not document:
            raise stale()
        self._count += 1
        self._kept[self._count] = (document, offers)
        while len(self._kept) > _MENUS_KEPT:
            self._kept.popitem(last=False)
        ours = [d for d in params.context.diagnostics if d.source == "lacuna"]
        return [self._action(document, offer, index, ours) for index, offer in enumerate(offers)]

    def _request(
        self, document: Document, params: types.CodeActionParams
    ) -> tuple[ActionRequest, tuple[str, ...]]:
        context = params.context
        automatic = context.trigger_kind is types.CodeActionTriggerKind.Automatic
        kinds = tuple(str(getattr(kind, "value", kind)) for kind in context.only or ())
        span = span_of(document.source, params.range, self._server.encoding)
        request = ActionRequest(document, span, asked=bool(kinds) and not automatic)
        return request, kinds or ((ActionKind.QUICK_FIX,) if automatic else ())

    def _listable(self, offer: Offer, request: ActionRequest) -> bool:
        """A reason why not is shown to who asked for the kind, and whose editor can show it."""
        if offer.command is not None:
            return self._server.client.execute_command
        if offer.later is not None:
            return self._server.client.action_resolve_edit
        if offer.disabled is None:
            return bool(offer.edits or offer.elsewhere)
        return request.asked and self._server.client.action_disabled

    def _action(
        self, document: Document, offer: Offer, index: int, ours: Sequence[types.Diagnostic]
    ) -> types.CodeAction:
        client = self._server.client
        if offer.command is not None:
            name, arguments = offer.command.name, list(offer.command.arguments)
            command = types.Command(title=offer.title, command=name, arguments=arguments)
            return types.CodeAction(title=offer.title, kind=offer.kind.value, command=command)
        lazy = client.action_resolve_edit and offer.disabled is None
        inline = not client.action_resolve_edit and offer.disabled is None
        renames = client.rename_command and offer.disabled is None
        extracts = offer.rename_at is not None
        fixes = [d for d in ours if (d.code == EXTRACT) == extracts]
        if offer.kind is not ActionKind.QUICK_FIX:
            fixes = []
        return types.CodeAction(
            title=offer.title,
            kind=offer.kind.value,
            diagnostics=fixes or None,
            is_preferred=True if offer.preferred and client.action_preferred else None,
            disabled=types.CodeActionDisabled(offer.disabled) if offer.disabled else None,
            edit=self._edit(document, offer) if inline else None,
            command=rename_command(document, offer, self._server.encoding) if renames else None,
            data={"menu": self._count, "index": index} if lazy else None,
        )

    def _edit(self, document: Document, offer: Offer) -> types.WorkspaceEdit:
        files = [
            *([(document.uri, document.version, document.source, offer.edits)] * bool(offer.edits)),
            *(
                (each.uri, each.version, Source.of(each.data), each.edits)
                for each in offer.elsewhere
            ),
        ]
        changes = {uri: self._changes(source, edits) for uri, _, source, edits in files}
        if not self._server.client.document_changes:
            return types.WorkspaceEdit(changes=changes)
        confirmed = self._server.client.change_annotations
        edited = [
            types.TextDocumentEdit(
                text_document=types.OptionalVersionedTextDocumentIdentifier(
                    uri=uri, version=version
                ),
                edits=[_annotated(each) for each in changes[uri]]
                if confirmed and uri != document.uri
                else list(changes[uri]),
            )
            for uri, version, _, _ in files
        ]
        return types.WorkspaceEdit(
            document_changes=edited,
            change_annotations={_ELSEWHERE: _annotation(offer)}
            if confirmed and offer.elsewhere
            else None,
        )

    def _changes(self, source: Source, edits: Sequence[TextEdit]) -> list[types.TextEdit]:
        return [
            types.TextEdit(
                range=range_of(source, edit.span, self._server.encoding),
                new_text=decode(edit.new),
            )
            for edit in (
                edits if self._server.client.position_encodings else on_whole_lines(source, edits)
            )
        ]


def _annotated(edit: types.TextEdit) -> types.AnnotatedTextEdit:
    return types.AnnotatedTextEdit(
        annotation_id=_ELSEWHERE, range=edit.range, new_text=edit.new_text
    )


def _annotation(offer: Offer) -> types.ChangeAnnotation:
    """Nobody is looking at the other file: what is done there is shown before it is done."""
    return types.ChangeAnnotation(label=offer.title, needs_confirmation=True)


def _address(data: Any) -> tuple[int, int]:
    """The menu and the place in it that `_action` wrote."""
    menu, index = (_entry(data, name) for name in ("menu", "index"))
    if not isinstance(menu, int) or not isinstance(index, int):
        raise invalid_params(types.CODE_ACTION_RESOLVE)
    return menu, index


def _entry(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, dict) else getattr(data, name, None)
