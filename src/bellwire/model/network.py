"""Which addresses endpoints may have, as an operator sets it, and where Bellwire itself listens."""

import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import msgspec

from bellwire.errors import Fault, InvalidSetting

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PORT_MAX: Final = 0xFFFF
FORM: Final = "write it as 192.0.2.7, 192.0.2.0/24, 192.0.2.7:8080, 2001:db8::/32 or [2001:db8::7]:8080"

_QUOTED_LENGTH_MAX: Final = 60
_BRACKETED: Final = re.compile(r"\[([0-9A-Fa-f:./]+)\](?::([0-9]{1,5}))?", re.ASCII)
_IPV4: Final = re.compile(r"([0-9.]+(?:/[0-9]{1,2})?)(?::([0-9]{1,5}))?", re.ASCII)
_IPV6: Final = re.compile(r"([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:/[0-9]{1,3})?)", re.ASCII)


class _Wrapping(NamedTuple):
    """A range of IPv6 addresses that hold IPv4 addresses; octets: where each of them stands, of 16 counted from 0."""

    network: Network
    octets: tuple[tuple[int, int, int, int], ...]
    inverted: bool = False


_LAST_FOUR: Final = (12, 13, 14, 15)
_WRAPPINGS: Final = (
    _Wrapping(ipaddress.ip_network("::ffff:0:0/96"), (_LAST_FOUR,)),  # IPv4-mapped, RFC 4291 §2.5.5.2
    _Wrapping(ipaddress.ip_network("::/96"), (_LAST_FOUR,)),  # IPv4-compatible, RFC 4291 §2.5.5.1
    _Wrapping(ipaddress.ip_network("::ffff:0:0:0/96"), (_LAST_FOUR,)),  # IPv4-translated, RFC 2765 §2.1
    _Wrapping(ipaddress.ip_network("64:ff9b::/96"), (_LAST_FOUR,)),  # NAT64, RFC 6052 §2.1
    _Wrapping(ipaddress.ip_network("2002::/16"), ((2, 3, 4, 5),)),  # 6to4, RFC 3056 §2
    _Wrapping(ipaddress.ip_network("2001::/32"), ((4, 5, 6, 7),)),  # Teredo's server, RFC 4380 §4
    _Wrapping(ipaddress.ip_network("2001::/32"), (_LAST_FOUR,), inverted=True),  # and its client
    # NAT64 of a network's own, RFC 8215: its prefix has a length of the operator's choice, RFC 6052 §2.2.
    _Wrapping(ipaddress.ip_network("64:ff9b:1::/48"), ((6, 7, 9, 10), (7, 9, 10, 11), (9, 10, 11, 12), _LAST_FOUR)),
)
_THIS_NETWORK: Final = ipaddress.ip_network("0.0.0.0/8")
_PLAIN: Final = (ipaddress.ip_address("::"), ipaddress.ip_address("::1"))
"""Within ::/96, and no IPv4 address inside."""


class NetworkRule(NamedTuple):
    """One entry of a list: a network, or one address; on one port only, or (None) on any."""

    network: Network
    port: int | None = None

    @property
    def is_one_address(self) -> bool:
        """Whether it names a single address, not a range."""
        return self.network.num_addresses == 1

    def covers(self, address: Address, port: int) -> bool:
        """Whether the address, with this port, is meant."""
        return self.port in (None, port) and address in self.network

    def __str__(self) -> str:
        """As it is written in settings."""
        shown = str(self.network.network_address if self.is_one_address else self.network)
        if self.port is None:
            return shown
        return f"[{shown}]:{self.port}" if ":" in shown else f"{shown}:{self.port}"


class Listener(NamedTuple):
    """Where Bellwire itself listens; an unspecified address (0.0.0.0, ::) means every address of this machine."""

    address: Address
    port: int


class NetworkPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Which addresses may be connected to, besides what is refused of itself; see rules/guarding.py.

    deny wins over allow. public_only: of the others only addresses of the public Internet.
    """

    allow: tuple[NetworkRule, ...] = ()
    deny: tuple[NetworkRule, ...] = ()
    public_only: bool = False

    @classmethod
    def of(cls, *, allow: Iterable[str] = (), deny: Iterable[str] = (), public_only: bool = False) -> "NetworkPolicy":
        """The policy as it is written in settings, `NetworkPolicy.of(allow=["192.0.2.0/24"])`.

        Raises InvalidSetting with everything that is wrong.
        """
        faults: list[Fault] = []
        policy = cls(
            allow=_read("network.allow", allow, faults, parse_allowed),
            deny=_read("network.deny", deny, faults, parse_rule),
            public_only=public_only,
        )
        if faults:
            raise InvalidSetting("\n".join(f"{path}: {message}" for path, message in faults), faults=tuple(faults))
        return policy


DEFAULT_POLICY: Final = NetworkPolicy()


def unwrapped(address: Address) -> tuple[Address, ...]:
    """The IPv4 addresses that an IPv6 address leads to, or else the address itself, without its zone."""
    if isinstance(address, ipaddress.IPv4Address):
        return (address,)
    bare = ipaddress.IPv6Address(int(address))
    if bare in _PLAIN:
        return (bare,)
    inside = [each for wrapping in _WRAPPINGS if bare in wrapping.network for each in _inside(bare, wrapping)]
    return tuple(inside or [bare])


def _inside(address: ipaddress.IPv6Address, wrapping: _Wrapping) -> list[ipaddress.IPv4Address]:
    packed, mask = address.packed, 0xFF if wrapping.inverted else 0
    found = [ipaddress.IPv4Address(bytes(packed[at] ^ mask for at in octets)) for octets in wrapping.octets]
    # Of several places where one may stand most hold zeros.
    return [each for each in found if each not in _THIS_NETWORK] or found[:1]


def parse_rule(written: str) -> NetworkRule:
    """Read an address or a network, perhaps with a port. Raises ValueError with what is wrong and what is right."""
    shown = repr(written[:_QUOTED_LENGTH_MAX])
    found = _BRACKETED.fullmatch(written) or _IPV4.fullmatch(written) or _IPV6.fullmatch(written)
    if found is None:
        raise ValueError(f"{shown} is neither an address nor a network; {FORM}")
    try:
        network = ipaddress.ip_network(found[1], strict=False)
    except ValueError:
        raise ValueError(f"{shown} is neither an address nor a network; {FORM}") from None
    written_port = found[2] if found.re is not _IPV6 else None
    port = None if written_port is None else int(written_port)
    if port is not None and not 1 <= port <= PORT_MAX:
        raise ValueError(f"{shown} has no port from 1 to {PORT_MAX}; {FORM}")
    address = ipaddress.ip_address(found[1].partition("/")[0])
    if address != network.network_address:
        raise ValueError(f"{shown} is an address within a network; write {network} for all of it, or {address} alone")
    return NetworkRule(network, port)


def parse_allowed(written: str) -> NetworkRule:
    """As parse_rule; IPv4 addresses inside of IPv6 ones are judged as themselves, and can be allowed only so."""
    rule = parse_rule(written)
    first = rule.network.network_address
    if isinstance(first, ipaddress.IPv6Address) and first not in _PLAIN:
        for wrapping in _WRAPPINGS:
            if first in wrapping.network and rule.network.prefixlen >= wrapping.network.prefixlen:
                shown = repr(written[:_QUOTED_LENGTH_MAX])
                raise ValueError(
                    f"{shown} stands for IPv4 addresses, which are judged as such; write those that are inside"
                )
    return rule


def _read(
    path: str, written: Iterable[str], faults: list[Fault], parse: Callable[[str], NetworkRule]
) -> tuple[NetworkRule, ...]:
    rules = []
    for index, each in enumerate(written):
        try:
            rules.append(parse(each))
        except ValueError as problem:
            faults.append(Fault(f"{path}/{index}", str(problem)))
    return tuple(rules)
