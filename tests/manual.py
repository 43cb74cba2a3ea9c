"""Writes the manual: of the code actions from their docstrings and examples, and of the settings.

Run `python tests/manual.py` after a change; a test holds the pages to what this makes.
"""

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import lacuna_ls.actions
from lacuna_ls.actions.provider import Example
from lacuna_ls.settings import RULES, Rule

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "actions.md"
SETTINGS_PAGE = ROOT / "docs" / "settings.md"
_OURS = """\
## Yours alone

They decide what runs on your machine, and who is asked. A repository cannot set them, trusted or not.
"""
_ANYONES = """\
## Yours, or a repository's

What you have set in your editor comes first.
"""
_SETTINGS = """\
# Settings

Made from the server's own rules and the VS Code extension's descriptions. In an editor the names stand
below `lacuna`; in a repository's `pyproject.toml` below `[tool.lacuna]`, or in its `lacuna.toml`. A wrong
value is told once, by name, its default holds, and the rest works.

"""
_INTRODUCTION = """\
# Code actions

Made from the actions' own docstrings and examples, each of which is also a test. `«…»` is what
is selected, `|` the cursor.
"""


def actions() -> Iterator[ModuleType]:
    for info in pkgutil.iter_modules(lacuna_ls.actions.__path__):
        module = importlib.import_module(f"lacuna_ls.actions.{info.name}")
        if hasattr(module, "EXAMPLES"):
            yield module


def manual() -> str:
    return "\n".join([_INTRODUCTION, *(_section(module) for module in actions())])


def _section(module: ModuleType) -> str:
    summary, _, body = (module.__doc__ or "").strip().partition("\n")
    parts = [f"## {summary.rstrip('.')}\n", f"{body.strip()}\n"]
    parts += [_example(example) for example in module.EXAMPLES]
    return "\n".join(parts)


def _example(example: Example) -> str:
    fence = f"```{example.language_id}"
    parts = [f"### {example.title}\n", f"{fence}\n{example.before}```\n"]
    if example.after is not None:
        parts.append(f"becomes\n\n{fence}\n{example.after}```\n")
    elif example.refusal:
        parts.append(f"Refused: {example.refusal}.\n")
    else:
        parts.append("Nothing is offered.\n")
    return "\n".join(parts)


def settings() -> str:
    package = json.loads((ROOT / "client-vscode" / "package.json").read_text("utf-8"))
    shown = package["contributes"]["configuration"]["properties"]
    ours = [rule for rule in RULES if rule.machine]
    anyones = [rule for rule in RULES if not rule.machine]
    parts = [
        _OURS,
        *(_setting(rule, shown) for rule in ours),
        _ANYONES,
        *(_setting(rule, shown) for rule in anyones),
    ]
    return _SETTINGS + "\n".join(parts)


def _setting(rule: Rule, shown: dict[str, Any]) -> str:
    """A section for each, so that each can be linked to."""
    described = shown.get(f"lacuna.{rule.name}")
    lines = [f"### {rule.name}\n"]
    if described is not None:
        lines.append(f"{described['markdownDescription']}\n")
    default = "`[]`" if described is None else f"`{json.dumps(described['default'])}`"
    lines.append(f"Allowed: {rule.allowed}. Default: {default}.")
    if not rule.machine:
        lines.append(f"In a repository: `{rule.toml_name}`.")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for page, text in ((PAGE, manual()), (SETTINGS_PAGE, settings())):
        page.write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"wrote {page}\n")
