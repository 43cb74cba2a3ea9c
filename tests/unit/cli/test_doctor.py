"""What the doctor says, of a machine and an endpoint that are scripted."""

import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from endpoints.scripted_server import completed, completing, refusal, sent, serving_by
from lacuna_ls.adapters.calibration_store import FileCalibrationStore
from lacuna_ls.adapters.last_settings import keep_settings, last_settings
from lacuna_ls.cli import main
from lacuna_ls.completion import predictor
from lacuna_ls.domain.calibration import Labels
from lacuna_ls.model.embedded import model_id
from lacuna_ls.settings import Settings
from lacuna_ls.syntax.languages import by_language_id

GOOD = sent(*completed(("sum(", -0.1), ("prices", -0.1), (")", -0.1)))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setattr("platformdirs.user_data_path", lambda name: tmp_path / "data")
    return tmp_path


@pytest.fixture
def project(home):
    root = home / "project"
    root.mkdir()
    (root / "main.py").write_text("from util import load\n")
    (root / "util.py").write_text("def load(path): ...\n")
    (root / "ignored.py").write_text("x = 1\n")
    (root / ".gitignore").write_text("")
    (root / ".aiexclude").write_text("ignored.py\n")
    (root / ".env").write_text("KEY=1\n")
    (root / "deep").mkdir()
    (root / "deep" / "id_rsa").write_text("x")
    (root / "deep" / "twin.py").write_text("from util import load\n\nfrom util import load\n")
    return root


@contextmanager
def endpoint(script) -> Iterator[str]:
    """A scripted server in a thread of its own: the doctor runs its own loop."""
    ready, stop, url = threading.Event(), asyncio.Event(), ""

    async def serve() -> None:
        nonlocal url
        async with serving_by(script) as server:
            url = server.url
            ready.set()
            await stop.wait()

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait()
    try:
        yield url
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def asked(capsys, *arguments: str) -> tuple[int, dict[str, str], list[str]]:
    """The exit status, the findings' values by name, and the problems."""
    status = main(["doctor", *arguments, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["problems"] == sum(1 for each in found["findings"] if each["problem"])
    assert all(each["mend"] for each in found["findings"] if each["problem"])
    values = {each["name"]: each["value"] for each in found["findings"]}
    return status, values, [each["problem"] for each in found["findings"] if each["problem"]]


def test_route_model_numbers_and_speed_of_an_endpoint(project, capsys):
    with endpoint(completing(GOOD)) as url:
        _, values, _ = asked(capsys, str(project), "--endpoint", url, "--model", "coder")
    assert values["model"] == "coder"
    assert values["route"] == "/v1/completions with suffix"
    assert values["because"].startswith("suffix: read")
    assert values["log-probabilities"] == "yes"
    assert values["first token"].endswith(" ms")
    assert values["each further token"].endswith(" ms")
    assert values["calibration of the endpoint, python"].startswith("uncalibrated")


def test_an_endpoint_that_refuses_is_a_problem_with_its_mend(project, capsys):
    with endpoint(lambda asked: refusal(401, "bad key")) as url:
        status, _, problems = asked(capsys, str(project), "--endpoint", url, "--model", "coder")
    assert status == 1
    assert any("did not accept the key (401)" in problem for problem in problems)


def test_a_variable_that_is_not_set_is_a_problem(project, capsys):
    arguments = ("--endpoint", "https://models.example", "--key-variable", "NOT_SET_HERE")
    _, _, problems = asked(capsys, str(project), *arguments)
    assert "NOT_SET_HERE is not set in this environment" in problems


def test_what_a_prompt_is_told_and_what_is_excluded(project, capsys):
    _, values, _ = asked(capsys, str(project / "main.py"))
    assert values["told of main.py: imports"] == "util.py"
    assert values["excluded by rules"] == "ignored.py"
    assert values["excluded as secrets"] == ".env, deep/id_rsa"
    assert values["told of main.py: instructions"] == "none"
    assert values["time for that"].endswith(" ms, of which 100 count")


def test_the_project_of_a_file_is_the_folder_that_projects_begin_with(project, capsys):
    (project / "pyproject.toml").write_text("")
    _, values, _ = asked(capsys, str(project / "deep" / "twin.py"))
    assert values["told of twin.py: imports"] == "util.py"


def test_a_file_that_rules_leave_out_is_a_problem_with_its_mend(project, capsys):
    _, values, problems = asked(capsys, str(project / "ignored.py"))
    assert values["told of ignored.py"] == "nothing"
    assert "nothing of ignored.py is sent to an endpoint" in problems


def test_a_folder_without_trust_is_said_with_the_command_that_trusts_it(project, capsys):
    main(["doctor", str(project)])
    out = capsys.readouterr().out
    assert f"lacuna-ls trust {project}" in out
    assert "none is named" in out


def test_a_setting_that_a_repository_may_not_set_is_said(project, capsys):
    (project / "lacuna.toml").write_text('model.endpoint = "https://elsewhere.example"\n')
    _, values, problems = asked(capsys, str(project))
    assert any("never in a repository" in problem for problem in problems)
    assert values["model"].startswith("none is named")


def test_the_editors_last_settings_are_used(home, project, capsys):
    settings = Settings(model_endpoint="https://models.example", model_key_variable="NOT_SET")
    keep_settings(settings)
    assert last_settings(project) == settings
    _, values, _ = asked(capsys, str(project))
    assert values["host"] == "models.example"


def test_an_interpreter_that_was_set_in_another_folder_is_not_shown(home, project, capsys):
    other = home / "other"
    other.mkdir()
    keep_settings(Settings(interpreter=sys.executable), [other])
    keep_settings(Settings(), [project])
    _, values, _ = asked(capsys, str(project))
    assert "lacuna.interpreter" not in values["interpreter"]
    kept = last_settings(other / "deep.py")
    assert kept is not None
    assert kept.interpreter == sys.executable


def test_a_wrong_endpoint_is_not_asked(project, capsys):
    assert main(["doctor", str(project), "--endpoint", "ftp://x"]) == 2
    assert "model.endpoint must be" in capsys.readouterr().err


def test_a_calibration_that_saved_files_refute_is_a_problem(home, project, capsys, monkeypatch):
    place = "lacuna_ls.adapters.calibration_store.user_data_path"
    monkeypatch.setattr(place, lambda name: home / "data")
    key = predictor.key(model_id(), by_language_id("python"))
    FileCalibrationStore().keep_labels(key, Labels(0.1, n=40, misses=30, evidence=60.0))
    _, values, problems = asked(capsys, str(project))
    assert values["calibration of built in, python"] == "withdrawn"
    assert any("saved files" in problem for problem in problems)
