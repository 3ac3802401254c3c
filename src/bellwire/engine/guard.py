"""The guard: knows which addresses may be reached, by the settings and by where Bellwire itself listens."""

import ipaddress
import socket

from bellwire.model.network import Address, Listener, NetworkPolicy
from bellwire.rules.checking_urls import address_of, port_of
from bellwire.rules.guarding import objection_to


class Guard:
    """Answers for one service."""

    def __init__(self, policy: NetworkPolicy) -> None:
        self._policy = policy
        self._listeners: set[Listener] = set()

    def listens_at(self, listener: Listener) -> None:
        """From now on this is one of Bellwire's own."""
        self._listeners.add(listener)

    def objection(self, host: str, port: int) -> str:
        """Why this address, as the system writes it, may not be reached; empty where it may."""
        return objection_to(ipaddress.ip_address(host), port, self._policy, is_own=self._is_own)

    def objection_to_url(self, url: str) -> str:
        """As objection, for a sound URL with an address for a host; a name is not looked up, and never objected to."""
        address = address_of(url)
        return "" if address is None else self.objection(str(address), port_of(url))

    def _is_own(self, address: Address, port: int) -> bool:
        return any(
            listener.port == port
            and (listener.address == address or (listener.address.is_unspecified and _is_of_this_machine(address)))
            for listener in self._listeners
        )


def _is_of_this_machine(address: Address) -> bool:
    """Whether the system lets itself be reached there: only such an address can be bound."""
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError:
            return False
    return True
