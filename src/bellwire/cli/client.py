"""The HTTP client of Bellwire's API: one kept connection, uploads sent piece by piece."""

import http
import http.client
import importlib.metadata
import json
import select
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import click
import msgspec

from bellwire.errors import Fault

TIMEOUT_S: Final = 60
"""How long the server may take for one read or write."""
KEPT_S: Final = 5
"""How long an idle connection is used again."""
ANSWER_BYTES_MAX: Final = 256 * 1024 * 1024
PAGE_ITEMS_MAX: Final = 1_000

PEM_END: Final = "-----END CERTIFICATE-----"

USER_AGENT: Final = f"bellwire-cli/{importlib.metadata.version('bellwire')}"

JSON: Final = "application/json"
MERGE_PATCH: Final = "application/merge-patch+json"
NDJSON: Final = "application/x-ndjson"

Query = Mapping[str, str | int | tuple[str, ...] | None]


class ServerAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where the server is and how to show that we may talk to it. start_hint: what to do when nobody answers there.

    certificate: a PEM file whose first certificate is the server's, whatever names it has; None: any that this system
    trusts for the URL's host.
    """

    url: str
    token: str
    start_hint: str
    certificate: str | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the server said to a request that it granted."""

    etag: str
    body: bytes


class Unreachable(click.ClickException):
    """No server answers, or what answers is none."""


class Refused(click.ClickException):
    """The server did not do what was asked. faults: each thing that is wrong with what was sent; members: the whole
    problem document (RFC 9457).
    """

    def __init__(
        self, message: str, *, status: int, faults: tuple[Fault, ...] = (), members: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.faults = faults
        self.members = members or {}


class Client:
    """Talks to one server. Raises Unreachable and Refused, whose messages are for the person at the terminal."""

    def __init__(self, address: ServerAddress) -> None:
        parts = urlsplit(address.url)
        self._address = address
        self._prefix = parts.path.rstrip("/")
        self._connection = _connection(parts.scheme, parts.hostname or "", parts.port, address.certificate)
        self._used_at = time.monotonic()

    @property
    def url(self) -> str:
        """Where the server is."""
        return self._address.url

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> Answer:
        """Make one request; a GET is made again when the kept connection had gone away meanwhile."""
        self._renew(timeout_s)
        target = self._target(path, query or {})
        sent = {**self._headers(), **(headers or {})}
        try:
            try:
                self._connection.request(method, target, body=body, headers=sent)
                return self._answer()
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                if method != "GET":
                    raise
                self.close()
                self._connection.request(method, target, headers=sent)
                return self._answer()
        except (OSError, http.client.HTTPException) as problem:
            self.close()
            raise self._unreachable(problem) from problem

    def follow(
        self, path: str, *, query: Query, headers: Mapping[str, str], timeout_s: float, line_bytes_max: int
    ) -> Iterator[bytes]:
        """The lines of an answer that goes on, as they come, until the server ends it. timeout_s: for one line."""
        self.close()
        self._connection.timeout = timeout_s
        try:
            self._connection.request("GET", self._target(path, query), headers={**self._headers(), **headers})
            response = self._connection.getresponse()
            if response.status != http.HTTPStatus.OK:
                raise self._refused(response, response.read(ANSWER_BYTES_MAX))
            while line := response.readline(line_bytes_max):
                yield line.rstrip(b"\r\n")
        except (OSError, http.client.HTTPException) as problem:
            raise self._unreachable(problem) from problem
        finally:
            self.close()

    def upload(self, path: str, pieces: Iterable[bytes], *, content_type: str) -> Answer:
        """Send a body of unknown length; stops sending when the server answers before its end."""
        connection = self._connection
        try:
            connection.putrequest("POST", self._target(path, {}))
            sent = {**self._headers(), "Content-Type": content_type, "Transfer-Encoding": "chunked"}
            for name, value in sent.items():
                connection.putheader(name, value)
            connection.endheaders()
            self._send_chunks(pieces)
            return self._answer()
        except (OSError, http.client.HTTPException) as problem:
            raise self._unreachable(problem) from problem
        finally:
            self.close()

    def items(self, path: str, query: Query, *, limit: int, page_items: int = PAGE_ITEMS_MAX) -> Iterator[msgspec.Raw]:
        """The items of a list, page by page, at most `limit`."""
        token: str | None = None
        while limit > 0:
            page_query = {**query, "limit": min(limit, page_items), "pageToken": token}
            page = msgspec.json.decode(self.ask("GET", path, query=page_query).body, type=_Page)
            yield from page.items[:limit]
            limit -= len(page.items)
            token = page.next
            if not token:
                return

    def close(self) -> None:
        """Let go of the connection; the next request opens another."""
        self._connection.close()

    def _renew(self, timeout_s: float) -> None:
        """Leave a connection that was idle while a person thought: the server may be about to close it. So is one left
        that would wait for another time.
        """
        now = time.monotonic()
        if now - self._used_at > KEPT_S or self._connection.timeout != timeout_s:
            self.close()
        self._connection.timeout = timeout_s
        self._used_at = now

    def _target(self, path: str, query: Query) -> str:
        given = {name: value for name, value in query.items() if value is not None}
        return self._prefix + path + ("?" + urlencode(given, doseq=True) if given else "")

    def _headers(self) -> dict[str, str]:
        token = self._address.token
        shown = {"Authorization": f"Bearer {token}"} if token else {}
        return {**shown, "Accept": JSON, "User-Agent": USER_AGENT}

    def _send_chunks(self, pieces: Iterable[bytes]) -> None:
        connection = self._connection
        try:
            for piece in pieces:
                if select.select([connection.sock], [], [], 0)[0]:
                    return
                if piece:
                    connection.send(b"%x\r\n%b\r\n" % (len(piece), piece))
            connection.send(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            return  # the answer that says why may have come before the server closed

    def _answer(self) -> Answer:
        response = self._connection.getresponse()
        body = response.read(ANSWER_BYTES_MAX + 1)
        if len(body) > ANSWER_BYTES_MAX:
            self.close()
            raise Unreachable(f"{self._address.url} answers with more than {ANSWER_BYTES_MAX} bytes; ask for less")
        if not 200 <= response.status < 300:
            raise self._refused(response, body)
        if body and response.headers.get_content_type() not in {JSON, "text/plain"}:
            raise Unreachable(
                f"what answers at {self._address.url} is no Bellwire "
                f"(content of type {response.headers.get_content_type()}); check the URL"
            )
        return Answer(etag=response.headers.get("ETag", ""), body=body)

    def _refused(self, response: http.client.HTTPResponse, body: bytes) -> Refused:
        try:
            problem = json.loads(body)
            faults = tuple(Fault(str(each["path"]), str(each["message"])) for each in problem.get("errors", ()))
            message = str(problem.get("detail") or problem.get("title") or f"status {response.status}")
        except (ValueError, KeyError, TypeError, AttributeError):
            return Refused(f"{self._address.url} answered {response.status} {response.reason}", status=response.status)
        if response.status == http.HTTPStatus.UNAUTHORIZED:
            message = f"{self._address.url} does not accept the token: {message}"
        return Refused(message, status=response.status, faults=faults, members=problem)

    def _unreachable(self, problem: Exception) -> Unreachable:
        if isinstance(problem, TimeoutError):
            return Unreachable(f"{self._address.url} has not answered within {self._connection.timeout:.0f} s")
        if isinstance(problem, ssl.SSLError):
            return Unreachable(f"no secure connection to {self._address.url}: {problem}")
        reason = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
        return Unreachable(f"no Bellwire answers at {self._address.url} ({reason}); {self._address.start_hint}")


class _Page(msgspec.Struct, frozen=True, kw_only=True):
    items: list[msgspec.Raw]
    next: str | None = None


def path_of(*segments: str) -> str:
    """The path below /v1 with its segments escaped."""
    return "/v1/" + "/".join(quote(segment, safe="") for segment in segments)


def _connection(scheme: str, host: str, port: int | None, certificate: str | None) -> http.client.HTTPConnection:
    if scheme != "https":
        return http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    context = ssl.create_default_context() if certificate is None else _trusting(certificate)
    return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=context)


def _trusting(file: str) -> ssl.SSLContext:
    """Trusts one certificate and nothing else, not even what is signed with its chain."""
    try:
        first, end, _ = Path(file).read_text(encoding="ascii").partition(PEM_END)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=first + end)
    except (OSError, ValueError) as problem:
        raise click.ClickException(
            f"cannot read the server's certificate in {file} ({problem}); name the server by --server, with its token "
            "in BELLWIRE_TOKEN"
        ) from problem
    return context
