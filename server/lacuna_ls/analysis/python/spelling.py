"""How Python is told apart by its text alone."""

import re

from lacuna_ls.analysis.spelling import Spelling

SPELLING = Spelling(
    comment=b"#",
    quoted=re.compile(rb"(?s)('''|\"\"\").*?\1|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|#[^\n]*"),
    long_string=re.compile(rb"\"{3}|'{3}"),
    verbatim=re.compile(rb"""\"{3}|'{3}|\\[\r\n]|[fFtT][rR]?["']"""),
    called=re.compile(rb"(?<![\w.])([A-Za-z_]\w*)\("),
    definition=b"def ",
    defined=re.compile(rb"(?:async )?def \w+[^\w]"),
    reads_only=re.compile(rb"[\w\s.,(\[{=]*"),
    plain=re.compile(rb"[\w\s.,=]*"),
    loop=re.compile(rb"\s*(?:async )?for [\w, ()]+ in ([\w.]+)[^\n]*:\n"),
    builders=(b"[", b"{", b"(", b"dict(", b"list(", b"set("),
    truths=(b"True", b"False", b"not "),
    refuses=b"raise",
    conditions=(b"if", b"elif", b"else"),
    idle=frozenset(
        (
            *("self", "cls", "append", "extend", "items", "keys", "values", "get", "join"),
            *("format", "error", "exception", "args", "kwargs"),
        )
    ),
    string_nodes=frozenset(("string",)),
    suite_nodes=frozenset(("block",)),
    scope_nodes=frozenset(("function_definition", "class_definition", "lambda")),
)
