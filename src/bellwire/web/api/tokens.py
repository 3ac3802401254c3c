"""/v1/tokens: what programs show to be let in, and what is granted to them."""

from typing import Annotated, Final

import msgspec
from starlette.responses import Response

from bellwire.model.credentials import TOKEN_PREFIX, Token
from bellwire.model.principal import Scope
from bellwire.rules.granting import read_token as read_wish
from bellwire.web.answers import Time, json_answer, show_time_ms, show_time_ms_or_none
from bellwire.web.operation import LOCATION, Answer, Body, Example, Tag, json_content
from bellwire.web.paging import PAGING, Page, listing, place_from
from bellwire.web.parameters import LIMIT
from bellwire.web.problem_kinds import CONFLICTING_NAME, INVALID_OBJECT, unknown
from bellwire.web.resource import Call, described
from bellwire.web.schemas.grants import WRITTEN_TOKEN


class TokenPlace(msgspec.Struct, frozen=True, array_like=True, tag="token"):
    """Where a page of tokens ends."""

    name: str


class TokenView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A token, without what its holder shows."""

    name: str
    scopes: tuple[Scope, ...]
    types: Annotated[tuple[str, ...] | None, msgspec.Meta(description="What it may publish; null: any type.")]
    created_at: Time
    expires_at: Annotated[Time | None, msgspec.Meta(description="null: it is valid until it is revoked.")]
    last_used: Annotated[Time | None, msgspec.Meta(description="After a restart of the server to the minute.")]


class CreatedTokenView(TokenView, frozen=True, kw_only=True, rename="camel"):
    """A token that was just made."""

    token: Annotated[str, msgspec.Meta(description="What its holder shows; told this once.")]


_PLACES: Final = msgspec.json.Decoder(TokenPlace)
_UNKNOWN: Final = unknown("token")
_EXAMPLE: Final = TokenView(
    name="shop",
    scopes=(Scope.PUBLISH,),
    types=("shop.order-paid",),
    created_at="2026-01-31T08:00:00.000Z",
    expires_at="2026-03-02T08:00:00.000Z",
    last_used=None,
)
_CREATED_EXAMPLE: Final = CreatedTokenView(token=f"{TOKEN_PREFIX}…", **msgspec.structs.asdict(_EXAMPLE))


@described(
    summary="List tokens",
    needs=Scope.ADMIN,
    tag=Tag.ACCESS,
    parameters=PAGING,
    answers=(
        Answer(
            status=200,
            description="A page of tokens.",
            contents=json_content(
                Page[TokenView], one=Example(summary="One token", value=Page(items=[_EXAMPLE], next=None))
            ),
        ),
    ),
)
async def list_tokens(call: Call) -> Response:
    """Tokens by their names, the expired ones included."""
    parameters = call.parameters()
    limit, place = parameters.read(LIMIT), place_from(parameters, _PLACES)
    parameters.check()
    found = [token for token in call.service.access.tokens.all() if place is None or token.name > place.name]
    page = listing(found[:limit], more=len(found) > limit, show=_view, place=lambda token: TokenPlace(token.name))
    return json_answer(page)


@described(
    summary="Create a token",
    needs=Scope.ADMIN,
    tag=Tag.ACCESS,
    body=Body(
        contents=json_content(
            WRITTEN_TOKEN,
            publisher=Example(
                summary="Lets one type of events in, for 30 days",
                value={"name": "shop", "scopes": ["publish"], "types": ["shop.order-paid"], "expiresIn": "30d"},
            ),
        )
    ),
    answers=(
        Answer(
            status=201,
            description="The token, told this once.",
            contents=json_content(CreatedTokenView, one=Example(summary="A new token", value=_CREATED_EXAMPLE)),
            headers=(LOCATION,),
        ),
    ),
    problems=(INVALID_OBJECT, CONFLICTING_NAME),
)
async def create_token(call: Call) -> Response:
    """Make a token for a program. Only its hash is kept, so this answer alone has it."""
    token, secret = await call.service.access.tokens.create(read_wish(await call.document()), by=call.principal)
    return json_answer(_view_created(token, secret), status=201, headers={"Location": f"/v1/tokens/{token.name}"})


@described(
    summary="Read a token",
    needs=Scope.ADMIN,
    tag=Tag.ACCESS,
    answers=(
        Answer(
            status=200,
            description="The token, without what its holder shows.",
            contents=json_content(TokenView, one=Example(summary="A token", value=_EXAMPLE)),
        ),
    ),
    problems=(_UNKNOWN,),
)
async def read_token(call: Call) -> Response:
    """One token: what it grants, and when it was last used."""
    return json_answer(_view(call.service.access.tokens.get(call.path("token_name"))))


@described(
    summary="Rotate a token",
    needs=Scope.ADMIN,
    tag=Tag.ACCESS,
    answers=(
        Answer(
            status=200,
            description="The token with another value, told this once.",
            contents=json_content(CreatedTokenView, one=Example(summary="A new value", value=_CREATED_EXAMPLE)),
        ),
    ),
    problems=(INVALID_OBJECT, _UNKNOWN),
)
async def rotate_token(call: Call) -> Response:
    """Give a token another value, with the same scopes and for as long again; the one before lets nobody in any more,
    and sessions that it let in end. The one of the data folder cannot be rotated.
    """
    token, secret = await call.service.access.tokens.rotate(call.path("token_name"), by=call.principal)
    return json_answer(_view_created(token, secret))


@described(
    summary="Revoke a token",
    needs=Scope.ADMIN,
    tag=Tag.ACCESS,
    answers=(Answer(status=204, description="The token lets nobody in any more."),),
    problems=(INVALID_OBJECT, _UNKNOWN),
)
async def revoke_token(call: Call) -> Response:
    """Take a token back; sessions that it let in end with it. The one of the data folder cannot be revoked."""
    await call.service.access.tokens.revoke(call.path("token_name"), by=call.principal)
    return Response(status_code=204)


def _view(token: Token) -> TokenView:
    return TokenView(
        name=token.name,
        scopes=token.scopes,
        types=token.types,
        created_at=show_time_ms(token.created_at_ms),
        expires_at=show_time_ms_or_none(token.expires_at_ms),
        last_used=show_time_ms_or_none(token.last_used_at_ms),
    )


def _view_created(token: Token, secret: str) -> CreatedTokenView:
    return CreatedTokenView(token=secret, **msgspec.structs.asdict(_view(token)))
