"""What a receiver remembers of the requests that came: repetitions, signatures, counts."""

import collections
from collections.abc import Callable
from typing import Final

import msgspec

from bellwire.cli.checking import Verdict, check_webhook_signature, check_x_signature
from bellwire.cli.receiver import Received
from bellwire.cli.wording import SECOND_MS, counted, rfc3339

IDS_REMEMBERED_MAX: Final = 100_000


class Seen(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What there is to say about one request. readable: whether the body is a WebhookEvents object.

    at: RFC 3339. types: how many events of each. times_seen: how often the webhook-id came, this time included.
    """

    at: str
    target: str
    bytes: int
    answered: int
    readable: bool
    events: int
    types: dict[str, int]
    ids: tuple[str, ...]
    repeated_ids: tuple[str, ...]
    webhook_id: str
    times_seen: int
    x_signature: Verdict
    webhook_signature: Verdict


class Journal:
    """Remembers what came, so that repetitions are noticed, and counts it."""

    def __init__(self, *, secret: str | None, show: Callable[[Seen], None]) -> None:
        self._secret = secret
        self._show = show
        self._ids = _Memory()
        self._webhook_ids = _Memory()
        self._counts: collections.Counter[str] = collections.Counter()

    def take(self, received: Received) -> None:
        """Look at a request, count it and show it."""
        seen = self._look_at(received)
        self._counts["requests"] += 1
        self._counts["events"] += seen.events
        self._counts["repeated"] += len(seen.repeated_ids)
        verdicts = (seen.x_signature.holds, seen.webhook_signature.holds)
        self._counts["broken"] += False in verdicts
        self._counts["held"] += True in verdicts and False not in verdicts
        self._show(seen)

    def summary(self) -> str:
        """All that came, in a line."""
        counts = self._counts
        text = f"{counted(counts['requests'], 'request')} with {counted(counts['events'], 'event')}"
        if counts["repeated"]:
            text += f", {counted(counts['repeated'], 'of them', 'of them')} repeated"
        if self._secret is not None:
            text += f"; signatures held in {counted(counts['held'], 'request')}, not in {counts['broken']:,}"
        return text

    def _look_at(self, received: Received) -> Seen:
        headers = received.lower_case_headers()
        events = _events_in(received.body)
        ids = tuple(event.id for event in events or ())
        webhook_id = headers.get("webhook-id", "")
        return Seen(
            at=rfc3339(received.at_ms),
            target=received.target,
            bytes=len(received.body),
            answered=received.answered,
            readable=events is not None,
            events=len(ids),
            types=dict(collections.Counter(event.type for event in events or ())),
            ids=ids,
            repeated_ids=tuple(event_id for event_id in ids if self._ids.add(event_id) > 1),
            webhook_id=webhook_id,
            times_seen=self._webhook_ids.add(webhook_id) if webhook_id else 0,
            x_signature=check_x_signature(headers, received.body, secret=self._secret),
            webhook_signature=check_webhook_signature(
                headers, received.body, secret=self._secret, now_s=received.at_ms // SECOND_MS
            ),
        )


class _Memory:
    """How often each of the latest IDS_REMEMBERED_MAX ids came."""

    def __init__(self) -> None:
        self._times: dict[str, int] = {}

    def add(self, name: str) -> int:
        times = self._times.pop(name, 0) + 1
        self._times[name] = times
        if len(self._times) > IDS_REMEMBERED_MAX:
            del self._times[next(iter(self._times))]
        return times


class _Event(msgspec.Struct, frozen=True):
    id: str
    type: str


class _Events(msgspec.Struct, frozen=True):
    events: list[_Event]


def _events_in(body: bytes) -> list[_Event] | None:
    try:
        return msgspec.json.decode(body, type=_Events).events
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
