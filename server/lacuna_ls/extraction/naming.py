"""A name for the new function, from what the code itself says. Deterministic.

In order: the comment above it; its single result; the call that dominates it; `extracted`.
"""

import re
from collections.abc import Iterable

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_STOP_WORDS = frozenset(("a", "an", "the", "of", "to", "and", "all", "this", "that", "our", "its"))
_BUILDERS = (b"[", b"{", b"(", b"dict(", b"list(", b"set(")
_CALL = re.compile(rb"(?:\b(\w+)\.)?\b([A-Za-z_]\w*)\((?=([A-Za-z_]\w*)?)")
_CAMEL = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_NOT_THINGS = (b"self", b"cls", b"None", b"True", b"False", b"not", b"lambda", b"await")
_NOT_ACTIONS = frozenset(("len", "str", "int", "float", "list", "dict", "set", "tuple", "range"))
_NOT_ACTIONS |= frozenset(
    ("isinstance", "print", "super", "enumerate", "zip", "min", "max", "repr")
)
MAX_WORDS = 4


def proposed_name(
    data: bytes, code: bytes, outputs: tuple[str, ...], reserved: Iterable[str]
) -> str:
    """A name for `code` that occurs nowhere in the file: no scope can collide with it."""
    name = _from_comment(code) or _from_output(code, outputs) or _from_call(code) or "extracted"
    if name.startswith("test"):  # a test runner would collect it
        name = f"run_{name}"
    return free_name(data, name, reserved)


def free_name(data: bytes, name: str, reserved: Iterable[str]) -> str:
    """`name`, or `name_2`, `name_3`, ... if the file or the language uses it already."""
    taken = frozenset(reserved)
    candidate, number = name, 1
    while candidate in taken or _occurs(data, candidate.encode()):
        number += 1
        candidate = f"{name}_{number}"
    return candidate


def _occurs(data: bytes, name: bytes) -> bool:
    return name in data and re.search(rb"\b%s\b" % name, data) is not None


def _from_comment(code: bytes) -> str | None:
    """`# Parse the header` is `parse_header`."""
    line = code.split(b"\n", 1)[0].strip()
    if not line.startswith(b"#"):
        return None
    text = line.lstrip(b"#").strip().decode("ascii", "replace")
    words = [w.lower() for w in _WORD.findall(text) if w.lower() not in _STOP_WORDS]
    if not 2 <= len(words) <= MAX_WORDS:
        return None
    return "_".join(words)


def _from_output(code: bytes, outputs: tuple[str, ...]) -> str | None:
    if len(outputs) != 1:
        return None
    name = outputs[0].strip("_")
    if not name.isascii() or len(name) < 2:
        return None
    if name.startswith(("is_", "has_")):
        return f"compute_{name}"
    value = re.search(rb"\b%s\s*=\s*(?!=)(.*)" % outputs[0].encode(), code)
    start = value.group(1) if value else b""
    if start.startswith((b"True", b"False", b"not ")):
        return f"is_{name}"
    return f"build_{name}" if start.startswith(_BUILDERS) else f"compute_{name}"


def _from_call(code: bytes) -> str | None:
    """The call made most, first among equals, with the first variable it is given or made on."""
    counts: dict[str, int] = {}
    for match in _CALL.finditer(code):
        verb = "_".join(part.lower() for part in _CAMEL.findall(match.group(2).decode()))
        thing = next((g.decode() for g in match.group(3, 1) if g and g not in _NOT_THINGS), "")
        if len(verb) > 2 and verb not in _NOT_ACTIONS and thing.strip("_"):
            name = f"{verb}_{thing.strip('_').lower()}"
            counts[name] = counts.get(name, 0) + 1
    return max(counts, key=lambda name: counts[name]) if counts else None
