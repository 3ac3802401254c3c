"""What a list of dead letters shows of each of them."""

from collections.abc import Mapping
from typing import Final

import msgspec

from bellwire.model.cursor import DiscardReason
from bellwire.model.event import WebhookEvent
from bellwire.model.status import DeadLetter
from bellwire.model.webhook import WebhookId
from bellwire.service import Bellwire
from bellwire.web.pages.attempt_rows import names_of

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


class DeadLetterRow(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter, the id of its event, and the name of its webhook; None where that is deleted."""

    letter: DeadLetter
    event_id: str
    name: str | None
    meaning: str


class DeadLetterPage(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a page; older: where the next one begins, empty after the last."""

    rows: tuple[DeadLetterRow, ...]
    older: str


async def find_dead_letters(
    service: Bellwire, *, webhook_id: WebhookId | None, reason: str, before: str
) -> DeadLetterPage:
    """The newest dead letters, of one webhook or of all; reason: a key of REASONS."""
    letters = await service.dead_letters(
        webhook_id=webhook_id,
        reason=DiscardReason(reason) if reason else None,
        before=read_place(before),
        limit=ROWS_MAX + 1,
    )
    names = names_of(service.webhooks())
    rows = tuple(row_of(letter, names) for letter in letters[:ROWS_MAX])
    last = rows[-1].letter if len(letters) > ROWS_MAX else None
    return DeadLetterPage(rows=rows, older=f"{last.number}-{last.event.position}" if last else "")


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
