"""Where a server listens: `127.0.0.1:8425`, `[::1]:8425`, `localhost:8425`."""

import contextlib
import ipaddress
import re
from typing import Final, NamedTuple

PORT_MAX: Final = 0xFFFF
FORM: Final = "write it as 127.0.0.1:8425"

_HOST_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}", re.ASCII)
_IPV6_CHARACTERS: Final = re.compile(r"[0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.-]+)?", re.ASCII)
_PORT: Final = re.compile(r"[0-9]{1,5}")
_QUOTED_LENGTH_MAX: Final = 60


class ListenAddress(NamedTuple):
    """host: a name or an address, IPv6 without brackets. port: 0 for any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        """As it is written in settings."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only programs of the same machine can reach it; a name other than localhost may mean anything."""
        if self.host.lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_listen_address(written: str) -> ListenAddress:
    """Read `HOST:PORT`, an IPv6 address in brackets. Raises ValueError with what is wrong and what would be right."""
    shown = repr(written[:_QUOTED_LENGTH_MAX])
    if "/" in written:
        raise ValueError(f"{shown} is a URL or a path; {FORM}")
    host, _, port = written.rpartition(":")
    if not host:
        raise ValueError(
            f"{shown} has no {'port' if _HOST_NAME.match(port) and not port.isdigit() else 'host'}; {FORM}"
        )
    if not _PORT.fullmatch(port) or int(port) > PORT_MAX:
        raise ValueError(f"{shown} has no port from 0 to {PORT_MAX}; {FORM}")
    return ListenAddress(_host(host, shown), int(port))


def _host(host: str, shown: str) -> str:
    if host.startswith("[") and host.endswith("]"):
        with contextlib.suppress(ValueError):
            if _IPV6_CHARACTERS.fullmatch(host[1:-1]):
                return str(ipaddress.IPv6Address(host[1:-1]))
        raise ValueError(f"{shown} has no IPv6 address in its brackets; write it as [::1]:8425")
    if ":" in host:
        raise ValueError(f"{shown} has an IPv6 address without brackets; write it as [::1]:8425")
    if not _HOST_NAME.fullmatch(host):
        raise ValueError(f"{shown} has no host name or address before the colon; {FORM}")
    return host
