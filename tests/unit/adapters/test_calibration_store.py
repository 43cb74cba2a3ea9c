"""Calibrations on disk survive what happens to files."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.adapters.calibration_store import FileCalibrationStore, from_json, to_json
from lacuna_ls.domain.calibration import CalibratedCell, Calibration, Labels
from lacuna_ls.domain.errors import StoreError

CALIBRATION = Calibration(
    "abc123",
    0.05,
    "files of größere packages",
    (
        CalibratedCell(0.1, 4, 0.25, 700, 40, "mid-line", 90, 60, 0.5),
        CalibratedCell(0.05, 4, None, 700, 0),
    ),
)


def store(folder, shipped=None):
    return FileCalibrationStore(folder, lambda: shipped)


def only_file(folder):
    (path,) = folder.iterdir()
    return path


def test_what_was_saved_is_loaded_by_another_store(tmp_path):
    store(tmp_path / "new").save(CALIBRATION)
    assert store(tmp_path / "new").load("abc123") == CALIBRATION


def test_a_key_that_was_never_calibrated_has_none(tmp_path):
    store(tmp_path).save(CALIBRATION)
    assert store(tmp_path).load("other") is None


def test_a_newer_calibration_replaces_the_older_and_leaves_no_other_file(tmp_path):
    newer = replace(CALIBRATION, population="more files")
    held = store(tmp_path)
    held.save(CALIBRATION)
    assert held.load("abc123") == CALIBRATION
    store(tmp_path).save(newer)
    assert held.load("abc123") == newer
    assert only_file(tmp_path).name == "abc123.json"


def test_the_shipped_calibration_serves_its_own_key_alone(tmp_path):
    held = store(tmp_path, shipped=to_json(CALIBRATION))
    assert held.load("abc123") == CALIBRATION
    assert held.load("abc124") is None


def test_the_users_own_calibration_goes_before_the_shipped_one(tmp_path):
    own = replace(CALIBRATION, population="the user's files")
    held = store(tmp_path, shipped=to_json(CALIBRATION))
    held.save(own)
    assert held.load("abc123") == own


def test_a_damaged_shipped_calibration_is_no_calibration(tmp_path, caplog):
    assert store(tmp_path, shipped="{").load("abc123") is None
    assert "not used" in caplog.text


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.99])
def test_a_file_cut_short_is_not_trusted_and_the_log_says_so(tmp_path, caplog, share):
    held = store(tmp_path)
    held.save(CALIBRATION)
    path = only_file(tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert store(tmp_path).load("abc123") is None
    assert "not used" in caplog.text


def test_a_file_that_speaks_of_another_key_is_not_trusted(tmp_path):
    store(tmp_path).save(CALIBRATION)
    only_file(tmp_path).rename(tmp_path / "other.json")
    assert store(tmp_path).load("other") is None


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace")))
def test_no_bytes_in_the_file_are_more_than_an_absent_calibration(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("store")
    (folder / "abc123.json").write_bytes(data)
    assert store(folder).load("abc123") is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("delta", 0.0),
        ("delta", "0.05"),
        ("key", 5),
        ("population", None),
        ("version", 1),
        ("cells", [{"epsilon": 0.1}]),
        ("surprise", 1),
    ],
)
def test_figures_that_no_calibration_can_have_are_damage(field, value):
    fields = json.loads(to_json(CALIBRATION)) | {field: value}
    with pytest.raises(StoreError, match="calibration"):
        from_json(json.dumps(fields))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("group", 3),
        ("epsilon", 2),
        ("threshold", -1.0),
        ("threshold", float("nan")),
        ("misses", 701),
        ("lists", 701),
        ("found", 91),
        ("found_at_least", 1.5),
    ],
)
def test_figures_that_no_cell_can_have_are_damage(field, value):
    fields = json.loads(to_json(CALIBRATION))
    fields["cells"][0][field] = value
    with pytest.raises(StoreError, match="calibration"):
        from_json(json.dumps(fields))


@pytest.mark.skipif(os.name == "nt", reason="folders are made read-only with POSIX modes")
@pytest.mark.skipif(
    os.name != "nt" and os.geteuid() == 0, reason="the superuser may write anywhere"
)
def test_a_folder_that_cannot_be_written_is_reported_and_nothing_is_lost(tmp_path):
    held = store(tmp_path)
    held.save(CALIBRATION)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="could not be written"):
            held.save(replace(CALIBRATION, population="newer"))
    finally:
        tmp_path.chmod(0o700)
    assert store(tmp_path).load("abc123") == CALIBRATION


def test_a_file_where_the_folder_should_be_is_reported(tmp_path):
    blocked = tmp_path / "taken"
    blocked.write_text("a file")
    with pytest.raises(StoreError, match="could not be written"):
        store(blocked).save(CALIBRATION)


def test_a_key_is_never_a_path(tmp_path):
    with pytest.raises(ValueError, match="not a calibration key"):
        store(tmp_path).load("../secret")


REFUTING = Labels(0.1, 40, 30, 60.0)


def test_labels_that_refute_a_claim_withdraw_the_calibration(tmp_path):
    held = store(tmp_path, shipped=to_json(CALIBRATION))
    held.keep_labels("abc123", Labels(0.1, 40, 3, 0.0))
    assert held.load("abc123") == CALIBRATION
    held.keep_labels("abc123", REFUTING)
    assert held.load("abc123") is None
    assert store(tmp_path, shipped=to_json(CALIBRATION)).load("abc123") is None


def test_labels_of_each_epsilon_are_kept_apart(tmp_path):
    held = store(tmp_path)
    held.keep_labels("abc123", REFUTING)
    held.keep_labels("abc123", Labels(0.2, 7, 1, 0.5))
    assert store(tmp_path).labels("abc123", 0.1) == REFUTING
    assert store(tmp_path).labels("abc123", 0.2) == Labels(0.2, 7, 1, 0.5)


def test_another_calibration_begins_without_labels(tmp_path):
    held = store(tmp_path)
    held.keep_labels("abc123", REFUTING)
    held.save(CALIBRATION)
    assert held.load("abc123") == CALIBRATION
    assert store(tmp_path).load("abc123") == CALIBRATION


@given(st.binary(max_size=80) | st.just(b'[{"epsilon": 2, "n": 1, "misses": 3}]'))
def test_no_bytes_in_the_labels_are_more_than_none(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("store")
    (folder / "abc123.labels").write_bytes(data)
    assert store(folder).labels("abc123", 0.1) == Labels(0.1)


WRITER = """
    import sys
    from dataclasses import replace
    from pathlib import Path
    from lacuna_ls.adapters.calibration_store import FileCalibrationStore
    from lacuna_ls.domain.calibration import CalibratedCell, Calibration

    held = FileCalibrationStore(Path(sys.argv[1]), lambda: None)
    cells = tuple(CalibratedCell(0.1, m, 0.5, 100, 1) for m in range(1, 400))
    print("ready", flush=True)
    while True:
        for population in ("first " * 1000, "second " * 3000):
            held.save(Calibration("abc123", 0.05, population, cells))
"""


@pytest.mark.parametrize("saves", range(3))
def test_a_writer_killed_at_any_moment_leaves_a_whole_calibration(tmp_path, saves):
    writer = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), str(tmp_path)], stdout=subprocess.PIPE
    )
    assert writer.stdout is not None
    with writer.stdout:
        writer.stdout.readline()
        seen = 0
        path = tmp_path / "abc123.json"
        while seen <= 20 * saves:
            seen += path.exists()
        writer.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
        writer.wait()
    found = store(tmp_path).load("abc123")
    assert found is not None
    assert found.population in ("first " * 1000, "second " * 3000)
