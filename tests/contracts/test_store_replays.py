import msgspec
import pytest

from bellwire.directory import AuditSearch
from bellwire.errors import StaleCursor, StorageUnavailable
from bellwire.model.audit import Action
from bellwire.model.cursor import Cursor, CursorMove, Discard, DiscardReason, ReplayId
from bellwire.model.event import EventTypeId, Position
from bellwire.model.positions import Positions
from bellwire.model.replay import Part, Replay, ReplayEnd, ReplayWish
from bellwire.model.webhook import WebhookId
from bellwire.store import Store
from builders import make_audit_entry, make_new_event, make_registered_webhook, make_replay

CURSOR = Cursor(webhook_id=WebhookId("wh-1"), position=Position(1), replay_id=ReplayId("replay-1"))
LIVE = Cursor(webhook_id=WebhookId("wh-1"), position=Position(5))
FULL = make_replay(
    wish=ReplayWish(since_ms=1, until_ms=9, reason=DiscardReason.LOSSY, types=(EventTypeId("a.b"),), rate_per_s=0.5),
    part=Part(
        since=Position(2),
        until=Position(9),
        positions=Positions(((Position(2), Position(4)), (Position(8), Position(8)))),
        types=frozenset({EventTypeId("a.b")}),
    ),
    rate_per_s=0.5,
    paused_at_ms=3,
)
ENDED = msgspec.structs.replace(
    FULL,
    end=ReplayEnd(at_ms=4, delivered=1, discarded_for={"expired": 2}, cancelled=3),
    cancelled_because="cancelled by an operator",
)


async def add_both(store: Store, replay: Replay = FULL) -> None:
    await store.registry.add_webhook(make_registered_webhook(id=LIVE.webhook_id), LIVE, audit=make_audit_entry())
    await store.replays.add(replay, CURSOR, audit=make_audit_entry())


def moved(before: Cursor, position: int) -> CursorMove:
    after = msgspec.structs.replace(before, position=Position(position), revision=before.revision + 1)
    return CursorMove(before=before, after=after)


async def test_a_replay_and_its_cursor_are_stored_together_beside_the_webhooks(store: Store) -> None:
    await add_both(store)
    assert await store.replays.all() == (FULL,)
    assert set(map(msgspec.json.encode, await store.ledger.cursors())) == set(map(msgspec.json.encode, (LIVE, CURSOR)))


async def test_each_cursor_of_a_webhook_moves_on_its_own(store: Store) -> None:
    await add_both(store)
    replays, live = moved(CURSOR, 3), moved(LIVE, 7)
    await store.ledger.skip(replays)
    await store.ledger.skip(live)
    with pytest.raises(StaleCursor):
        await store.ledger.skip(replays)
    stored = {cursor.replay_id: cursor for cursor in await store.ledger.cursors()}
    assert stored == {None: live.after, "replay-1": replays.after}


async def test_an_edit_replaces_a_replay(store: Store) -> None:
    await add_both(store)
    edited = msgspec.structs.replace(FULL, rate_per_s=None, paused_at_ms=None)
    await store.replays.put(edited, audit=make_audit_entry())
    assert await store.replays.all() == (edited,)


async def test_replays_leave_their_entries_in_the_audit_trail(store: Store) -> None:
    await store.replays.add(FULL, CURSOR, audit=make_audit_entry(at_ms=1, action=Action.REPLAY_CREATE))
    await store.replays.put(FULL, audit=make_audit_entry(at_ms=2, action=Action.REPLAY_EDIT))
    await store.replays.end(ENDED)
    found = [each.entry.action for each in await store.directory.entries(AuditSearch())]
    assert found == [Action.REPLAY_EDIT, Action.REPLAY_CREATE]


async def test_the_end_of_a_replay_takes_its_cursor_with_it(store: Store) -> None:
    await add_both(store)
    await store.replays.end(ENDED)
    assert await store.replays.all() == (ENDED,)
    assert await store.ledger.cursors() == (LIVE,)
    with pytest.raises(StaleCursor):
        await store.ledger.skip(moved(CURSOR, 3))


async def test_replays_are_listed_by_id_and_forgotten_by_id(store: Store) -> None:
    for number in (2, 1, 3):
        await store.replays.put(make_replay(id=ReplayId(f"replay-{number}")), audit=make_audit_entry())
    assert [replay.id for replay in await store.replays.all()] == ["replay-1", "replay-2", "replay-3"]
    await store.replays.remove([ReplayId("replay-3"), ReplayId("replay-1"), ReplayId("unknown")])
    await store.replays.remove([])
    assert [replay.id for replay in await store.replays.all()] == ["replay-2"]


async def test_discards_of_live_delivery_and_of_replays_are_told_apart(store: Store) -> None:
    await add_both(store)
    live = Discard(
        webhook_id=LIVE.webhook_id,
        reason=DiscardReason.EXPIRED,
        at_ms=1,
        members=Positions(((Position(1), Position(3)),)),
    )
    again = msgspec.structs.replace(live, at_ms=2, replay_id=ReplayId("replay-1"))
    await store.ledger.skip(msgspec.structs.replace(moved(LIVE, 6), discards=(live,)))
    await store.ledger.skip(msgspec.structs.replace(moved(CURSOR, 4), discards=(again,)))
    found = await store.ledger.settlements(Position(2), {LIVE.webhook_id})
    assert found.discards == (again, live)


async def test_calls_after_close_are_turned_away(store: Store) -> None:
    await store.close()
    with pytest.raises(StorageUnavailable, match="closed"):
        await store.replays.add(FULL, CURSOR, audit=make_audit_entry())
    with pytest.raises(StorageUnavailable, match="closed"):
        await store.replays.all()


async def test_positions_are_counted_by_type_and_removed_ones_not(store: Store) -> None:
    types = ("a.b", "a.c", "a.b", "a.b", "a.c", "a.b")
    for at, type_id in enumerate(types):
        await store.log.append([make_new_event(f"event-{at}", type_id)], accepted_at_ms=at * 1_000)
    positions = Positions(((Position(1), Position(2)), (Position(4), Position(6)), (Position(8), Position(9))))
    assert await store.log.count_at(positions, types=None) == 5
    assert await store.log.count_at(positions, types=frozenset({EventTypeId("a.b")})) == 3
    assert await store.log.count_at(positions, types=frozenset({EventTypeId("a.x")})) == 0
    await store.log.remove(before=Position(5), remembered_since_ms=0)
    assert await store.log.count_at(positions, types=None) == 2


async def test_a_time_is_a_position_of_the_log(store: Store) -> None:
    assert await store.log.position_at(0) == 1
    for at_ms in (1_000, 3_000, 2_000, 4_000):
        await store.log.append([make_new_event(f"event-{at_ms}")], accepted_at_ms=at_ms)
    places = [await store.log.position_at(at_ms) for at_ms in (0, 1_000, 1_001, 2_500, 3_000, 3_001, 4_001)]
    assert places == [1, 1, 2, 2, 2, 4, 5]
