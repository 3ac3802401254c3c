import datetime as dt
import os
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme

from bellwire.model.attempt import Answer, NoAnswer, Trouble
from bellwire.senders.http import HttpSender
from receivers import Connection, Receiver, Reply, server_tls
from senders.requesting import allow_all, make_request

LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


class TrustedFile:
    """The file of authorities that the system trusts."""

    def __init__(self, path: Path, authority: trustme.CA) -> None:
        self.path = path
        self._content = authority.cert_pem.bytes()
        self.restore()

    def restore(self) -> None:
        self.path.write_bytes(self._content)

    def remove(self) -> None:
        self.path.unlink()

    def spoil(self) -> None:
        self.path.write_text("nothing of that kind")

    def move_to_folder(self, folder: Path) -> None:
        """Put it where OpenSSL looks in a folder."""
        command = ["openssl", "x509", "-noout", "-hash", "-in", str(self.path)]
        name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        self.path.rename(folder / f"{name}.0")


@pytest.fixture(autouse=True)
def trusted_file(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrustedFile:
    """The system trusts this authority and no other."""
    made = TrustedFile(tmp_path / "authorities.pem", authority)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.path))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    return made


@pytest.fixture
async def sender(trusted_file: TrustedFile) -> AsyncIterator[HttpSender]:  # noqa: ARG001 - it stands before the sender
    made = HttpSender(allow_all)
    yield made
    await made.close()


async def tls_trouble_of(sender: HttpSender, receiver: Receiver) -> str:
    response = await sender.send(make_request(receiver.url))
    assert isinstance(response, NoAnswer), response
    assert response.trouble is Trouble.TLS
    assert not receiver.requests
    return response.detail


async def test_a_certificate_of_a_trusted_authority_is_accepted_and_the_handshake_timed(
    sender: HttpSender, authority: trustme.CA
) -> None:
    with Receiver(tls=server_tls(authority)) as receiver:
        first, second = [await sender.send(make_request(receiver.url)) for _ in range(2)]
        assert (receiver.connections, len(receiver.requests)) == (1, 2)
    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert first.timings.connect_us is not None
    assert first.timings.tls_us is not None
    assert first.timings.connect_us <= first.timings.tls_us
    assert second.timings.tls_us is None


async def test_a_name_is_checked_as_well_as_an_address(sender: HttpSender, authority: trustme.CA) -> None:
    with Receiver(tls=server_tls(authority), url_host="localhost") as receiver:
        assert isinstance(await sender.send(make_request(receiver.url)), Answer)


async def test_an_unknown_authority_is_said_so(sender: HttpSender) -> None:
    with Receiver(tls=server_tls(trustme.CA())) as receiver:
        detail = await tls_trouble_of(sender, receiver)
    assert detail.startswith("the certificate is not signed by an authority that this system trusts: ")


async def test_a_certificate_for_another_name_is_said_so(sender: HttpSender, authority: trustme.CA) -> None:
    with Receiver(tls=server_tls(authority, "elsewhere.example")) as receiver:
        assert (await tls_trouble_of(sender, receiver)).startswith("the certificate is for another name: ")


async def test_an_expired_certificate_is_said_so(sender: HttpSender, authority: trustme.CA) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", not_before=LONG_AGO, not_after=LONG_AGO.replace(year=2001)).configure_cert(
        context
    )
    with Receiver(tls=context) as receiver:
        assert (await tls_trouble_of(sender, receiver)).startswith("the certificate has expired: ")


async def test_versions_before_1_2_are_refused(sender: HttpSender, authority: trustme.CA) -> None:
    context = server_tls(authority)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match=r"TLSv1_1 is deprecated"):
        context.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match=r"TLSv1_1 is deprecated"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with Receiver(tls=context) as receiver:
        assert (await tls_trouble_of(sender, receiver)).startswith("the TLS handshake failed: ")
        response = await sender.send(make_request(receiver.url, allow_invalid_certs=True))
    assert isinstance(response, NoAnswer)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_versions_from_1_2_on_are_spoken(
    sender: HttpSender, authority: trustme.CA, version: ssl.TLSVersion
) -> None:
    with Receiver(tls=server_tls(authority, version=version)) as receiver:
        assert isinstance(await sender.send(make_request(receiver.url)), Answer)


async def test_an_endpoint_that_speaks_http_2_only_is_said_so(sender: HttpSender, authority: trustme.CA) -> None:
    def speak_http_2(connection: Connection) -> None:
        connection.send(b"\0\0\0\4\0\0\0\0\0")
        connection.wait_closed()

    with Receiver(tls=server_tls(authority), on_connect=speak_http_2) as receiver:
        response = await sender.send(make_request(receiver.url))
    assert isinstance(response, NoAnswer)
    assert response.trouble is Trouble.BAD_HTTP


async def test_an_endpoint_that_does_not_speak_tls_is_said_so(sender: HttpSender) -> None:
    def answer_in_clear(connection: Connection) -> None:
        connection.receive()
        connection.send(b"HTTP/1.1 400 Bad request\r\n\r\n")

    with Receiver(on_connect=answer_in_clear) as receiver:
        response = await sender.send(make_request(receiver.url.replace("http:", "https:")))
    assert isinstance(response, NoAnswer)
    assert response.trouble is Trouble.TLS
    assert response.detail.startswith("the TLS handshake failed: ")


async def test_a_handshake_that_stands_still_is_a_timeout_that_says_so(sender: HttpSender) -> None:
    with Receiver(on_connect=lambda connection: connection.wait_closed()) as receiver:
        response = await sender.send(make_request(receiver.url.replace("http:", "https:"), timeout_ms=200))
    assert isinstance(response, NoAnswer)
    assert response.trouble is Trouble.TIMEOUT
    assert response.detail.endswith("TLS handshake not finished)")


@pytest.mark.parametrize("names", [("127.0.0.1",), ("elsewhere.example",)])
async def test_allowing_invalid_certificates_accepts_any_name_and_any_authority(
    sender: HttpSender, names: tuple[str, ...]
) -> None:
    with Receiver(tls=server_tls(trustme.CA(), *names)) as receiver:
        assert isinstance(await sender.send(make_request(receiver.url, allow_invalid_certs=True)), Answer)


async def test_a_connection_or_session_without_checks_never_serves_a_request_with_checks(sender: HttpSender) -> None:
    with Receiver(tls=server_tls(trustme.CA())) as receiver:
        for _ in range(3):
            unchecked = await sender.send(make_request(receiver.url, allow_invalid_certs=True))
            checked = await sender.send(make_request(receiver.url))
            assert isinstance(unchecked, Answer)
            assert isinstance(checked, NoAnswer)
            assert checked.trouble is Trouble.TLS
        receiver.answer_with(Reply(close=True))  # from now on only sessions can be taken up again
        for _ in range(3):
            assert isinstance(await sender.send(make_request(receiver.url, allow_invalid_certs=True)), Answer)
            assert isinstance(await sender.send(make_request(receiver.url)), NoAnswer)


async def test_authorities_in_a_folder_are_found(
    authority: trustme.CA, trusted_file: TrustedFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted_file.move_to_folder(tmp_path)
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("SSL_CERT_DIR", os.pathsep.join(("/nonexistent", str(tmp_path))))
    sender = HttpSender(allow_all)
    with Receiver(tls=server_tls(authority)) as receiver:
        assert isinstance(await sender.send(make_request(receiver.url)), Answer)
    with Receiver(tls=server_tls(trustme.CA())) as receiver:
        await tls_trouble_of(sender, receiver)
    await sender.close()


async def test_without_authorities_nothing_is_sent_unchecked_until_there_are_some(
    authority: trustme.CA, trusted_file: TrustedFile
) -> None:
    trusted_file.remove()
    sender = HttpSender(allow_all)
    with Receiver(tls=server_tls(authority)) as receiver, Receiver() as in_clear:
        assert str(trusted_file.path) in await tls_trouble_of(sender, receiver)
        assert receiver.connections == 0
        assert isinstance(await sender.send(make_request(in_clear.url)), Answer)
        trusted_file.restore()
        assert isinstance(await sender.send(make_request(receiver.url)), Answer)
    await sender.close()


async def test_a_file_of_authorities_that_holds_none_is_said_so(
    sender: HttpSender, authority: trustme.CA, trusted_file: TrustedFile
) -> None:
    trusted_file.spoil()
    with Receiver(tls=server_tls(authority)) as receiver:
        detail = await tls_trouble_of(sender, receiver)
    assert detail.startswith("the certificate authorities of this system cannot be read: ")
