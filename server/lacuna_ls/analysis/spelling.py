"""How a language's text is told apart where asking a tree would cost too much, or says too little."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spelling:
    """All patterns are over bytes. `*_nodes` are the grammar's names of what they say.

    `comment` begins one that goes to the end of its line. `quoted` matches a string or a comment,
    `long_string` the signs of a string that may go over lines, of which `verbatim` may hold line
    ends in any of its forms. `called` finds a call, its group the name, `defined` matches the
    beginning of a definition at the margin up to its name, which begins with `definition`.

    `reads_only` matches text whose evaluation can be noticed by nobody as long as its names are
    bound, opening brackets included, `plain` the same without brackets.

    For names: `loop` matches a loop's head, its group what is looped over; values that begin with
    one of `builders` are begun empty, with one of `truths` are true or false. `refuses` begins a
    statement that refuses something, `conditions` the lines that say when. `idle` words say nothing.
    """

    comment: bytes
    quoted: re.Pattern[bytes]
    long_string: re.Pattern[bytes]
    verbatim: re.Pattern[bytes]
    called: re.Pattern[bytes]
    definition: bytes
    defined: re.Pattern[bytes]
    reads_only: re.Pattern[bytes]
    plain: re.Pattern[bytes]
    loop: re.Pattern[bytes]
    builders: tuple[bytes, ...]
    truths: tuple[bytes, ...]
    refuses: bytes
    conditions: tuple[bytes, ...]
    idle: frozenset[str]
    string_nodes: frozenset[str]
    suite_nodes: frozenset[str]
    scope_nodes: frozenset[str]
