import pytest
from hypothesis import given
from hypothesis import strategies as st

from bellwire.model.listen_address import ListenAddress, parse_listen_address


@pytest.mark.parametrize(
    ("written", "host", "port"),
    [
        ("127.0.0.1:8425", "127.0.0.1", 8425),
        ("localhost:0", "localhost", 0),
        ("[::1]:65535", "::1", 65535),
        ("[0:0:0:0:0:0:0:1]:80", "::1", 80),
        ("[fe80::1%eth0]:8425", "fe80::1%eth0", 8425),
        ("mail-1.example.com:8425", "mail-1.example.com", 8425),
    ],
)
def test_host_and_port_are_read(written: str, host: str, port: int) -> None:
    assert parse_listen_address(written) == ListenAddress(host, port)


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("8425", "'8425' has no host; write it as 127.0.0.1:8425"),
        (":8425", "':8425' has no host; write it as 127.0.0.1:8425"),
        ("", "'' has no host; write it as 127.0.0.1:8425"),
        ("localhost", "'localhost' has no port; write it as 127.0.0.1:8425"),
        ("127.0.0.1:", "'127.0.0.1:' has no port from 0 to 65535; write it as 127.0.0.1:8425"),
        ("127.0.0.1:65536", "'127.0.0.1:65536' has no port from 0 to 65535; write it as 127.0.0.1:8425"),
        ("127.0.0.1:+80", "'127.0.0.1:+80' has no port from 0 to 65535; write it as 127.0.0.1:8425"),
        ("127.0.0.1:٣", "'127.0.0.1:٣' has no port from 0 to 65535; write it as 127.0.0.1:8425"),
        ("::1:8425", "'::1:8425' has an IPv6 address without brackets; write it as [::1]:8425"),
        ("[fe80::1%a b]:8425", "'[fe80::1%a b]:8425' has no IPv6 address in its brackets; write it as [::1]:8425"),
        ("[127.0.0.1]:8425", "'[127.0.0.1]:8425' has no IPv6 address in its brackets; write it as [::1]:8425"),
        ("http://127.0.0.1:8425", "'http://127.0.0.1:8425' is a URL or a path; write it as 127.0.0.1:8425"),
        ("two words:80", "'two words:80' has no host name or address before the colon; write it as 127.0.0.1:8425"),
    ],
)
def test_anything_else_is_answered_with_the_right_form(written: str, complaint: str) -> None:
    with pytest.raises(ValueError, match="write it as") as caught:
        parse_listen_address(written)
    assert str(caught.value) == complaint


def complaint_about(written: str) -> str | None:
    try:
        address = parse_listen_address(written)
    except ValueError as error:
        return str(error)
    return None if parse_listen_address(str(address)) == address else "reads back as another address"


@given(st.text())
def test_whatever_is_written_is_read_or_refused_with_a_remedy(written: str) -> None:
    complaint = complaint_about(written)
    assert complaint is None or "write it as" in complaint


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("localhost", True),
        ("LocalHost", True),
        ("0.0.0.0", False),  # noqa: S104 - it is not listened on
        ("::", False),
        ("192.0.2.7", False),
        ("localhost.example.com", False),
    ],
)
def test_only_this_machine_is_loopback(host: str, *, loopback: bool) -> None:
    assert ListenAddress(host, 80).is_loopback is loopback
