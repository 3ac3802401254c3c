import pytest
from msgspec.structs import replace

from bellwire.model.cursor import ReplayId
from bellwire.model.room import Holder, Room, RoomState
from bellwire.model.webhook import WebhookId
from bellwire.rules.rationing import blameworthy, explain, show_bytes, state_of

MIB = 1024 * 1024
ROOM = Room(
    state=RoomState.FULL, used_bytes=10 * MIB, limit_bytes=10 * MIB, free_bytes=None, floor_bytes=MIB, holders=()
)


def holder(name: str, size: int) -> Holder:
    return Holder(webhook_id=WebhookId(f"id-{name}"), name=name, bytes=size)


@pytest.mark.parametrize(
    ("used", "limit", "free", "state"),
    [
        (0, 100, 1_000, RoomState.AMPLE),
        (79, 100, 1_000, RoomState.AMPLE),
        (80, 100, 1_000, RoomState.LOW),
        (99, 100, 1_000, RoomState.LOW),
        (100, 100, 1_000, RoomState.FULL),
        (0, 100, 50, RoomState.AMPLE),
        (0, 100, 49, RoomState.FULL),
        (99, 100, 49, RoomState.FULL),
        (10**12, None, None, RoomState.AMPLE),
        (10**12, None, 49, RoomState.FULL),
    ],
)
def test_room_is_low_at_four_fifths_and_full_at_the_limit_or_below_the_floor(
    used: int, limit: int | None, free: int | None, state: RoomState
) -> None:
    assert state_of(used, limit_bytes=limit, free_bytes=free, floor_bytes=50) is state


def test_who_holds_a_tenth_or_more_is_named_the_largest_first() -> None:
    holders = [holder("small", 9), holder("tenth", 10), holder("all", 100), holder("none", 0)]
    assert [one.name for one in blameworthy(holders, used_bytes=100)] == ["all", "tenth"]
    assert blameworthy([holder("none", 0)], used_bytes=0) == ()


def test_the_limit_is_explained_with_who_holds_how_much_and_the_setting() -> None:
    said = explain(replace(ROOM, holders=(holder("slow.example", 10 * MIB), holder("dead.example", 2 * MIB))))
    assert "10.0 MiB of at most 10.0 MiB (setting backlog-limit)" in said
    assert "slow.example (id-slow.example, 10.0 MiB), dead.example (id-dead.example, 2.0 MiB)" in said
    assert "disable them" in said


def test_a_replay_that_holds_the_log_is_named_with_what_to_do_about_it() -> None:
    held = replace(holder("slow.example", 10 * MIB), replay_id=ReplayId("replay-1"))
    said = explain(replace(ROOM, holders=(held,)))
    assert "slow.example (replay replay-1 of id-slow.example, 10.0 MiB)" in said
    assert "disable them, cancel the replay, or raise the limit" in said


def test_a_full_file_system_is_explained_with_what_is_left_and_the_setting() -> None:
    said = explain(replace(ROOM, free_bytes=MIB // 2))
    assert "512.0 KiB left" in said
    assert "setting free-floor" in said
    assert "hold" not in said
    assert "slow.example" in explain(replace(ROOM, free_bytes=0, holders=(holder("slow.example", 5),)))


def test_room_without_holders_or_limit_is_explained_too() -> None:
    assert explain(ROOM) == "the events that wait take 10.0 MiB of at most 10.0 MiB (setting backlog-limit)"
    assert explain(replace(ROOM, limit_bytes=None)) == "the events that wait take 10.0 MiB"


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (1_023, "1023 B"), (1_536, "1.5 KiB"), (3 * 1024**3, "3.0 GiB"), (2 * 1024**4, "2.0 TiB")],
)
def test_bytes_are_shown_in_the_largest_fitting_unit(count: int, shown: str) -> None:
    assert show_bytes(count) == shown
