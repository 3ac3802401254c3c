import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import example, given

from bellwire.errors import Fault
from bellwire.model.event import EVENT_BYTES_MAX, EventId, NewEvent, WebhookEvent
from bellwire.rules.accepting import PublishedEvent, accept_events, read_time
from builders import make_catalogue

CATALOGUE = make_catalogue()
NOW = "2026-11-24T15:12:46.123Z"


def make_ids(count: int) -> list[EventId]:
    return [EventId(f"made{number or ''}") for number in range(count)]


def accept(**members: object) -> NewEvent | Fault:
    published = msgspec.convert({"type": "auth.success", "data": msgspec.Raw(b"{}")} | members, PublishedEvent)
    sound, unsound = accept_events([published], catalogue=CATALOGUE, accepted_at=NOW, make_ids=make_ids)
    assert len(sound) + len(unsound) == 1
    return sound[0] if sound else unsound[0].fault


def accepted(**members: object) -> NewEvent:
    event = accept(**members)
    assert isinstance(event, NewEvent)
    return event


def fault(**members: object) -> Fault:
    found = accept(**members)
    assert isinstance(found, Fault)
    return found


def test_id_and_time_are_made_unless_they_are_given() -> None:
    made = accepted()
    given_both = accepted(id="mine", createdAt="2026-01-02T03:04:05Z")
    assert made.encoded == b'{"id":"made","createdAt":"%s","type":"auth.success","data":{}}' % NOW.encode()
    assert not made.id_given
    assert given_both.encoded.startswith(b'{"id":"mine","createdAt":"2026-01-02T03:04:05.000Z",')
    assert given_both.id_given


def test_what_follows_content_at_is_type_and_data_alone() -> None:
    one = accepted(id='a "quoted" \\ one', createdAt="2026-01-02T03:04:05Z")
    other = accepted()
    assert one.encoded[one.content_at :] == other.encoded[other.content_at :] == b'"type":"auth.success","data":{}}'


def test_a_type_never_seen_before_is_accepted_if_it_has_the_form_of_one() -> None:
    assert accepted(type="shop.order-paid").type == "shop.order-paid"


@pytest.mark.parametrize(
    "type_id", ["", "auth", "Auth.success", "auth.", ".x", "auth success.x", "a.*", "a" * 129 + ".b"]
)
def test_what_has_not_the_form_of_a_type_is_refused(type_id: str) -> None:
    assert fault(type=type_id).path == "type"


@pytest.mark.parametrize("data", [b"[]", b'"text"', b"1", b"null", b"true"])
def test_data_must_be_an_object(data: bytes) -> None:
    assert fault(data=msgspec.Raw(data)).path == "data"


@pytest.mark.parametrize(("depth", "fine"), [(64, True), (65, False), (5_000, False)])
def test_data_may_be_64_levels_deep(depth: int, *, fine: bool) -> None:
    data = b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)
    assert isinstance(accept(data=msgspec.Raw(data)), NewEvent) is fine


def test_brackets_within_text_and_side_by_side_are_no_depth() -> None:
    text = b'{"a":"%s\\"{[","b":[%s]}' % (b"{[" * 100, b",".join([b"{}"] * 100))
    assert accepted(data=msgspec.Raw(text)).type == "auth.success"


@pytest.mark.parametrize("event_id", ["", "x" * 129, "a\nb", "a\x00b", "\x85"])
def test_an_id_that_cannot_be_used_is_refused(event_id: str) -> None:
    assert fault(id=event_id).path == "id"


def test_an_event_larger_than_a_mebibyte_is_refused() -> None:
    text = b'{"a":"%s"}' % (b"x" * EVENT_BYTES_MAX)
    assert "1,048,576" in fault(data=msgspec.Raw(text)).message


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2023-06-21T14:55:00Z", "2023-06-21T14:55:00.000Z"),
        ("2023-06-21t14:55:00.5z", "2023-06-21T14:55:00.500Z"),
        ("2023-06-21T14:55:00.123456789Z", "2023-06-21T14:55:00.123Z"),
        ("2023-06-21T14:55:00+02:00", "2023-06-21T12:55:00.000Z"),
        ("2023-06-21T14:55:00-00:00", "2023-06-21T14:55:00.000Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999Z"),
    ],
)
def test_every_rfc_3339_time_is_read_as_utc_with_milliseconds(written: str, read: str) -> None:
    assert read_time(written) == read


@pytest.mark.parametrize(
    "written",
    [
        "",
        "yesterday",
        "2023-06-21",
        "2023-06-21 14:55:00Z",
        "2023-06-21T14:55:00",
        "2023-02-30T00:00:00Z",
        "2023-06-21T24:55:00Z",
        "20230621T145500Z",
        "2023-06-21T14:55:00,5Z",
        "0001-01-01T00:00:00+23:59",
        "٢023-06-21T14:55:00Z",
    ],
)
def test_what_is_no_rfc_3339_time_is_refused(written: str) -> None:
    assert isinstance(read_time(written), Fault)
    assert fault(createdAt=written).path == "createdAt"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


@given(
    data=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON, max_size=5),
    event_id=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=128),
)
@example(data={"a": '\\"'}, event_id='"\\')
def test_the_encoded_event_decodes_to_what_was_published(data: dict[str, object], event_id: str) -> None:
    raw = msgspec.json.encode(data)
    event = accept(data=msgspec.Raw(raw), id=event_id)
    if isinstance(event, NewEvent):
        decoded = msgspec.json.decode(event.encoded, type=WebhookEvent)
        assert (decoded.id, decoded.type, bytes(decoded.data)) == (event_id, "auth.success", raw)
