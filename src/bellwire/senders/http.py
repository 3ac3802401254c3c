"""Sends requests over HTTP/1.1 with libcurl."""

import asyncio
import functools
import re
from typing import Final

import pycurl  # type: ignore[import-untyped] # it brings no types

from bellwire.model.attempt import AddressRefused, Answer, NoAnswer, Request, Response, Timings, Trouble
from bellwire.model.duration import DurationMs
from bellwire.model.endpoint_check import Contact, LookedUp, Probed
from bellwire.rules.checking_urls import host_of, port_of
from bellwire.senders.address_gate import AddressGate, Objection
from bellwire.senders.answer_reader import AnswerReader
from bellwire.senders.authorities import Authorities, NoAuthorities, find_authorities
from bellwire.senders.certificates import end_of_first, read_certificates
from bellwire.senders.look_up import look_up
from bellwire.senders.transfers import Ending, Transfers
from bellwire.senders.troubles import Failure, no_answer

CERTIFICATE_ENDS_KEPT_MAX: Final = 10_000
"""Of as many places, those whose certificates were seen last."""

HANDLES_IDLE_MAX: Final = 100
NAMES_KEPT_S: Final = 60
AUTHORITIES_KEPT_S: Final = 60
CONNECT_MS_MAX: Final = 3_600_000
"""Only there to be longer than any timeout: libcurl's own limit is five minutes."""

_CA_CACHE_TIMEOUT: Final = 321
"""CURLOPT_CA_CACHE_TIMEOUT, for which pycurl has no name."""

_OPTIONS: Final = (
    (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
    # One request at a time on a connection: ending one ends no other, and no slow one holds others up.
    (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
    (pycurl.HTTP09_ALLOWED, 0),
    (pycurl.FOLLOWLOCATION, 0),
    (pycurl.PROXY, ""),  # none, not even one of the environment
    (pycurl.NETRC, pycurl.NETRC_IGNORED),
    (pycurl.USERAGENT, ""),
    (pycurl.NOSIGNAL, 1),
    (pycurl.OPT_CERTINFO, 1),  # looked at for new connections only
    (pycurl.TCP_NODELAY, 1),
    (pycurl.CONNECTTIMEOUT_MS, CONNECT_MS_MAX),
    (pycurl.DNS_CACHE_TIMEOUT, NAMES_KEPT_S),
    (pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2),  # or a later one
    (_CA_CACHE_TIMEOUT, AUTHORITIES_KEPT_S),
)

# A name with nothing behind its colon leaves out a header that libcurl would add by itself.
_TLS_VERSION: Final = re.compile(rb"SSL connection using (TLSv[0-9.]+)")

_NO_HEADERS_OF_LIBCURL: Final = (b"Accept:", b"Content-Type:", b"Expect:")


class HttpSender:
    """Passes sender.Sender. Made and used inside one running event loop.

    A name is looked up again after NAMES_KEPT_S, for a new connection; changed authorities count after
    AUTHORITIES_KEPT_S. Once close() was called, send() raises Stopping; a request that was under way may have reached
    its endpoint.
    """

    def __init__(self, objection: Objection) -> None:
        """objection: why an address may not be connected to, see address_gate.Objection."""
        self._objection = objection
        self._transfers = Transfers()
        self._retired: list[Transfers] = []
        self._authorities = find_authorities()
        self._idle: list[_Handle] = []
        self._certificate_ends: dict[str, int] = {}

    async def send(self, request: Request) -> Response | AddressRefused:
        """See sender.Sender."""
        trust = self._trust_for(request)
        if isinstance(trust, NoAuthorities):
            return NoAnswer(trouble=Trouble.TLS, detail=trust.reason, timings=Timings())
        handle = self._idle.pop() if self._idle else _Handle(self._objection)
        try:
            response = await handle.exchange(request, trust, transfers=self._transfers)
            if not isinstance(response, AddressRefused) and response.timings.tls_us is not None:
                self._note_end(request.url, handle.certificate_end())
            return response
        finally:
            if len(self._idle) < HANDLES_IDLE_MAX:
                self._idle.append(handle)

    async def look_up(self, url: str, *, timeout_ms: DurationMs) -> LookedUp:
        """See sender.Sender."""
        return await look_up(host_of(url).strip("[]"), port_of(url), timeout_ms=timeout_ms)

    async def probe(self, url: str, *, timeout_ms: DurationMs) -> Probed:
        """See sender.Sender."""
        request = Request(url=url, headers=(), body=b"", timeout_ms=timeout_ms, allow_invalid_certs=True)
        handle = _Handle(self._objection)
        probed = await handle.touch(request, transfers=self._transfers)
        if isinstance(probed, Contact) and probed.certificates:
            self._note_end(url, probed.certificates[0].ends_at_ms)
        return probed

    def certificate_ends_at_ms(self, url: str) -> int | None:
        """See sender.Sender."""
        return self._certificate_ends.get(_place_of(url))

    def _note_end(self, url: str, ends_at_ms: int | None) -> None:
        if ends_at_ms is None:
            return
        place = _place_of(url)
        self._certificate_ends.pop(place, None)
        self._certificate_ends[place] = ends_at_ms
        if len(self._certificate_ends) > CERTIFICATE_ENDS_KEPT_MAX:
            del self._certificate_ends[next(iter(self._certificate_ends))]

    def drop_connections(self) -> None:
        """See sender.Sender."""
        if self._transfers.closed:
            return
        # libcurl checks no address of a kept connection again. They live and end with the multi handle.
        self._transfers.retire()
        self._retired = [transfers for transfers in (*self._retired, self._transfers) if not transfers.closed]
        self._transfers = Transfers()

    async def close(self) -> None:
        """See sender.Sender."""
        await asyncio.gather(*(transfers.close() for transfers in (self._transfers, *self._retired)))
        self._idle.clear()

    def _trust_for(self, request: Request) -> "_Trust | NoAuthorities":
        if request.allow_invalid_certs:
            return None
        if isinstance(self._authorities, NoAuthorities):
            self._authorities = find_authorities()  # they may have been installed meanwhile
        if isinstance(self._authorities, NoAuthorities) and request.url.lower().startswith("http:"):
            return _NOBODY
        return self._authorities


_Trust = Authorities | None
"""Whose certificates are accepted; None: any certificate."""

_NOBODY: Final = Authorities(file=None, folders=None)


class _Handle:
    """A libcurl handle, which is dear to make, and the reader of its answers; for one request at a time."""

    def __init__(self, objection: Objection) -> None:
        self._reader = AnswerReader()
        self._gate = AddressGate(objection)
        self._curl = pycurl.Curl()
        for option, value in _OPTIONS:
            self._curl.setopt(option, value)
        self._curl.setopt(pycurl.HEADERFUNCTION, self._reader.take_header_line)
        self._curl.setopt(pycurl.WRITEFUNCTION, self._reader.take_body)
        self._curl.setopt(pycurl.OPENSOCKETFUNCTION, self._gate.open_socket)
        self._curl.setopt(pycurl.SOCKOPTFUNCTION, self._gate.prepare_socket)
        self._set_trust(_NOBODY)

    async def exchange(self, request: Request, trust: _Trust, *, transfers: Transfers) -> Response | AddressRefused:
        """Send the request and read its answer."""
        self._reader.start()
        self._gate.start()
        self._describe(request)
        if trust != self._trust:
            self._set_trust(trust)
        try:
            ending = await transfers.run(self._curl)
        finally:
            self._gate.end()
            self._curl.setopt(pycurl.POSTFIELDS, b"")  # a waiting handle holds no body
        timings = self._timings()
        if self._reader.complete:
            return Answer(
                status=self._reader.status, headers=self._reader.headers(), body=self._reader.body, timings=timings
            )
        if self._gate.shut:
            return AddressRefused(self._gate.refusals)
        return no_answer(self._failure(request, ending, timings))

    async def touch(self, request: Request, *, transfers: Transfers) -> Probed:
        """Connect and shake hands with whoever is there; the handle is of no use afterwards."""
        versions: list[str] = []

        def listen(kind: int, said: bytes) -> None:
            if kind == pycurl.INFOTYPE_TEXT and (found := _TLS_VERSION.match(said)):
                versions.append(found[1].decode())

        self._describe(request)
        self._set_trust(None)
        self._curl.setopt(pycurl.CONNECT_ONLY, 1)
        self._curl.setopt(pycurl.VERBOSE, 1)  # the only way to hear of the version
        self._curl.setopt(pycurl.DEBUGFUNCTION, listen)
        try:
            ending = await transfers.run(self._curl)
            timings = self._timings()
            if ending.code == pycurl.E_OK:
                return Contact(
                    address=self._curl.getinfo(pycurl.PRIMARY_IP),
                    connect_us=timings.connect_us or 0,
                    tls_version=versions[-1] if versions else "",
                    certificates=read_certificates(self._curl.getinfo_raw(pycurl.INFO_CERTINFO)),
                )
            if self._gate.shut:
                return AddressRefused(self._gate.refusals)
            return no_answer(self._failure(request, ending, timings))
        finally:
            self._gate.end()
            self._curl.close()

    def certificate_end(self) -> int | None:
        """When the certificate ends that the endpoint has shown just now."""
        return end_of_first(self._curl.getinfo_raw(pycurl.INFO_CERTINFO))

    def _describe(self, request: Request) -> None:
        lines = (_header_line(name, value) for name, value in request.headers)
        self._curl.setopt(pycurl.URL, request.url.encode())
        self._curl.setopt(pycurl.HTTPHEADER, (*_NO_HEADERS_OF_LIBCURL, *lines))
        self._curl.setopt(pycurl.POSTFIELDS, request.body)  # by reference, not copied
        self._curl.setopt(pycurl.TIMEOUT_MS, request.timeout_ms)

    def _set_trust(self, trust: _Trust) -> None:
        self._trust = trust
        self._curl.setopt(pycurl.SSL_VERIFYPEER, 1 if trust else 0)
        self._curl.setopt(pycurl.SSL_VERIFYHOST, 2 if trust else 0)
        self._curl.setopt(pycurl.CAINFO, trust.file if trust else None)
        self._curl.setopt(pycurl.CAPATH, trust.folders if trust else None)

    def _failure(self, request: Request, ending: Ending, timings: Timings) -> Failure:
        return Failure(
            request=request,
            ending=ending,
            timings=timings,
            refusal=self._reader.refusal,
            status=self._reader.status,
            kept=timings.connect_us is None and self._curl.getinfo(pycurl.PRIMARY_PORT) > 0,
            sent_bytes=self._curl.getinfo(pycurl.SIZE_UPLOAD_T),
            error_number=self._gate.error_number or self._curl.getinfo(pycurl.OS_ERRNO),
            refused_addresses=self._gate.refusals,
            verify_result=self._curl.getinfo(pycurl.SSL_VERIFYRESULT),
        )

    def _timings(self) -> Timings:
        # libcurl says 0 for a step that was not reached, or not needed on a kept connection.
        return Timings(
            name_lookup_us=self._curl.getinfo(pycurl.NAMELOOKUP_TIME_T) or None,
            connect_us=self._curl.getinfo(pycurl.CONNECT_TIME_T) or None,
            tls_us=self._curl.getinfo(pycurl.APPCONNECT_TIME_T) or None,
            first_byte_us=self._curl.getinfo(pycurl.STARTTRANSFER_TIME_T) if self._reader.begun else None,
            total_us=self._curl.getinfo(pycurl.TOTAL_TIME_T),
        )


@functools.lru_cache(CERTIFICATE_ENDS_KEPT_MAX)
def _place_of(url: str) -> str:
    """Whose certificate it is: hosts differ in more than case, and ports are different servers."""
    return f"{host_of(url).lower()}:{port_of(url)}"


def _header_line(name: str, value: str) -> bytes:
    # libcurl's form for a header with an empty value; with a colon instead it would be left out.
    return f"{name}: {value}".encode() if value.strip() else f"{name};".encode()
