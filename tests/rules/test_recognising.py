import uuid
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bellwire.errors import Fault, MalformedBody
from bellwire.model.source import SourceName
from bellwire.rules.accepting import PublishedEvent
from bellwire.rules.recognising import Recogniser, split_body

MAIL = SourceName("mail")


def written(event_id: object = "17955340013080535", **members: object) -> msgspec.Raw:
    event = {"id": event_id, "createdAt": "2026-11-24T15:26:41Z", "type": "auth.failed", "data": {"n": 1}} | members
    return msgspec.Raw(msgspec.json.encode(event))


def ids_of(*events: msgspec.Raw, source: str = MAIL) -> list[str]:
    recogniser = Recogniser(SourceName(source))
    read = [recogniser.read(event) for event in events]
    assert all(isinstance(event, PublishedEvent) for event in read), read
    return [str(event.id) for event in read if isinstance(event, PublishedEvent)]


def fault_of(event: msgspec.Raw) -> Fault:
    read = Recogniser(MAIL).read(event)
    assert isinstance(read, Fault)
    return read


def test_an_event_keeps_its_id_whatever_id_its_server_gives_it() -> None:
    assert ids_of(written("17955340013080535")) == ids_of(written("17955340013088035"))


def test_the_id_can_be_worked_out_by_anybody() -> None:
    name = '1\nauth.failed\n2026-11-24T15:26:41Z\n{"n":1}'
    expected = uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, "bellwire:source:mail"), name)
    assert ids_of(written()) == [str(expected)]


@pytest.mark.parametrize(
    "members", [{"createdAt": "2026-11-24T15:26:42Z"}, {"type": "auth.success"}, {"data": {"n": 2}}]
)
def test_other_content_is_another_event(members: dict[str, object]) -> None:
    assert ids_of(written()) != ids_of(written(**members))


def test_the_same_content_from_another_source_is_another_event() -> None:
    assert ids_of(written()) != ids_of(written(), source="mail-2")


def test_equal_events_in_one_request_are_events_of_their_own() -> None:
    assert len(set(ids_of(written("1"), written("2"), written("3")))) == 3


@given(st.lists(st.sampled_from("aab"), max_size=8), st.randoms())
def test_a_retry_gives_the_same_ids_in_whatever_order_and_company(letters: list[str], dice: Random) -> None:
    events = [written(str(number), data={"letter": letter}) for number, letter in enumerate(letters)]
    retried = [written(str(100 + number), data={"letter": letter}) for number, letter in enumerate(letters)]
    retried.append(written("1", data={"letter": "new"}))
    dice.shuffle(retried)
    assert set(ids_of(*events)) <= set(ids_of(*retried))
    assert len(set(ids_of(*retried))) == len(events) + 1


def test_data_keeps_every_byte_but_white_space() -> None:
    raw = (
        b'{ "id": "1", "createdAt": "2026-11-24T15:26:41Z", "type": "a.b", "data": {"n": 1.50, "m": 342366703937878} }'
    )
    read = Recogniser(MAIL).read(msgspec.Raw(raw))
    assert isinstance(read, PublishedEvent)
    assert bytes(read.data) == b'{"n":1.50,"m":342366703937878}'


@pytest.mark.parametrize(
    ("event", "path", "told"),
    [
        (msgspec.Raw(b"5"), "", "must be an object, not a number"),
        (written(createdAt=5), "createdAt", "must be text, not a number"),
        (written(node=1), "node", "is no member of an event"),
        (msgspec.Raw(b'{"type":"a.b","data":{}}'), "createdAt", "is missing; without it a retry cannot be told"),
        (msgspec.Raw(b'{"type":"a.b","data":{"x":"\xff"}}'), "", "is not valid UTF-8"),
    ],
)
def test_what_is_wrong_with_an_event_is_told_with_its_place(event: msgspec.Raw, path: str, told: str) -> None:
    fault = fault_of(event)
    assert fault.path == path
    assert told in fault.message


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"eve', "is not JSON: Input data was truncated"),
        (b"", "is not JSON"),
        (b"[]", 'is no {"events": '),
        (b"{}", 'is no {"events": '),
        (b'{"events": 5}', 'is no {"events": '),
        (b'{"events": [' + b"[" * 100_000, "is not JSON"),
    ],
)
def test_another_body_is_refused(body: bytes, told: str) -> None:
    with pytest.raises(MalformedBody) as caught:
        split_body(body)
    assert told in str(caught.value)


def test_a_body_is_taken_apart_without_reading_its_events() -> None:
    assert [bytes(raw) for raw in split_body(b'{"events":[{"id":1},5],"more":1}')] == [b'{"id":1}', b"5"]
