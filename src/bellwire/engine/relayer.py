"""The relayer: takes in what upstream servers of the page's kind post, each event once though it come again."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from bellwire.engine.intake import CHUNK_BYTES, CHUNK_EVENTS, Intake, invalid_events
from bellwire.engine.keyring import Unreadable
from bellwire.engine.parts import Parts
from bellwire.engine.source_failures import SourceFailures
from bellwire.engine.source_registrar import SourceRegistrar
from bellwire.errors import BellwireError, Fault, NotAdmitted, SecretUnreadable
from bellwire.model.source import Reception, RegisteredSource, Relayed, SourceName
from bellwire.rules.accepting import PublishedEvent, Unsound
from bellwire.rules.composing import Credentials
from bellwire.rules.recognising import Recogniser, split_body
from bellwire.rules.verifying import is_authentic, is_signed

REPORT_PAUSE_MS: Final = 60_000
"""Between two reports of what a source was refused."""

REFUSED_TOLD_MAX: Final = 100
"""How many of a request's refused events are told."""

LARGE_BYTES: Final = 1024 * 1024
"""From this size on a signature is checked beside the event loop."""

_AUTHORIZATION: Final = b"authorization"
_SIGNATURE: Final = b"x-signature"

Head = Mapping[bytes, bytes]
"""The headers of a request, names in lower case."""


class _Book(msgspec.Struct):
    """What is known of one source's requests since the process started. created_at_ms: which of that name it is."""

    created_at_ms: int
    reception: Reception = Reception()
    unreported: int = 0
    reported_at_ms: int | None = None


class Relayer:
    """Admits a request by its head, then takes its body: what is not signed as the source says never gets further.

    failures: who has to wait, as they were refused too often.
    """

    def __init__(self, intake: Intake, registrar: SourceRegistrar, parts: Parts) -> None:
        self._intake = intake
        self._registrar = registrar
        self._keyring = parts.keyring
        self._clock = parts.clock
        self._reporter = parts.reporter
        self._books: dict[SourceName, _Book] = {}
        self.failures = SourceFailures(parts.clock, registrar)

    def reception(self, source: RegisteredSource) -> Reception:
        """What came from a source since the process started."""
        return self._book(source).reception

    def admit(self, name: str, head: Head) -> None:
        """Return if the head of a request shows what it can show before its body is read.

        Raises UnknownThing, NotAdmitted, SecretUnreadable.
        """
        source = self._registrar.get(name)
        try:
            self._check_head(source, head)
        except BellwireError as problem:
            self.refuse(name, problem)
            raise

    async def receive(self, name: str, head: Head, body: bytes) -> Relayed:
        """Take the events of a request that was admitted; returns once they are on disk.

        They are logged in chunks, each whole; as ids are stable, the request may be repeated after any error. Single
        events that cannot be taken hold up no others, but if none can be taken that is an error.

        Raises UnknownThing, NotAdmitted, SecretUnreadable, MalformedBody, InvalidEvent, Stopping, StorageUnavailable.
        """
        source = self._registrar.get(name)
        try:
            self._check_head(source, head)  # again, as the source may have been changed while the body came in
            await self._check_signature(source, head, body)
            relayed = await self._take(source.object.name, body)
        except BellwireError as problem:
            self.refuse(name, problem)
            raise
        self._note(source, relayed)
        return relayed

    def refuse(self, name: str, problem: BellwireError) -> None:
        """Note that a request of a known source was refused, and why."""
        source = self._registrar.get(name)
        book = self._book(source)
        book.reception = replace(
            book.reception,
            requests=book.reception.requests + 1,
            refused_requests=book.reception.refused_requests + 1,
            not_admitted=book.reception.not_admitted + isinstance(problem, NotAdmitted),
            last_request_at_ms=self._clock.wall_ms(),
        )
        self._blame(source, problem.reason if isinstance(problem, SecretUnreadable) else str(problem))

    def _check_head(self, source: RegisteredSource, head: Head) -> None:
        written = source.object
        if not written.enable:
            raise NotAdmitted("this source is disabled; enable it, or stop sending to it")
        credentials = self._credentials(source)
        if not is_authentic(written.http_auth, credentials.auth_secret, head.get(_AUTHORIZATION, b"")):
            told = "is missing" if _AUTHORIZATION not in head else "does not show the credentials of this source"
            raise NotAdmitted(f"the header Authorization {told}; see its httpAuth")
        if credentials.signature_key is not None and _SIGNATURE not in head:
            raise NotAdmitted("the header X-Signature is missing; give the upstream server this source's signatureKey")

    async def _check_signature(self, source: RegisteredSource, head: Head, body: bytes) -> None:
        key, signature = self._credentials(source).signature_key, head.get(_SIGNATURE, b"")
        if key is None:
            return
        if len(body) < LARGE_BYTES:
            signed = is_signed(key, signature, body)
        else:
            signed = await asyncio.to_thread(is_signed, key, signature, body)
        if not signed:
            raise NotAdmitted(
                "X-Signature is not that of this body under this source's signatureKey; give both servers the same key"
            )

    def _credentials(self, source: RegisteredSource) -> Credentials:
        credentials = self._keyring.read_for_source(source.object)
        if isinstance(credentials, Unreadable):
            message = "this source cannot check requests at the moment; GET /v1/sources tells its administrator why"
            raise SecretUnreadable(message, reason=credentials.reason)
        return credentials

    async def _take(self, name: SourceName, body: bytes) -> Relayed:
        recogniser = Recogniser(name)
        accepted = duplicates = 0
        unsound: list[Unsound] = []
        for chunk in _chunks(split_body(body), recogniser):
            sound = [(index, event) for index, event in chunk if not isinstance(event, Fault)]
            unsound += [Unsound(index, event) for index, event in chunk if isinstance(event, Fault)]
            published, refused = await self._intake.publish_sound([event for _, event in sound])
            unsound += [Unsound(sound[at][0], fault) for at, fault in refused]
            accepted += published.accepted
            duplicates += published.duplicates
        unsound.sort()
        if unsound and not accepted:
            raise invalid_events(unsound)
        told = invalid_events(unsound[:REFUSED_TOLD_MAX]).faults if unsound else ()
        return Relayed(accepted=accepted, duplicates=duplicates, refused_events=len(unsound), refused=told)

    def _note(self, source: RegisteredSource, relayed: Relayed) -> None:
        book = self._book(source)
        before, now_ms = book.reception, self._clock.wall_ms()
        book.reception = replace(
            before,
            requests=before.requests + 1,
            accepted=before.accepted + relayed.accepted,
            duplicates=before.duplicates + relayed.duplicates,
            refused_events=before.refused_events + relayed.refused_events,
            last_request_at_ms=now_ms,
            last_accepted_at_ms=now_ms if relayed.accepted else before.last_accepted_at_ms,
        )
        if relayed.refused:
            first = relayed.refused[0]
            more = f" (and {relayed.refused_events - 1:,} more)" if relayed.refused_events > 1 else ""
            self._blame(source, f"{first.path}: {first.message}{more}")

    def _blame(self, source: RegisteredSource, reason: str) -> None:
        """Remember the reason, and report it unless that was done for others just now."""
        book, now_ms = self._book(source), self._clock.steady_ms()
        book.reception = replace(book.reception, last_error=reason, last_error_at_ms=self._clock.wall_ms())
        book.unreported += 1
        if book.reported_at_ms is None or now_ms - book.reported_at_ms >= REPORT_PAUSE_MS:
            self._reporter.source_refused(source.object.name, reason, requests=book.unreported)
            book.unreported, book.reported_at_ms = 0, now_ms

    def _book(self, source: RegisteredSource) -> _Book:
        """Begun anew for a source that was registered again."""
        book = self._books.get(source.object.name)
        if book is None or book.created_at_ms != source.created_at_ms:
            book = self._books[source.object.name] = _Book(created_at_ms=source.created_at_ms)
        return book


def _chunks(
    events: Sequence[msgspec.Raw], recogniser: Recogniser
) -> Iterator[list[tuple[int, PublishedEvent | Fault]]]:
    """The events, read, with their indices, in pieces of so many events or bytes as are logged at once."""
    chunk: list[tuple[int, PublishedEvent | Fault]] = []
    chunk_bytes = 0
    for index, written in enumerate(events):
        chunk.append((index, recogniser.read(written)))
        chunk_bytes += len(bytes(written))
        if len(chunk) >= CHUNK_EVENTS or chunk_bytes >= CHUNK_BYTES:
            yield chunk
            chunk, chunk_bytes = [], 0
    if chunk:
        yield chunk
