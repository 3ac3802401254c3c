"""Dead letters are found by any filter, in bounded steps."""

import pytest

from bellwire.engine import coroner
from bellwire.engine.coroner import Coroner
from bellwire.model.cursor import Cursor, CursorMove, Discard, DiscardReason
from bellwire.model.event import EventTypeId, Position
from bellwire.model.positions import runs_of
from bellwire.model.status import DeadLetterSearch
from bellwire.model.webhook import WebhookId
from bellwire.store import Store
from bellwire.stores.memory import MemoryStore
from builders import make_audit_entry, make_new_event, make_registered_webhook

RARE = EventTypeId("auth.failed")


@pytest.fixture
def store() -> Store:
    return MemoryStore()


async def give_up(store: Store, *discards: Discard) -> None:
    cursor = Cursor(webhook_id=WebhookId("wh-1"), position=Position(1))
    await store.registry.add_webhook(make_registered_webhook(), cursor, audit=make_audit_entry())
    after = Cursor(webhook_id=cursor.webhook_id, position=Position(1), revision=1)
    await store.ledger.skip(CursorMove(before=cursor, after=after, discards=discards))


def discard(*positions: int, at_ms: int = 1, reason: DiscardReason = DiscardReason.EXPIRED) -> Discard:
    members = runs_of(map(Position, positions))
    return Discard(webhook_id=WebhookId("wh-1"), reason=reason, at_ms=at_ms, members=members)


async def append(store: Store, count: int, *, rare: frozenset[int] = frozenset()) -> None:
    """Event n stands at n; the rare ones are of another type."""
    events = [make_new_event(f"{number}", RARE if number in rare else "auth.success") for number in range(1, count + 1)]
    await store.log.append(events, accepted_at_ms=1)


async def all_pages(store: Store, search: DeadLetterSearch) -> list[list[int]]:
    """The positions on each page."""
    pages: list[list[int]] = []
    while True:
        page = await Coroner(store).search(search)
        pages.append([letter.event.position for letter in page.letters])
        if page.next is None:
            return pages
        search = DeadLetterSearch(
            **{name: getattr(search, name) for name in search.__struct_fields__} | {"before": page.next}
        )


async def test_letters_are_found_by_time_reason_and_type(store: Store) -> None:
    await append(store, 6, rare=frozenset({2, 5}))
    await give_up(
        store, discard(1, 2, at_ms=10), discard(3, 4, at_ms=20, reason=DiscardReason.LOSSY), discard(5, 6, at_ms=30)
    )

    async def found(**search: object) -> list[int]:
        letters = await Coroner(store).search_all(DeadLetterSearch(**search))  # type: ignore[arg-type] # fields of any type, by their names
        return [letter.event.position for letter in letters]

    assert await found() == [6, 5, 4, 3, 2, 1]
    assert await found(since_ms=20) == [6, 5, 4, 3]
    assert await found(until_ms=20) == [2, 1]
    assert await found(since_ms=20, until_ms=30) == [4, 3]
    assert await found(reason=DiscardReason.LOSSY) == [4, 3]
    assert await found(types=frozenset({RARE})) == [5, 2]
    assert await found(types=frozenset({RARE}), until_ms=30, limit=1) == [2]
    assert await found(webhook_id=WebhookId("wh-9")) == []


async def test_a_sparse_type_in_a_large_discard_answers_page_by_page_and_misses_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coroner, "EVENTS_LOOKED_MAX", 1_000)
    await append(store, 5_000, rare=frozenset({1, 2_500, 4_999}))
    await give_up(store, discard(*range(1, 5_001)))
    pages = await all_pages(store, DeadLetterSearch(types=frozenset({RARE})))
    assert [position for page in pages for position in page] == [4_999, 2_500, 1]
    assert len(pages) >= 5
    found = await Coroner(store).search_all(DeadLetterSearch(types=frozenset({RARE})))
    assert [letter.event.position for letter in found] == [4_999, 2_500, 1]


async def test_many_discards_that_are_not_meant_are_passed_in_bounded_steps(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coroner, "DISCARDS_LOOKED_MAX", 1_000)
    await append(store, 1)
    lossy = [discard(1, at_ms=number, reason=DiscardReason.LOSSY) for number in range(2, 3_502)]
    await give_up(store, discard(1, at_ms=1), *lossy)
    pages = await all_pages(store, DeadLetterSearch(reason=DiscardReason.EXPIRED))
    assert pages == [[], [], [], [1]]
    assert await all_pages(store, DeadLetterSearch(until_ms=2)) == [[], [], [], [1]]


async def test_a_page_of_large_events_ends_early(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coroner, "PAGE_BYTES_MAX", 200)
    await append(store, 7)
    await give_up(store, discard(*range(1, 8)))
    pages = await all_pages(store, DeadLetterSearch())
    assert [position for page in pages for position in page] == [7, 6, 5, 4, 3, 2, 1]
    assert max(map(len, pages)) < 7


async def test_events_that_were_removed_are_left_out(store: Store) -> None:
    await append(store, 4)
    await give_up(store, discard(1, 2, 3, 4))
    await store.log.remove(before=Position(3), remembered_since_ms=0)
    assert await all_pages(store, DeadLetterSearch()) == [[4, 3]]
