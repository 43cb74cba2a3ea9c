"""The record of what became of completions."""

import json

import pytest

from lacuna_ls.adapters import local_record
from lacuna_ls.adapters.local_record import LocalRecord
from lacuna_ls.cli import main
from lacuna_ls.domain.record import Tally


def record(folder, day="2030-01-01"):
    return LocalRecord(folder, today=lambda: day)


def test_two_servers_add_to_one_file(tmp_path):
    first, second = record(tmp_path), record(tmp_path)
    first.add(Tally(shown=2, accepted=1))
    second.add(Tally(shown=3))
    first.write()
    second.write()
    assert record(tmp_path).days() == {"2030-01-01": Tally(shown=5, accepted=1)}


def test_nothing_is_added_twice(tmp_path):
    own = record(tmp_path)
    own.add(Tally(shown=1))
    own.write()
    own.write()
    assert own.days() == {"2030-01-01": Tally(shown=1)}


def test_only_the_newest_days_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(local_record, "_MOST_DAYS", 4)
    for day in range(9):
        own = record(tmp_path, f"day {day}")
        own.add(Tally(shown=1))
        own.write()
    assert list(record(tmp_path).days()) == ["day 5", "day 6", "day 7", "day 8"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"version": 9}', '{"version": 1, "days": [1]}'])
def test_a_damaged_file_holds_nothing_and_is_written_anew(tmp_path, text):
    (tmp_path / "completions.json").write_text(text)
    own = record(tmp_path)
    assert own.days() == {}
    own.add(Tally(shown=1))
    own.write()
    assert own.days() == {"2030-01-01": Tally(shown=1)}


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "file").write_text("")
    own = record(tmp_path / "file" / "folder")
    own.add(Tally(shown=1))
    own.write()


def test_stats_prints_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("platformdirs.user_data_path", lambda name: tmp_path)
    own = record(tmp_path)
    own.add(Tally(shown=4, accepted=2, accepted_chars=20, retained_chars=15))
    own.write()
    assert main(["stats"]) == 0
    assert "75 %" in capsys.readouterr().out
    assert main(["stats", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["total"]["accepted"] == 2


def test_stats_without_a_record_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("platformdirs.user_data_path", lambda name: tmp_path)
    assert main(["stats"]) == 0
    assert "No completion" in capsys.readouterr().out
