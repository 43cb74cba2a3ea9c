"""Calibrating the model of a scripted endpoint, and what of it holds in an editor."""

from argparse import ArgumentParser
from dataclasses import replace
from random import Random

import pytest

from endpoints.scripted_server import completed, completing, in_json, sent, serving_by
from fakes import FakeFiles, FakeModel, said
from lacuna_ls.adapters.calibration_store import FileCalibrationStore
from lacuna_ls.adapters.endpoint.chat_model import Endpoint, EndpointModel
from lacuna_ls.cli import calibrate
from lacuna_ls.cli.calibration_endpoint import Patience, measure_endpoint
from lacuna_ls.cli.calibration_run import usable, wanting
from lacuna_ls.completion.remote import engine, sample
from lacuna_ls.completion.suggestion import CompletionOptions
from lacuna_ls.domain.errors import ModelBusyError, ModelError
from lacuna_ls.holes.calibration import Group
from lacuna_ls.model.vocabulary import Vocabulary
from lacuna_ls.model.workspace import Workspace
from lacuna_ls.ports.language_model import Capabilities
from lacuna_ls.settings import Settings
from lacuna_ls.syntax.document import open_document
from lacuna_ls.syntax.languages import by_language_id

PYTHON = by_language_id("python")
LINES = [f"value_{number} = count(rows_{number})" for number in range(20)]
FILES = 84


def the_rest(asked, logprob):
    """The rest of the line that the prompt ends in, as its author wrote it."""
    before = asked.body["prompt"]
    typed = before.rpartition("\n")[2]
    above = before.removesuffix(typed).rstrip().rpartition("\n")[2]
    number = int(above[6:].split(" ")[0]) + 1 if above.startswith("value_") else 0
    rest = LINES[number].removeprefix(typed) if number < len(LINES) else "done = True"
    return sent(*completed((rest, logprob), ("\n", logprob)))


def with_numbers(asked):
    is_question = asked.body is not None and asked.body.get("stream")
    return completing(the_rest(asked, -0.01) if is_question else sent())(asked)


def without_numbers(asked):
    if asked.body is None or asked.body.get("stream"):
        return completing(the_rest(asked, None) if asked.body else sent())(asked)
    words = len(asked.body["prompt"].split()) + len(asked.body.get("suffix", "").split())
    return in_json({"choices": [{"text": "a"}], "usage": {"prompt_tokens": words}})


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    for number in range(FILES):
        (root / f"file_{number}.py").write_text("\n".join(LINES) + "\n")
    return root


async def test_what_was_measured_is_claimed_by_completions_of_that_endpoint(project, tmp_path):
    store = FileCalibrationStore(tmp_path / "kept", lambda: None)
    async with serving_by(with_numbers) as server:
        settings = Settings(model_endpoint=server.url, model_name="coder")
        (measured,) = await measure_endpoint(project, settings, FILES, 0)
        assert calibrate.keep(store, measured, tmp_path / "drawn.svg")
        model = EndpointModel(Endpoint(server.url, "coder"), {})
        document = open_document("", 0, PYTHON, b"value_3 = count(rows_3)\nvalue_4 = \n")
        proposal = await engine.propose(document, len(document.data) - 1, model, None)
        await model.close()
    assert proposal is not None
    shown = engine.suggestion(proposal, len(document.data) - 1, store, CompletionOptions())
    assert shown is not None
    assert (shown.text, shown.holes, shown.claim.calibrated) == ("count(rows_4)", (), True)
    assert f"{FILES} files of project" in shown.claim.population


class Scorer(FakeModel):
    """In the place of the model in the package, whose index takes its time."""

    workspace = Workspace(FakeFiles(), Vocabulary())

    async def score(self, request, text):
        return said(text)


@pytest.fixture(autouse=True)
def scorer(monkeypatch):
    async def made(root, files):
        return Scorer(lambda request: [])

    monkeypatch.setattr("lacuna_ls.cli.calibration_endpoint.embedded", made)


async def test_without_numbers_it_is_measured_as_scored_by_the_model_in_the_package(project):
    async with serving_by(without_numbers) as server:
        settings = Settings(model_endpoint=server.url, model_name="coder")
        (measured,) = await measure_endpoint(project, settings, 3, 0)
    assert measured.model_id.endswith(", scored by fake")
    assert not usable(measured.calibration)
    assert "stay uncalibrated" in wanting(measured)


def test_another_way_of_asking_is_another_calibration():
    one = Capabilities("coder", True, True, True, form="/infill at here, 4096 tokens")
    keys = {engine.key(engine.name_of(each), PYTHON) for each in (one, replace(one, form="chat"))}
    assert len(keys) == 2


@pytest.mark.parametrize("group", Group)
def test_what_has_not_been_written_yet_is_the_rest_of_the_block(group):
    text = "def f(rows):\n    first = rows[0]\n    return first\n\n\ndef g():\n    pass\n"
    data = text.encode()
    found = (sample.draw(data, Random(seed), group) for seed in range(60))
    drawn = [each for each in found if each is not None]
    assert len(drawn) == 60
    assert all(text.startswith(each.data[: each.offset].decode() + each.truth) for each in drawn)
    if group is Group.LINE_START:
        assert "first = rows[0]\n    return first" in {each.truth for each in drawn}
    else:
        assert any(each.truth.endswith("):\n    pass") for each in drawn)
    below = [each.data[each.offset :].strip() for each in drawn if "return first" in each.truth]
    assert {b"", b"def g():\n    pass"} <= set(below)


async def test_an_endpoint_that_fails_again_and_again_ends_it():
    async def fails():
        raise ModelError("host is down")

    patience = Patience()
    assert [await patience.spent_on(fails), await patience.spent_on(fails)] == [None, None]
    with pytest.raises(ModelError, match="host is down"):
        await patience.spent_on(fails)


async def test_an_endpoint_that_asks_for_time_gets_it():
    waited = []
    answers = [ModelBusyError("busy", 30.0), None]

    async def wait(seconds):
        waited.append(seconds)

    async def take():
        if (answer := answers.pop(0)) is not None:
            raise answer

    await Patience(wait).spent_on(take)
    assert (waited, answers) == ([30.0], [])


def run(*arguments):
    parser = ArgumentParser()
    calibrate.configure(parser)
    return calibrate.run(parser.parse_args([str(each) for each in arguments]))


def test_nothing_of_a_folder_without_trust_is_sent(project, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("platformdirs.user_data_path", lambda name: tmp_path / "data")
    assert run(project, "--endpoint", "http://127.0.0.1:9") == 2
    assert f"lacuna-ls trust {project}" in capsys.readouterr().err


def test_an_endpoint_that_nobody_has_named_cannot_be_calibrated(
    project, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("platformdirs.user_data_path", lambda name: tmp_path / "data")
    assert run(project, "--endpoint") == 2
    assert "no endpoint is named" in capsys.readouterr().err
