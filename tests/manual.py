"""Writes the manual: of the code actions from their docstrings and examples, and of the settings.

The page of each feature ends with an example of each of its actions, and with its settings.

Run `python tests/manual.py` after a change; a test holds the pages to what this makes.
"""

import importlib
import json
import pkgutil
import re
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
# Not for an editor's settings: only a repository says it.
_OF_REPOSITORIES = {
    "ignore": ("Files that are never read into a prompt, by globs.", "`[]`"),
    "instructions": ("What a model that you have named is told of the project.", '`""`'),
}
_MADE = "<!-- From here on made by tests/manual.py. -->\n"
# For each page its actions and its settings.
FEATURES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "holes": ((), ("completion.enabled", "holes.epsilon", "holes.maxHoles")),
    "embedded-model": ((), ("completion.enabled",)),
    "models": (
        ("extract_by_model", "search_longer"),
        (
            *("model.endpoint", "model.name", "model.chatName", "model.apiKeyEnvironmentVariable"),
            *("ignore", "instructions"),
        ),
    ),
    "tests-on-save": ((), ("tests.onSave", "tests.arguments", "interpreter", "trust")),
    "which-tests": ((), ("tests.onSave",)),
    "fixes": (("fix_failing_test", "search_longer"), ("actions.timeBudgetSeconds",)),
    "extract-method": (("extract_method", "extract_by_model"), ()),
    "extract-opportunities": (("extract_opportunity", "extract_marked"), ("extract.hints",)),
    "break-function": (("break_function",), ("actions.timeBudgetSeconds",)),
    "speed": (("speed_up",), ("speed.lenses", "actions.timeBudgetSeconds")),
    "safety": ((), ("trust", "interpreter", "tests.arguments")),
}
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
    description, default = _described(rule.name, shown)
    lines = [f"### {rule.name}\n", f"{description}\n"]
    lines.append(f"Allowed: {rule.allowed}. Default: {default}.")
    if not rule.machine:
        lines.append(f"In a repository: `{rule.toml_name}`.")
    return "\n".join(lines) + "\n"


def _described(name: str, shown: dict[str, Any]) -> tuple[str, str]:
    """What a setting is for, and its default."""
    described = shown.get(f"lacuna.{name}")
    if described is None:
        return _OF_REPOSITORIES[name]
    return described["markdownDescription"], f"`{json.dumps(described['default'])}`"


def feature(page: str) -> str:
    """The page as it is up to its made part, and that part."""
    written = (ROOT / "docs" / f"{page}.md").read_text("utf-8").partition(_MADE)[0]
    names, of_it = FEATURES[page]
    parts = [written.rstrip() + "\n", _MADE]
    modules = {module.__name__.rpartition(".")[2]: module for module in actions()}
    if names:
        parts.append("## By example\n")
        parts += [_first_example(modules[name]) for name in names]
    if of_it:
        parts += ["## Settings\n", _settings_of(of_it)]
    return "\n".join(parts)


def _first_example(module: ModuleType) -> str:
    summary = (module.__doc__ or "").strip().partition("\n")[0].rstrip(".")
    all_of_it = f"[{summary}: all examples](actions.md#{_anchor(summary)})\n"
    return "\n".join([*(_example(each) for each in module.EXAMPLES[:1]), all_of_it])


def _settings_of(names: tuple[str, ...]) -> str:
    package = json.loads((ROOT / "client-vscode" / "package.json").read_text("utf-8"))
    shown = package["contributes"]["configuration"]["properties"]
    lines = ["| setting | default | what it is for |", "| --- | --- | --- |"]
    for name in names:
        description, default = _described(name, shown)
        lines.append(f"| [`{name}`](settings.md#{_anchor(name)}) | {default} | {description} |")
    return "\n".join(lines) + "\n"


def _anchor(title: str) -> str:
    """As the site's generator makes it."""
    return re.sub(r"[^\w\s-]", "", title).strip().lower().replace(" ", "-")


if __name__ == "__main__":
    features = ((ROOT / "docs" / f"{page}.md", feature(page)) for page in FEATURES)
    for page, text in ((PAGE, manual()), (SETTINGS_PAGE, settings()), *features):
        page.write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"wrote {page}\n")
