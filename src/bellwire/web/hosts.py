"""Under which names this server may be called: a page elsewhere can make a browser call it by a name of its own.

That page's name then means this machine (DNS rebinding), and the browser takes our answers for the page's. Its Host
header still has the name. An address that stands there as such cannot be made to mean something else.
"""

import ipaddress
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from bellwire.model.listen_address import ListenAddress
from bellwire.rules.suggesting import quoted
from bellwire.web.problems import Problem, problem_response

ACCEPTED_KEPT_MAX: Final = 100
ACCEPTED_LENGTH_MAX: Final = 300
"""Host headers that are remembered, so that each is read once: how many, and of how many characters."""

LOOPBACK_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Hosts:
    """The names of one server.

    On a loopback address: localhost, 127.0.0.1, [::1], and those that were set. Elsewhere: as well the address that is
    listened on, any address where all are listened on, and, where none was set, any name.
    """

    def __init__(self, listen: ListenAddress, names: tuple[str, ...]) -> None:
        self._names = LOOPBACK_HOSTS | {listen.host.lower()} | {name.lower().removesuffix(".") for name in names}
        self._any_address = _address(listen.host) is not None and ipaddress.ip_address(listen.host).is_unspecified
        self._any_name = not listen.is_loopback and not names
        self._accepted: set[str] = set()

    def accept(self, written: str) -> bool:
        """Whether a Host header, with or without a port, names this server."""
        if written in self._accepted:
            return True
        accepted = self._accepts(written)
        if accepted and len(written) <= ACCEPTED_LENGTH_MAX and len(self._accepted) < ACCEPTED_KEPT_MAX:
            self._accepted.add(written)
        return accepted

    def _accepts(self, written: str) -> bool:
        host = host_of_header(written)
        if not host:
            return False
        return self._any_name or host in self._names or (self._any_address and _address(host) is not None)


class HostCheck:
    """Lets only requests through that are meant for this server; the others get 400, or 421 (RFC 9110 §15.5.20)."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        written = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(written) != 1:
            problem = Problem(status=400, detail=f"the header Host came {len(written)} times; send it once")
        elif self._hosts.accept(written[0]):
            await self._app(scope, receive, send)
            return
        else:
            detail = (
                f"{quoted(written[0])} is no name of this server; if it should be one, add it to the setting hosts, or "
                "call the server by the address that it listens on"
            )
            problem = Problem(status=421, kind="misdirected", title="This is another server", detail=detail)
        await problem_response(problem)(scope, receive, send)


def host_of_header(written: str) -> str:
    """The host of a Host header in lower case, without port, brackets and trailing dot; empty for none."""
    host = written.strip().lower()
    if host.startswith("["):
        inside, bracket, port = host[1:].partition("]")
        return inside if bracket and _is_port(port) else ""
    host, colon, port = host.partition(":")
    return host.removesuffix(".") if _is_port(colon + port) else ""


def _is_port(written: str) -> bool:
    return not written or (written[0] == ":" and (written[1:].isdigit() or len(written) == 1))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
