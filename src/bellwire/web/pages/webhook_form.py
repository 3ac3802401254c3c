"""Creating and editing a webhook: the form, its preview, its test, and what is said when it cannot be saved."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from starlette.responses import Response

from bellwire.engine.keyring import Unreadable, make_signature_key
from bellwire.errors import EditConflict, Fault, InvalidObject
from bellwire.model.event_type import Catalogue, TracingLevel
from bellwire.model.type_rates import Estimate, TypeRates
from bellwire.model.webhook import RegisteredWebhook, WebHook, WebhookId
from bellwire.rules.estimating import estimate
from bellwire.rules.matching import counted_types
from bellwire.rules.presenting import present_webhook
from bellwire.rules.validating import Checked
from bellwire.web.pages.built_in_receiver import open_or_refuse
from bellwire.web.pages.event_groups import grouped
from bellwire.web.pages.exchanges import ExchangeView, SentView, view_exchange, view_request
from bellwire.web.pages.form_fields import document_of, faults_by_field, fields_of, repeated_headers
from bellwire.web.pages.showing import plural
from bellwire.web.pages.visit import WEBHOOKS, Fields, Notice, Visit

LEVELS: Final = tuple(level.value for level in TracingLevel)
FIELD_TITLES: Final = {
    "url": "Endpoint URL",
    "name": "Name",
    "events": "Events",
    "eventsPolicy": "Filtering mode",
    "timeout": "Timeout",
    "throttle": "Throttle",
    "discardAfter": "Discard after",
    "signatureKey": "Signature key",
    "httpAuth": "Authentication",
    "httpHeaders": "HTTP headers",
    "allowInvalidCerts": "Accept invalid certificates",
    "lossy": "Lossy",
    "enable": "Enabled",
    "level": "Lowest level",
    "maxBatchEvents": "Most events",
    "maxBatchBytes": "Most bytes",
    "catchUp": "Catching up",
}
"""What each member of the object is called on the page."""

_NEW: Final = WebHook(url="https://example.com", name="")


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What the endpoint will get. levels: how many events an hour of each level, or types where none came lately;
    blocked: why nothing could be sent.
    """

    types: int
    of: int
    estimate: Estimate
    rates: TypeRates
    levels: dict[str, float]
    warnings: tuple[Fault, ...]
    sent: SentView | None
    blocked: str


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Why the form was not saved: faults of its fields, or an edit of somebody else and what it made of which field."""

    faults: tuple[Fault, ...] = ()
    changed: tuple[str, ...] = ()
    is_conflict: bool = False


async def show_new(visit: Visit) -> Response:
    """GET …/new."""
    document = present_webhook(_NEW, by=visit.principal) | {"url": "", "name": ""}
    return await _show(visit, fields_of(document))


async def show_edit(visit: Visit) -> Response:
    """GET …/{id}/edit."""
    webhook = visit.service.webhook(visit.webhook_id)
    return await _show(visit, fields_of(present_webhook(webhook.object, by=visit.principal)), webhook=webhook)


async def show_duplicate(visit: Visit) -> Response:
    """GET …/{id}/duplicate: a new webhook like that one; its secrets have to be given anew, as nobody is shown them."""
    webhook = visit.service.webhook(visit.webhook_id)
    document = present_webhook(webhook.object, by=visit.principal) | {"name": f"Copy of {webhook.object.name}"[:80]}
    return await _show(visit, fields_of(document).without(".kept"), copy_of=webhook)


async def create_webhook(visit: Visit) -> Response:
    """POST /settings/telemetry/webhooks."""
    fields = await visit.form()
    try:
        _check_rows(fields)
        webhook, warnings = await visit.service.create_webhook(document_of(fields), by=visit.principal)
    except InvalidObject as problem:
        return await _show(visit, fields, trouble=Trouble(faults=problem.faults), code=422)
    told = _told(warnings, "It gets what is published from now on.")
    return visit.go(f"{WEBHOOKS}/{webhook.id}", Notice("good", f"{webhook.object.name} is created", told))


async def save_webhook(visit: Visit) -> Response:
    """POST …/{id}: stored if nobody else has edited the webhook since the form was opened."""
    fields = await visit.form()
    webhook = visit.service.webhook(visit.webhook_id)
    revision = fields.text("revision")
    try:
        _check_rows(fields)
        edited, warnings = await visit.service.replace_webhook(
            webhook.id,
            document_of(fields),
            revision=int(revision) if revision.isdecimal() else 0,
            by=visit.principal,
        )
    except InvalidObject as problem:
        return await _show(visit, fields, webhook=webhook, trouble=Trouble(faults=problem.faults), code=422)
    except EditConflict:
        trouble = Trouble(is_conflict=True, changed=_differing(webhook.object, fields))
        return await _show(visit, fields, webhook=webhook, trouble=trouble, code=409)
    told = _told(warnings, "The change counts from the next request on.")
    return visit.go(visit.webhook_address, Notice("good", f"{edited.object.name} is saved", told))


async def fill_in_receiver(visit: Visit) -> Response:
    """POST …/built-in: the form with the URL of the built-in receiver, and a key where it had none."""
    fields = await visit.form()
    webhook = _edited(visit, fields)
    filled = {"url": [await open_or_refuse(visit)]}
    if (fields.text("signatureKey") or "None") == "None":
        filled |= {"signatureKey": ["Value"], "signatureKey.secret": [make_signature_key()]}
    return await _show(visit, fields.having(filled), webhook=webhook)


async def preview_webhook(visit: Visit) -> Response:
    """POST …/preview: what the object in the form would get and send; nothing is stored."""
    fields = await visit.form()
    webhook = _edited(visit, fields)
    preview, trouble = _preview(visit, fields, webhook, await visit.service.sampler.rates())
    if visit.is_partial:
        return visit.part("webhook_preview.html", preview=preview, trouble=trouble, titles=FIELD_TITLES, f=fields)
    return await _show(visit, fields, webhook=webhook, trouble=trouble)


async def test_draft(visit: Visit) -> Response:
    """POST …/test: one test event to the endpoint in the form, which need not be saved."""
    fields = await visit.form()
    webhook = _edited(visit, fields)
    exchange: ExchangeView | None = None
    trouble: Trouble | None = None
    try:
        _check_rows(fields)
        webhook_id = webhook.id if webhook else None
        exchange = view_exchange(
            await visit.service.inspector.test(document_of(fields), webhook_id, by=visit.principal)
        )
    except InvalidObject as problem:
        trouble = Trouble(faults=problem.faults)
    if visit.is_partial:
        return visit.part("webhook_tested.html", exchange=exchange, trouble=trouble, titles=FIELD_TITLES)
    return await _show(visit, fields, webhook=webhook, trouble=trouble, exchange=exchange)


async def _show(
    visit: Visit,
    fields: Fields,
    *,
    webhook: RegisteredWebhook | None = None,
    copy_of: RegisteredWebhook | None = None,
    code: int = 200,
    **told: Any,  # noqa: ANN401 - trouble and exchange, as the handlers name them
) -> Response:
    trouble: Trouble | None = told.get("trouble")
    rates = await visit.service.sampler.rates()
    preview, _ = _preview(visit, fields, webhook, rates)
    catalogue = visit.service.catalogue
    return await visit.page(
        "webhook_form.html",
        code=code,
        f=fields,
        webhook=webhook,
        copy_of=copy_of,
        trouble=trouble,
        errors=faults_by_field(trouble.faults) if trouble else {},
        exchange=told.get("exchange"),
        preview=preview,
        rates=rates,
        groups=grouped(catalogue, shipped=visit.service.is_shipped_type),
        chosen=frozenset(fields.texts("events")),
        levels=LEVELS,
        titles=FIELD_TITLES,
        count=len(catalogue),
    )


def _edited(visit: Visit, fields: Fields) -> RegisteredWebhook | None:
    """The webhook that the form edits; None for a new one. Raises UnknownThing."""
    named = fields.text("id")
    return visit.service.webhook(WebhookId(named)) if named else None


def _preview(
    visit: Visit, fields: Fields, webhook: RegisteredWebhook | None, rates: TypeRates
) -> tuple[Preview | None, Trouble | None]:
    webhook_id = webhook.id if webhook else None
    document = document_of(fields)
    try:
        _check_rows(fields)
        checked = visit.service.inspector.check(document, webhook_id, by=visit.principal)
        request = visit.service.inspector.preview(document, webhook_id, by=visit.principal)
    except InvalidObject as problem:
        return None, Trouble(faults=problem.faults)
    catalogue = visit.service.catalogue
    if isinstance(request, Unreadable):
        return _preview_of(checked, catalogue, rates, sent=None, blocked=request.reason), None
    return _preview_of(checked, catalogue, rates, sent=view_request(request)), None


def _preview_of(
    checked: Checked, catalogue: Catalogue, rates: TypeRates, *, sent: SentView | None, blocked: str = ""
) -> Preview:
    types = counted_types(checked.webhook, catalogue)
    estimated = estimate(checked.webhook, rates, catalogue)
    by_level: Mapping[TracingLevel, float] = estimated.by_level or Counter(map(catalogue.level, types))
    return Preview(
        types=len(types),
        of=len(counted_types(_everything(), catalogue)),
        estimate=estimated,
        rates=rates,
        levels={level.value: by_level[level] for level in TracingLevel if level in by_level},
        warnings=checked.warnings,
        sent=sent,
        blocked=blocked,
    )


def _everything() -> WebHook:
    return msgspec.structs.replace(_NEW, level=TracingLevel.TRACE)


def _check_rows(fields: Fields) -> None:
    if faults := repeated_headers(fields):
        raise InvalidObject(faults)


def _differing(stored: WebHook, fields: Fields) -> tuple[str, ...]:
    """The titles of the members that are stored otherwise than the form says."""
    shown, written = fields_of(present_webhook(stored)), fields
    theirs, ours = document_of(shown), document_of(written)
    return tuple(title for name, title in FIELD_TITLES.items() if theirs.get(name) != ours.get(name))


def _told(warnings: tuple[Fault, ...], otherwise: str) -> str:
    if not warnings:
        return otherwise
    first = f"{warnings[0].path}: {warnings[0].message}"
    return first if len(warnings) == 1 else f"{first} (and {plural(len(warnings) - 1, 'more warning')})"
