"""What figures are made of: no package, file or constant serves two ends."""

import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from lacuna_ls.adapters.calibration_store import from_json, read_shipped
from lacuna_ls.completion import predictor
from lacuna_ls.holes.calibration import THRESHOLDS

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
MANIFESTS = sorted(BENCHMARKS.glob("*_packages.txt"))


def projects(manifest):
    names = re.findall(r"^([\w.-]+)==", manifest.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}


def test_there_are_packages_for_each_end():
    names = {manifest.name.removesuffix("_packages.txt") for manifest in MANIFESTS}
    assert names == {"calibration", "gate", "guarantee", "score", "tuning"}


@pytest.mark.parametrize(
    ("one", "other"), list(combinations(MANIFESTS, 2)), ids=lambda manifest: manifest.stem
)
def test_a_package_serves_one_end_alone(one, other):
    """What a model is fitted to, tuned on, calibrated on and measured on are different code."""
    assert not projects(one) & projects(other)


def test_thresholds_are_of_the_constant_grid_and_no_quantile_of_the_data():
    text = read_shipped()
    assert text is not None
    thresholds = {cell.threshold for cell in from_json(text).cells} - {None}
    assert thresholds <= set(THRESHOLDS)
    assert list(THRESHOLDS) == sorted(THRESHOLDS)


def test_a_change_of_what_is_sampled_is_another_predictor():
    """Best of several shown, one calibrated; sampled at one temperature, scored at another."""
    source = dict(predictor.sources())["lacuna_ls.completion/predictor.py"]
    assert Counter(re.findall(rb"\b(n|temperature|max_tokens)=", source)) == {
        b"n": 1,
        b"temperature": 1,
        b"max_tokens": 1,
    }
