"""Beginning a replay: which events a webhook is to get again, what that would deliver, and at what rate."""

from typing import Any, Final

from starlette.responses import Response

from bellwire.errors import InvalidObject
from bellwire.model.cursor import DiscardReason
from bellwire.model.event import LoggedEvent
from bellwire.model.replay import REPLAYED_IDS_MAX, ReplayPreview
from bellwire.model.webhook import WebhookId
from bellwire.web.pages.dead_letter_rows import MEANINGS
from bellwire.web.pages.events import row_of
from bellwire.web.pages.form_fields import faults_by_field
from bellwire.web.pages.replays import address_of, read_rate
from bellwire.web.pages.showing import plural
from bellwire.web.pages.visit import WEBHOOKS, Fields, Notice, Visit
from bellwire.web.problems import Problem, Refused

SAMPLE_MAX: Final = 5
KINDS: Final = {"reason": "Dead letters", "since": "By time", "fromPosition": "From a position", "ids": "By id"}
"""What says where a replay begins, and what that is called."""

FIELD_TITLES: Final = {
    "reason": "Given up because",
    "since": "Since",
    "until": "Until",
    "fromPosition": "From position",
    "ids": "Ids",
    "types": "Event types",
    "rate": "Events a second",
}

_BESIDE: Final = {"reason": ("since", "until"), "since": ("until",), "fromPosition": ("until",), "ids": ()}
"""Which fields count beside that of the kind."""

_ASKED: Final = ("kind", *FIELD_TITLES, "paused", "id")


async def choose_webhook(visit: Visit) -> Response:
    """GET /replays/new: for which webhook; leads to its form."""
    if webhook_id := visit.query("webhook"):
        webhook = visit.service.webhook(WebhookId(webhook_id))
        return visit.go(f"{WEBHOOKS}/{webhook.id}/replay")
    webhooks = sorted(visit.service.webhooks(), key=lambda webhook: webhook.object.name.casefold())
    return await visit.page("replay_new.html", webhooks=[each for each in webhooks if each.object.enable])


async def ask_replay(visit: Visit) -> Response:
    """GET …/{id}/replay: the form; where something is asked for already, with what it would deliver."""
    asked = Fields({name: visit.request.query_params.getlist(name) for name in _ASKED if visit.query(name)})
    if kind_asked(asked) is None:
        return await _ask(visit, visit.webhook_id, Fields({"kind": ["reason"]}))
    return await _preview(visit, visit.webhook_id, asked)


async def preview_replay(visit: Visit) -> Response:
    """POST …/{id}/replay/preview: what it would deliver; nothing is begun."""
    return await _preview(visit, visit.webhook_id, await visit.form())


async def ask_attempt(visit: Visit) -> Response:
    """GET /attempts/{id}/replay: the form for the events that the attempt sent."""
    attempt = await visit.service.attempt(visit.path("attempt_id"))
    ids = await visit.service.inspector.sent_ids(attempt)
    if not ids:
        detail = "The events of this attempt cannot be told any more: they were removed, or the filter is another now."
        raise Refused(Problem(status=409, detail=detail))
    return await _preview(visit, attempt.webhook_id, Fields({"kind": ["ids"], "id": list(ids)}))


async def begin_replay(visit: Visit) -> Response:
    """POST …/{id}/replay; leads to the page of the replay."""
    asked = await visit.form()
    try:
        status = await visit.service.replays.create(visit.webhook_id, wish_of(asked), by=visit.principal)
    except InvalidObject as problem:
        return await _ask(visit, visit.webhook_id, asked, problem=problem, code=422)
    told = f"{plural(status.wanted, 'event')} beside what is delivered anyway."
    return visit.go(address_of(status.replay), Notice("good", "The replay has begun", told))


def kind_asked(asked: Fields) -> str | None:
    """Which of KINDS is asked for: as it says, else by the first field that is filled in; None for none."""
    if asked.text("kind") in KINDS:
        return asked.text("kind")
    if asked.text("id"):
        return "ids"
    return next((kind for kind in KINDS if asked.text(kind).strip()), None)


def wish_of(asked: Fields) -> dict[str, Any]:
    """The object that the form asks for; what cannot be read stays as it is, so that the fault names it.

    ids: one a line; id: each as it is, which the lines could not tell of one with outer white space.
    """
    kind = kind_asked(asked) or "reason"
    wish: dict[str, Any] = {kind: asked.text(kind).strip()}
    wish |= {name: asked.text(name).strip() for name in _BESIDE[kind] if asked.text(name).strip()}
    if kind == "ids":
        wish["ids"] = [*asked.texts("id"), *filter(None, map(str.strip, asked.text("ids").splitlines()))]
    if kind == "fromPosition" and wish[kind].isascii() and wish[kind].isdigit() and len(wish[kind]) < len(str(2**63)):
        wish[kind] = int(wish[kind])
    if types := asked.text("types").replace(",", " ").split():
        wish["types"] = types
    if rate := asked.text("rate").strip():
        wish["rate"] = read_rate(rate)
    if asked.on("paused"):
        wish["paused"] = True
    return wish


async def _preview(visit: Visit, webhook_id: WebhookId, asked: Fields) -> Response:
    try:
        preview = await visit.service.replays.preview(webhook_id, wish_of(asked), by=visit.principal)
    except InvalidObject as problem:
        return await _ask(visit, webhook_id, asked, problem=problem, code=422)
    return await _ask(visit, webhook_id, asked, preview=preview)


async def _ask(
    visit: Visit,
    webhook_id: WebhookId,
    asked: Fields,
    *,
    preview: ReplayPreview | None = None,
    problem: InvalidObject | None = None,
    code: int = 200,
) -> Response:
    webhook, catalogue = visit.service.webhook(webhook_id), visit.service.catalogue
    sample: tuple[LoggedEvent, ...] = preview.sample[:SAMPLE_MAX] if preview else ()
    return await visit.page(
        "replay_form.html",
        code=code,
        webhook=webhook,
        f=asked.having({"kind": [kind_asked(asked) or "reason"]}),
        asked=[(name, value) for name in _ASKED for value in asked.texts(name)],
        kinds=KINDS,
        reasons={reason.value: MEANINGS[reason] for reason in DiscardReason},
        titles=FIELD_TITLES,
        ids_max=REPLAYED_IDS_MAX,
        preview=preview,
        sample=[row_of(event, catalogue) for event in sample],
        errors=faults_by_field(problem.faults, whole="whole") if problem else {},
        faults=problem.faults if problem else (),
    )
