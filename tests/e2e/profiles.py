"""What three kinds of editors say of themselves at `initialize`."""

from typing import Any

from lsprotocol import converters, types

_PROFILES: dict[str, dict[str, Any]] = {
    "vscode": {
        "general": {"positionEncodings": ["utf-16"]},
        "window": {"workDoneProgress": True, "showMessage": {}},
        "workspace": {
            "configuration": True,
            "workspaceFolders": True,
            "workspaceEdit": {"documentChanges": True},
            "inlayHint": {"refreshSupport": True},
            "codeLens": {"refreshSupport": True},
            "executeCommand": {"dynamicRegistration": True},
        },
        "textDocument": {
            "hover": {"contentFormat": ["markdown", "plaintext"]},
            "inlayHint": {"dynamicRegistration": True},
            "codeLens": {"dynamicRegistration": True},
            "inlineCompletion": {"dynamicRegistration": True},
            "completion": {"completionItem": {"snippetSupport": True, "labelDetailsSupport": True}},
            "publishDiagnostics": {"versionSupport": True, "relatedInformation": True},
            "codeAction": {
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix"]}},
                "isPreferredSupport": True,
                "disabledSupport": True,
                "dataSupport": True,
                "resolveSupport": {"properties": ["edit"]},
            },
        },
    },
    "neovim": {
        "general": {"positionEncodings": ["utf-8", "utf-16", "utf-32"]},
        "window": {"workDoneProgress": True, "showMessage": {}},
        "workspace": {
            "configuration": True,
            "workspaceFolders": True,
            "workspaceEdit": {"resourceOperations": ["rename", "create", "delete"]},
            "inlayHint": {"refreshSupport": True},
        },
        "textDocument": {
            "hover": {"contentFormat": ["markdown", "plaintext"]},
            "inlayHint": {"dynamicRegistration": True},
            "codeLens": {"dynamicRegistration": False},
            "inlineCompletion": {"dynamicRegistration": False},
            "completion": {"completionItem": {"snippetSupport": True}},
            "publishDiagnostics": {"relatedInformation": True},
            "codeAction": {
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix"]}},
                "isPreferredSupport": True,
                "dataSupport": True,
                "resolveSupport": {"properties": ["edit", "command"]},
            },
        },
    },
    "minimal": {
        "general": {"positionEncodings": ["utf-32", "utf-16"]},
        "textDocument": {
            "hover": {"contentFormat": ["plaintext"]},
            "completion": {"completionItem": {"snippetSupport": False}},
            "codeAction": {
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}
            },
        },
    },
}

NAMES = tuple(_PROFILES)


def capabilities(name: str) -> types.ClientCapabilities:
    return converters.get_converter().structure(_PROFILES[name], types.ClientCapabilities)


def unit_bytes(name: str) -> str:
    """The codec in whose units this editor counts characters."""
    return {"vscode": "utf-16-le", "neovim": "utf-8", "minimal": "utf-32-le"}[name]
