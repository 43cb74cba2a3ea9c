from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from lacuna_ls.adapters.repository_settings import repository_settings


def test_the_table_of_pyproject_is_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.lacuna]\nignore = ["*.gen.py"]\n')
    assert repository_settings(tmp_path) == {"ignore": ["*.gen.py"]}


def test_a_file_of_its_own_wins_over_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.lacuna.holes]\nepsilon = 0.2\n")
    (tmp_path / "lacuna.toml").write_text("[holes]\nepsilon = 0.4\n")
    assert repository_settings(tmp_path) == {"holes": {"epsilon": 0.4}}


def test_a_folder_without_either_has_no_settings(tmp_path: Path) -> None:
    assert repository_settings(tmp_path) == {}


def test_a_table_of_the_wrong_kind_has_no_settings(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("tool = 3\n")
    assert repository_settings(tmp_path) == {}


@settings(max_examples=200)
@given(st.binary(max_size=80))
def test_no_file_whatever_it_holds_raises(tmp_path_factory, data: bytes) -> None:
    root = tmp_path_factory.getbasetemp() / "any"
    root.mkdir(exist_ok=True)
    (root / "pyproject.toml").write_bytes(b"[tool.lacuna]\n" + data)
    assert isinstance(repository_settings(root), dict)
