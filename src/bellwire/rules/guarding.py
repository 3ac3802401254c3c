"""May we reach this address?"""

import ipaddress
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from bellwire.model.network import Address, Network, NetworkPolicy, NetworkRule, unwrapped


class _Range(NamedTuple):
    network: Network
    name: str


def _ranges(*rows: tuple[str, str]) -> tuple[_Range, ...]:
    return tuple(_Range(ipaddress.ip_network(network), name) for network, name in rows)


METADATA: Final = _ranges(
    ("169.254.169.254/32", "the metadata service of most clouds"),
    ("169.254.170.2/32", "the credentials service of AWS containers"),
    ("fd00:ec2::254/128", "the metadata service of AWS"),
    ("fd20:ce::254/128", "the metadata service of Google Cloud"),
    ("100.100.100.200/32", "the metadata service of Alibaba Cloud"),
    ("168.63.129.16/32", "the platform service of Azure"),
    ("192.0.0.192/32", "the metadata service of Oracle Cloud"),
)
"""They give credentials of the machine to whoever asks."""

NEVER_MEANT: Final = _ranges(
    ("0.0.0.0/8", "unspecified (this network)"),
    ("::/128", "unspecified"),
    ("169.254.0.0/16", "link-local"),
    ("fe80::/10", "link-local"),
    ("224.0.0.0/4", "multicast"),
    ("ff00::/8", "multicast"),
    ("255.255.255.255/32", "broadcast"),
)

# The IANA registries of special-purpose addresses (RFC 6890 and its updates, as of 2025), what they call not globally
# reachable; https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry.
NOT_PUBLIC: Final = _ranges(
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by a provider's customers"),
    ("127.0.0.0/8", "loopback"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "for protocols"),
    ("192.0.2.0/24", "for documentation"),
    ("192.88.99.0/24", "a relay that is no longer in use"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "for benchmarks"),
    ("198.51.100.0/24", "for documentation"),
    ("203.0.113.0/24", "for documentation"),
    ("240.0.0.0/4", "reserved"),
    ("::1/128", "loopback"),
    ("100::/64", "for discarding"),
    ("100:0:0:1::/64", "a dummy"),
    ("2001::/23", "for protocols"),
    ("2001:db8::/32", "for documentation"),
    ("3fff::/20", "for documentation"),
    ("5f00::/16", "for segment routing"),
    ("fc00::/7", "private"),
    ("fec0::/10", "site-local"),
)
# Parts of the ranges above that the registries call globally reachable.
_PUBLIC_WITHIN: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.9/32",
        "192.0.0.10/32",
        "2001:1::1/128",
        "2001:1::2/128",
        "2001:1::3/128",
        "2001:3::/32",
        "2001:4:112::/48",
        "2001:20::/28",
        "2001:30::/28",
    )
)
_UNICAST: Final = ipaddress.ip_network("2000::/3")
"""Of IPv6 nothing else is given out yet, RFC 4291 §2.4."""


def objection_to(address: Address, port: int, policy: NetworkPolicy, *, is_own: Callable[[Address, int], bool]) -> str:
    """Why not, and what an operator can do about it; empty where it may be reached.

    What is wrapped in an IPv6 address is judged by what is inside. is_own: whether Bellwire itself listens there.
    """
    for inner in unwrapped(address):
        if reason := _reason(address, inner, port, policy, is_own):
            shown = f"{inner} (inside {address})" if inner != address else str(address)
            return f"{shown} {reason}"
    return ""


def _reason(
    outer: Address, inner: Address, port: int, policy: NetworkPolicy, is_own: Callable[[Address, int], bool]
) -> str:
    denied = _first(policy.deny, inner, port) or _first(policy.deny, ipaddress.ip_address(int(outer)), port)
    if denied:
        return f"is denied by {denied} in network.deny; take it out of there to allow it"
    allowed = _first(policy.allow, inner, port)
    exactly = _first([rule for rule in policy.allow if rule.is_one_address], inner, port)
    alone = f"to allow it, add {inner} itself to network.allow"
    if is_own(inner, port) and not exactly:
        return f"with port {port} is where Bellwire itself listens; {alone}"
    if (metadata := _name_in(METADATA, inner)) and not exactly:
        return f"is {metadata}; {alone}"
    if allowed:
        return ""
    if name := _name_in(NEVER_MEANT, inner):
        return f"is {name}, which is refused unless it is allowed; to allow it, add it to network.allow"
    if policy.public_only and (name := _not_public(inner)):
        return f"is {name}, and network.public-only is set; to allow it, add it to network.allow"
    return ""


def _first(rules: Iterable[NetworkRule], address: Address, port: int) -> NetworkRule | None:
    return next((rule for rule in rules if rule.covers(address, port)), None)


def _name_in(ranges: Iterable[_Range], address: Address) -> str:
    return next((each.name for each in ranges if address in each.network), "")


def _not_public(address: Address) -> str:
    if any(address in network for network in _PUBLIC_WITHIN):
        return ""
    name = _name_in(NOT_PUBLIC, address)
    if not name and address.version == _UNICAST.version and address not in _UNICAST:
        return "not given out on the Internet"
    return name
