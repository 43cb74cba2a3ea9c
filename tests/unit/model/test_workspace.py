"""The workspace's files are counted, read again where they changed, and only there."""

from pathlib import Path

from fakes import FakeFiles
from lacuna_ls.adapters.workspace_files import WorkspaceFiles
from lacuna_ls.model import workspace as module
from lacuna_ls.model.embedded import EmbeddedModel
from lacuna_ls.ports.language_model import CompletionRequest, collect

ROOT = Path("/project")
PYTHON = frozenset({".py"})
ALPHA = b"alpha.beta()\n" * 5


async def after_alpha(model, path=None):
    question = CompletionRequest("alpha.", "", "python", 8, ("\n",), path=path)
    first, *_ = await collect(model, question)
    return first.text


async def test_a_file_of_the_workspace_answers():
    model = EmbeddedModel(FakeFiles({ROOT / "a.py": ALPHA}))
    await model.workspace.refresh(ROOT, PYTHON)
    assert await after_alpha(model) == "beta()"


async def test_an_edited_file_is_read_again_and_the_others_are_not():
    files = FakeFiles({ROOT / "a.py": ALPHA, ROOT / "b.py": b"x\n"})
    model = EmbeddedModel(files)
    await model.workspace.refresh(ROOT, PYTHON)
    files.contents[ROOT / "a.py"] = b"alpha.gamma()\n" * 6
    files.reads.clear()
    await model.workspace.refresh(ROOT, PYTHON)
    assert await after_alpha(model) == "gamma()"
    assert files.reads == [ROOT / "a.py"]


async def test_a_deleted_file_is_forgotten_at_the_next_refresh():
    files = FakeFiles({ROOT / "a.py": ALPHA, ROOT / "b.py": b"x\n"})
    model = EmbeddedModel(files)
    await model.workspace.refresh(ROOT, PYTHON)
    del files.contents[ROOT / "a.py"]
    await model.workspace.refresh(ROOT, PYTHON)
    assert await after_alpha(model) != "beta()"


async def test_a_file_can_be_forgotten_at_once():
    model = EmbeddedModel(FakeFiles({ROOT / "a.py": ALPHA}))
    await model.workspace.refresh(ROOT, PYTHON)
    await model.workspace.forget(ROOT / "a.py")
    assert await after_alpha(model) != "beta()"


async def test_a_file_does_not_predict_itself():
    model = EmbeddedModel(FakeFiles({ROOT / "a.py": ALPHA, ROOT / "b.py": b"x\n" * 9}))
    await model.workspace.refresh(ROOT, PYTHON)
    assert await after_alpha(model, ROOT / "a.py") != "beta()"
    assert await after_alpha(model, ROOT / "b.py") == "beta()"


async def test_a_second_folder_joins_the_first():
    other = Path("/other")
    model = EmbeddedModel(FakeFiles({ROOT / "a.py": ALPHA, other / "b.py": b"x\n"}))
    await model.workspace.refresh(ROOT, PYTHON)
    await model.workspace.refresh(other, PYTHON)
    assert await after_alpha(model) == "beta()"


async def test_what_is_above_the_size_limit_is_left_out(monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 2 * len(ALPHA))
    contents = {ROOT / "a.py": ALPHA, ROOT / "b.py": b"alpha.gamma()\n" * 50}
    model = EmbeddedModel(FakeFiles(contents))
    await model.workspace.refresh(ROOT, PYTHON)
    assert await after_alpha(model) == "beta()"


async def test_a_folder_without_sources_is_no_error():
    model = EmbeddedModel(FakeFiles({}))
    await model.workspace.refresh(ROOT, PYTHON)
    assert model.workspace.expert_without(None) is None


async def test_a_folder_opened_through_a_link_is_refreshed_like_any_other(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    link = tmp_path / "link"
    link.symlink_to(folder)
    (folder / "a.py").write_bytes(ALPHA)
    model = EmbeddedModel(WorkspaceFiles([link]))
    await model.workspace.refresh(link, PYTHON)
    (folder / "a.py").write_bytes(b"alpha.gamma()\n" * 6)
    await model.workspace.refresh(link, PYTHON)
    assert await after_alpha(model) == "gamma()"


async def test_a_file_of_two_folders_is_counted_once():
    inner = ROOT / "inner"
    contents = {
        inner / "a.py": b"x\n" + b"alpha.beta()\n" * 40,
        ROOT / "b.py": b"x\n" + b"alpha.gamma()\n" * 60,
    }
    model = EmbeddedModel(FakeFiles(contents))
    await model.workspace.refresh(ROOT, PYTHON)
    await model.workspace.refresh(inner, PYTHON)
    assert await after_alpha(model) == "gamma()"
