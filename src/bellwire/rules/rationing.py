"""Is there room for more events, and who takes it?"""

from collections.abc import Sequence
from typing import Final

from bellwire.model.room import Holder, Room, RoomState

LOW_SHARE: Final = 0.8
"""Of the limit; from here on an operator is warned."""

HOLDER_SHARE: Final = 0.1
"""Of all that waits; who holds less is not to blame."""

_KIB: Final = 1024


def state_of(used_bytes: int, *, limit_bytes: int | None, free_bytes: int | None, floor_bytes: int) -> RoomState:
    """Whether events can be taken. The arguments are those of Room."""
    if free_bytes is not None and free_bytes < floor_bytes:
        return RoomState.FULL
    if limit_bytes is None or used_bytes < limit_bytes * LOW_SHARE:
        return RoomState.AMPLE
    return RoomState.LOW if used_bytes < limit_bytes else RoomState.FULL


def blameworthy(holders: Sequence[Holder], *, used_bytes: int) -> tuple[Holder, ...]:
    """Those who hold a good part of what waits, the first holds most."""
    to_blame = [holder for holder in holders if holder.bytes and holder.bytes >= used_bytes * HOLDER_SHARE]
    return tuple(sorted(to_blame, key=lambda holder: -holder.bytes))


def explain(room: Room) -> str:
    """What takes the room and what to do about it, for a person."""
    if room.free_bytes is not None and room.free_bytes < room.floor_bytes:
        return (
            f"the file system has {show_bytes(room.free_bytes)} left, and {show_bytes(room.floor_bytes)} are kept free "
            f"for settling what was taken (setting free-floor); make room on it{_or_empty(room)}"
        )
    of_limit = "" if room.limit_bytes is None else f" of at most {show_bytes(room.limit_bytes)} (setting backlog-limit)"
    return f"the events that wait take {show_bytes(room.used_bytes)}{of_limit}{_held_by(room)}"


def show_bytes(count: int) -> str:
    """`812 B`, `1.2 KiB`, `3.4 GiB`."""
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < _KIB:
            return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= _KIB
    return f"{size:.1f} TiB"


def _held_by(room: Room) -> str:
    if not room.holders:
        return ""
    return (
        f"; they wait for {_named(room)}; get their endpoints going, disable them{_or_cancel(room)}, or raise the limit"
    )


def _or_empty(room: Room) -> str:
    return f", or get going or disable who holds events: {_named(room)}" if room.holders else ""


def _named(room: Room) -> str:
    return ", ".join(f"{holder.name} ({_place(holder)}, {show_bytes(holder.bytes)})" for holder in room.holders)


def _place(holder: Holder) -> str:
    return holder.webhook_id if holder.replay_id is None else f"replay {holder.replay_id} of {holder.webhook_id}"


def _or_cancel(room: Room) -> str:
    return ", cancel the replay" if any(holder.replay_id is not None for holder in room.holders) else ""
