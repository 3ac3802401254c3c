"""Pages of a list, and the tokens that lead from one to the next."""

import base64
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec

from bellwire.web.operation import Schema
from bellwire.web.parameters import LIMIT, Parameters, text_parameter

PAGE_BYTES_MAX: Final = 16 * 1024 * 1024
_STEP_ITEMS: Final = 50
_TOKEN_LENGTH_MAX: Final = 512

T = TypeVar("T")
Place = TypeVar("Place")
Shown = TypeVar("Shown")


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list."""

    items: Sequence[T]
    next: Annotated[str | None, msgspec.Meta(description="The `pageToken` of the page behind it; null after the last.")]


def page_of(schema: Schema) -> Schema:
    """A page of a list of these."""
    return Schema(
        name=f"{schema.name}Page",
        definition={
            "description": "One page of a list.",
            "type": "object",
            "properties": {
                "items": {"type": "array", "items": schema.ref},
                "next": {
                    "type": ["string", "null"],
                    "description": "The `pageToken` of the page behind it; null after the last.",
                },
            },
            "required": ["items", "next"],
        },
        parts=(schema,),
    )


PAGE_TOKEN: Final = text_parameter("pageToken", "`next` of the page before; without it the list begins.")
PAGING: Final = (LIMIT, PAGE_TOKEN)
"""The parameters of every list."""


def place_from(parameters: Parameters, places: msgspec.json.Decoder[Place]) -> Place | None:
    """Where the page begins, from the parameter pageToken: the place of the last item of the page before it."""
    token = parameters.read(PAGE_TOKEN)
    if token is None:
        return None
    with contextlib.suppress(ValueError, msgspec.DecodeError, RecursionError):
        if len(token) <= _TOKEN_LENGTH_MAX:
            return places.decode(base64.b64decode(token, altchars=b"-_", validate=True))
    parameters.fault(PAGE_TOKEN.name, "is none that this list gave; take the `next` of the page before")
    return None


def listing(items: Sequence[T], *, more: bool, show: Callable[[T], Shown], place: Callable[[T], Any]) -> Page[Shown]:
    """The page of these items; show makes what is sent of one, place where the next page begins behind one."""
    token = token_of(place(items[-1])) if more and items else None
    return Page(items=[show(item) for item in items], next=token)


async def gather(
    fetch: Callable[[T | None, int], Awaitable[Sequence[T]]], *, limit: int, size: Callable[[T], int]
) -> tuple[list[T], bool]:
    """Up to limit items, and whether there are more behind them.

    fetch gives up to so many items behind one (None: from the start), fewer only at the end. Items are fetched in
    steps, and the page ends early once they have PAGE_BYTES_MAX together, so that a page of large ones is no burden.
    """
    items: list[T] = []
    room = PAGE_BYTES_MAX
    while True:
        wanted = min(_STEP_ITEMS, limit - len(items) + 1)
        step = await fetch(items[-1] if items else None, wanted)
        for item in step:
            if len(items) == limit or room <= 0:
                return items, True
            items.append(item)
            room -= size(item)
        if len(step) < wanted:
            return items, False


def token_of(place: Any) -> str:  # noqa: ANN401 - whatever the list takes for a place
    """The pageToken that leads to what stands behind this place."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode()
