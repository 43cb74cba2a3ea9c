import json

import pytest

from lacuna_ls.adapters.trust_store import TrustStore
from lacuna_ls.domain.errors import StoreError


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    (folder / "inner").mkdir(parents=True)
    return folder


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


def test_nothing_is_trusted_at_first(project, data):
    assert not TrustStore(data).trusted(project)


def test_trust_holds_for_all_below_and_nothing_beside(project, data):
    store = TrustStore(data)
    store.grant(project)
    assert store.trusted(project)
    assert store.trusted(project / "inner" / "new.py")
    assert not store.trusted(project.parent)
    assert not store.trusted(project.with_name("project2"))


def test_trust_is_seen_by_other_servers_at_once(project, data):
    one, other = TrustStore(data), TrustStore(data)
    assert not other.trusted(project)
    one.grant(project)
    assert other.trusted(project)
    other.withdraw(project)
    assert not one.trusted(project)


def test_a_link_is_as_trusted_as_what_it_leads_to(project, data, tmp_path):
    secret = tmp_path / "elsewhere"
    secret.mkdir()
    (project / "link").symlink_to(secret)
    store = TrustStore(data)
    store.grant(project)
    assert not store.trusted(project / "link")
    (tmp_path / "way").symlink_to(project)
    assert store.trusted(tmp_path / "way")


def test_withdrawing_takes_the_folders_below_along(project, data):
    store = TrustStore(data)
    store.grant(project / "inner")
    store.withdraw(project)
    assert not store.trusted(project / "inner")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff",
        b"{",
        b"[]",
        b"null",
        b'{"trusted": "/"}',
        b'{"trusted": [1]}',
        b'{"trusted": [""]}',
        b'{"trusted": ["."]}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_record_trusts_nothing_and_is_logged(project, data, text, caplog):
    data.mkdir()
    (data / "trust.json").write_bytes(text)
    assert not TrustStore(data).trusted(project)
    assert "no folder is trusted" in caplog.text


def test_a_record_is_replaced_whole(project, data):
    store = TrustStore(data)
    store.grant(project)
    assert [path.name for path in data.iterdir()] == ["trust.json"]
    assert json.loads((data / "trust.json").read_text()) == {"trusted": [str(project.resolve())]}


def test_a_record_that_cannot_be_written_is_an_error(project, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="trust could not be recorded"):
        TrustStore(tmp_path / "file" / "data").grant(project)
