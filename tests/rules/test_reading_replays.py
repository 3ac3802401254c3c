from typing import Any

import msgspec
import pytest

from bellwire.errors import Fault, InvalidObject
from bellwire.model.cursor import DiscardReason
from bellwire.model.replay import ReplayWish
from bellwire.rules.reading_replays import names_of, read_replay_edit, read_wish
from builders import make_catalogue

NOW_MS = 1_700_000_000_000


def read(**document: object) -> ReplayWish:
    return read_wish(document, catalogue=make_catalogue(), now_ms=NOW_MS)


def faults_of(**document: object) -> list[Fault]:
    with pytest.raises(InvalidObject) as caught:
        read(**document)
    return list(caught.value.faults)


def test_each_place_to_begin_is_read() -> None:
    assert read(since="2h").since_ms == NOW_MS - 7_200_000
    assert read(since="2023-11-14T22:13:20Z", until="2023-11-14T22:13:21.5Z").until_ms == NOW_MS + 1_500
    assert read(fromPosition=7).from_position == 7
    assert read(ids=["b", "a", "b"]).ids == ("b", "a")
    assert read(reason="expired", since="1d", until="1h").reason is DiscardReason.EXPIRED


def test_what_narrows_and_paces_is_read() -> None:
    wish = read(fromPosition=1, types=["auth.failed", "auth.failed"], rate=2, paused=True)
    assert (wish.types, wish.rate_per_s, wish.paused) == (("auth.failed",), 2.0, True)
    assert (read(fromPosition=1).types, read(fromPosition=1).rate_per_s) == (None, None)


def test_one_place_to_begin_must_be_given() -> None:
    ((path, message),) = faults_of(until="1h")
    assert (path, message.partition(";")[0]) == ("", "it does not say where to begin")
    ((path, message),) = faults_of(since="1h", fromPosition=3)
    assert message == "give one of since, fromPosition, ids or reason; reason may have since and until beside it"
    assert faults_of(ids=["a"], until="1h") == [("until", "does not go with ids; leave one of them out")]
    assert faults_of(since="1h", until="2h") == [("until", "is not after since")]


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        ({"since": "soon"}, "since", "'soon' is no time; write"),
        ({"since": "9" * 100}, "since", "is too long for a time"),
        ({"since": 5}, "since", "must be a time as text, not a number"),
        ({"fromPosition": 0}, "fromPosition", "must be 1 to"),
        ({"ids": []}, "ids", "is empty"),
        ({"ids": "a"}, "ids", "must be an array of ids"),
        ({"ids": ["a", 1]}, "ids/1", "must be text, not a number"),
        ({"ids": ["a"] * 10_001}, "ids", "names 10,001 events, 10,000 at most; replay them by time or reason"),
        ({"reason": "expire"}, "reason", "did you mean 'expired'?"),
        ({"since": "1h", "types": []}, "types", "is empty; leave it out"),
        ({"since": "1h", "types": {}}, "types", "must be an array of event types"),
        ({"since": "1h", "types": ["auth.sucess"]}, "types/0", "did you mean auth.success?"),
        ({"since": "1h", "types": ["zzz.zzz"]}, "types/0", "GET /v1/event-types lists them"),
        ({"since": "1h", "types": ["auth.failed"] * 1_001}, "types", "names 1,001 types, 1,000 at most"),
        ({"since": "1h", "rate": 0}, "rate", "must be events a second, 0.001 to 1,000,000, or null"),
        ({"since": "1h", "rate": "5"}, "rate", "not text"),
        ({"since": "1h", "rate": True}, "rate", "must be events a second"),
        ({"since": "1h", "paused": 1}, "paused", "must be true or false, not a number"),
        ({"since": "1h", "tpyes": []}, "tpyes", "did you mean types?"),
    ],
)
def test_a_bad_member_is_named_with_its_remedy(document: dict[str, Any], path: str, message: str) -> None:
    assert message in dict(faults_of(**document))[path]


def test_all_faults_are_told_together() -> None:
    assert [path for path, _ in faults_of(since="soon", rate=-1, paused="no")] == ["since", "rate", "paused"]


def test_an_edit_changes_only_what_it_names() -> None:
    assert read_replay_edit({"rate": None}).rate_per_s is None
    assert read_replay_edit({"rate": 3}).paused is msgspec.UNSET
    assert read_replay_edit({"paused": False}).paused is False
    assert read_replay_edit({}).rate_per_s is msgspec.UNSET
    with pytest.raises(InvalidObject, match="an edit of a replay has no member 'since'"):
        read_replay_edit({"since": "1h"})


def test_a_type_is_meant_by_all_its_names() -> None:
    catalogue = make_catalogue()
    wish = read(since="1h", types=["store.ingest"])
    assert sorted(names_of(wish.types, catalogue) or ()) == ["message-ingest.ham", "store.ingest"]
    assert names_of(None, catalogue) is None
