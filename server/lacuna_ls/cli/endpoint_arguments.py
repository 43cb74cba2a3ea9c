"""Which endpoint a command speaks to: what its arguments say, else what the editor had set last."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from lacuna_ls.adapters.last_settings import last_settings
from lacuna_ls.settings import Settings, read_settings


def chosen_settings(args: argparse.Namespace, target: Path) -> Settings | None:
    """Those of the editor's last session for a folder or file, and what `--endpoint`, `--model` and `--key-variable` say.

    `None` if one of them is wrong, which is said.
    """
    names = {
        "endpoint": args.endpoint,
        "name": args.model,
        "apiKeyEnvironmentVariable": args.key_variable,
    }
    given, problems = read_settings({"model": {k: v for k, v in names.items() if v is not None}})
    for problem in problems:
        print(problem.message, file=sys.stderr)
    if problems:
        return None
    last = last_settings(target) or Settings()
    if args.endpoint:
        return replace(given, interpreter=last.interpreter)
    return replace(
        last,
        model_name=given.model_name or last.model_name,
        model_key_variable=given.model_key_variable or last.model_key_variable,
    )
