"""Events that real programs sent, published by the command line and counted at the receiver, byte for byte."""

import gzip
import re
from pathlib import Path

import msgspec

from journeys.site import DATA, Site
from receivers import Receiver

TEXT_OR_BLANK = re.compile(rb'("(?:[^"\\]|\\.)*")|[ \t\r\n]+')
FIELDS = b'"fields": '


class Event(msgspec.Struct, frozen=True):
    """An event in a body; data: its very bytes."""

    id: str
    createdAt: str  # noqa: N815 - the page's name
    type: str
    data: msgspec.Raw


def test_all_that_a_dovecot_exported_arrives_in_order_with_every_byte_of_its_fields(
    site: Site, receiver: Receiver, tmp_path: Path
) -> None:
    with gzip.open(DATA / "dovecot-events.ndjson.gz") as lines:
        captured = [captured_event(line) for line in lines]
    assert len(captured) == 1_053
    events = tmp_path / "events.ndjson"
    events.write_bytes(
        b"".join(
            b'{"id": "dovecot-%d", "type": "%s", "data": %s}\n' % (number, type_id.encode(), fields)
            for number, (type_id, fields) in enumerate(captured)
        )
    )
    webhook_id = site.register({"url": receiver.url, "throttle": "50ms", "maxBatchEvents": 100})
    assert "1,053 events accepted" in site.right("emit", "--from", events).out
    status = site.wait_status(webhook_id, lambda status: status["backlog"] == 0)
    assert (status["delivered"], status["discarded"]) == (1_053, 0)
    arrived = arrived_events(receiver)
    assert [event.id for event in arrived] == [f"dovecot-{number}" for number in range(1_053)]
    assert [event.type for event in arrived] == [type_id for type_id, _ in captured]
    assert [bytes(event.data) for event in arrived] == [without_blanks(fields) for _, fields in captured]
    assert len(receiver.requests) >= 11
    site.stop()


def test_a_document_in_the_shape_of_the_page_arrives_as_it_was_written(site: Site, receiver: Receiver) -> None:
    document = DATA / "sample-payloads.json"
    written = msgspec.json.decode(document.read_bytes(), type=dict[str, list[Event]])["events"]
    assert len(written) == 35
    webhook_id = site.register({"url": receiver.url, "level": "trace", "throttle": 0})
    assert "35 events accepted" in site.right("emit", "--from", document).out
    site.wait_status(webhook_id, lambda status: status["delivered"] == 35)
    assert [(event.id, event.type, bytes(event.data)) for event in arrived_events(receiver)] == [
        (event.id, event.type, without_blanks(bytes(event.data))) for event in written
    ]
    assert [event.createdAt for event in arrived_events(receiver)] == [
        event.createdAt.replace("Z", ".000Z") for event in written
    ]
    assert "35 of them known already" in site.right("emit", "--from", document).out
    assert site.status(webhook_id)["backlog"] == 0
    site.stop()
    assert len(arrived_events(receiver)) == 35


def captured_event(line: bytes) -> tuple[str, bytes]:
    """The type for Bellwire, and the bytes of Dovecot's fields, cut from the line as they stand there."""
    body = msgspec.json.decode(line)["body"]
    fields = line.rstrip()[line.rindex(FIELDS) + len(FIELDS) : -2]
    assert msgspec.json.decode(fields) == body["fields"]
    return "dovecot." + body["event"].replace("_", "-"), fields


def without_blanks(data: bytes) -> bytes:
    """JSON without the white space between its tokens."""
    return TEXT_OR_BLANK.sub(lambda found: found[1] or b"", data)


def arrived_events(receiver: Receiver) -> list[Event]:
    return [
        event
        for request in receiver.requests
        for event in msgspec.json.decode(request.body, type=dict[str, list[Event]])["events"]
    ]
