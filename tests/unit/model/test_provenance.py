"""Where a completion stands word for word, and what is not offered because it does."""

from pathlib import Path

import pytest

from fakes import FakeFiles
from lacuna_ls.model.corpus import build_index
from lacuna_ls.model.embedded import EmbeddedModel
from lacuna_ls.model.provenance import VERBATIM_LIMIT
from lacuna_ls.ports.language_model import CompletionRequest, collect

LISTED = "rows = [" + ", ".join(f"item_{number}" for number in range(40)) + "]\n"
SHORT = "import os\n\n\ndef load(path):\n    return os.path.join(path, 'settings', 'main.ini')\n"


async def model_with(*sources, workspace=()):
    contents = {Path(f"/w/{name}"): text.encode() for name, text in workspace}
    model = EmbeddedModel(FakeFiles(contents))
    if sources:
        await model.add_library(build_index((Path(name), text) for name, text in sources))
    if workspace:
        await model.workspace.refresh(Path("/w"), frozenset({".py"}))
    return model


def request(prefix, **options):
    return CompletionRequest(prefix, "", "python", 200, ("\n",), **options)


async def test_a_completion_is_traced_to_its_file_and_line():
    model = await model_with(("lib/other.py", "a = 1\n"), ("lib/paths.py", SHORT * 2))
    found = await model.origins(request("x = os.path."), "join(path, 'settings', 'main.ini')")
    assert (found[0].file, found[0].line) == ("lib/paths.py", 5)
    assert found[0].tokens > 10


async def test_a_completion_is_traced_into_the_workspace():
    model = await model_with(workspace=[("a.py", "a = 1\n"), ("paths.py", SHORT)])
    found = await model.origins(request("x = os.path."), "join(path, 'settings', 'main.ini')")
    assert (found[0].file, found[0].line) == (str(Path("/w/paths.py")), 5)


async def test_a_file_is_no_source_of_itself():
    model = await model_with(workspace=[("paths.py", SHORT)])
    here = request("x = os.path.", path=Path("/w/paths.py"))
    assert await model.origins(here, "join(path, 'settings', 'main.ini')") == ()


async def test_what_nobody_wrote_has_no_origin():
    model = await model_with(("lib/paths.py", SHORT * 2))
    assert await model.origins(request("x = "), "frobnicate(1, 2, 3) + gargle(4, 5, 6)") == ()


@pytest.mark.parametrize("own", [False, True])
async def test_a_long_copy_is_offered_from_the_workspace_only(own):
    source = [("a.py", LISTED * 3)]
    model = await (model_with(workspace=source) if own else model_with(*source))
    offered = await collect(model, request("rows = ["))
    longest = max((len(line.tokens) for line in offered), default=0)
    assert (longest > VERBATIM_LIMIT) is own


async def test_a_short_copy_is_offered():
    model = await model_with(("lib/paths.py", SHORT * 9))
    (line,) = await collect(model, request("import os\n\n\ndef load(path):\n    return os.path.jo"))
    assert line.text.startswith("in(path")
