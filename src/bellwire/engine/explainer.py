"""The explainer: answers why an event did or did not reach webhooks, however many they are."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final, TypeVar

import msgspec
from msgspec.structs import replace

from bellwire.engine.replay_book import ReplayBook
from bellwire.engine.supervisor import Supervisor
from bellwire.model.attempt import Attempt
from bellwire.model.change import LEVEL_CHANGES_MAX, Change
from bellwire.model.cursor import Cursor, Discard
from bellwire.model.event import LoggedEvent
from bellwire.model.event_type import Catalogue
from bellwire.model.replay import Replay
from bellwire.model.status import Explanation
from bellwire.model.webhook import RegisteredWebhook, WebhookId
from bellwire.rules.explaining import Catalogues, Evidence, catalogues_of, explain
from bellwire.rules.explaining_replays import NOTES_MAX, ReplayEvidence, explain_replay
from bellwire.store import ChangeSearch, Settlements, Store

READ_AT_ONCE: Final = 500
"""Webhooks that one look into the store is about, so that others have their turn in between."""

_Kept = TypeVar("_Kept", Attempt, Discard)


class _Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a webhook and its replays stood before the store was asked. replays: with their cursors, None once ended.

    What is settled meanwhile is thus told twice rather than not at all.
    """

    webhook: RegisteredWebhook
    cursor: Cursor
    deadline_ms: int
    replays: tuple[tuple[Replay, Cursor | None], ...]


class Explainer:
    """Reads what the store and the dispatchers know; changes nothing."""

    def __init__(self, store: Store, book: ReplayBook, *, supervisor: Supervisor, catalogue: Catalogue) -> None:
        self._store = store
        self._book = book
        self._supervisor = supervisor
        self._catalogue = catalogue

    async def explain(self, event: LoggedEvent, webhooks: Sequence[RegisteredWebhook]) -> tuple[Explanation, ...]:
        """Why the event did or did not reach each of the webhooks, in their order."""
        standings = self._standings(event, webhooks)
        # Of a former name that was split, the first successor's level counts.
        leading = self._catalogue.present_names(event.type)[0]
        newest_first = await self._store.journal.changes(ChangeSearch(subject=leading, limit=LEVEL_CHANGES_MAX))
        levels = tuple(numbered.change for numbered in reversed(newest_first))
        catalogues = catalogues_of(event, levels, self._catalogue)
        told: list[Explanation] = []
        for some in (standings[at : at + READ_AT_ONCE] for at in range(0, len(standings), READ_AT_ONCE)):
            found = await self._store.ledger.settlements(event.position, {each.webhook.id for each in some})
            deliveries, discards = _by_webhook(found.deliveries), _by_webhook(found.discards)
            for each in some:
                settled = Settlements(
                    deliveries=tuple(deliveries[each.webhook.id]), discards=tuple(discards[each.webhook.id])
                )
                told.append(_explanation(event, each, settled, levels, catalogues))
        return tuple(told)

    def _standings(self, event: LoggedEvent, webhooks: Sequence[RegisteredWebhook]) -> list[_Standing]:
        replays: dict[WebhookId, list[Replay]] = {webhook.id: [] for webhook in webhooks}
        for replay in self._book.all():
            if replay.webhook_id in replays:
                replays[replay.webhook_id].append(replay)
        return [self._standing(event, webhook, replays[webhook.id]) for webhook in webhooks]

    def _standing(self, event: LoggedEvent, webhook: RegisteredWebhook, replays: Iterable[Replay]) -> _Standing:
        dispatcher = self._supervisor[webhook.id]
        return _Standing(
            webhook=webhook,
            cursor=dispatcher.cursor,
            deadline_ms=dispatcher.deadline_ms(event),
            replays=tuple(
                (replay, dispatcher.replay_lane(replay.id).cursor if replay.end is None else None) for replay in replays
            ),
        )


def _explanation(
    event: LoggedEvent,
    standing: _Standing,
    settled: Settlements,
    level_changes: tuple[Change, ...],
    catalogues: Catalogues,
) -> Explanation:
    evidence = Evidence(
        event=event,
        webhook=standing.webhook,
        cursor=standing.cursor,
        deliveries=tuple(attempt for attempt in settled.deliveries if attempt.replay_id is None),
        discard=next((discard for discard in settled.discards if discard.replay_id is None), None),
        level_changes=level_changes,
        deadline_ms=standing.deadline_ms,
    )
    of_replays = (
        ReplayEvidence(replay=replay, cursor=cursor, deliveries=settled.deliveries, discards=settled.discards)
        for replay, cursor in standing.replays
    )
    notes = (note for one in of_replays if (note := explain_replay(event, one)) is not None)
    return replace(explain(evidence, catalogues), replays=tuple(islice(notes, NOTES_MAX)))


def _by_webhook(found: Iterable[_Kept]) -> defaultdict[WebhookId, list[_Kept]]:
    """In their order."""
    sorted_out = defaultdict[WebhookId, list[_Kept]](list)
    for one in found:
        sorted_out[one.webhook_id].append(one)
    return sorted_out
