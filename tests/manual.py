"""Writes the manual of the code actions from their docstrings and examples.

Run `python tests/manual.py` after a change; a test holds the page to what this makes.
"""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import lacuna_ls.actions
from lacuna_ls.actions.provider import Example

PAGE = Path(__file__).resolve().parents[1] / "docs" / "actions.md"
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


if __name__ == "__main__":
    PAGE.write_text(manual(), encoding="utf-8", newline="\n")
    sys.stdout.write(f"wrote {PAGE}\n")
