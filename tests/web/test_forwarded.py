from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from bellwire.model.listening import ProxyHeader
from bellwire.model.network import parse_rule
from bellwire.web.forwarded import HOPS_MAX, Forwarded

PROXY = "10.0.0.1"


async def client_of(
    *headers: tuple[str, str],
    peer: str | None = PROXY,
    trusted: Sequence[str] = ("10.0.0.0/8",),
    header: ProxyHeader = ProxyHeader.X_FORWARDED_FOR,
) -> tuple[str | None, str]:
    """The client and the scheme that what stands behind it sees."""
    seen: list[Scope] = []

    async def look(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope)

    async def receive() -> Message:
        raise NotImplementedError

    async def send(_message: Message) -> None:
        raise NotImplementedError

    scope = {
        "client": None if peer is None else (peer, 4711),
        "scheme": "http",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
    }
    await Forwarded(look, tuple(map(parse_rule, trusted)), header)(scope, receive, send)
    return seen[0]["client"] and seen[0]["client"][0], seen[0]["scheme"]


async def test_a_trusted_proxy_is_believed() -> None:
    headers = (("x-forwarded-for", "192.0.2.7"), ("x-forwarded-proto", "https"))
    assert await client_of(*headers) == ("192.0.2.7", "https")


async def test_nobody_else_is_believed() -> None:
    headers = (("x-forwarded-for", "192.0.2.7"), ("x-forwarded-proto", "https"))
    assert await client_of(*headers, peer="198.51.100.1") == ("198.51.100.1", "http")
    assert await client_of(*headers, trusted=()) == (PROXY, "http")
    assert await client_of(*headers, peer=None) == (None, "http")


@pytest.mark.parametrize(
    ("written", "client"),
    [
        ("198.51.100.9, 192.0.2.7", "192.0.2.7"),  # the first one is what the client itself has written
        ("192.0.2.7, 10.0.0.2", "192.0.2.7"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("192.0.2.7:1234", "192.0.2.7"),
        ("[2001:db8::7]:1234", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("192.0.2.7, unknown", PROXY),
        ("unknown, 10.0.0.2", "10.0.0.2"),
        ("", PROXY),
        (",,", PROXY),
    ],
)
async def test_each_hop_is_believed_as_far_as_the_one_behind_it_is_trusted(written: str, client: str) -> None:
    assert (await client_of(("x-forwarded-for", written)))[0] == client


async def test_a_header_that_comes_twice_is_one_list() -> None:
    assert (await client_of(("x-forwarded-for", "192.0.2.7"), ("x-forwarded-for", "10.0.0.2")))[0] == "192.0.2.7"


@pytest.mark.parametrize(
    ("written", "client", "scheme"),
    [
        ("for=192.0.2.7;proto=https;by=10.0.0.1", "192.0.2.7", "https"),
        ('For="[2001:db8::7]:4711"', "2001:db8::7", "http"),
        ("for=198.51.100.1, for=192.0.2.7;proto=HTTPS", "192.0.2.7", "https"),
        ("for=_hidden;proto=ftp", PROXY, "http"),
        ("proto=https", PROXY, "https"),
        ("", PROXY, "http"),
    ],
)
async def test_the_standard_header_is_read_where_it_was_chosen(written: str, client: str, scheme: str) -> None:
    found = await client_of(("forwarded", written), header=ProxyHeader.FORWARDED)
    assert found == (client, scheme)


async def test_the_header_that_was_not_chosen_means_nothing() -> None:
    both = (("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=192.0.2.8"))
    assert (await client_of(*both))[0] == "192.0.2.7"
    assert (await client_of(*both, header=ProxyHeader.FORWARDED))[0] == "192.0.2.8"


async def test_an_ipv4_client_of_an_ipv6_listener_is_shown_and_trusted_as_such() -> None:
    assert (await client_of(peer="::ffff:192.0.2.7"))[0] == "192.0.2.7"
    assert (await client_of(("x-forwarded-for", "192.0.2.7"), peer="::ffff:10.0.0.1"))[0] == "192.0.2.7"


async def test_of_an_endless_list_only_the_end_is_looked_at() -> None:
    written = ", ".join(["192.0.2.7", *["10.0.0.2"] * HOPS_MAX])
    assert (await client_of(("x-forwarded-for", written)))[0] == "10.0.0.2"


@given(st.text(st.characters(max_codepoint=255)), st.sampled_from(ProxyHeader))
async def test_no_header_breaks_the_reading(written: str, header: ProxyHeader) -> None:
    client, scheme = await client_of((header.value, written), ("x-forwarded-proto", written), header=header)
    assert client
    assert scheme in {"http", "https"}
