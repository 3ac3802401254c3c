"""Where does the cursor stand after this attempt?"""

from typing import Final, assert_never

import msgspec
from msgspec.structs import replace

from bellwire.model.attempt import (
    Advance,
    Delivered,
    Drop,
    Halve,
    NextStep,
    Outcome,
    PutAside,
    Refused,
    RetryAt,
    Stop,
    TryNext,
)
from bellwire.model.batch import Batch
from bellwire.model.cursor import Cursor, DiscardReason, SetAside, Smaller, Splitting, counted
from bellwire.model.event import LoggedEvent
from bellwire.model.positions import NOWHERE, Positions, behind, count_of, halves_of

REQUESTS_MAX: Final = 32
"""That one refused batch may cost, the first one included."""

SMALLER_BATCHES: Final = 50
"""That must be accepted after an answer of 413 before batches grow again."""


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """The cursor after an attempt; given_up: events that were discarded by it, as the webhook is lossy."""

    cursor: Cursor
    given_up: Positions = NOWHERE


def move_cursor(
    cursor: Cursor, batch: Batch, first: LoggedEvent, *, outcome: Outcome, step: NextStep, now_ms: int
) -> Settled:
    """The cursor's state after its open batch was attempted. first: the batch's first event; now_ms: steady time."""
    cursor = _remember_size(cursor, batch, outcome)
    if batch.aside:
        return Settled(cursor=_move_aside(cursor, batch, outcome=outcome, step=step, now_ms=now_ms))
    match step:
        case Advance():
            return Settled(cursor=_advance(_succeeded(cursor, now_ms), batch))
        case RetryAt(at_ms=at_ms):
            return Settled(cursor=_retry(_failed(cursor, outcome, now_ms), batch, at_ms))
        case Drop(at_ms=at_ms):
            dropped = replace(_failed(cursor, outcome, now_ms), position=behind(batch.members), open=None)
            dropped = counted(replace(dropped, splitting=None, retry_at_ms=at_ms), DiscardReason.LOSSY, _size(batch))
            return Settled(cursor=dropped, given_up=batch.members)
        case Stop():
            return Settled(cursor=replace(_retry(_failed(cursor, outcome, now_ms), batch, now_ms), gone=True))
        case Halve():
            splitting = _spent(cursor.splitting)
            halves = halves_of(batch.members)
            return Settled(
                cursor=replace(cursor, open=None, splitting=replace(splitting, parts=halves + splitting.parts))
            )
        case TryNext(at_ms=at_ms):
            splitting = _spent(cursor.splitting)
            refused = (*splitting.refused, _aside(first, retry_at_ms=at_ms))
            return Settled(cursor=replace(cursor, open=None, splitting=replace(splitting, refused=refused)))
        case PutAside(at_ms=at_ms):
            aside = (*cursor.set_aside, _aside(first, retry_at_ms=at_ms))
            return Settled(cursor=_go_on(replace(cursor, set_aside=aside), batch, _spent(cursor.splitting)))
    assert_never(step)


def end_elsewhere(cursor: Cursor, outcome: Outcome, *, now_ms: int) -> Cursor:
    """The cursor after the endpoint said to another cursor's batch that it wants nothing more."""
    return replace(_failed(cursor, outcome, now_ms), gone=True)


def _advance(cursor: Cursor, batch: Batch) -> Cursor:
    moved = replace(cursor, retry_at_ms=None, delivered=cursor.delivered + _size(batch))
    if cursor.splitting is None:
        return replace(moved, position=behind(batch.members), open=None)
    splitting = _spent(cursor.splitting)
    aside = cursor.set_aside + splitting.refused
    return _go_on(replace(moved, set_aside=aside), batch, replace(splitting, accepted=True, refused=()))


def _go_on(cursor: Cursor, batch: Batch, splitting: Splitting) -> Cursor:
    """Behind a part of a split batch, with what is left of it; when it has cost enough, the rest is cut anew."""
    left = splitting if splitting.parts and splitting.requests_left > 0 else None
    return replace(cursor, position=behind(batch.members), open=None, splitting=left)


def _retry(cursor: Cursor, batch: Batch, at_ms: int) -> Cursor:
    """Whole again: what was split goes back to waiting, in a batch that is cut anew."""
    if cursor.splitting is not None:
        return replace(cursor, open=None, splitting=None, retry_at_ms=at_ms)
    return replace(cursor, open=replace(batch, attempts=batch.attempts + 1), retry_at_ms=at_ms)


def _move_aside(cursor: Cursor, batch: Batch, *, outcome: Outcome, step: NextStep, now_ms: int) -> Cursor:
    """After an attempt of an event that was set aside; its failures are its own, not the endpoint's."""
    position = batch.members[0][0]
    cursor = replace(cursor, open=None)
    match step:
        case Advance():
            left = tuple(aside for aside in cursor.set_aside if aside.position != position)
            return replace(_succeeded(cursor, now_ms), set_aside=left, delivered=cursor.delivered + 1)
        case Stop():
            return replace(_failed(cursor, outcome, now_ms), gone=True)
        case RetryAt(at_ms=at_ms) | Drop(at_ms=at_ms):
            tried = (
                replace(aside, failures=aside.failures + 1, retry_at_ms=at_ms) if aside.position == position else aside
                for aside in cursor.set_aside
            )
            return replace(cursor, set_aside=tuple(tried))
        case Halve() | TryNext() | PutAside():
            raise AssertionError(f"{step} cannot follow an attempt of one event that is set aside already")
    assert_never(step)


def _succeeded(cursor: Cursor, now_ms: int) -> Cursor:
    since_ms = now_ms if cursor.failures else cursor.since_ms
    return replace(cursor, failures=0, failure="", since_ms=since_ms, last_success_at_ms=now_ms)


def _failed(cursor: Cursor, outcome: Outcome, now_ms: int) -> Cursor:
    since_ms = cursor.since_ms if cursor.failures else now_ms
    return replace(
        cursor,
        failures=cursor.failures + 1,
        failure="" if isinstance(outcome, Delivered) else outcome.reason,
        since_ms=since_ms,
        last_failure_at_ms=now_ms,
    )


def _remember_size(cursor: Cursor, batch: Batch, outcome: Outcome) -> Cursor:
    """After a 413 batches are smaller, until enough of them were accepted."""
    smaller = cursor.smaller
    match outcome:
        case Refused(too_large=True) if not batch.aside:
            half = max(1, _size(batch) // 2)
            events_max = half if smaller is None else min(half, smaller.events_max)
            return replace(cursor, smaller=Smaller(events_max=events_max, accepted_left=SMALLER_BATCHES))
        case Delivered() if smaller is not None:
            left = smaller.accepted_left - 1
            return replace(cursor, smaller=replace(smaller, accepted_left=left) if left else None)
        case _:
            return cursor


def _spent(splitting: Splitting | None) -> Splitting:
    """One request more was spent on it."""
    if splitting is None:
        return Splitting(parts=(), requests_left=REQUESTS_MAX - 1)
    return replace(splitting, requests_left=splitting.requests_left - 1)


def _aside(event: LoggedEvent, *, retry_at_ms: int) -> SetAside:
    return SetAside(
        position=event.position,
        type=event.type,
        accepted_at_ms=event.accepted_at_ms,
        failures=1,
        retry_at_ms=retry_at_ms,
    )


def _size(batch: Batch) -> int:
    return count_of(batch.members)
