"""The library index is built once in a child process, mapped, and never half written."""

import asyncio
import os
from pathlib import Path

import numpy as np
import pytest

from lacuna_ls.adapters import index_files
from lacuna_ls.adapters.index_files import (
    dependencies_path,
    dependency_index,
    index_path,
    library_index,
    library_sources,
    read_index,
    write_index,
)
from lacuna_ls.domain.errors import StoreError
from lacuna_ls.model.corpus import build_index
from lacuna_ls.model.vocabulary import RESERVED

SMALL = build_index([(Path("a.py"), "a = b\na = 'é\ud800'\n" * 3), (Path("b.py"), "b.c(a)\n" * 2)])


def same(one, other):
    return (
        np.array_equal(one.tokens, other.tokens)
        and np.array_equal(one.positions, other.positions)
        and np.array_equal(one.starts, other.starts)
        and (one.texts, one.files) == (other.texts, other.files)
    )


def test_an_index_reads_back_as_it_was_written(tmp_path):
    write_index(tmp_path / "x.index", SMALL)
    assert same(read_index(tmp_path / "x.index"), SMALL)


def test_an_index_of_nothing_reads_back(tmp_path):
    write_index(tmp_path / "x.index", build_index([]))
    assert read_index(tmp_path / "x.index").texts == ()


@pytest.mark.parametrize("kept", [0, 5, 39, 40, 100, -1])
def test_a_file_that_was_cut_off_is_no_index(tmp_path, kept):
    path = tmp_path / "x.index"
    write_index(path, SMALL)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match="whole"):
        read_index(path)


async def test_a_damaged_index_is_reported_and_out_of_the_way(tmp_path):
    index_path(tmp_path).write_bytes(b"damaged")
    with pytest.raises(StoreError, match="could not be read"):
        await library_index(tmp_path)
    assert not index_path(tmp_path).exists()


def test_writing_removes_what_an_older_lexer_made_and_keeps_other_pythons(tmp_path):
    path = index_path(tmp_path)
    python = path.name.split("-")[2]
    older = path.with_name(path.name.replace(".index", "-old.index"))
    foreign = path.with_name(path.name.replace(python, "00"))
    for other in (older, foreign):
        other.write_bytes(b"")
    write_index(path, SMALL)
    assert not older.exists()
    assert foreign.exists()


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "x.index"
    write_index(path, SMALL)

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space"):
        write_index(path, build_index([]))
    assert [p.name for p in tmp_path.iterdir()] == ["x.index"]
    assert same(read_index(path), SMALL)


def test_the_sources_are_the_library_without_its_tests_and_tables():
    names = {path.name for path in library_sources()}
    assert {"argparse.py", "dataclasses.py"} <= names
    assert not names & {"test_support.py", "cp1252.py", "topics.py", "turtledemo.py"}


async def test_a_child_builds_the_index_of_the_library(tmp_path):
    index = await library_index(tmp_path / "cache")
    found = {path.name for path in (tmp_path / "cache").iterdir()}
    assert found == {index_path(tmp_path).name, "indexes.lock"}
    assert len(index.tokens) > 1_000_000


async def test_servers_that_write_at_once_leave_one_whole_index(tmp_path):
    path = index_path(tmp_path)
    await asyncio.gather(*(asyncio.to_thread(write_index, path, SMALL) for _ in range(8)))
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert same(read_index(path), SMALL)


async def test_a_build_that_cannot_write_says_so(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="could not be built"):
        await library_index(tmp_path / "file")


async def test_cancelling_a_build_leaves_no_process_and_no_index(tmp_path):
    building = asyncio.ensure_future(library_index(tmp_path))
    await asyncio.sleep(0)
    building.cancel()
    with pytest.raises(asyncio.CancelledError):
        await building
    assert not index_path(tmp_path).exists()


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "package"
    folder.mkdir()
    paths = [folder / "a.py", folder / "b.py"]
    for path in paths:
        path.write_text("def serve(app):\n    return app.run()\n" * 3)
    return paths


async def test_dependencies_are_indexed_with_their_files_and_lines(tmp_path, package):
    index = await dependency_index(tmp_path / "cache", package)
    assert {name for name in index.files if name} == {str(path) for path in package}
    place = int(index.starts[0])
    newlines = [i for i in range(place, place + 60) if "\n" in text_at(index, i)]
    ids = index.tokens[newlines]
    assert index.file_at(newlines[3], ids) == (str(package[0]), 4)


def text_at(index, place):
    return index.texts[int(index.tokens[place]) - RESERVED]


async def test_what_a_module_offers_is_known_though_nobody_uses_it(tmp_path, package):
    index = await dependency_index(tmp_path / "cache", package)
    place = len(index.tokens) - 1
    assert [text_at(index, i) for i in range(place - 2, place + 1)] == ["b", ".", "serve"]
    assert index.file_at(place, index.tokens[:0]) is None


async def test_another_version_of_a_dependency_has_another_index(tmp_path, package):
    before = dependencies_path(tmp_path, package)
    package[0].write_text("def serve(app, port):\n    pass\n")
    assert dependencies_path(tmp_path, package) != before


async def test_servers_that_want_one_index_at_once_build_it_once(tmp_path, package, monkeypatch):
    written = []
    write = index_files.write_index

    def writing(path, index):
        written.append(path)
        write(path, index)

    monkeypatch.setattr(index_files, "write_index", writing)
    path = dependencies_path(tmp_path, package)
    await asyncio.gather(*(asyncio.to_thread(index_files.main, path, package) for _ in range(6)))
    assert written == [path]
    assert same(read_index(path), await dependency_index(tmp_path, package))


async def test_dependencies_used_longest_ago_make_room(tmp_path, package):
    paths = [tmp_path / f"dependencies-{number}.index" for number in range(12)]
    for age, path in enumerate(paths):
        path.write_bytes(b"")
        os.utime(path, (1_000_000 - age, 1_000_000 - age))
    kept = dependencies_path(tmp_path, package)
    index_files.main(kept, package)
    assert {p.name for p in tmp_path.glob("*.index")} == {p.name for p in [kept, *paths[:7]]}
