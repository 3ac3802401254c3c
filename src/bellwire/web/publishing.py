"""POST /v1/events: the hot path, without routing and request objects."""

from typing import Final

import msgspec
from starlette.types import Receive, Scope, Send

from bellwire.model.event import PUBLISHED_IDS_MAX, Published
from bellwire.model.webhook import MIB
from bellwire.service import Bellwire
from bellwire.web.bodies import JSON_TYPE, LINES_TYPE, BodiesInHand, BodyReader, head_of, media_type
from bellwire.web.parameters import refuse_parameters
from bellwire.web.resource import PRINCIPAL

PUBLISH_BYTES_MAX: Final = 64 * MIB

_TYPES: Final = (JSON_TYPE, LINES_TYPE)
_ENCODER: Final = msgspec.json.Encoder()
_CONTENT_TYPE: Final = (b"content-type", b"application/json")


class PublishedView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a publish is answered with; ids only where they are at most PUBLISHED_IDS_MAX."""

    accepted: int
    duplicates: int
    ids: tuple[str, ...] | None = None


class Publishing:
    """Takes events in any of the forms that are published over HTTP."""

    def __init__(self, service: Bellwire, in_hand: BodiesInHand) -> None:
        self._service = service
        self._in_hand = in_hand

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose caller may publish; raises Refused and what the service raises."""
        if scope["query_string"]:
            refuse_parameters(scope["query_string"])
        head, by = head_of(scope), scope[PRINCIPAL]
        is_lines = media_type(head, _TYPES) == LINES_TYPE
        reader = BodyReader(head, receive, self._in_hand)
        try:
            if is_lines:
                published = await self._service.publish_lines(reader.pieces(), by=by)
            else:
                body = await reader.whole(bytes_max=PUBLISH_BYTES_MAX)
                published = await self._service.publish_json(body, by=by)
        finally:
            reader.close()
        answer = _ENCODER.encode(_view(published))
        length = (b"content-length", b"%d" % len(answer))
        await send({"type": "http.response.start", "status": 202, "headers": [_CONTENT_TYPE, length]})
        await send({"type": "http.response.body", "body": answer})


def _view(published: Published) -> PublishedView:
    shown = published.accepted <= PUBLISHED_IDS_MAX
    return PublishedView(
        accepted=published.accepted, duplicates=published.duplicates, ids=published.ids if shown else None
    )
