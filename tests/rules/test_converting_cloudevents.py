import json
import uuid
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bellwire.errors import Fault, InvalidEvent, MalformedBody
from bellwire.rules.accepting import PublishedEvent
from bellwire.rules.converting_cloudevents import ATTRIBUTE_LENGTH_MAX, cloudevent_id, convert_cloudevents
from bellwire.rules.reading_cloudevents import Batched, Binary, Message, Structured
from builders import make_catalogue

HEADERS = {"specversion": b"1.0", "id": b"A234", "source": b"/mycontext", "type": b"com.example.someevent"}
CONTEXT = {"specversion": "1.0", "id": "A234", "source": "/mycontext", "type": "com.example.someevent"}


def cloudevent(**members: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON members of any type
    return CONTEXT | members


def structured(**members: Any) -> Structured:  # noqa: ANN401 - as above
    return Structured(json.dumps(cloudevent(**members)).encode())


def binary(body: bytes = b"", content_type: str = "", **headers: bytes) -> Binary:
    return Binary(HEADERS | headers, content_type, body)


def convert(message: Message) -> PublishedEvent:
    (event,) = convert_cloudevents(message, catalogue=make_catalogue())
    return event


def data_of(message: Message) -> Any:  # noqa: ANN401 - JSON of any kind
    return msgspec.json.decode(bytes(convert(message).data))


def faults_of(message: Message) -> dict[str, str]:
    with pytest.raises(InvalidEvent) as caught:
        convert_cloudevents(message, catalogue=make_catalogue())
    assert caught.value.index == int(caught.value.faults[0].path.split("/")[1])
    return dict(caught.value.faults)


def test_type_time_and_data_become_the_event_s_own_and_every_attribute_is_kept_as_it_came() -> None:
    event = convert(structured(time="2018-04-05T17:31:00+02:00", subject="s", traceparent="00-1", data={"n": 1}))
    assert event.type == "com.example.someevent"
    assert event.created_at == "2018-04-05T15:31:00.000Z"
    context = CONTEXT | {"time": "2018-04-05T17:31:00+02:00", "subject": "s", "traceparent": "00-1"}
    assert msgspec.json.decode(bytes(event.data)) == {"n": 1, "cloudevent": context}


def test_the_id_is_the_uuid_of_source_and_id_that_anybody_can_work_out() -> None:
    expected = str(uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, "/mycontext"), "A234"))
    assert convert(structured()).id == expected == cloudevent_id("/mycontext", "A234")
    assert convert(structured(source="/mycontext/A")).id != cloudevent_id("/mycontext", "/AA234")


def test_the_same_cloudevent_is_the_same_event_in_every_mode_whatever_the_order_of_its_members() -> None:
    members = cloudevent(zoo="z", ant="a", datacontenttype="application/json", data={"n": 1})
    turned = dict(reversed(members.items()))
    events = [
        convert(Structured(json.dumps(members).encode())),
        convert(Batched(json.dumps([turned]).encode())),
        convert(binary(b'{"n": 1}', "application/json", zoo=b"z", ant=b"a")),
    ]
    assert {event.id for event in events} == {events[0].id}
    assert {bytes(event.data) for event in events} == {bytes(events[0].data)}


def test_numbers_of_data_keep_their_digits() -> None:
    digits = b'{"a":1.50,"b":12345678901234567890123,"c":1e2}'
    body = json.dumps(CONTEXT).encode()[:-1] + b', "data": ' + digits + b"}"
    for message in (Structured(body), binary(digits, "application/json")):
        assert bytes(convert(message).data).startswith(digits[:-1] + b',"cloudevent":')


@pytest.mark.parametrize(
    "data", [[1, 2], "I'm just a string", 5, True, None, {}, {"cloudevent": "mine", "n": 1}, {"a": {"cloudevent": 1}}]
)
def test_data_without_a_place_in_the_event_s_is_kept_under_cloudevent(data: object) -> None:
    kept = data_of(structured(data=data))
    if data == {"a": {"cloudevent": 1}}:
        assert kept == {"a": {"cloudevent": 1}, "cloudevent": CONTEXT}
    else:
        assert kept == {"cloudevent": CONTEXT | {"data": data}}


def test_without_data_there_is_none() -> None:
    assert data_of(structured()) == data_of(binary()) == {"cloudevent": CONTEXT}


def test_binary_data_stays_in_base64() -> None:
    assert data_of(structured(data_base64="AP8=")) == {"cloudevent": CONTEXT | {"data_base64": "AP8="}}


@pytest.mark.parametrize(
    ("content_type", "body", "kept"),
    [
        ("application/json", b"[1]", {"data": [1]}),
        ("text/json; charset=utf-8", b'"x"', {"data": "x"}),
        ("application/vnd.example+json", b"5", {"data": 5}),
        ("application/xml", b'<much wow="xml"/>', {"data": '<much wow="xml"/>'}),
        ("image/svg+xml;charset=UTF-8", b"<svg/>", {"data": "<svg/>"}),
        ("text/plain", "Grüße".encode(), {"data": "Grüße"}),
        ("text/plain; charset=iso-8859-1", b"Gr\xfc\xdfe", {"data_base64": "R3L832U="}),
        ("text/plain", b"Gr\xfc\xdfe", {"data_base64": "R3L832U="}),
        ("application/octet-stream", b"abc", {"data_base64": "YWJj"}),
        ("", b"[1]", {"data": [1]}),
        ("", b"abc", {"data_base64": "YWJj"}),
    ],
)
def test_a_body_in_binary_mode_is_read_by_its_content_type(
    content_type: str, body: bytes, kept: dict[str, object]
) -> None:
    declared = {"datacontenttype": content_type} if content_type else {}
    assert data_of(binary(body, content_type)) == {"cloudevent": CONTEXT | declared | kept}


@pytest.mark.parametrize(
    ("value", "attribute"),
    [
        (b"Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        (b"%e2%82%ac", "€"),
        (b"%41", "A"),
        (b"100%", "100%"),
        (b"a%2520b", "a%20b"),
        (b'"a b\\"c\\\\%20"', 'a b"c\\ '),
        ("ungefähr".encode(), "ungefähr"),
        (b"  value ", "value"),
    ],
)
def test_headers_are_unquoted_and_percent_decoded_once(value: bytes, attribute: str) -> None:
    assert data_of(binary(comexample=value))["cloudevent"]["comexample"] == attribute


def test_an_overlong_encoding_is_refused_as_the_binding_demands() -> None:
    assert faults_of(binary(subject=b"%C0%A0")) == {
        "events/0/subject": "is not UTF-8 once the header ce-subject is percent-decoded; encode it as UTF-8"
    }


def test_what_body_and_content_type_say_is_refused_as_a_header() -> None:
    assert set(faults_of(binary(datacontenttype=b"a/b", data=b"x"))) == {"events/0/datacontenttype", "events/0/data"}


def test_unset_attributes_may_be_null_but_data_that_is_null_is_data() -> None:
    assert data_of(structured(subject=None, unsetextension=None, data_base64=None)) == {"cloudevent": CONTEXT}


def test_extensions_of_every_type_are_kept() -> None:
    extensions = {"text": "x", "empty": "", "whole": 5, "flag": True}
    assert data_of(structured(**extensions))["cloudevent"] == CONTEXT | extensions


@pytest.mark.parametrize(
    ("written", "event_type"),
    [
        ("com.github.pull_request.opened", "com.github.pull_request.opened"),
        ("Microsoft.Storage.BlobCreated", "microsoft.storage.blobcreated"),
        ("auth.success", "auth.success"),
        ("dsn", "dsn"),
    ],
)
def test_a_type_is_taken_in_lower_case_and_kept_as_it_came(written: str, event_type: str) -> None:
    event = convert(structured(type=written))
    assert event.type == event_type
    assert msgspec.json.decode(bytes(event.data))["cloudevent"]["type"] == written


@pytest.mark.parametrize(
    "written", ["order", "com.example/order", "com..example", "a.b c", "a.\u212a", "a." + "b" * 127]
)
def test_a_type_of_another_form_is_refused_with_the_form_that_is_taken(written: str) -> None:
    (told,) = faults_of(structured(type=written)).items()
    assert told[0] == "events/0/type"
    assert "is no event type of Bellwire's; a type has the letters a to z" in told[1]


@pytest.mark.parametrize(
    ("members", "path", "told"),
    [
        ({"specversion": "0.3"}, "specversion", "'0.3' is not known; send CloudEvents 1.0"),
        ({"specversion": 1.0}, "specversion", "must be text, not a number with a fraction or an exponent"),
        ({"id": None}, "id", "is missing; a CloudEvent has specversion, id, source, type"),
        ({"id": ""}, "id", "is empty; write a text"),
        ({"subject": ""}, "subject", "is empty; leave it out"),
        ({"id": "a\nb"}, "id", "holds a control character"),
        ({"id": "a" * (ATTRIBUTE_LENGTH_MAX + 1)}, "id", "has 8,193 characters; 8,192 at most"),
        ({"source": "/my context"}, "source", "is no URI reference: it holds white space"),
        ({"dataschema": "schema"}, "dataschema", "is no URI; write it with its scheme"),
        ({"datacontenttype": "json"}, "datacontenttype", "is no media type; write it as application/json"),
        ({"time": "yesterday"}, "time", "is not an RFC 3339 time"),
        ({"time": ""}, "time", "is empty; leave it out"),
        ({"Partition-Key": "x"}, "Partition-Key", "is no name of an attribute"),
        ({"comexample": 1.5}, "comexample", "must be text, a whole number, true or false"),
        ({"comexample": {"a": 1}}, "comexample", "not an object"),
        ({"comexample": "\x00"}, "comexample", "holds a control character"),
        ({"data": 1, "data_base64": "AA=="}, "data_base64", "excludes data; send one of the two"),
        ({"data_base64": "A"}, "data_base64", "is not base64"),
        ({"data_base64": "Aä=="}, "data_base64", "is not base64"),
        ({"data_base64": 5}, "data_base64", "must be text in base64, not a number"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(members: dict[str, object], path: str, told: str) -> None:
    (fault,) = faults_of(structured(**members)).items()
    assert fault[0] == f"events/0/{path}"
    assert told in fault[1]


def test_a_number_beyond_all_range_is_told() -> None:
    body = json.dumps(CONTEXT).encode()[:-1] + b', "comexample": ' + b"1" * 5_000 + b"}"
    assert "out of range" in faults_of(Structured(body))["events/0/comexample"]


def test_all_faults_of_a_batch_are_told_with_their_index() -> None:
    batch = [1, cloudevent(), cloudevent(type="Order", time="now"), {"specversion": "1.0"}]
    assert list(faults_of(Batched(json.dumps(batch).encode()))) == [
        "events/0",
        "events/2/type",
        "events/2/time",
        "events/3/id",
        "events/3/source",
        "events/3/type",
    ]


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (Structured(b"{"), "is not JSON"),
        (Structured(b'{"id": "\xff"}'), "is not valid UTF-8"),
        (Batched(b"{}"), "is no array; a batch is a JSON array of CloudEvents"),
        (binary(b"{", "application/json"), "is not JSON"),
    ],
)
def test_a_body_that_cannot_be_read_is_told(message: Message, told: str) -> None:
    with pytest.raises(MalformedBody, match=told) as caught:
        convert_cloudevents(message, catalogue=make_catalogue())
    assert caught.value.faults[0] == Fault("", str(caught.value))


def test_an_empty_batch_holds_no_event() -> None:
    assert convert_cloudevents(Batched(b"[]"), catalogue=make_catalogue()) == []


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "cloudevent", "data"]), inner),
    max_leaves=8,
)


@given(data=JSON)
def test_every_cloudevent_can_be_made_again_from_its_event(data: object) -> None:
    kept = data_of(structured(data=data))
    context = kept.pop("cloudevent")
    restored = context.pop("data") if "data" in context else kept
    assert (context, restored) == (CONTEXT, data)
