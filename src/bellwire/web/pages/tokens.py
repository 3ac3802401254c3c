"""API tokens: which there are and what they grant, making one, giving one another value, taking one back."""

from typing import Any, Final
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from bellwire.engine.token_issuer import ADMIN
from bellwire.errors import ConflictingName, Fault, InvalidObject
from bellwire.model.credentials import NAME_LENGTH_MAX, Token
from bellwire.model.principal import PrincipalKind
from bellwire.rules.granting import TYPES_MAX, read_token
from bellwire.web.pages.form_fields import faults_by_field
from bellwire.web.pages.scope_words import SCOPE_WORDS, words_of
from bellwire.web.pages.visit import Fields, Notice, Visit

LIST: Final = "/tokens"
ROWS_MAX: Final = 100
EXPIRIES: Final = ("1d", "7d", "30d", "90d", "365d")
TITLES: Final = {"name": "Name", "scopes": "What it may do", "types": "Event types", "expiresIn": "Valid for"}


class TokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A token. sessions: how many browsers it has let in. fixed: it is the data folder's, and stays."""

    token: Token
    has_expired: bool
    sessions: int
    fixed: bool

    @property
    def address(self) -> str:
        """Its page."""
        return address_of(self.token.name)


async def list_tokens(visit: Visit) -> Response:
    """GET /tokens: by name."""
    after = visit.query("after")
    found = [token for token in visit.service.access.tokens.all() if token.name > after]
    rows = [_row(visit, token) for token in found[:ROWS_MAX]]
    older = rows[-1].token.name if len(found) > ROWS_MAX else ""
    return await visit.page("tokens.html", rows=rows, after=after, older=older)


async def show_new(visit: Visit) -> Response:
    """GET /tokens/new."""
    return await _form(visit, Fields({"expiresIn": ["90d"]}))


async def create_token(visit: Visit) -> Response:
    """POST /tokens: the token is shown this once."""
    fields = await visit.form()
    try:
        token, secret = await visit.service.access.tokens.create(read_token(document_of(fields)), by=visit.principal)
    except ConflictingName as problem:
        return await _form(visit, fields, faults=problem.faults, code=409)
    except InvalidObject as problem:
        return await _form(visit, fields, faults=problem.faults, code=422)
    return await _show_made(visit, token, secret, is_new=True)


async def show_token(visit: Visit) -> Response:
    """GET /tokens/{name}."""
    row = _row(visit, visit.service.access.tokens.get(visit.path("token_name")))
    return await visit.page("token.html", row=row, words=words_of(row.token.scopes))


async def ask_rotate(visit: Visit) -> Response:
    """GET /tokens/{name}/rotate: what stops working."""
    return await _ask(visit, "rotate")


async def rotate_token(visit: Visit) -> Response:
    """POST /tokens/{name}/rotate: the new value is shown this once."""
    token, secret = await visit.service.access.tokens.rotate(visit.path("token_name"), by=visit.principal)
    return await _show_made(visit, token, secret, is_new=False)


async def ask_revoke(visit: Visit) -> Response:
    """GET /tokens/{name}/revoke: what stops working."""
    return await _ask(visit, "revoke")


async def revoke_token(visit: Visit) -> Response:
    """POST /tokens/{name}/revoke."""
    name = visit.path("token_name")
    await visit.service.access.tokens.revoke(name, by=visit.principal)
    return visit.go(LIST, Notice("good", f"{name} is revoked", "Whoever shows it is turned away."))


def address_of(name: str) -> str:
    """The page of a token."""
    return f"{LIST}/{quote(name, safe='')}"


def document_of(fields: Fields) -> dict[str, Any]:
    """The token that the form asks for, in its JSON form; what was left empty is left out."""
    document: dict[str, Any] = {"name": fields.text("name").strip(), "scopes": fields.texts("scopes")}
    if types := fields.text("types").replace(",", " ").split():
        document["types"] = types
    if expires := fields.text("expiresIn").strip():
        document["expiresIn"] = expires
    return document


async def _form(visit: Visit, fields: Fields, *, faults: tuple[Fault, ...] = (), code: int = 200) -> Response:
    return await visit.page(
        "token_form.html",
        code=code,
        f=fields,
        faults=faults,
        errors=faults_by_field(faults, whole="name"),
        titles=TITLES,
        scopes=SCOPE_WORDS,
        expiries=EXPIRIES,
        name_length_max=NAME_LENGTH_MAX,
        types_max=TYPES_MAX,
    )


async def _ask(visit: Visit, what: str) -> Response:
    row = _row(visit, visit.service.access.tokens.get(visit.path("token_name")))
    return await visit.page("token_ask.html", row=row, what=what, words=words_of(row.token.scopes))


async def _show_made(visit: Visit, token: Token, secret: str, *, is_new: bool) -> Response:
    return await visit.page("token_made.html", token=token, secret=secret, is_new=is_new, words=words_of(token.scopes))


def _row(visit: Visit, token: Token) -> TokenRow:
    sessions = visit.service.access.sessions.all()
    return TokenRow(
        token=token,
        has_expired=token.expires_at_ms is not None and token.expires_at_ms <= visit.now_ms,
        sessions=sum((one.name, one.kind) == (token.name, PrincipalKind.TOKEN) for one in sessions),
        fixed=token.name == ADMIN,
    )
