import pytest
from hypothesis import given
from hypothesis import strategies as st

from bellwire.model.listen_address import ListenAddress
from bellwire.web.hosts import Hosts, host_of_header


def accepts(written: str, *, listen: str = "127.0.0.1", names: tuple[str, ...] = ()) -> bool:
    return Hosts(ListenAddress(listen, 8425), names).accept(written)


@pytest.mark.parametrize(
    "written",
    ["localhost", "localhost:8425", "LocalHost.", "127.0.0.1:1", "127.0.0.1", "[::1]:8425", "[::1]", "localhost:"],
)
def test_on_a_loopback_address_the_names_of_this_machine_are_taken(written: str) -> None:
    assert accepts(written)


@pytest.mark.parametrize(
    "written",
    [
        "evil.example",
        "evil.example:8425",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "192.0.2.1",
        "[::2]",
        "[::1",
        "[::1]x",
        "::1",
        "localhost:80:80",
        "localhost:x",
        "user@localhost",
        "",
        ":8425",
        " ",
    ],
)
def test_on_a_loopback_address_every_other_name_is_refused(written: str) -> None:
    assert not accepts(written)


def test_names_that_were_set_are_taken_too() -> None:
    assert accepts("Bellwire.example.org:443", names=("bellwire.example.org.",))
    assert not accepts("evil.example", names=("bellwire.example.org",))


def test_beyond_loopback_the_address_that_is_listened_on_is_a_name() -> None:
    assert accepts("192.0.2.7:8425", listen="192.0.2.7", names=("a.example",))
    assert accepts("[2001:db8::7]", listen="2001:db8::7", names=("a.example",))
    assert not accepts("192.0.2.8", listen="192.0.2.7", names=("a.example",))


def test_where_all_addresses_are_listened_on_each_is_a_name_and_names_must_be_set_to_be_checked() -> None:
    for every in ("0.0.0.0", "::"):  # noqa: S104 - told, not bound
        assert accepts("192.0.2.8:8425", listen=every, names=("a.example",))
        assert not accepts("evil.example", listen=every, names=("a.example",))
        assert accepts("any.example", listen=every)
        assert not accepts("", listen=every)


@given(st.text())
def test_no_header_breaks_the_reading(written: str) -> None:
    host = host_of_header(written)
    assert host == host.lower()
    accepts(written)
