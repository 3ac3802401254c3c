"""Replays: delivering again what a webhook gave up, how far each of them is, and stopping it."""

import contextlib
from typing import Any, Final

import msgspec
from starlette.responses import Response

from bellwire.errors import InvalidObject
from bellwire.model.cursor import DiscardReason, ReplayId
from bellwire.model.event import LoggedEvent
from bellwire.model.replay import ReplayPreview, ReplayStatus
from bellwire.web.pages.attempt_rows import names_of
from bellwire.web.pages.dead_letter_rows import MEANINGS
from bellwire.web.pages.events import row_of
from bellwire.web.pages.form_fields import faults_by_field
from bellwire.web.pages.showing import plural
from bellwire.web.pages.visit import Fields, Notice, Visit

ROWS_MAX: Final = 50
SAMPLE_MAX: Final = 5
LIST: Final = "/replays"

_FIELDS: Final = ("since", "until", "rate")


class ReplayRow(msgspec.Struct, frozen=True, kw_only=True):
    """A replay, and the name of its webhook; None where that is deleted."""

    status: ReplayStatus
    name: str | None

    @property
    def behind(self) -> int:
        """Its events that are behind it."""
        return self.status.wanted - self.status.waiting

    @property
    def has_ended(self) -> bool:
        """Whether it can be stopped no more."""
        return self.status.replay.end is not None or bool(self.status.replay.cancelled_because)


async def list_replays(visit: Visit) -> Response:
    """GET /replays: of all webhooks, the newest first."""
    replays, names, before = visit.service.replays, names_of(visit.service.webhooks()), visit.query("before")
    found = [replay for replay in replays.all(None) if not before or replay.id < before][: ROWS_MAX + 1]
    rows = [
        ReplayRow(status=await replays.status(replay), name=names.get(replay.webhook_id)) for replay in found[:ROWS_MAX]
    ]
    return await visit.page(
        "replays.html", rows=rows, before=before, older=found[ROWS_MAX - 1].id if len(found) > ROWS_MAX else ""
    )


async def ask_replay(visit: Visit) -> Response:
    """GET …/{id}/replay: what would be delivered again, and the button that begins it."""
    asked = Fields({name: [visit.query(name)] for name in ("reason", *_FIELDS)})
    if not asked.text("reason"):
        return await _ask(visit, asked)
    try:
        preview = await visit.service.replays.preview(visit.webhook_id, wish_of(asked), by=visit.principal)
    except InvalidObject as problem:
        return await _ask(visit, asked, problem=problem, code=422)
    return await _ask(visit, asked, preview=preview)


async def begin_replay(visit: Visit) -> Response:
    """POST …/{id}/replay."""
    asked = await visit.form()
    try:
        status = await visit.service.replays.create(visit.webhook_id, wish_of(asked), by=visit.principal)
    except InvalidObject as problem:
        return await _ask(visit, asked, problem=problem, code=422)
    told = f"{plural(status.wanted, 'event')} beside what is delivered anyway."
    return visit.go(LIST, Notice("good", "The replay has begun", told))


async def pause_replay(visit: Visit) -> Response:
    """POST /replays/{id}/pause."""
    await visit.service.replays.edit(_id_of(visit), {"paused": True}, by=visit.principal)
    return visit.go(LIST, Notice("good", "The replay is paused", "It sends nothing until it is resumed."))


async def resume_replay(visit: Visit) -> Response:
    """POST /replays/{id}/resume."""
    await visit.service.replays.edit(_id_of(visit), {"paused": False}, by=visit.principal)
    return visit.go(LIST, Notice("good", "The replay goes on"))


async def cancel_replay(visit: Visit) -> Response:
    """POST /replays/{id}/cancel; what was not sent yet stays a dead letter, so another one can begin with it."""
    status = await visit.service.replays.cancel(_id_of(visit), by=visit.principal)
    if status.replay.cancelled_because:
        return visit.go(LIST, Notice("good", "The replay is cancelled", "It sends nothing more."))
    return visit.go(LIST, Notice("bad", "The replay had ended already"))


def wish_of(asked: Fields) -> dict[str, Any]:
    """The object that the form asks for; what cannot be read stays as it is, so that the fault names it."""
    wish: dict[str, Any] = {name: asked.text(name).strip() for name in ("reason", *_FIELDS) if asked.text(name).strip()}
    if "rate" in wish:
        with contextlib.suppress(ValueError):
            wish["rate"] = float(wish["rate"])
    return wish


async def _ask(
    visit: Visit,
    asked: Fields,
    *,
    preview: ReplayPreview | None = None,
    problem: InvalidObject | None = None,
    code: int = 200,
) -> Response:
    webhook, catalogue = visit.service.webhook(visit.webhook_id), visit.service.catalogue
    sample: tuple[LoggedEvent, ...] = preview.sample[:SAMPLE_MAX] if preview else ()
    return await visit.page(
        "replay.html",
        code=code,
        webhook=webhook,
        f=asked,
        reasons={reason.value: MEANINGS[reason] for reason in DiscardReason},
        preview=preview,
        sample=[row_of(event, catalogue) for event in sample],
        errors=faults_by_field(problem.faults) if problem else {},
        faults=problem.faults if problem else (),
    )


def _id_of(visit: Visit) -> ReplayId:
    return ReplayId(visit.path("replay_id"))
