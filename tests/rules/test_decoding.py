import contextlib
import json

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import example, given

from bellwire.errors import InvalidEvent, MalformedBody, Mistake
from bellwire.rules.decoding import decode_body, decode_line, decode_lines

EVENT = b'{"type":"a.b","data":{}}'


@pytest.mark.parametrize(
    ("body", "count"),
    [
        (EVENT, 1),
        (b"[%s,%s]" % (EVENT, EVENT), 2),
        (b'{"events":[%s,%s,%s]}' % (EVENT, EVENT, EVENT), 3),
        (b"[]", 0),
        (b'{"events":[]}', 0),
        (b" \r\n[ %s ]\n" % EVENT, 1),
    ],
)
def test_one_event_an_array_and_the_payload_of_the_page_are_understood(body: bytes, count: int) -> None:
    assert len(decode_body(body)) == count


def test_data_keep_every_byte_but_the_white_space_between_tokens() -> None:
    body = b'{"type": "a.b", "data": {"n" : 1.50, "e":1E+2, "s": " a \\u00e9\\/ ", "n":\t10000000000000000000001 }}'
    (event,) = decode_body(body)
    assert bytes(event.data) == b'{"n":1.50,"e":1E+2,"s":" a \\u00e9\\/ ","n":10000000000000000000001}'


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        (b'{"data":{}}', "events/0/type", "is missing"),
        (b'[%s,{"type":"a.b"}]' % EVENT, "events/1/data", "is missing"),
        (b'{"events":[%s,{"type":1,"data":{}}]}' % EVENT, "events/1/type", "must be text, not a number"),
        (b'[{"type":"a.b","data":{},"Id":"x"}]', "events/0/Id", "is no member of an event"),
        (b'[%s,%s,"x"]' % (EVENT, EVENT), "events/2", "must be an object, not text"),
        (b'{"type":"a.b","data":{},"id":null}', "events/0/id", "must be text"),
    ],
)
def test_the_first_bad_event_is_named_with_its_place(body: bytes, path: str, message: str) -> None:
    with pytest.raises(InvalidEvent) as caught:
        decode_body(body)
    (fault,) = caught.value.faults
    assert fault.path == path
    assert message in fault.message
    assert caught.value.index == int(path.split("/")[1])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"nonsense",
        b'{"type":"a.b","data":{}} x',
        b'{"type":"a.b","data":{"a":01}}',
        b'{"type":"a.b","data":{"a":"\xff"}}',
        b'{"type":"a.b","data":%s1%s}' % (b'{"a":' * 5000, b"}" * 5000),
        b'{"type":"a.b","data":{},"events":[]}',
        b"\xef\xbb\xbf{}",
    ],
)
def test_what_cannot_be_read_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(MalformedBody):
        decode_body(body)


def test_a_line_is_one_event_and_nothing_else() -> None:
    assert decode_line(EVENT).type == "a.b"
    with pytest.raises(Mistake):
        decode_line(b"[%s]" % EVENT)
    with pytest.raises(Mistake):
        decode_line(b'{"events":[%s]}' % EVENT)


@given(
    body=st.binary(max_size=200)
    | st.recursive(st.text() | st.integers(), st.lists).map(lambda x: json.dumps(x).encode())
)
def test_no_body_raises_anything_but_a_mistake(body: bytes) -> None:
    with contextlib.suppress(Mistake):
        decode_body(body)


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_text_survives_in_whatever_form_it_was_escaped(text: str) -> None:
    for encoded in (json.dumps(text).encode(), json.dumps(text, ensure_ascii=False).encode()):
        (event,) = decode_body(b'{"type":"a.b","data":{"t":%s}}' % encoded)
        assert bytes(event.data) == b'{"t":%s}' % encoded
        assert msgspec.json.decode(event.data) == {"t": text}


SPOILING = st.sampled_from([bytes([byte]) for byte in b'{}[]",:\\u0123456789eE+-.tfn \t\r\n\x00\x1f\xff\xc3a'])


@given(
    st.lists(st.sampled_from([EVENT, b'{"data": {"s": "a b", "t" : -0.1}, "type":"a.b"}']), min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, 200), st.booleans(), SPOILING), max_size=3),
)
@example([EVENT], [])
def test_lines_that_are_decoded_at_once_are_what_each_is_by_itself(
    sound: list[bytes], spoilt: list[tuple[int, bool, bytes]]
) -> None:
    body = b"\n".join(sound)
    for at, instead, byte in spoilt:
        body = body[:at] + byte + body[at + instead :]
    lines = body.split(b"\n")
    together = decode_lines(lines)
    if not spoilt:
        assert together is not None
    if together is not None:
        assert together == [decode_line(line) for line in lines]


def test_a_document_over_two_lines_is_not_taken_for_one_of_each() -> None:
    two = b"%s,%s" % (EVENT, EVENT)
    assert decode_lines([two, b'{"type":"a.b","data":{"a":[{}', b"{}]}}"]) is None
    assert decode_lines([EVENT + EVENT, b'{"type":"a.b",', b'"data":{}}']) is None
