"""A name for the new function, from what the code itself says. Deterministic.

In order: the comment above it; its single result (`compute_x`, `build_x`, `is_x`, or the verb of the
call that makes it); `validate_x` for code that only raises; and else a verb with what is spoken of
most, or looped over. The verb is the host's, whose part the code is, or that of the calls made most.

Which word weighs what was measured on names that authors gave (`benchmarks/opportunities.py`): of a
name's words two thirds stand in the code or in the name of the function around, the most frequent
word of the code being the best single guess.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from lacuna_ls.analysis.spelling import Spelling

MAX_WORDS = 4
_COMMENT_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_STOP_WORDS = frozenset(("a", "an", "the", "of", "to", "and", "all", "this", "that", "our", "its"))
_CLAUSE = re.compile(
    r"[.,:;()]|--|\b(?:if|when|unless|because|since|so|which|before|after|while|until)\b",
    re.IGNORECASE,
)
_NO_COMMANDS = frozenset(("we", "it", "there", "note", "todo", "fixme", "xxx", "see", "i", "you"))
_IDENTIFIER = re.compile(rb"[A-Za-z_]\w*")
_CALLED = re.compile(rb"([A-Za-z_]\w*)\(")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# ruff: noqa: SIM905 - lists of words read best as words
_SHORT = {"initialize": "init", "initialise": "init", "cleanup": "clean"}
_EMPTY = frozenset(("test", "do"))
_VERBS = frozenset(
    """
    add apply build check clean cleanup clear close collect compile compute configure connect convert
    copy count create decode define delete draw dump emit encode ensure execute expand export extract
    fetch fill filter find flush format generate get group handle import init initialize insert
    install invoke iterate join load log lookup make map match merge normalize notify open parse
    perform populate post prepare print process push put raise read receive record register remove
    render replace report request reset resolve restore run save scan schedule search select send
    serialize set setup show sort split start stop store sum sync transform trim unpack update
    upload validate verify visit wait walk wrap write
    """.split()
)


def proposed_name(
    data: bytes,
    code: bytes,
    outputs: tuple[str, ...],
    host: str,
    reserved: frozenset[str],
    spelling: Spelling,
) -> str:
    """A name for `code` that occurs nowhere in the file: no scope can collide with it.

    `host` is the name of the function that the code is taken from, empty at the module's level.
    """
    spoken = spelling.quoted.sub(b"''", code)
    name = (
        _from_comment(code, spelling.comment)
        or _from_output(spoken, outputs, spelling)
        or _from_subject(spoken, host, reserved, spelling)
        or "extracted"
    )
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


def _from_comment(code: bytes, comment: bytes) -> str | None:
    """`# Parse the header, if there is one` is `parse_header`."""
    line = code.split(b"\n", 1)[0].strip()
    if not line.startswith(comment):
        return None
    text = _CLAUSE.split(line.lstrip(comment).strip().decode("ascii", "replace"), maxsplit=1)[0]
    words = [w.lower() for w in _COMMENT_WORD.findall(text) if w.lower() not in _STOP_WORDS]
    if not 2 <= len(words) <= MAX_WORDS or words[0] in _NO_COMMANDS:
        return None
    return "_".join(words)


def _from_output(code: bytes, outputs: tuple[str, ...], spelling: Spelling) -> str | None:
    if len(outputs) != 1:
        return None
    name = outputs[0].strip("_")
    if not name.isascii() or len(name) < 2:
        return None
    if name.startswith(("is_", "has_")):
        return f"compute_{name}"
    values = re.findall(rb"\b%s\s*=\s*(?!=)(.*)" % outputs[0].encode(), code)
    first, last = (values[0], values[-1]) if values else (b"", b"")
    if first.startswith(spelling.truths):
        return f"is_{name}"
    if first.startswith(spelling.builders):
        return f"build_{name}"
    made = _CALLED.match(last.rpartition(b".")[2])
    verb = next(iter(_words(made.group(1))), "") if made else ""
    return f"{verb}_{name}" if verb in _VERBS else f"compute_{name}"


def _from_subject(
    code: bytes, host: str, reserved: frozenset[str], spelling: Spelling
) -> str | None:
    around = [_SHORT.get(word, word) for word in _words(host.encode()) if word not in _EMPTY]
    verb = "validate" if _only_refuses(code, spelling) else _verb(code, around)
    thing = _subject(code, verb, reserved, spelling)
    if not verb or not thing:
        return None
    # A part of `write_report` is `write_report_rows`.
    whole = around[1:] if len(around) == 2 and around[0] == verb and "_" not in thing else []
    return "_".join(dict.fromkeys((verb, *whole, thing)))


def _verb(code: bytes, around: list[str]) -> str:
    """The host's verb, since the code is a part of what it does; else that of the calls in it."""
    if around and around[0] in _VERBS:
        return around[0]
    called = Counter(next(_words(name), "") for name in _CALLED.findall(code))
    verbs = [word for word, _ in called.most_common() if word in _VERBS]
    return next(iter((*verbs, *around)), "")


def _subject(code: bytes, verb: str, reserved: frozenset[str], spelling: Spelling) -> str:
    """What is looped over, if it has a name; else the most frequent word."""
    loop = spelling.loop.match(code)
    if loop:
        thing = "_".join(_words(loop.group(1).rpartition(b".")[2]))
        if len(thing) > 2 and thing not in spelling.idle:
            return thing
    names = [
        tuple(_words(name)) for name in _IDENTIFIER.findall(code) if name.decode() not in reserved
    ]
    counts = Counter(
        word
        for words in names
        for word in words
        if word != verb and word not in spelling.idle and word not in reserved
    )
    spoken = max(counts, key=lambda word: (len(word) > 1, counts[word]), default="")
    whole = next((w for w, _ in Counter(names).most_common() if spoken in w), ())
    return "_".join(whole) if len(whole) == 2 and verb not in whole else spoken


def _words(identifier: bytes) -> Iterator[str]:
    return (part.lower() for part in _WORD.findall(identifier.decode()))


def _only_refuses(code: bytes, spelling: Spelling) -> bool:
    """Whether every line is a condition or refuses one."""
    lines = [line.split() for line in code.splitlines() if line.strip()]
    firsts = [words[0].rstrip(b":") for words in lines]
    known = (spelling.refuses, *spelling.conditions)
    return spelling.refuses in firsts and all(first in known for first in firsts)
