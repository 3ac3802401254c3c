"""Looks at each address that libcurl is about to connect to, and opens a socket for it if that is allowed.

It sees the very address, after the name was looked up: a name cannot mean something else between check and connect.
"""

import os
import socket
from collections.abc import Callable
from typing import Any, Final

import pycurl  # type: ignore[import-untyped] # it brings no types

Objection = Callable[[str, int], str]
"""Why an address with this port may not be connected to; empty where it may."""

REFUSALS_SHOWN_MAX: Final = 3


class AddressGate:
    """Serves one transfer after the other; start() stands before each and end() behind it.

    error_number: the operating system's, where it gave no socket; 0 otherwise.
    """

    def __init__(self, objection: Objection) -> None:
        self._objection = objection
        self._lent: list[socket.socket] = []
        self.start()

    def start(self) -> None:
        """Forget the transfer before."""
        self._refusals: list[str] = []
        self._allowed = False
        self.error_number = 0

    def end(self) -> None:
        """Let go of what was lent to libcurl, which has its own by now."""
        while self._lent:
            self._lent.pop().close()

    @property
    def shut(self) -> bool:
        """Whether every address was refused, of one at least."""
        return bool(self._refusals) and not self._allowed

    @property
    def refusals(self) -> str:
        """Why addresses were refused; empty where none was."""
        more = len(self._refusals) - REFUSALS_SHOWN_MAX
        return "; ".join(self._refusals[:REFUSALS_SHOWN_MAX]) + (f"; and {more} more addresses" if more > 0 else "")

    def open_socket(self, _purpose: int, address: Any) -> Any:  # noqa: ANN401 - pycurl's, which has no types
        """Told by libcurl before it connects; pycurl makes a duplicate of the socket, which is libcurl's then."""
        host, port = address.addr[:2]
        if reason := self._objection(host, port):
            self._refusals.append(reason)
            return pycurl.SOCKET_BAD
        self._allowed = True
        try:
            lent = socket.socket(address.family, address.socktype, address.protocol)
        except OSError as error:
            self.error_number = error.errno or 0
            return pycurl.SOCKET_BAD
        self._lent.append(lent)
        return lent

    def prepare_socket(self, number: int, _purpose: int) -> int:
        """Told by libcurl once it has its socket, which no program that is started meanwhile may inherit."""
        os.set_inheritable(number, False)
        self.end()
        return int(pycurl.SOCKOPT_OK)
