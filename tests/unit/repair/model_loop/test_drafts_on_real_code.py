"""Drafts of functions of the standard library: a file changes where the draft does, byte for byte."""

import heapq
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from lacuna_ls.domain.text import decode
from lacuna_ls.repair.model_loop.drafts import Draft, Place, drafted
from lacuna_ls.repair.model_loop.language import drafting_of
from lacuna_ls.repair.model_loop.target import functions, shown
from lacuna_ls.repair.proposers.template import templates_of
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id
from lacuna_ls.verification.replies import Reply, Unusable, read_reply

PYTHON = by_language_id("python")


def places(module: ModuleType) -> Iterator[Place]:
    assert module.__file__ is not None
    data = Path(module.__file__).read_bytes()
    document = open_document("file:///f.py", 1, PYTHON, data)
    templates, drafting = templates_of(PYTHON), drafting_of(PYTHON)
    assert templates is not None
    assert drafting is not None
    for target in functions(document, templates):
        yield Place(document, target, templates, drafting)


def tried(place: Place, code: str) -> Draft | Unusable:
    read = read_reply(f"```python\n{code}```", place.drafting.fences)
    assert isinstance(read, Reply)
    return drafted(read, place, code)


@pytest.mark.parametrize("module", [textwrap, heapq], ids=lambda module: module.__name__)
def test_a_function_that_is_repeated_is_unchanged(module: ModuleType):
    for place in places(module):
        code = shown(place.document, place.target, place.drafting)
        assert tried(place, code) is Unusable.UNCHANGED, place.target.name


@pytest.mark.parametrize("module", [textwrap, heapq], ids=lambda module: module.__name__)
@pytest.mark.parametrize("bare", [False, True], ids=["as it stands", "without comments"])
def test_one_changed_line_is_all_that_changes(module: ModuleType, bare: bool):
    changed = 0
    for place in places(module):
        lines = shown(place.document, place.target, place.drafting).split("\n")
        at = [i for i, line in enumerate(lines) if line.strip().startswith("return ")]
        if not at or "#" in lines[at[-1]]:
            continue
        old = lines[at[-1]]
        lines[at[-1]] = new = old.replace("return ", "return 0 + ", 1)
        kept = [line for line in lines if not (bare and line.strip().startswith("#"))]
        draft = tried(place, "\n".join(kept))
        assert isinstance(draft, Draft), (place.target.name, draft)
        before, after = decode(place.document.data), decode(draft.data)
        ours = decode(place.target.indent)
        assert after.count(ours + new) == before.count(ours + new) + 1
        assert len(after) == len(before) + len("0 + ")
        assert len(draft.candidate.edits) == 1
        changed += 1
    assert changed >= 5
