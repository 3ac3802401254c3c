import uuid

from hypothesis import given
from hypothesis import strategies as st

from bellwire.model.event import EventId
from bellwire.stores.sqlite.event_key import keys_of

IDS = st.uuids().map(str) | st.uuids().map(lambda one: str(one).upper()) | st.text(max_size=40) | st.just("a" * 16)


def test_a_canonical_uuid_is_its_sixteen_bytes() -> None:
    one = uuid.uuid4()
    assert keys_of([EventId(str(one))]) == (one.bytes,)


@given(st.lists(IDS.map(EventId), max_size=5), st.lists(IDS.map(EventId), max_size=5))
def test_different_ids_have_different_keys_and_equal_ids_equal_ones(some: list[EventId], others: list[EventId]) -> None:
    ids = [*some, *others, *some]
    keys = keys_of(ids)
    assert keys == keys_of(some) + keys_of(others) + keys_of(some)
    assert len(set(keys)) == len(set(ids))


@given(st.uuids(), st.sampled_from(["\n", "\r", " ", "\0", "\xff"]))
def test_what_follows_a_uuid_is_part_of_the_key(one: uuid.UUID, more: str) -> None:
    assert len(set(keys_of([EventId(f"{one}"), EventId(f"{one}{more}"), EventId(f"{more}{one}")]))) == 3
