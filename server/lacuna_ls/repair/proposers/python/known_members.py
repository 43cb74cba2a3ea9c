"""What objects that a failure names can do, where Python itself knows: its own types and modules.

Only modules that are imported without any effect are asked; what is installed beside the user's code is
not known here.
"""

import builtins
import importlib
import re
from collections.abc import Iterator

_OF_TYPE = re.compile(r"'(\w+)' (?:object )?has no attribute '(\w+)'")
_OF_MODULE = re.compile(r"module '([\w.]+)' has no attribute '(\w+)'")
_MODULES = frozenset(
    {
        "base64", "bisect", "calendar", "cmath", "collections", "collections.abc", "contextlib", "copy",
        "csv", "dataclasses", "datetime", "decimal", "difflib", "enum", "fnmatch", "fractions",
        "functools", "glob", "hashlib", "heapq", "html", "io", "itertools", "json", "keyword", "locale",
        "logging", "math", "operator", "os", "os.path", "pathlib", "posixpath", "pprint", "random", "re",
        "secrets", "shlex", "shutil", "statistics", "string", "struct", "subprocess", "sys", "tempfile",
        "textwrap", "time", "types", "typing", "unicodedata", "urllib.parse", "uuid", "zlib",
    }
)  # fmt: skip


def known_members(name: str, messages: tuple[str, ...]) -> tuple[str, ...]:
    """Public members of what a failure says has no attribute `name`; none where that is not known."""
    found: dict[str, None] = {}
    for message in messages:
        for owner in _owners(name, message):
            found |= dict.fromkeys(each for each in dir(owner) if not each.startswith("_"))
    return tuple(found)


def _owners(name: str, message: str) -> Iterator[object]:
    for module, asked in _OF_MODULE.findall(message):
        if asked == name and module in _MODULES:
            yield importlib.import_module(module)
    for kind, asked in _OF_TYPE.findall(message):
        owner = getattr(builtins, kind, None)
        if asked == name and isinstance(owner, type):
            yield owner
