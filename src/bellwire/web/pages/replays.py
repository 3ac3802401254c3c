"""Replays: how far each of them is, what kept it, and pausing, pacing and stopping it."""

import contextlib
from collections.abc import Sequence
from typing import Final

import msgspec
from starlette.responses import Response

from bellwire.errors import InvalidObject
from bellwire.model.attempt import Attempt, AttemptId
from bellwire.model.cursor import ReplayId
from bellwire.model.replay import Replay, ReplayStatus
from bellwire.service import Bellwire
from bellwire.store import AttemptSearch
from bellwire.web.pages.attempt_rows import AttemptRow, names_of, row_of
from bellwire.web.pages.visit import Notice, Visit

ROWS_MAX: Final = 50
ATTEMPTS_MAX: Final = 10
LOOKED_AT_MAX: Final = 1_000
"""How many of the webhook's attempts are looked at for those of the replay."""

LIST: Final = "/replays"


class ReplayRow(msgspec.Struct, frozen=True, kw_only=True):
    """A replay, and the name of its webhook; None where that is deleted."""

    status: ReplayStatus
    name: str | None

    @property
    def behind(self) -> int:
        """Its events that are behind it."""
        return self.status.wanted - self.status.waiting

    @property
    def share(self) -> float:
        """How much of it is behind it, 0 to 1."""
        return self.behind / self.status.wanted if self.status.wanted else 1.0

    @property
    def share_delivered(self) -> float:
        """How much of it was delivered, 0 to 1."""
        return self.status.delivered / self.status.wanted if self.status.wanted else 1.0

    @property
    def has_ended(self) -> bool:
        """Whether it can be stopped no more."""
        return self.status.replay.end is not None or bool(self.status.replay.cancelled_because)


async def list_replays(visit: Visit) -> Response:
    """GET /replays: of all webhooks, the newest first."""
    before = visit.query("before")
    found = [replay for replay in visit.service.replays.all(None) if not before or replay.id < before][: ROWS_MAX + 1]
    rows = await replay_rows(visit.service, found[:ROWS_MAX])
    return await visit.page(
        "replays.html", rows=rows, before=before, older=found[ROWS_MAX - 1].id if len(found) > ROWS_MAX else ""
    )


async def show_replay(visit: Visit) -> Response:
    """GET /replays/{id}: figures, pace, what was asked for, its latest attempts."""
    return await _show(visit)


async def pause_replay(visit: Visit) -> Response:
    """POST /replays/{id}/pause."""
    await visit.service.replays.edit(_id_of(visit), {"paused": True}, by=visit.principal)
    return await _back(visit, Notice("good", "The replay is paused", "It sends nothing until it is resumed."))


async def resume_replay(visit: Visit) -> Response:
    """POST /replays/{id}/resume."""
    await visit.service.replays.edit(_id_of(visit), {"paused": False}, by=visit.principal)
    return await _back(visit, Notice("good", "The replay goes on"))


async def set_rate(visit: Visit) -> Response:
    """POST /replays/{id}/rate: events a second, or empty for as fast as the endpoint takes them."""
    written = (await visit.form()).text("rate").strip()
    try:
        status = await visit.service.replays.edit(
            _id_of(visit), {"rate": read_rate(written) if written else None}, by=visit.principal
        )
    except InvalidObject as problem:
        return await _show(visit, rate=written, rate_error=problem.faults[0].message)
    rate = status.replay.rate_per_s
    told = "As fast as the endpoint takes them." if rate is None else f"At most {rate:g} events a second."
    return visit.go(address_of(status.replay), Notice("good", "The replay has another rate", told))


async def cancel_replay(visit: Visit) -> Response:
    """POST /replays/{id}/cancel; what was not sent yet stays a dead letter, so another one can begin with it."""
    status = await visit.service.replays.cancel(_id_of(visit), by=visit.principal)
    if status.replay.cancelled_because:
        return await _back(visit, Notice("good", "The replay is cancelled", "It sends nothing more."))
    return await _back(visit, Notice("bad", "The replay had ended already"))


async def replay_rows(service: Bellwire, replays: Sequence[Replay]) -> list[ReplayRow]:
    """The rows of these replays, as they are now."""
    names = names_of(service.webhooks())
    return [
        ReplayRow(status=await service.replays.status(replay), name=names.get(replay.webhook_id)) for replay in replays
    ]


def address_of(replay: Replay) -> str:
    """The page of a replay."""
    return f"{LIST}/{replay.id}"


def read_rate(written: str) -> float | str:
    """A number, or what was written where it is none, for the fault to name it."""
    with contextlib.suppress(ValueError):
        return float(written)
    return written


async def attempts_of(service: Bellwire, replay: Replay) -> list[Attempt]:
    """The newest attempts of a replay, ATTEMPTS_MAX out of LOOKED_AT_MAX of its webhook."""
    found: list[Attempt] = []
    before: AttemptId | None = None
    for _ in range(LOOKED_AT_MAX // 100):
        page = await service.attempts(AttemptSearch(webhook_id=replay.webhook_id, before=before, limit=100))
        found += [attempt for attempt in page if attempt.replay_id == replay.id]
        if len(found) >= ATTEMPTS_MAX or not page or page[-1].at_ms < replay.created_at_ms:
            break
        before = page[-1].id
    return found[:ATTEMPTS_MAX]


async def _show(visit: Visit, *, rate: str | None = None, rate_error: str = "") -> Response:
    service, replay = visit.service, visit.service.replays.get(_id_of(visit))
    names = names_of(service.webhooks())
    status = await service.replays.status(replay)
    rows: list[AttemptRow] = [row_of(attempt, names) for attempt in await attempts_of(service, replay)]
    chosen = status.replay.rate_per_s
    return await visit.page(
        "replay.html",
        code=422 if rate_error else 200,
        row=ReplayRow(status=status, name=names.get(replay.webhook_id)),
        attempts=rows,
        rate=rate if rate is not None else "" if chosen is None else f"{chosen:g}",
        errors={"rate": [rate_error]} if rate_error else {},
    )


async def _back(visit: Visit, notice: Notice) -> Response:
    """To the list where the form says so, else to the replay."""
    address = LIST if (await visit.form()).text("back") == "list" else f"{LIST}/{_id_of(visit)}"
    return visit.go(address, notice)


def _id_of(visit: Visit) -> ReplayId:
    return ReplayId(visit.path("replay_id"))
