from pathlib import Path

import pytest

from bellwire.model.secrets_key import parse_keys
from bellwire.service import Bellwire as Service
from builders import URL
from cli.conftest import Bellwire, Start


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """A data folder with one webhook that holds a secret; no server runs."""
    async with Service.open(tmp_path) as service:
        await service.create_webhook({"url": URL, "enable": False, "httpHeaders": {"X-A": "hidden"}})
    return tmp_path


def test_make_key_shows_a_key_of_its_own_each_time(bellwire: Bellwire) -> None:
    first, second = bellwire("secrets", "make-key"), bellwire("secrets", "make-key")
    assert (first.code, first.err) == (0, "")
    assert len(parse_keys(first.out + second.out)) == 2


def test_rotate_key_says_where_the_new_key_is(bellwire: Bellwire, folder: Path) -> None:
    before = (folder / "secrets.key").read_text()
    told = bellwire("secrets", "rotate-key", "--data", folder)
    (key,) = parse_keys((folder / "secrets.key").read_text())
    said = " ".join(told.out.split())
    assert told.code == 0, told
    assert f"The secrets of 1 webhook are encrypted with the new key {key.id}." in said
    assert str(folder / "secrets.key") in told.out.replace("\n", "")
    assert "open with the key before only, which is not kept" in said
    assert "bellwire-key-1:" not in told.out + told.err
    assert (folder / "secrets.key").read_text() != before


def test_rotate_key_names_the_webhooks_whose_secrets_no_key_opened(bellwire: Bellwire, folder: Path) -> None:
    (folder / "secrets.key").write_text(bellwire("secrets", "make-key").out)
    told = bellwire("secrets", "rotate-key", "--data", folder)
    assert told.code == 0
    assert "no key opened secrets of 1 webhook, write them anew: 01" in " ".join(told.err.split())


def test_rotate_key_changes_nothing_where_it_cannot(
    bellwire: Bellwire, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (folder / "secrets.key").read_text()
    monkeypatch.setenv("BELLWIRE_SECRETS_KEY", before)
    told = bellwire("secrets", "rotate-key", "--data", folder)
    assert told.code == 1
    assert "BELLWIRE_SECRETS_KEY holds the key, which no program can change" in told.err
    assert (folder / "secrets.key").read_text() == before
    monkeypatch.setenv("BELLWIRE_SECRETS_KEY", "hidden")
    told = bellwire("secrets", "rotate-key", "--data", folder)
    assert told.code == 1
    assert "hidden" not in told.err


def test_a_key_that_is_open_to_others_keeps_the_server_from_starting(program: Start, folder: Path) -> None:
    (folder / "secrets.key").chmod(0o644)
    server = program("serve", "--data", folder, "--listen", "127.0.0.1:0")
    assert f"run: chmod 600 '{folder / 'secrets.key'}'" in server.error_with("is open to others (mode 0644)")
    assert server.wait() == 1
