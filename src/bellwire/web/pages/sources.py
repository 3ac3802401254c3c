"""Sources: the upstream servers that may post their events, what came from each, and how to point one here."""

from typing import Any, Final
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from bellwire.engine.secret_maker import make_secret
from bellwire.errors import ConflictingName, Fault, InvalidObject
from bellwire.model.secret import NoSecret, SecretKeyOptional, Value
from bellwire.model.source import SOURCE_NAME_LENGTH_MAX, Reception, RegisteredSource
from bellwire.model.webhook import Unauthenticated
from bellwire.rules.presenting_sources import present_source
from bellwire.web.pages.form_fields import auth_of, faults_by_field, fields_of_auth, fields_of_secret, secret_of
from bellwire.web.pages.visit import Fields, Notice, Visit

LIST: Final = "/sources"
ROWS_MAX: Final = 100
MADE: Final = "made"
"""The choice of a key that is made here."""

TITLES: Final = {
    "name": "Name",
    "signatureKey": "Signature key",
    "httpAuth": "Authentication",
    "allowAnyone": "Let anybody publish",
}


class SourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A source and what came from it. key: how its signature key is kept: `none`, `here`, `elsewhere`. auth: the kind
    of its credentials, or empty. url: where its server posts to.
    """

    source: RegisteredSource
    reception: Reception
    key: str
    auth: str
    url: str

    @property
    def checks(self) -> str:
        """What its requests must show; empty for nothing."""
        shown = ["" if self.key == "none" else "a signature", f"{self.auth} credentials" if self.auth else ""]
        return " and ".join(filter(None, shown))

    @property
    def address(self) -> str:
        """Its page."""
        return address_of(self.source.object.name)


async def list_sources(visit: Visit) -> Response:
    """GET /sources: by name."""
    after = visit.query("after")
    found = [source for source in visit.service.sources.all() if source.object.name > after]
    rows = [row_of(visit, source) for source in found[:ROWS_MAX]]
    older = rows[-1].source.object.name if len(found) > ROWS_MAX else ""
    return await visit.page("sources.html", rows=rows, after=after, older=older)


async def show_new(visit: Visit) -> Response:
    """GET /sources/new."""
    return await _form(visit, Fields({"signatureKey": [MADE]}), row=None)


async def create_source(visit: Visit) -> Response:
    """POST /sources: what to enter in the upstream server; a key that was made here is shown this once."""
    fields = await visit.form()
    made = make_secret() if fields.text("signatureKey") == MADE else ""
    document = document_of(fields, made) | {"name": fields.text("name").strip()}
    try:
        source = await visit.service.sources.create(document, by=visit.principal)
    except ConflictingName as problem:
        return await _form(visit, fields, row=None, faults=problem.faults, code=409)
    except InvalidObject as problem:
        return await _form(visit, fields, row=None, faults=problem.faults, code=422)
    return await _show_made(visit, source, made, is_new=True)


async def show_source(visit: Visit) -> Response:
    """GET /sources/{name}."""
    return await visit.page("source.html", row=_found(visit))


async def show_edit(visit: Visit) -> Response:
    """GET /sources/{name}/edit: what its requests must show."""
    row = _found(visit)
    document = present_source(row.source.object)
    values = fields_of_secret("signatureKey", document["signatureKey"]) | fields_of_auth(document["httpAuth"])
    values |= {"allowAnyone": ["on"]} if document["allowAnyone"] else {}
    return await _form(visit, Fields(values), row=row)


async def save_source(visit: Visit) -> Response:
    """POST /sources/{name}."""
    fields, row = await visit.form(), _found(visit)
    document = document_of(fields, "") | {"enable": row.source.object.enable}
    try:
        await visit.service.sources.put(row.source.object.name, document, by=visit.principal)
    except InvalidObject as problem:
        return await _form(visit, fields, row=row, faults=problem.faults, code=422)
    return visit.go(row.address, Notice("good", "The source is changed", "It counts from the next request on."))


async def enable_source(visit: Visit) -> Response:
    """POST /sources/{name}/enable."""
    return await _switch(visit, enable=True)


async def disable_source(visit: Visit) -> Response:
    """POST /sources/{name}/disable: nothing is lost by it that the upstream server keeps."""
    return await _switch(visit, enable=False)


async def ask_rotate(visit: Visit) -> Response:
    """GET /sources/{name}/rotate: what is refused until the server has the new key."""
    return await visit.page("source_ask.html", row=_found(visit), what="rotate")


async def rotate_key(visit: Visit) -> Response:
    """POST /sources/{name}/rotate: the new key is shown this once."""
    row, made = _found(visit), make_secret()
    key = {"signatureKey": {"@type": "Value", "secret": made}, "allowAnyone": False}
    document = present_source(row.source.object) | key
    source = await visit.service.sources.put(row.source.object.name, document, by=visit.principal)
    return await _show_made(visit, source, made, is_new=False)


async def ask_delete(visit: Visit) -> Response:
    """GET /sources/{name}/delete: what is refused from then on."""
    return await visit.page("source_ask.html", row=_found(visit), what="delete")


async def delete_source(visit: Visit) -> Response:
    """POST /sources/{name}/delete."""
    name = visit.path("source_name")
    await visit.service.sources.remove(name, by=visit.principal)
    return visit.go(LIST, Notice("good", f"{name} is deleted", "The events that came from it stay."))


def address_of(name: str) -> str:
    """The page of a source."""
    return f"{LIST}/{quote(name, safe='')}"


def document_of(fields: Fields, made: str) -> dict[str, Any]:
    """What requests must show, in its JSON form. made: the key that was made here, where the form asks for one."""
    key = {"@type": "Value", "secret": made} if made else secret_of(fields, "signatureKey")
    return {"signatureKey": key, "httpAuth": auth_of(fields), "allowAnyone": fields.on("allowAnyone")}


def row_of(visit: Visit, source: RegisteredSource) -> SourceRow:
    """What the pages show of a source."""
    return SourceRow(
        source=source,
        reception=visit.service.relayer.reception(source),
        key=_keeping_of(source.object.signature_key),
        auth="" if isinstance(source.object.http_auth, Unauthenticated) else type(source.object.http_auth).__name__,
        url=f"{visit.site_url}/v1/sources/{source.object.name}",
    )


def _keeping_of(key: SecretKeyOptional) -> str:
    match key:
        case NoSecret():
            return "none"
        case Value():
            return "here"
        case _:
            return "elsewhere"


def _found(visit: Visit) -> SourceRow:
    return row_of(visit, visit.service.sources.get(visit.path("source_name")))


async def _switch(visit: Visit, *, enable: bool) -> Response:
    row = _found(visit)
    document = present_source(row.source.object) | {"enable": enable}
    source = await visit.service.sources.put(row.source.object.name, document, by=visit.principal)
    told = "What its server posts is taken." if enable else "What its server posts is refused with 403."
    notice = Notice("good", f"{source.object.name} is {'enabled' if enable else 'disabled'}", told)
    return visit.go(row.address, notice)


async def _show_made(visit: Visit, source: RegisteredSource, made: str, *, is_new: bool) -> Response:
    return await visit.page("source_made.html", row=row_of(visit, source), made=made, is_new=is_new)


async def _form(
    visit: Visit, fields: Fields, *, row: SourceRow | None, faults: tuple[Fault, ...] = (), code: int = 200
) -> Response:
    return await visit.page(
        "source_form.html",
        code=code,
        row=row,
        f=fields,
        faults=faults,
        errors=faults_by_field(faults, whole="signatureKey"),
        titles=TITLES,
        name_length_max=SOURCE_NAME_LENGTH_MAX,
    )
