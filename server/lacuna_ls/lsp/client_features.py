"""What the client can do, read once from its capabilities."""

from dataclasses import dataclass
from typing import Any

from lsprotocol.types import ClientCapabilities

# Begins to rename what is at a URI and a position; the protocol has no such thing.
RENAME_COMMAND = "lacuna.rename"


@dataclass(frozen=True, slots=True)
class ClientFeatures:
    """Each field is a capability that changes what the server sends."""

    position_encodings: bool = False
    inline_completion: bool = False
    completion_snippets: bool = False
    label_details: bool = False
    document_changes: bool = False
    change_annotations: bool = False
    action_literals: bool = False
    action_disabled: bool = False
    action_preferred: bool = False
    action_resolve_edit: bool = False
    quick_fix_diagnostics: bool = False
    diagnostic_versions: bool = False
    diagnostic_related: bool = False
    diagnostic_pull: bool = False
    diagnostic_refresh: bool = False
    configuration: bool = False
    registers_configuration: bool = False
    registers_watched_files: bool = False
    progress: bool = False
    hover: bool = False
    hover_markdown: bool = False
    inlay_hints: bool = False
    inlay_hint_refresh: bool = False
    code_lenses: bool = False
    code_lens_refresh: bool = False
    execute_command: bool = False
    rename_command: bool = False
    status: bool = False


def features_of(capabilities: ClientCapabilities) -> ClientFeatures:
    action = _get(capabilities, "text_document.code_action")
    item = _get(capabilities, "text_document.completion.completion_item")
    published = _get(capabilities, "text_document.publish_diagnostics")
    # Who can be told is told: each diagnostic is shown by one way only.
    pulled = _get(capabilities, "text_document.diagnostic") if published is None else None
    hover = _get(capabilities, "text_document.hover")
    formats = [str(getattr(kind, "value", kind)) for kind in _get(hover, "content_format") or ()]
    resolves = _get(action, "resolve_support.properties") or ()
    return ClientFeatures(
        position_encodings=bool(_get(capabilities, "general.position_encodings")),
        inline_completion=_get(capabilities, "text_document.inline_completion") is not None,
        completion_snippets=bool(_get(item, "snippet_support")),
        label_details=bool(_get(item, "label_details_support")),
        document_changes=bool(_get(capabilities, "workspace.workspace_edit.document_changes")),
        change_annotations=_get(capabilities, "workspace.workspace_edit.document_changes") is True
        and _get(capabilities, "workspace.workspace_edit.change_annotation_support") is not None,
        action_literals=_get(action, "code_action_literal_support") is not None,
        action_disabled=bool(_get(action, "disabled_support")),
        action_preferred=bool(_get(action, "is_preferred_support")),
        action_resolve_edit="edit" in resolves and bool(_get(action, "data_support")),
        quick_fix_diagnostics=(published is not None or pulled is not None)
        and _get(action, "code_action_literal_support") is not None,
        diagnostic_versions=bool(_get(published, "version_support")),
        diagnostic_related=bool(_get(published, "related_information")),
        diagnostic_pull=pulled is not None,
        diagnostic_refresh=bool(_get(capabilities, "workspace.diagnostics.refresh_support")),
        configuration=bool(_get(capabilities, "workspace.configuration")),
        registers_configuration=bool(
            _get(capabilities, "workspace.did_change_configuration.dynamic_registration")
        ),
        registers_watched_files=bool(
            _get(capabilities, "workspace.did_change_watched_files.dynamic_registration")
        ),
        progress=bool(_get(capabilities, "window.work_done_progress")),
        hover=hover is not None,
        hover_markdown="markdown" in formats,
        inlay_hints=_get(capabilities, "text_document.inlay_hint") is not None,
        inlay_hint_refresh=bool(_get(capabilities, "workspace.inlay_hint.refresh_support")),
        code_lenses=_get(capabilities, "text_document.code_lens") is not None,
        code_lens_refresh=bool(_get(capabilities, "workspace.code_lens.refresh_support")),
        execute_command=_get(capabilities, "workspace.execute_command") is not None,
        rename_command=RENAME_COMMAND in _own_commands(capabilities),
        status=_member(capabilities.experimental, "lacunaStatus") is True,
    )


def _own_commands(capabilities: ClientCapabilities) -> tuple[Any, ...]:
    """Commands that the client runs itself, under `experimental` as other servers have it."""
    found: Any = capabilities.experimental
    for name in ("commands", "commands"):
        found = _member(found, name)
    return tuple(found) if isinstance(found, list | tuple) else ()


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)


def _get(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = getattr(value, name, None)
    return value
