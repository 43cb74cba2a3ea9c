from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.domain.errors import OutsideWorkspaceError
from lacuna_ls.lsp.uris import home_of, inside, path_of, pure_path_of, uri_of

names = st.text(st.characters(exclude_characters='/\\\0:*?"<>|', codec="utf-8"), min_size=1).filter(
    lambda name: name not in (".", "..") and not name.endswith((" ", "."))
)


@given(st.lists(names, max_size=4))
def test_a_posix_path_survives_the_way_out_and_back(parts):
    path = PurePosixPath("/", *parts)
    assert pure_path_of(uri_of(path), windows=False) == path


@given(st.sampled_from(["C:/", "c:/", "//server/share/"]), st.lists(names, max_size=4))
def test_a_windows_path_survives_the_way_out_and_back(anchor, parts):
    path = PureWindowsPath(anchor, *parts)
    assert pure_path_of(uri_of(path), windows=True) == path


def test_both_spellings_of_a_drive_are_one_path():
    one = pure_path_of("file:///c%3A/code/a.py", windows=True)
    other = pure_path_of("file:///C:/code/a.py", windows=True)
    assert one == other == PureWindowsPath("C:/code/a.py")


def test_a_share_is_a_path_on_windows_only():
    assert pure_path_of("file://server/share/a.py", windows=False) is None


def test_bytes_that_are_not_utf8_survive():
    path = PurePosixPath("/caf\udce9")
    assert pure_path_of(uri_of(path), windows=False) == path


@pytest.mark.parametrize(
    "uri",
    ["untitled:Untitled-1", "http://h/x", "file:///a%00b", "file:relative", "", "file://[", "::"],
)
def test_what_names_no_file_is_none(uri):
    assert path_of(uri) is None


@pytest.mark.parametrize(
    "uri",
    [
        "vscode-notebook-cell:/work%20shop/notes.ipynb#W0sZmlsZQ%3D%3D",
        "vscode-notebook-cell://wsl%2Bubuntu/work%20shop/notes.ipynb#W0s",
        "file:///work%20shop/notes.ipynb",
    ],
)
def test_a_cell_is_kept_in_its_notebook(uri):
    assert home_of(uri) == Path("/work shop/notes.ipynb")


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", "vscode-notebook-cell:notes", ""])
def test_what_was_never_saved_is_kept_nowhere(uri):
    assert home_of(uri) is None


@given(st.text())
def test_no_text_breaks_it(text):
    path_of(text)
    path_of("file://" + text)
    home_of("vscode-notebook-cell:/" + text)
    pure_path_of("file:///" + text, windows=True)


def test_a_path_inside_is_real(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert inside(tmp_path / "link" / "x.py", [tmp_path.resolve()]) == tmp_path.resolve() / "a/x.py"


def test_a_link_out_of_the_workspace_is_refused(tmp_path):
    root = (tmp_path / "root").resolve()
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(OutsideWorkspaceError):
        inside(root / "link" / "x.py", [root])


def test_dots_out_of_the_workspace_are_refused(tmp_path):
    with pytest.raises(OutsideWorkspaceError):
        inside(tmp_path / ".." / "x.py", [tmp_path.resolve()])


def test_a_link_to_itself_is_refused(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(OutsideWorkspaceError):
        inside(Path(tmp_path / "loop" / "x"), [Path("/nowhere")])
