import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from bellwire.model.attempt import AddressRefused, Answer, NoAnswer, Trouble
from bellwire.model.duration import DurationMs
from bellwire.model.endpoint_check import Addresses, Contact
from bellwire.senders import http
from bellwire.senders.http import HttpSender
from bellwire.senders.look_up import look_up
from receivers import Connection, Receiver, server_tls
from senders.requesting import make_request

TIMEOUT_MS = DurationMs(5_000)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(autouse=True)
def trusted_file(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system trusts this authority and no other."""
    place = tmp_path / "authorities.pem"
    place.write_bytes(authority.cert_pem.bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(place))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)


async def test_a_probe_shows_protocol_and_chain_of_whoever_is_there_and_sends_no_request(sender: HttpSender) -> None:
    unknown = trustme.CA()
    with Receiver(tls=server_tls(unknown, "other.example")) as receiver:
        probed = await sender.probe(receiver.url, timeout_ms=TIMEOUT_MS)
        await receiver.until(lambda: receiver.connections == 1 and receiver.open_connections == 0)
        assert not receiver.requests
    assert isinstance(probed, Contact)
    assert (probed.address, probed.tls_version) == ("127.0.0.1", "TLSv1.3")
    assert probed.certificates[0].names == ("other.example",)
    assert probed.connect_us > 0


async def test_an_older_protocol_is_told(sender: HttpSender, authority: trustme.CA) -> None:
    with Receiver(tls=server_tls(authority, version=ssl.TLSVersion.TLSv1_2)) as receiver:
        probed = await sender.probe(receiver.url, timeout_ms=TIMEOUT_MS)
    assert isinstance(probed, Contact)
    assert probed.tls_version == "TLSv1.2"


async def test_a_probe_without_tls_only_connects(sender: HttpSender) -> None:
    with Receiver() as receiver:
        probed = await sender.probe(receiver.url, timeout_ms=TIMEOUT_MS)
        await receiver.until(lambda: receiver.connections == 1 and receiver.open_connections == 0)
    assert isinstance(probed, Contact)
    assert (probed.tls_version, probed.certificates) == ("", ())


async def test_a_probe_goes_to_no_forbidden_address() -> None:
    sender = HttpSender(lambda _host, _port: "not there")
    with Receiver() as receiver:
        assert await sender.probe(receiver.url, timeout_ms=TIMEOUT_MS) == AddressRefused("not there")
        assert receiver.connections == 0
    await sender.close()


async def test_a_probe_that_comes_to_nothing_says_why(sender: HttpSender, free_port: Callable[[str], int]) -> None:
    probed = await sender.probe(f"http://127.0.0.1:{free_port('127.0.0.1')}/", timeout_ms=TIMEOUT_MS)
    assert isinstance(probed, NoAnswer)
    assert probed.trouble is Trouble.CONNECT


async def test_a_probe_is_bounded_in_time(sender: HttpSender) -> None:
    with Receiver(on_connect=lambda connection: connection.wait_closed()) as receiver:
        url = receiver.url.replace("http:", "https:")
        probed = await sender.probe(url, timeout_ms=DurationMs(100))
    assert isinstance(probed, NoAnswer)
    assert probed.trouble is Trouble.TIMEOUT


async def test_a_server_without_tls_is_told_at_the_handshake(sender: HttpSender) -> None:
    def talk(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.wait_closed()

    with Receiver(on_connect=talk) as receiver:
        probed = await sender.probe(receiver.url.replace("http:", "https:"), timeout_ms=TIMEOUT_MS)
    assert isinstance(probed, NoAnswer)
    assert probed.trouble is Trouble.TLS
    assert probed.timings.connect_us is not None


async def test_deliveries_and_probes_remember_when_the_certificate_ends(
    sender: HttpSender, authority: trustme.CA
) -> None:
    with Receiver(tls=server_tls(authority)) as receiver, Receiver(tls=server_tls(authority)) as other:
        assert sender.certificate_ends_at_ms(receiver.url) is None
        for _ in range(2):  # the second request has no handshake, and leaves what is known
            assert isinstance(await sender.send(make_request(receiver.url)), Answer)
            assert sender.certificate_ends_at_ms(receiver.url + "/elsewhere") == 32_503_680_000_000
        assert sender.certificate_ends_at_ms(other.url) is None
        await sender.probe(other.url, timeout_ms=TIMEOUT_MS)
        assert sender.certificate_ends_at_ms(other.url) == 32_503_680_000_000


async def test_only_so_many_certificates_are_remembered(
    sender: HttpSender, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "CERTIFICATE_ENDS_KEPT_MAX", 1)
    with Receiver(tls=server_tls(authority)) as first, Receiver(tls=server_tls(authority)) as second:
        for receiver in (first, second):
            await sender.send(make_request(receiver.url))
        assert sender.certificate_ends_at_ms(first.url) is None
        assert sender.certificate_ends_at_ms(second.url) is not None


async def test_a_name_is_looked_up_with_all_its_addresses(sender: HttpSender) -> None:
    found = await sender.look_up("http://localhost:9/", timeout_ms=TIMEOUT_MS)
    assert isinstance(found, Addresses)
    assert "127.0.0.1" in found.addresses
    assert await sender.look_up("http://[::1]:9/", timeout_ms=TIMEOUT_MS) == Addresses(("::1",))


async def test_a_name_that_nobody_knows_is_a_value(sender: HttpSender) -> None:
    found = await sender.look_up("http://no-such-name.invalid/", timeout_ms=TIMEOUT_MS)
    assert isinstance(found, NoAnswer)
    assert found.detail.startswith("the name lookup failed: ")


async def test_a_lookup_is_bounded_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: gate.wait(10) and [])
    found = await look_up("slow.example", 80, timeout_ms=DurationMs(10))
    gate.set()
    assert isinstance(found, NoAnswer)
    assert "within 10ms" in found.detail
