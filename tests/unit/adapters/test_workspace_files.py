"""What of a workspace may be read: source, not what is ignored, secret, too large or outside."""

import os

import pytest

from lacuna_ls.adapters.workspace_files import MOST_BYTES, RunFiles, WorkspaceFiles, is_secret

PYTHON = frozenset({".py"})


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    return folder.resolve()


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def found(root, suffixes=PYTHON, ignore=()):
    files = WorkspaceFiles([root], ignore)
    return [path.relative_to(root).as_posix() for path in files.source_files(root, suffixes)]


def test_sources_come_in_the_order_of_their_paths(root):
    write(root, {"b.py": "", "a/c.py": "", "a/d.txt": "", "z.py": ""})
    assert found(root) == ["a/c.py", "b.py", "z.py"]


def test_gitignore_of_every_level_counts_and_the_nearer_one_wins(root):
    write(
        root,
        {
            ".gitignore": "*_gen.py\n/build/\n",
            "sub/.gitignore": "!kept_gen.py\nlocal.py\n",
            "a_gen.py": "",
            "build/x.py": "",
            "sub/build/x.py": "",
            "sub/kept_gen.py": "",
            "sub/local.py": "",
            "local.py": "",
        },
    )
    assert found(root) == ["local.py", "sub/build/x.py", "sub/kept_gen.py"]


@pytest.mark.parametrize(
    "rules", [".aiexclude", ".cursorignore", ".copilotignore", ".geminiignore"]
)
def test_ai_rules_count_at_every_level_and_take_nothing_back(root, rules):
    write(
        root,
        {
            rules: "private/\n*_key.py\n",
            f"sub/{rules}": "!open_key.py\nown.py\n",
            "private/x.py": "",
            "sub/open_key.py": "",
            "sub/own.py": "",
            "sub/y.py": "",
        },
    )
    assert found(root) == ["sub/y.py"]


def test_git_cannot_take_back_what_the_ai_rules_exclude(root):
    write(root, {".aiexclude": "x.py\n", ".gitignore": "!x.py\n", "x.py": "", "y.py": ""})
    assert found(root) == ["y.py"]


def test_the_users_own_globs_count(root):
    write(root, {"vendored/x.py": "", "y.py": ""})
    assert found(root, ignore=["vendored/"]) == ["y.py"]


def test_environments_and_caches_are_not_entered(root):
    write(root, {".venv/x.py": "", "node_modules/y.py": "", ".git/z.py": "", "a.py": ""})
    assert found(root) == ["a.py"]


@pytest.mark.parametrize(
    "name",
    [".env", ".env.local", "server.pem", "id_rsa", "tls.KEY", "store.p12", ".netrc", "credentials"],
)
def test_names_of_secrets_are_neither_listed_nor_read(root, name):
    write(root, {name: "token"})
    suffix = os.path.splitext(name)[1]  # noqa: PTH122 - a suffix as the port understands it
    assert is_secret(name)
    assert found(root, frozenset({suffix, ""})) == []
    assert WorkspaceFiles([root]).read(root / name) is None


def test_ordinary_names_are_no_secrets(root):
    assert not any(map(is_secret, ["keys.py", "environment.py", "identity.py", "a.py", "pem.py"]))


def test_a_source_file_about_credentials_is_still_a_secret_by_its_name():
    assert is_secret("credentials.py")


def test_runs_see_every_source_file_whatever_its_name_and_whatever_ai_tools_may_see(root):
    write(root, {"credentials.py": "x = 1\n", "a.py": "", ".aiexclude": "a.py\n"})
    files = RunFiles([root])
    listed = [path.name for path in files.source_files(root, frozenset({".py"}))]
    assert listed == ["a.py", "credentials.py"]
    assert files.read(root / "credentials.py") == b"x = 1\n"
    assert files.signature(root / "credentials.py") is not None


def test_runs_see_nothing_that_git_ignores_or_that_lies_outside(root, tmp_path):
    write(root, {"build/x.py": "", ".gitignore": "build/\n"})
    write(tmp_path, {"outside.py": ""})
    files = RunFiles([root])
    assert list(files.source_files(root, frozenset({".py"}))) == []
    assert files.read(tmp_path / "outside.py") is None


def test_a_link_that_leaves_the_root_is_neither_listed_nor_read(root, tmp_path):
    write(tmp_path, {"outside/x.py": "secret"})
    (root / "link.py").symlink_to(tmp_path / "outside" / "x.py")
    (root / "folder").symlink_to(tmp_path / "outside")
    assert found(root) == []
    assert WorkspaceFiles([root]).read(root / "link.py") is None
    assert WorkspaceFiles([root]).read(root / "folder" / "x.py") is None


def test_a_link_inside_the_root_cannot_uncover_a_secret(root):
    write(root, {".env": "token"})
    (root / "plain.py").symlink_to(root / ".env")
    assert found(root) == []


def test_links_that_go_in_circles_end(root):
    (root / "a").symlink_to(root)
    (root / "b.py").symlink_to(root / "b.py")
    write(root, {"c.py": ""})
    assert found(root) == ["c.py"]


def test_a_file_above_the_limit_is_not_read(root):
    (root / "big.py").write_bytes(b"x" * (MOST_BYTES + 1))
    (root / "fits.py").write_bytes(b"x" * MOST_BYTES)
    files = WorkspaceFiles([root])
    assert files.read(root / "big.py") is None
    assert files.read(root / "fits.py") == b"x" * MOST_BYTES


def test_a_pipe_is_no_source_file(root):
    os.mkfifo(root / "pipe.py")
    assert found(root) == []
    assert WorkspaceFiles([root]).read(root / "pipe.py") is None


def test_signatures_tell_an_edit_and_a_missing_file(root):
    files = WorkspaceFiles([root])
    write(root, {"a.py": "one"})
    before = files.signature(root / "a.py")
    write(root, {"a.py": "three"})
    assert files.signature(root / "a.py") != before
    assert files.signature(root / "gone.py") is None


def test_a_signature_tells_nothing_of_what_lies_outside(root, tmp_path):
    write(tmp_path, {"x.py": ""})
    assert WorkspaceFiles([root]).signature(tmp_path / "x.py") is None


def test_rules_that_are_not_utf8_are_read_as_far_as_they_go(root):
    (root / ".gitignore").write_bytes(b"\xff\xfe\nx.py\n")
    write(root, {"x.py": "", "y.py": ""})
    assert found(root) == ["y.py"]


def test_what_may_be_shown_is_what_would_be_found(root):
    write(
        root,
        {
            ".gitignore": "*_gen.py\n/build/\n",
            ".aiexclude": "private/\n",
            "sub/.gitignore": "!kept_gen.py\nlocal.py\n",
            "a_gen.py": "",
            "build/x.py": "",
            "private/x.py": "",
            "sub/private/x.py": "",
            "sub/build/x.py": "",
            "sub/kept_gen.py": "",
            "sub/local.py": "",
            "sub/own.py": "",
            "local.py": "",
            "id_rsa.py": "",
            "node_modules/x.py": "",
            "mine/x.py": "",
        },
    )
    files = WorkspaceFiles([root], ["mine/"])
    shown = [
        path.relative_to(root).as_posix()
        for path in sorted(root.rglob("*.py"))
        if files.shown(path) is not None
    ]
    assert shown == found(root, ignore=["mine/"]) != []


def test_nothing_outside_is_shown_and_no_secret_by_another_name(root, tmp_path):
    write(root, {"keys/id_rsa": "a key", "private/x.py": "", ".aiexclude": "private/\n"})
    (tmp_path / "outside.py").write_text("x = 1\n")
    (root / "link.py").symlink_to(root / "keys" / "id_rsa")
    (root / "other.py").symlink_to(root / "private" / "x.py")
    files = WorkspaceFiles([root])
    for path in (tmp_path / "outside.py", root / "link.py", root / "other.py", root / "no.py"):
        assert files.shown(path) is None


def test_what_may_be_shown_is_told_of_a_file_that_is_not_on_disk_yet(tmp_path):
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    files = WorkspaceFiles((tmp_path,))
    assert files.may_show(tmp_path / "new.py")
    assert not files.may_show(tmp_path / "ignored.py")
    assert not files.may_show(tmp_path / ".env")
    assert not files.may_show(tmp_path.parent / "outside.py")
