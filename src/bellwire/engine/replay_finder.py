"""The replay finder: which events does a replay mean, and may it hold them?"""

import asyncio
from typing import Final

import msgspec
import uuid_utils
from msgspec.structs import replace

from bellwire.engine.doorkeeper import Doorkeeper
from bellwire.engine.lane import Lane
from bellwire.engine.parts import Parts
from bellwire.engine.terms import Terms
from bellwire.errors import Fault, InvalidObject
from bellwire.model.cursor import Cursor, DiscardReason, ReplayId
from bellwire.model.event import EventId, Position
from bellwire.model.positions import Positions, Run, behind, count_of, from_on, runs_of, union_of
from bellwire.model.replay import REPLAYED_RUNS_MAX, Part, Replay, ReplayPreview, ReplayWish
from bellwire.model.webhook import RegisteredWebhook, WebhookId
from bellwire.rules.rationing import LOW_SHARE, show_bytes
from bellwire.rules.reading_replays import names_of
from bellwire.store import DiscardSearch

SAMPLE_EVENTS: Final = 10

DISCARDS_READ: Final = 1_000
"""Of dead letters that are read at once."""

FOUND_AT_ONCE: Final = 50
"""Ids that are looked up before others have their turn."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A replay that could begin now, its first cursor, and what it would deliver."""

    replay: Replay
    cursor: Cursor
    preview: ReplayPreview


class ReplayFinder:
    """Looks into the log and at the dead letters; changes nothing."""

    def __init__(self, parts: Parts, doorkeeper: Doorkeeper) -> None:
        self._parts = parts
        self._doorkeeper = doorkeeper
        self._catalogue = parts.selector.catalogue

    async def find(self, webhook: RegisteredWebhook, wish: ReplayWish) -> Found:
        """What the replay would deliver if it began now. Raises InvalidObject."""
        part, missing = await self._part(webhook.id, wish)
        now_ms = self._parts.clock.steady_ms()
        replay = Replay(
            id=ReplayId(str(uuid_utils.uuid7())),
            webhook_id=webhook.id,
            wish=wish,
            part=part,
            missing=missing,
            created_at_ms=self._parts.clock.wall_ms(),
            counted_from_ms=now_ms,
            rate_per_s=wish.rate_per_s,
            paused_at_ms=now_ms if wish.paused else None,
        )
        cursor = Cursor(webhook_id=webhook.id, position=part.since, replay_id=replay.id, since_ms=now_ms)
        parts = self._parts
        going = replace(replay, paused_at_ms=None)
        terms = Terms(webhook, parts.selector, clock=parts.clock, start=parts.start, replay=going)
        lane = Lane(replace(cursor, filter_revision=webhook.filter_revision), terms, parts)
        _, events = await lane.standing()
        sample = await lane.first(SAMPLE_EVENTS)
        lane.retire()
        return Found(replay=replay, cursor=cursor, preview=ReplayPreview(events=events, missing=missing, sample=sample))

    async def _part(self, webhook_id: WebhookId, wish: ReplayWish) -> tuple[Part, int]:
        """The part of the log that is asked for, and how many of its events are no longer retained."""
        log, types = self._parts.log, names_of(wish.types, self._catalogue)
        if wish.ids or wish.reason is not None:
            named = wish.reason is None
            positions, missing = await (
                self._of_ids(wish.ids) if named else self._given_up(webhook_id, wish.reason, wish)
            )
            since = positions[0][0] if positions else log.end
            until = behind(positions) if positions else log.end
            return Part(since=since, until=until, positions=positions, types=types), missing
        since, missing = log.begin, 0
        if wish.from_position is not None:
            since, missing = max(since, wish.from_position), max(0, since - wish.from_position)
        elif wish.since_ms is not None:
            since = max(since, await log.position_at(wish.since_ms))
        until = log.end if wish.until_ms is None else await log.position_at(wish.until_ms)
        return Part(since=min(since, log.end), until=max(min(since, log.end), until), types=types), missing

    async def _of_ids(self, ids: tuple[EventId, ...]) -> tuple[Positions, int]:
        found: list[Position] = []
        for at, event_id in enumerate(ids):
            event = await self._parts.log.find(event_id)
            found += [] if event is None else [event.position]
            if at % FOUND_AT_ONCE == 0:
                await asyncio.sleep(0)
        return runs_of(sorted(found)), len(ids) - len(found)

    async def _given_up(
        self, webhook_id: WebhookId, reason: DiscardReason | None, wish: ReplayWish
    ) -> tuple[Positions, int]:
        """Where the dead letters of the webhook stand."""
        runs: tuple[Run, ...] = ()
        before: int | None = None
        while True:
            page = await self._parts.ledger.discards(
                DiscardSearch(webhook_id=webhook_id, since_ms=wish.since_ms, before=before, limit=DISCARDS_READ)
            )
            meant = (one.discard for one in page if one.discard.reason is reason)
            wanted = (discard.members for discard in meant if _is_within(discard.at_ms, wish))
            runs = union_of([*runs, *(run for members in wanted for run in members)])
            if len(runs) > REPLAYED_RUNS_MAX:
                message = (
                    f"the dead letters stand in more than {REPLAYED_RUNS_MAX:,} stretches of the log; "
                    "narrow them with since and until"
                )
                raise InvalidObject((Fault("reason", message),))
            if len(page) < DISCARDS_READ:
                break
            before = page[-1].number
        positions = Positions(runs)
        retained = from_on(positions, self._parts.log.begin, count_max=count_of(positions))
        return retained, count_of(positions) - count_of(retained)

    async def check_room(self, found: Found) -> None:
        """There must be something to deliver, and the log that is needed for it must not shut the door to events."""
        preview = found.preview
        if not preview.events:
            gone = f"; {preview.missing:,} of those asked for are no longer retained" if preview.missing else ""
            message = f"there is nothing to replay: no retained event is meant that the webhook wants{gone}"
            raise InvalidObject((Fault("", message),))
        log, limit_bytes = self._parts.log, self._doorkeeper.room.limit_bytes
        held_bytes = log.bytes_logged - await log.bytes_before(found.replay.part.since)
        if limit_bytes is not None and held_bytes >= limit_bytes * LOW_SHARE:
            message = (
                f"it would hold {show_bytes(held_bytes)} of the log, and {show_bytes(limit_bytes)} may wait; begin "
                "at a later time or position, or raise the setting backlog-limit"
            )
            raise InvalidObject((Fault("", message),))


def _is_within(at_ms: int, wish: ReplayWish) -> bool:
    return (wish.since_ms is None or at_ms >= wish.since_ms) and (wish.until_ms is None or at_ms < wish.until_ms)
