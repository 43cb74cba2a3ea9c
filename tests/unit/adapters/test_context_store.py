import logging
import os
from pathlib import Path

import pytest

from lacuna_ls.adapters.context_store import FileContextStore


@pytest.fixture
def store(tmp_path: Path) -> FileContextStore:
    return FileContextStore(tmp_path / "contexts")


def test_what_was_kept_is_there_for_the_next_server(store, tmp_path):
    store.save("a", b"one")
    store.save("a", b"two")
    store.save("b", b"other")
    assert FileContextStore(tmp_path / "contexts").load("a") == b"two"


def test_nothing_is_there_at_first(store):
    assert store.load("a") is None


def test_a_folder_that_cannot_be_written_is_a_line_in_the_log(tmp_path, caplog):
    (tmp_path / "contexts").write_text("in the way")
    store = FileContextStore(tmp_path / "contexts")
    with caplog.at_level(logging.WARNING):
        store.save("a", b"one")
        assert store.load("a") is None
    assert "could not be kept" in caplog.text


def test_what_is_too_large_is_not_kept(store, caplog, monkeypatch):
    monkeypatch.setattr("lacuna_ls.adapters.context_store._MOST_BYTES", 2)
    store.save("a", b"one")
    assert store.load("a") is None


def test_a_save_that_is_cut_short_leaves_the_last_one(store, tmp_path, monkeypatch):
    store.save("a", b"one")

    def killed(descriptor: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "fsync", killed)
    store.save("a", b"two")
    assert store.load("a") == b"one"
    assert len(list((tmp_path / "contexts").iterdir())) == 1


def test_projects_that_were_not_opened_for_long_make_room(store, tmp_path):
    for number in range(40):
        store.save(str(number), b"x")
        newest = max((tmp_path / "contexts").iterdir(), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, ns=(number, number))
    assert store.load("39") == b"x"
    assert store.load("0") is None


def environment(root: Path) -> Path:
    packages = root / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    (root / "pyvenv.cfg").write_text("")
    (root / "bin").mkdir()
    (root / "bin" / "python").write_text("")
    return root / "bin" / "python"


def test_a_package_that_comes_changes_what_is_installed(store, tmp_path):
    python = environment(tmp_path)
    before = store.installed(python)
    assert store.installed(python) == before
    (tmp_path / "lib" / "python3.11" / "site-packages" / "new").mkdir()
    os.utime(tmp_path / "lib" / "python3.11" / "site-packages", ns=(1, 1))
    assert store.installed(python) != before


def test_an_interpreter_that_is_not_there_is_one_too(store, tmp_path):
    assert store.installed(tmp_path / "bin" / "python")
