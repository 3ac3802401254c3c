"""The server's TLS over real handshakes."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from structlog.testing import capture_logs

from bellwire.errors import InvalidSetting
from bellwire.model.listening import Reach, TlsFiles
from bellwire.service import Bellwire
from bellwire.web import server
from bellwire.web.server import RunningServer, serve_api
from bellwire.web.tls import ServerTls
from web.expecting import expect_json

AUTHORITY = trustme.CA()


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    made = TlsFiles(tmp_path / "tls.pem", tmp_path / "tls.key")
    write_pair(made, "localhost", "127.0.0.1")
    return made


def write_pair(files: TlsFiles, *names: str) -> None:
    issued = AUTHORITY.issue_cert(*names)
    files.certificate.write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
    files.key.write_bytes(issued.private_key_pem.bytes())


@pytest.fixture
async def secure(service: Bellwire, files: TlsFiles, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunningServer]:
    monkeypatch.setattr(server, "_TICK_S", 3600)  # the tests say when the files are looked at
    made = await serve_api(service, host="127.0.0.1", port=0, reach=Reach(tls=files))
    yield made
    await made.stop()


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


async def names_shown(running: RunningServer) -> list[str]:
    context = trusting()
    context.check_hostname = False
    _, writer = await asyncio.open_connection("127.0.0.1", running.port, ssl=context)
    shown = writer.get_extra_info("ssl_object").getpeercert()["subjectAltName"]
    writer.close()
    await writer.wait_closed()
    return [name for _, name in shown]


async def test_the_api_is_called_over_tls(secure: RunningServer) -> None:
    async with httpx.AsyncClient(verify=trusting(), trust_env=False) as client:
        expect_json(await client.get(f"https://localhost:{secure.port}/healthz"))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_present_versions_of_tls_are_spoken(secure: RunningServer, version: ssl.TLSVersion) -> None:
    context = trusting()
    context.minimum_version = context.maximum_version = version
    _, writer = await asyncio.open_connection("127.0.0.1", secure.port, ssl=context)
    assert writer.get_extra_info("ssl_object").version() == version.name.replace("_", ".")
    writer.close()
    await writer.wait_closed()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_older_versions_of_tls_are_not_spoken(secure: RunningServer) -> None:
    context = trusting()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection("127.0.0.1", secure.port, ssl=context)


async def test_a_new_pair_counts_for_new_connections_and_open_ones_go_on(
    secure: RunningServer, files: TlsFiles
) -> None:
    async with httpx.AsyncClient(verify=trusting(), trust_env=False) as client:
        url = f"https://localhost:{secure.port}/healthz"
        expect_json(await client.get(url))
        write_pair(files, "other.example")
        look(secure)
        assert await names_shown(secure) == ["other.example"]
        expect_json(await client.get(url))  # over the connection that it has kept


@pytest.mark.parametrize("spoiled", ["certificate", "key", "mismatch", "missing"])
async def test_a_broken_new_pair_is_reported_once_and_the_one_before_kept(
    secure: RunningServer, files: TlsFiles, spoiled: str
) -> None:
    match spoiled:
        case "certificate":
            files.certificate.write_text("nothing of that kind")
        case "key":
            files.key.write_text("nothing of that kind")
        case "mismatch":
            files.key.write_bytes(AUTHORITY.issue_cert("x.example").private_key_pem.bytes())
        case _:
            files.key.unlink()
    with capture_logs() as logs:
        look(secure)
        look(secure)
    (line,) = logs
    assert (line["log_level"], line["event"]) == (
        "error",
        "the new certificate cannot be used; the one before is kept",
    )
    assert await names_shown(secure) == ["localhost", "127.0.0.1"]
    write_pair(files, "mended.example")
    look(secure)
    assert await names_shown(secure) == ["mended.example"]


async def test_files_are_looked_at_while_the_server_runs(
    service: Bellwire, files: TlsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_TICK_S", 0.01)
    running = await serve_api(service, host="127.0.0.1", port=0, reach=Reach(tls=files))
    write_pair(files, "other.example")
    async with asyncio.timeout(10):
        while await names_shown(running) != ["other.example"]:
            pass
    await running.stop()


def encrypted(key: bytes) -> bytes:
    loaded = load_pem_private_key(key, None)
    return loaded.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))


@pytest.mark.parametrize(
    ("spoiled", "words"),
    [
        ("certificate", "they are no PEM files"),
        ("mismatch", "the key belongs to another certificate"),
        ("missing", "cannot be read: No such file or directory"),
        ("encrypted", "the key is encrypted"),
    ],
)
def test_a_pair_that_cannot_be_used_ends_the_start_and_says_why(files: TlsFiles, spoiled: str, words: str) -> None:
    match spoiled:
        case "certificate":
            files.certificate.write_text("nothing of that kind")
        case "mismatch":
            files.key.write_bytes(AUTHORITY.issue_cert("x.example").private_key_pem.bytes())
        case "missing":
            files.certificate.unlink()
        case _:
            files.key.write_bytes(encrypted(files.key.read_bytes()))
    with pytest.raises(InvalidSetting, match=words) as caught:
        ServerTls(files)
    assert str(caught.value).startswith("tls.certificate: ")


def look(running: RunningServer) -> None:
    assert running._tls is not None
    running._tls.look()
