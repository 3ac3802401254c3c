import hypothesis.strategies as st
import msgspec
from hypothesis import given

from bellwire.model.event import WebhookEvent
from bellwire.rules.batching import count_fitting, join_body
from builders import make_event


class Body(msgspec.Struct):
    events: list[WebhookEvent]


def test_the_body_is_the_payload_of_the_page_with_members_in_its_order() -> None:
    events = [make_event(1, data=b'{"n":1.50}'), make_event(2, "auth.failed")]
    assert join_body(events) == (
        b'{"events":['
        b'{"id":"event-1","createdAt":"2023-06-21T14:55:00.000Z","type":"auth.success","data":{"n":1.50}},'
        b'{"id":"event-2","createdAt":"2023-06-21T14:55:00.000Z","type":"auth.failed","data":{}}'
        b"]}"
    )


def test_an_event_too_large_for_a_body_travels_alone() -> None:
    large = make_event(1, data=b'{"text":"%s"}' % (b"x" * 5000))
    assert count_fitting([large, make_event(2)], events_max=10, body_bytes_max=1024) == 1
    assert count_fitting([make_event(0), large], events_max=10, body_bytes_max=1024) == 1


def test_nothing_waiting_is_a_batch_of_none() -> None:
    assert count_fitting([], events_max=10, body_bytes_max=1024) == 0


@given(
    sizes=st.lists(st.integers(0, 300), min_size=1, max_size=30),
    events_max=st.integers(1, 20),
    body_bytes_max=st.integers(100, 4000),
)
def test_a_batch_is_as_large_as_both_limits_allow_and_no_larger(
    sizes: list[int], events_max: int, body_bytes_max: int
) -> None:
    events = [make_event(position, data=b'{"t":"%s"}' % (b"x" * size)) for position, size in enumerate(sizes, 1)]
    count = count_fitting(events, events_max=events_max, body_bytes_max=body_bytes_max)
    body = join_body(events[:count])
    assert 1 <= count <= events_max
    assert count == 1 or len(body) <= body_bytes_max
    if count < min(len(events), events_max):
        assert len(join_body(events[: count + 1])) > body_bytes_max
    assert len(msgspec.json.decode(body, type=Body).events) == count
