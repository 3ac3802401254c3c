"""Who the client is: the peer of the connection, or whom a trusted proxy speaks for.

What it finds stands in scope["client"] and scope["scheme"], for all who let in and note down.
"""

import functools
import ipaddress
import re
from collections.abc import Iterable, Iterator
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from bellwire.model.listening import ProxyHeader
from bellwire.model.network import Address, NetworkRule

HOPS_MAX: Final = 32
"""Entries of a forwarding header that are looked at, from the last one back."""

PEERS_KEPT_MAX: Final = 1_024
"""Addresses of peers as they were read last: one makes many requests."""

_ELEMENT: Final = re.compile(r"(for|proto)\s*=\s*(\"[^\"]*\"|[^;,\s]*)", re.IGNORECASE)


class Forwarded:
    """Takes a proxy's word for the client only where its address is trusted; elsewhere its headers mean nothing."""

    def __init__(self, app: ASGIApp, proxies: tuple[NetworkRule, ...], header: ProxyHeader) -> None:
        self._app = app
        self._proxies = proxies
        self._header = header

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, with its client."""
        peer = _peer_address(scope["client"][0]) if scope["client"] else None
        if peer is not None:
            scope["client"] = (str(peer), scope["client"][1])
            if self._trusts(peer):
                self._take_word(scope, peer)
        await self._app(scope, receive, send)

    def _trusts(self, address: Address) -> bool:
        return any(address in rule.network for rule in self._proxies)

    def _take_word(self, scope: Scope, peer: Address) -> None:
        hops, scheme = _told(scope["headers"], self._header)
        client = peer
        for hop in hops:  # the last proxy first: each is believed only as far as it is trusted itself
            if not self._trusts(client):
                break
            address = _address(hop)
            if address is None:
                break
            client = address
        if client != peer:
            scope["client"] = (str(client), 0)
        if scheme in {"http", "https"}:
            scope["scheme"] = scheme


def _told(headers: Iterable[tuple[bytes, bytes]], header: ProxyHeader) -> tuple[list[str], str]:
    """The clients that proxies have told of, the last one first, and the scheme that the last proxy was called by."""
    by_name: dict[bytes, list[str]] = {}
    for name, value in headers:
        by_name.setdefault(name, []).append(value.decode("latin-1"))
    if header is ProxyHeader.X_FORWARDED_FOR:
        clients = _entries(by_name.get(b"x-forwarded-for", ()))
        schemes = _entries(by_name.get(b"x-forwarded-proto", ()))
        return clients, schemes[0].lower() if schemes else ""
    elements = [
        {name.lower(): value.strip('"') for name, value in _ELEMENT.findall(entry)}
        for entry in _entries(by_name.get(b"forwarded", ()))
    ]
    scheme = elements[0].get("proto", "") if elements else ""
    return [element.get("for", "") for element in elements], scheme.lower()


def _entries(values: Iterable[str]) -> list[str]:
    """The entries of a list header (RFC 9110 §5.6.1), the last one first; of very many only the last."""
    return list(_backwards(",".join(values)))


def _backwards(joined: str) -> Iterator[str]:
    for entry in reversed(joined.rsplit(",", HOPS_MAX)[-HOPS_MAX:]):
        if entry.strip():
            yield entry.strip()


def _address(written: str) -> Address | None:
    """An address with or without a port or zone; what IPv4 clients of an IPv6 listener seem to have is theirs."""
    host = written.strip().partition("%")[0]
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


@functools.lru_cache(maxsize=PEERS_KEPT_MAX)
def _peer_address(written: str) -> Address | None:
    """The address of a connection's other end, which the system writes; what headers say is not remembered."""
    return _address(written)
