"""What a list of dead letters shows of each of them, and finding them."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

import msgspec
from starlette.datastructures import QueryParams

from bellwire.model.cursor import DiscardReason
from bellwire.model.event import EventTypeId, WebhookEvent
from bellwire.model.status import DeadLetter, DeadLetterSearch
from bellwire.model.webhook import WebhookId
from bellwire.service import Bellwire
from bellwire.web.pages.attempt_rows import names_of
from bellwire.web.pages.events import no_type, types_like
from bellwire.web.pages.visit import Visit
from bellwire.web.parameters import Parameters, time_parameter

ROWS_MAX: Final = 100
REASONS: Final = {
    "": "Any reason",
    "expired": "Expired",
    "refused": "Refused",
    "lossy": "Lossy",
    "disabled": "Disabled",
}
MEANINGS: Final = {
    DiscardReason.EXPIRED: "not accepted within “discard after”",
    DiscardReason.REFUSED: "refused alone until its deadline",
    DiscardReason.LOSSY: "the webhook is lossy and its endpoint was failing",
    DiscardReason.DISABLED: "it waited when the webhook was disabled or deleted",
}

_SINCE: Final = time_parameter("since", "Given up at this time or later.")
_UNTIL: Final = time_parameter("until", "Given up before this time.")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which dead letters are asked for, as it was written. reason: a key of REASONS; type: an id, or a pattern with
    `*`; since, until: of the time at which they were given up.
    """

    reason: str = ""
    type: str = ""
    since: str = ""
    until: str = ""

    @property
    def query(self) -> str:
        """The part of an address that asks for the same; empty where nothing is asked for."""
        return urlencode({name: value for name, value in msgspec.structs.asdict(self).items() if value})


class DeadLetterRow(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter, the id of its event, and the name of its webhook; None where that is deleted."""

    letter: DeadLetter
    event_id: str
    name: str | None
    meaning: str

    @property
    def choice(self) -> str:
        """What stands for it where it is chosen: its webhook and, behind a space, its event."""
        return f"{self.letter.webhook_id} {self.event_id}"


class DeadLetterList(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a page; older: where the next one begins, empty after the last. A page may be short, even empty, and
    have one behind it, as a bounded number is looked at. errors: what is wrong with each field, which finds nothing.
    """

    rows: tuple[DeadLetterRow, ...] = ()
    older: str = ""
    errors: Mapping[str, list[str]] = {}


def read_asked(visit: Visit) -> Asked:
    """What the query asks for; a reason that is not known counts as any."""
    asked = Asked(**{name: visit.query(name) for name in ("reason", "type", "since", "until")})
    return asked if asked.reason in REASONS else msgspec.structs.replace(asked, reason="")


async def find_dead_letters(
    service: Bellwire, asked: Asked, *, webhook_id: WebhookId | None, before: str
) -> DeadLetterList:
    """The newest dead letters, of one webhook or of all."""
    search, errors = search_of(service, asked)
    if errors:
        return DeadLetterList(errors=errors)
    page = await service.coroner.search(
        msgspec.structs.replace(search, webhook_id=webhook_id, before=read_place(before), limit=ROWS_MAX + 1)
    )
    names = names_of(service.webhooks())
    rows = tuple(row_of(letter, names) for letter in page.letters[:ROWS_MAX])
    more = len(page.letters) > ROWS_MAX
    place = (rows[-1].letter.number, rows[-1].letter.event.position) if more else page.next
    return DeadLetterList(rows=rows, older="" if place is None else f"{place[0]}-{place[1]}")


def search_of(service: Bellwire, asked: Asked) -> tuple[DeadLetterSearch, dict[str, list[str]]]:
    """The search, and what is wrong with each field."""
    written = {name: value for name, value in (("since", asked.since), ("until", asked.until)) if value}
    parameters = Parameters(QueryParams(written), (_SINCE, _UNTIL))
    types: frozenset[EventTypeId] | None = types_like(asked.type, service.catalogue) if asked.type else None
    search = DeadLetterSearch(
        reason=DiscardReason(asked.reason) if asked.reason else None,
        types=types,
        since_ms=parameters.read(_SINCE),
        until_ms=parameters.read(_UNTIL),
    )
    errors = {fault.path: [fault.message] for fault in parameters.faults}
    if types is not None and not types:
        errors["type"] = [no_type(asked.type, service.catalogue)]
    return search, errors


def row_of(letter: DeadLetter, names: Mapping[WebhookId, str]) -> DeadLetterRow:
    """The row of one dead letter."""
    event = msgspec.json.decode(letter.event.encoded, type=WebhookEvent)
    return DeadLetterRow(
        letter=letter, event_id=event.id, name=names.get(letter.webhook_id), meaning=MEANINGS[letter.reason]
    )


def read_place(written: str) -> tuple[int, int] | None:
    """Number and position of the last dead letter of the page before; None for the first page, or what is no place."""
    number, _, position = written.partition("-")
    if all(part.isascii() and part.isdigit() and len(part) < len(str(2**63)) for part in (number, position)):
        return int(number), int(position)
    return None
