"""Calibration on a project's own files: what is stored, said and drawn."""

import asyncio
from argparse import ArgumentParser
from pathlib import Path
from random import Random
from xml.etree import ElementTree as ET

import pytest

from fakes import FakeFiles, FakeModel, said
from lacuna_ls.adapters.calibration_store import FileCalibrationStore
from lacuna_ls.cli import calibrate
from lacuna_ls.cli.calibration_picture import Point, picture
from lacuna_ls.cli.calibration_run import measure_with, table, usable, wanting
from lacuna_ls.completion import predictor
from lacuna_ls.holes.calibration import Group, usable_cell
from lacuna_ls.syntax.languages import by_language_id

ROOT = Path("/project")
LINES = [f"value_{number} = count(rows_{number})" for number in range(20)]


async def measured(files):
    """Of as many files of the same lines, in which the model says the rest of each."""

    def completed(request):
        typed = request.prefix.rpartition("\n")[2]
        line = LINES[request.prefix.count("\n")]
        return [said(line.removeprefix(typed), end=-0.001)]

    text = "\n".join(LINES) + "\n"
    contents = {ROOT / f"{number}.py": text.encode() for number in range(files)}
    model = FakeModel(completed)
    (one,) = await measure_with(model, ROOT, FakeFiles(contents), Random(0), 4000)
    return one


@pytest.fixture(scope="module")
def enough():
    return asyncio.run(measured(130))


def test_what_was_measured_is_used_by_the_server_that_has_the_same_key(tmp_path, enough):
    store = FileCalibrationStore(tmp_path, lambda: None)
    assert calibrate.keep(store, enough, tmp_path / "drawn.svg")
    calibration = store.load(predictor.key("fake", by_language_id("python")))
    assert calibration == enough.calibration
    assert calibration is not None
    cell = usable_cell(calibration, 0.1, 4)
    assert cell is not None
    assert cell.misses == 0


def test_its_picture_is_drawn(tmp_path, enough):
    store = FileCalibrationStore(tmp_path, lambda: None)
    calibrate.keep(store, enough, tmp_path / "drawn.svg")
    assert ET.parse(tmp_path / "drawn.svg").getroot().tag.endswith("svg")


async def test_too_few_files_for_any_claim_are_not_stored_and_how_many_are_needed_is_said(
    tmp_path, capsys
):
    one = await measured(5)
    assert not usable(one.calibration)
    assert not calibrate.keep(FileCalibrationStore(tmp_path, lambda: None), one, None)
    assert list(tmp_path.iterdir()) == []
    assert "not stored: a claim at epsilon 0.1 needs" in capsys.readouterr().out
    assert "61 completions mid-line" in wanting(one)


def test_each_epsilon_of_each_group_is_said(enough):
    lines = list(table(enough))
    assert sum(Group.MID_LINE in line for line in lines[1:]) == 4
    assert "too few samples" in lines[-4]
    assert "0 missed" in lines[2]


def test_a_folder_that_is_not_there_is_an_error(tmp_path, capsys):
    parser = ArgumentParser()
    calibrate.configure(parser)
    assert calibrate.run(parser.parse_args([str(tmp_path / "none")])) == 2
    assert "is not a folder" in capsys.readouterr().err


@pytest.mark.parametrize("points", [(), (Point(0.1, 0.05, 0.4), Point(0.4, 0.3, 0.1))])
def test_a_picture_is_an_image_whatever_was_measured(points):
    drawn = picture(points, "a < b & c")
    assert ET.fromstring(drawn).tag.endswith("svg")
    assert drawn.count("<circle") == 2 * len(points)
