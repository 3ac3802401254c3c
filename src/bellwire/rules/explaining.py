"""Why did this event (not) arrive?"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from bellwire.model.attempt import Attempt
from bellwire.model.change import Change, LevelSet
from bellwire.model.cursor import Cursor, Discard, DiscardReason
from bellwire.model.duration import show_duration
from bellwire.model.event import LoggedEvent, Position
from bellwire.model.event_type import Catalogue, EventLevel, TracingLevel
from bellwire.model.positions import holds
from bellwire.model.status import Explanation, Verdict
from bellwire.model.webhook import EventPolicy, RegisteredWebhook, WebHook
from bellwire.rules.journalling import level_then
from bellwire.rules.matching import OWN_PREFIX, speaks_of, wants_type

Catalogues = Mapping[EventLevel | None, Catalogue]
"""By the level that counted for the event's type; None: the one that counts now."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one event at one webhook. deliveries: attempts of live delivery whose events enclose it, newest
    first.

    level_changes: of its type, oldest first. cursor: as it stands; deadline_ms: when the event is given up if it waits
    that long.
    """

    event: LoggedEvent
    webhook: RegisteredWebhook
    cursor: Cursor
    deliveries: tuple[Attempt, ...]
    discard: Discard | None
    level_changes: tuple[Change, ...]
    deadline_ms: int


def catalogues_of(event: LoggedEvent, level_changes: Iterable[Change], catalogue: Catalogue) -> Catalogues:
    """The catalogue as it is now, and as it was whenever another level counted for the event's type."""
    levels = {change.what.before for change in level_changes if isinstance(change.what, LevelSet)}
    return {None: catalogue} | {level: catalogue.with_level(event.type, level) for level in levels}


def explain(evidence: Evidence, catalogues: Catalogues) -> Explanation:
    """One answer, in words that an operator understands."""
    event, webhook = evidence.event, evidence.webhook
    if event.position < webhook.starts_at:
        return _told(evidence, Verdict.BEFORE_WEBHOOK, "it was logged before the webhook was created")
    if evidence.discard is not None:
        because = _DISCARDED[evidence.discard.reason].format(after=show_duration(webhook.object.discard_after_ms))
        return msgspec.structs.replace(_told(evidence, Verdict.DISCARDED, because), at_ms=evidence.discard.at_ms)
    if any(_encloses(gap.since, gap.until, event.position) for gap in webhook.gaps) and not _in_hand(evidence):
        return _told(evidence, Verdict.WHILE_DISABLED, "the webhook was disabled when it was logged")
    if (waiting := _waiting(evidence)) is not None:
        return waiting
    passed_over = ""
    for attempt in evidence.deliveries:
        passed_over = _why_unwanted(evidence, catalogues, at_ms=attempt.at_ms)
        if not passed_over:
            return _told_delivered(evidence, attempt)
    passed = event.position < evidence.cursor.position
    unwanted = _why_unwanted(evidence, catalogues) or (passed_over if passed else "")
    if unwanted:
        return _told(evidence, Verdict.NOT_WANTED, unwanted)
    if not passed:
        return _told_waiting(evidence, _pace(evidence))
    return _told(evidence, Verdict.DELIVERED, "the webhook has passed it; the attempt itself is no longer kept")


_DISCARDED: Final = {
    DiscardReason.EXPIRED: "it was not accepted within discardAfter ({after})",
    DiscardReason.REFUSED: "the endpoint refused this very event until its deadline, discardAfter ({after})",
    DiscardReason.LOSSY: "the webhook is lossy and its endpoint was failing",
    DiscardReason.DISABLED: "it waited when the webhook was disabled or deleted",
}


def _told(evidence: Evidence, verdict: Verdict, because: str) -> Explanation:
    return Explanation(webhook_id=evidence.webhook.id, verdict=verdict, because=because)


def _told_delivered(evidence: Evidence, attempt: Attempt) -> Explanation:
    told = _told(evidence, Verdict.DELIVERED, f"attempt {attempt.number} of its batch was accepted")
    return msgspec.structs.replace(told, at_ms=attempt.at_ms, attempt_id=attempt.id)


def _encloses(since: Position, until: Position | None, position: Position) -> bool:
    return since <= position and (until is None or position < until)


def _in_hand(evidence: Evidence) -> bool:
    batch = evidence.cursor.open
    return batch is not None and holds(batch.members, evidence.event.position)


def _waiting(evidence: Evidence) -> Explanation | None:
    """If the cursor names the event itself."""
    cursor, position = evidence.cursor, evidence.event.position
    aside = {refused.position for refused in cursor.set_aside}
    splitting = cursor.splitting
    if position in aside:
        because = "the endpoint refused it alone while it accepted others; it is tried again beside them"
    elif _in_hand(evidence):
        because = _pace(evidence)
    elif splitting is not None and any(holds(part, position) for part in splitting.parts):
        because = "its batch was refused and is being sent in parts"
    elif splitting is not None and any(refused.position == position for refused in splitting.refused):
        because = "it was refused alone; the next events show whether only it is"
    else:
        return None
    return _told_waiting(evidence, because)


def _told_waiting(evidence: Evidence, because: str) -> Explanation:
    """While the webhook is paused, nothing is given up."""
    paused = evidence.webhook.paused_at_ms is not None
    told = _told(evidence, Verdict.WAITING, because)
    return told if paused else msgspec.structs.replace(told, until_ms=evidence.deadline_ms)


def _pace(evidence: Evidence) -> str:
    cursor, webhook = evidence.cursor, evidence.webhook
    if webhook.paused_at_ms is not None:
        return "the webhook is paused; what waits is kept"
    if cursor.gone:
        return "the endpoint answered 410 Gone; resume the webhook or give it another url"
    if cursor.blocked is not None:
        return f"nothing can be sent safely: {cursor.blocked.reason}; it goes on by itself once that is mended"
    if cursor.failures:
        return f"the endpoint does not accept: {cursor.failure}; it is tried again with backoff"
    return "its turn comes with the next batches"


def _object_then(webhook: RegisteredWebhook, position: Position, at_ms: int | None) -> WebHook:
    """The object with the filter that decided on the position, or on a batch that was under way at that time."""
    for past in webhook.past_filters:
        if position < past.until or (at_ms is not None and at_ms < past.replaced_at_ms):
            return msgspec.structs.replace(
                webhook.object, events=past.events, events_policy=past.events_policy, level=past.level
            )
    return webhook.object


def _why_unwanted(evidence: Evidence, catalogues: Catalogues, *, at_ms: int | None = None) -> str:
    """Which rule kept it away, by the filter and the level that counted; empty if none did.

    at_ms: when the attempt began by which it may have been delivered all the same (since 1970).
    """
    event = evidence.event
    if speaks_of(event, evidence.webhook.id):
        return "it speaks of this very webhook"
    webhook = _object_then(evidence.webhook, event.position, at_ms)
    level = level_then(evidence.level_changes, evidence.webhook.id, event.position, at_ms=at_ms)
    catalogue = catalogues[level]
    if wants_type(webhook, event.type, catalogue):
        return ""
    if catalogue.is_disabled(event.type):
        return f"an operator disabled the type {event.type} for all webhooks"
    if event.type.startswith(OWN_PREFIX) and webhook.events_policy is EventPolicy.EXCLUDE:
        return "events about Bellwire itself go only to webhooks that list them"
    any_level = msgspec.structs.replace(webhook, level=TracingLevel.TRACE)
    if wants_type(any_level, event.type, catalogue):
        floor = webhook.level or TracingLevel.INFO
        return f"{event.type} has level {catalogue.level(event.type).value}, the webhook wants {floor.value} and graver"
    if webhook.events_policy is EventPolicy.INCLUDE:
        return f"{event.type} is not in the webhook's list of events"
    return f"{event.type} is in the list of events that the webhook excludes"
