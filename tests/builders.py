"""Valid things by default; a test overrides what matters to it."""

from typing import Any

from bellwire.model.audit import Action, AuditEntry
from bellwire.model.cursor import ReplayId
from bellwire.model.event import EventId, EventTypeId, LoggedEvent, NewEvent, Position
from bellwire.model.event_type import Catalogue, EventType, FormerType, TracingLevel
from bellwire.model.principal import PROGRAM
from bellwire.model.replay import Part, Replay, ReplayWish
from bellwire.model.webhook import RegisteredWebhook, WebHook, WebhookId

URL = "https://hooks.example.com/in"


def make_webhook(**overrides: Any) -> WebHook:  # noqa: ANN401 - the overrides are fields of any type
    """A sound WebHook: all events of level info and above, no key, no credentials."""
    return WebHook(**({"url": URL, "name": "hooks.example.com"} | overrides))


def make_document(**overrides: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON members of any type
    """The JSON form of a sound WebHook as somebody would write it."""
    return {"url": URL, "events": ["auth.success"], "eventsPolicy": "include"} | overrides


def make_registered_webhook(webhook: WebHook | None = None, **overrides: Any) -> RegisteredWebhook:  # noqa: ANN401 - fields of any type
    """A webhook of revision 1, registered at the start of the log."""
    fields: dict[str, Any] = {
        "id": WebhookId("wh-1"),
        "object": webhook or make_webhook(),
        "revision": 1,
        "created_at_ms": 1_687_359_300_000,
        "updated_at_ms": 1_687_359_300_000,
        "starts_at": Position(1),
    }
    return RegisteredWebhook(**(fields | overrides))


def make_new_event(
    event_id: str = "event-1",
    type_id: str = "auth.success",
    *,
    data: bytes = b"{}",
    created_at: str = "2023-06-21T14:55:00.000Z",
    id_given: bool = True,
) -> NewEvent:
    """An event that was checked and encoded, and is not in the log yet."""
    head = b'{"id":"%s","createdAt":"%s",' % (event_id.encode(), created_at.encode())
    content = b'"type":"%s","data":%s}' % (type_id.encode(), data)
    return NewEvent(
        id=EventId(event_id),
        type=EventTypeId(type_id),
        encoded=head + content,
        content_at=len(head),
        id_given=id_given,
    )


def make_event(
    position: int = 1,
    type_id: str = "auth.success",
    *,
    event_id: str | None = None,
    data: bytes = b"{}",
    accepted_at_ms: int = 1_687_359_300_000,
) -> LoggedEvent:
    """An event in the log; its id is made from the position unless one is given."""
    new = make_new_event(event_id or f"event-{position}", type_id, data=data)
    return LoggedEvent(position=Position(position), accepted_at_ms=accepted_at_ms, type=new.type, encoded=new.encoded)


def make_replay(**overrides: Any) -> Replay:  # noqa: ANN401 - fields of any type
    """One of the first ten positions of the log, of all types."""
    fields: dict[str, Any] = {
        "id": ReplayId("replay-1"),
        "webhook_id": WebhookId("wh-1"),
        "wish": ReplayWish(from_position=Position(1)),
        "part": Part(since=Position(1), until=Position(11)),
        "missing": 0,
        "created_at_ms": 1_687_359_300_000,
        "counted_from_ms": 1_687_359_300_000,
    }
    return Replay(**(fields | overrides))


def make_catalogue() -> Catalogue:
    """A few types of every level, a former name, one that was split, one without successor, and types of our own."""
    return Catalogue(
        [
            EventType(id=EventTypeId(type_id), level=level, description=description)
            for type_id, level, description in (
                ("auth.error", TracingLevel.ERROR, "Checking a password broke down."),
                ("auth.failed", TracingLevel.WARN, "A password was wrong."),
                ("auth.success", TracingLevel.INFO, "A user signed in."),
                ("bellwire.webhook-failing", TracingLevel.WARN, "Attempts of a webhook fail."),
                ("delivery.dsn-perm-fail", TracingLevel.INFO, "A bounce was sent."),
                ("delivery.dsn-success", TracingLevel.DEBUG, "A receipt was sent."),
                ("message-ingest.ham", TracingLevel.INFO, "A message was stored."),
                ("smtp.raw-input", TracingLevel.TRACE, "Bytes came in."),
                ("webhook.test", TracingLevel.INFO, "A test."),
            )
        ],
        [
            FormerType(
                id=EventTypeId("store.ingest"),
                level=TracingLevel.INFO,
                successors=(EventTypeId("message-ingest.ham"),),
            ),
            FormerType(
                id=EventTypeId("dsn"),
                level=TracingLevel.INFO,
                successors=(EventTypeId("delivery.dsn-success"), EventTypeId("delivery.dsn-perm-fail")),
            ),
            FormerType(id=EventTypeId("cluster.error"), level=TracingLevel.WARN),
        ],
    )


def make_audit_entry(**overrides: Any) -> AuditEntry:  # noqa: ANN401 - fields of any type
    """The program has created a webhook."""
    fields: dict[str, Any] = {
        "at_ms": 1_687_359_300_000,
        "by": PROGRAM.name,
        "kind": PROGRAM.kind,
        "address": PROGRAM.address,
        "action": Action.WEBHOOK_CREATE,
        "object_id": "wh-1",
    }
    return AuditEntry(**(fields | overrides))
