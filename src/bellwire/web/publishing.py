"""POST /v1/events: the hot path, without routing and request objects."""

from typing import Annotated, Final

import msgspec
from starlette.types import Receive, Scope, Send

from bellwire.model.event import PUBLISHED_IDS_MAX, Published
from bellwire.model.principal import Scope as Granted
from bellwire.model.webhook import MIB
from bellwire.rules.permitting import check_scope
from bellwire.rules.reading_cloudevents import Batched, Binary, Message, Structured
from bellwire.service import Bellwire
from bellwire.web.bodies import (
    CLOUDEVENT_TYPE,
    CLOUDEVENTS_TYPE,
    JSON_TYPE,
    LINES_TYPE,
    BodiesInHand,
    BodyReader,
    Head,
    media_type,
    refuse_compressed,
)
from bellwire.web.operation import Answer, Body, Content, Example, Operation, Tag, json_content
from bellwire.web.parameters import refuse_parameters
from bellwire.web.problem_kinds import CONFLICTING_EVENT, INVALID_EVENT
from bellwire.web.resource import PRINCIPAL
from bellwire.web.schemas.events import CLOUDEVENT, CLOUDEVENTS, PUBLISHED_BODY, PUBLISHED_LINES

PUBLISH_BYTES_MAX: Final = 64 * MIB

_BINARY: Final = "a CloudEvent in binary mode"
_ATTRIBUTE: Final = b"ce-"
_ENCODER: Final = msgspec.json.Encoder()
_CONTENT_TYPE: Final = (b"content-type", b"application/json")


class PublishedView(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a publish: the events are on disk."""

    accepted: Annotated[int, msgspec.Meta(description="How many events of the call are on disk now.")]
    duplicates: Annotated[int, msgspec.Meta(description="How many of them were known before.")]
    ids: Annotated[
        tuple[str, ...] | msgspec.UnsetType,
        msgspec.Meta(description=f"Their ids in order, if they are at most {PUBLISHED_IDS_MAX}."),
    ] = msgspec.UNSET


_EVENT: Final = {"type": "auth.success", "data": {"accountName": "nadia"}}
_CLOUDEVENT: Final = {
    "specversion": "1.0",
    "id": "A234",
    "source": "/shop",
    "type": "com.example.order-paid",
    "time": "2026-01-31T08:00:00Z",
    "data": {"order": 17},
}
_CHOSEN: Final = {**_EVENT, "id": "order-7", "createdAt": "2026-01-31T08:00:00Z"}

PUBLISH: Final = Operation(
    id="publishEvents",
    summary="Publish events",
    description='Take events in: one, an array, `{"events": […]}` (all or none), or NDJSON of any length, which is '
    "taken in pieces; or CloudEvents 1.0, structured or batched (all or none), or in binary mode: a body of any type, "
    "and the attributes in headers `ce-…`. Answers once they are on disk. A known id with the same type and data is "
    "stored once, so repeat a call whose answer you did not get, with ids of your own; with another type or other data "
    "it is a conflict.",
    needs=Granted.PUBLISH,
    tag=Tag.EVENTS,
    body=Body(
        contents=(
            Content(
                shape=PUBLISHED_BODY,
                examples={
                    "one": Example(summary="One event", value=_EVENT),
                    "chosen": Example(summary="With an id and a time of its own", value=_CHOSEN),
                    "several": Example(summary="Several", value={"events": [_EVENT, _CHOSEN]}),
                },
            ),
            Content(
                shape=PUBLISHED_LINES,
                media_type=LINES_TYPE,
                examples={
                    "lines": Example(
                        summary="One event a line",
                        value="".join(msgspec.json.encode(event).decode() + "\n" for event in (_EVENT, _CHOSEN)),
                    )
                },
            ),
            Content(
                shape=CLOUDEVENT,
                media_type=CLOUDEVENT_TYPE,
                examples={"one": Example(summary="A CloudEvent", value=_CLOUDEVENT)},
            ),
            Content(
                shape=CLOUDEVENTS,
                media_type=CLOUDEVENTS_TYPE,
                examples={"batch": Example(summary="A batch of one", value=[_CLOUDEVENT])},
            ),
        )
    ),
    answers=(
        Answer(
            status=202,
            description="The events are on disk.",
            contents=json_content(
                PublishedView,
                one=Example(summary="One event", value=PublishedView(accepted=1, duplicates=0, ids=("order-7",))),
            ),
        ),
    ),
    problems=(CONFLICTING_EVENT, INVALID_EVENT),
)
"""What `Publishing` does."""

_TYPES: Final = (JSON_TYPE, LINES_TYPE, CLOUDEVENT_TYPE, CLOUDEVENTS_TYPE)


class Publishing:
    """Takes events in any of the forms that are published over HTTP."""

    def __init__(self, service: Bellwire, in_hand: BodiesInHand) -> None:
        self._service = service
        self._in_hand = in_hand

    async def __call__(self, scope: Scope, head: Head, receive: Receive, send: Send) -> None:
        """Answer a request whose caller is known; raises Refused and what the service raises."""
        by = scope[PRINCIPAL]
        check_scope(by, Granted.PUBLISH)
        if scope["query_string"]:
            refuse_parameters(scope["query_string"])
        form = _form_of(head)
        reader = BodyReader(head, receive, self._in_hand)
        try:
            if form == LINES_TYPE:
                published = await self._service.publish_lines(reader.pieces(), by=by)
            else:
                body = await reader.whole(bytes_max=PUBLISH_BYTES_MAX)
                if form == JSON_TYPE:
                    published = await self._service.publish_json(body, by=by)
                else:
                    published = await self._service.publish_cloudevents(_message(form, head, body), by=by)
        finally:
            reader.close()
        answer = _ENCODER.encode(_view(published))
        length = (b"content-length", b"%d" % len(answer))
        await send({"type": "http.response.start", "status": 202, "headers": [_CONTENT_TYPE, length]})
        await send({"type": "http.response.body", "body": answer})


def _form_of(head: Head) -> str:
    """The media type of the body, or _BINARY where headers hold the attributes of a CloudEvent (HTTP binding §3)."""
    if b"ce-specversion" in head or b"ce-type" in head or b"ce-id" in head:
        content_type = head.get(b"content-type", b"").lower()
        if not content_type.startswith(b"application/cloudevents"):
            refuse_compressed(head)
            return _BINARY
    return media_type(head, _TYPES)


def _message(form: str, head: Head, body: bytes) -> Message:
    if form == CLOUDEVENT_TYPE:
        return Structured(body)
    if form == CLOUDEVENTS_TYPE:
        return Batched(body)
    attributes = {
        name.removeprefix(_ATTRIBUTE).decode("latin-1"): value
        for name, value in head.items()
        if name.startswith(_ATTRIBUTE)
    }
    return Binary(attributes, head.get(b"content-type", b"").decode("latin-1"), body)


def _view(published: Published) -> PublishedView:
    shown = published.accepted <= PUBLISHED_IDS_MAX
    return PublishedView(
        accepted=published.accepted,
        duplicates=published.duplicates,
        ids=published.ids if shown else msgspec.UNSET,
    )
