"""POST /v1/sources/{name}: what an upstream server posts; the source says how it must show that it did."""

from typing import Annotated, Final

import msgspec
from starlette.types import Receive, Scope, Send

from bellwire.errors import MalformedBody, NotAdmitted, UnknownThing
from bellwire.model.source import Relayed
from bellwire.model.webhook import MIB
from bellwire.service import Bellwire
from bellwire.web.answers import json_answer
from bellwire.web.auth import too_often
from bellwire.web.bodies import BodiesInHand, BodyReader, Head, head_of, refuse_compressed
from bellwire.web.operation import Answer, Body, Example, Operation, Tag, json_content
from bellwire.web.parameters import refuse_parameters
from bellwire.web.problem_kinds import (
    GOING_DOWN,
    INVALID_EVENT,
    INVALID_PARAMETER,
    NOT_ADMITTED,
    SECRET_UNREADABLE,
    STORAGE_UNAVAILABLE,
    TOO_MANY_REQUESTS,
)
from bellwire.web.problems import FaultView, Problem, Refused, view_faults
from bellwire.web.schemas.events import RELAYED_BODY
from bellwire.web.sessions import address_of

SOURCES_PATH: Final = "/v1/sources/"

RECEIVE_BYTES_MAX: Final = 256 * MIB
"""Upstream servers know no limit, and what does not fit is sent again until it is lost; all sources share as much."""


_NOT_ADMITTED: Final = (
    "there is no such source, it is disabled, or the request does not show what it asks for; GET /v1/sources tells its "
    "administrator which"
)
"""One answer to all, so that nobody finds out by it which sources there are."""


class RelayedView(msgspec.Struct, frozen=True, kw_only=True, rename={"faults": "errors"}):
    """What became of a request of an upstream server: its sound events are on disk."""

    accepted: Annotated[int, msgspec.Meta(description="How many of its events are on disk now.")]
    duplicates: Annotated[int, msgspec.Meta(description="How many of them were known before.")]
    refused: Annotated[int, msgspec.Meta(description="How many could not be taken; sending them again is no use.")]
    faults: Annotated[tuple[FaultView, ...], msgspec.Meta(description="What is wrong with these, with the first 100.")]


RECEIVE: Final = Operation(
    id="receiveEvents",
    summary="Take in what an upstream server posts",
    description="For upstream servers only: events as the page's server posts them. The request must show what the "
    "source asks for, an `X-Signature`, an `Authorization` header, or both; a token of this API is neither needed nor "
    "taken. Ids are made anew, so that a retry is known though its server gives it others.",
    needs=None,
    tag=Tag.SOURCES,
    body=Body(
        contents=json_content(
            RELAYED_BODY,
            one=Example(
                summary="One event",
                value={
                    "events": [
                        {
                            "id": "17955340013080535",
                            "createdAt": "2026-11-24T15:26:41Z",
                            "type": "auth.failed",
                            "data": {"accountName": "nadia", "remoteIp": "192.0.2.9"},
                        }
                    ]
                },
            ),
        )
    ),
    answers=(
        Answer(
            status=200,
            description="The events are on disk, or were before.",
            contents=json_content(
                RelayedView,
                one=Example(summary="A retry", value=RelayedView(accepted=1, duplicates=1, refused=0, faults=())),
            ),
        ),
    ),
    problems=(
        NOT_ADMITTED,
        INVALID_EVENT,
        INVALID_PARAMETER,
        SECRET_UNREADABLE,
        GOING_DOWN,
        STORAGE_UNAVAILABLE,
        TOO_MANY_REQUESTS,
    ),
)
"""What `Receiving` does."""


class Receiving:
    """Takes in what upstream servers post. Its bodies have room of their own, so that they hold up no publishers."""

    def __init__(self, service: Bellwire) -> None:
        self._relayer = service.relayer
        self._in_hand = BodiesInHand()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that no token was asked of; raises Refused and what the service raises."""
        refuse_parameters(scope["query_string"])
        name, head = scope["path"].removeprefix(SOURCES_PATH), head_of(scope)
        failures, address = self._relayer.failures, address_of(scope)
        if wait_ms := failures.wait_ms(name, address):
            raise too_often("requests from this address were refused too often", wait_ms)
        try:
            relayed = await self._relay(name, head, receive)
        except (NotAdmitted, UnknownThing) as problem:
            failures.count(name, address)
            raise Refused(Problem.of(NOT_ADMITTED, _NOT_ADMITTED)) from problem
        failures.forgive(name, address)
        await json_answer(_view(relayed))(scope, receive, send)

    async def _relay(self, name: str, head: Head, receive: Receive) -> Relayed:
        self._relayer.admit(name, head)
        reader = BodyReader(head, receive, self._in_hand)
        try:
            try:
                refuse_compressed(head)
                body = await reader.whole(bytes_max=RECEIVE_BYTES_MAX)
            except Refused as refused:
                self._relayer.refuse(name, MalformedBody(refused.problem.detail))
                raise
            return await self._relayer.receive(name, head, body)
        finally:
            reader.close()


def _view(relayed: Relayed) -> RelayedView:
    return RelayedView(
        accepted=relayed.accepted,
        duplicates=relayed.duplicates,
        refused=relayed.refused_events,
        faults=view_faults(relayed.refused),
    )
