"""CloudEvents of the package `cloudevents` and of the specification's own examples, published over a real socket."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from cloudevents.core.bindings.http import HTTPMessage, to_binary_event, to_structured_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from bellwire.rules.converting_cloudevents import cloudevent_id
from bellwire.service import Bellwire
from bellwire.web.server import serve_api
from web.expecting import expect_json, expect_problem

BATCH = "application/cloudevents-batch+json; charset=UTF-8"
TIME = datetime(2018, 4, 5, 17, 31, tzinfo=UTC)
ODD = {"subject": 'Euro € 😀 "quoted" 100%', "comexampleextension1": "value"}

BINARY_VALUED = {
    "specversion": "1.0",
    "type": "com.example.someevent",
    "source": "/mycontext/4",
    "id": "B234-1234-1234",
    "time": "2018-04-05T17:31:00Z",
    "comexampleextension1": "value",
    "comexampleothervalue": 5,
    "datacontenttype": "application/vnd.apache.thrift.binary",
    "data_base64": "AAECAw==",
}
XML_VALUED = BINARY_VALUED | {
    "id": "B234-1234-1235",
    "unsetextension": None,
    "datacontenttype": "application/xml",
    "data": '<much wow="xml"/>',
    "data_base64": None,
}
OBJECT_VALUED = XML_VALUED | {
    "type": "com.example.someotherevent",
    "source": "/mycontext/9",
    "id": "C234-1234-1234",
    "datacontenttype": "application/json",
    "data": {"appinfoA": "abc", "appinfoB": 123, "appinfoC": True},
}
STRING_VALUED = XML_VALUED | {"id": "D234-1234-1234", "datacontenttype": None, "data": "I'm just a string"}


@pytest.fixture
async def client(service: Bellwire, token: str) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks to the API through a socket."""
    server = await serve_api(service, host="127.0.0.1", port=0)
    headers = {"Authorization": f"Bearer {token}"}
    url = f"http://127.0.0.1:{server.port}"
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
        yield client
    await server.stop()


def sdk_event(data: object = None, **attributes: object) -> CloudEvent:
    defaults = {"type": "com.example.someevent", "source": "/mycontext", "id": "A234-1234-1234", "time": TIME}
    return CloudEvent(attributes={**defaults, **attributes}, data=data)  # type: ignore[arg-type] # its own types are narrower than its documentation


async def publish(client: httpx.AsyncClient, message: HTTPMessage) -> dict[str, Any]:
    answer = await client.post("/v1/events", content=message.body, headers=message.headers)
    return expect_json(answer, 202)


async def event(client: httpx.AsyncClient, event_id: str) -> dict[str, Any]:
    return expect_json(await client.get(f"/v1/events/{event_id}"))


async def test_an_event_of_the_package_is_the_same_event_in_binary_structured_and_batched_mode(
    client: httpx.AsyncClient,
) -> None:
    sent = sdk_event({"n": 1.5, "text": "ü"}, datacontenttype="application/json", **ODD)
    structured = to_structured_event(sent)
    taken = [
        await publish(client, to_binary_event(sent)),
        await publish(client, structured),
        await publish(client, HTTPMessage({"Content-Type": BATCH}, b"[" + structured.body + b"]")),
    ]
    event_id = cloudevent_id("/mycontext", "A234-1234-1234")
    assert taken == [{"accepted": 1, "duplicates": known, "ids": [event_id]} for known in (0, 1, 1)]
    stored = await event(client, event_id)
    assert (stored["type"], stored["createdAt"]) == ("com.example.someevent", "2018-04-05T17:31:00.000Z")
    assert stored["data"].pop("cloudevent") == {
        "specversion": "1.0",
        "id": "A234-1234-1234",
        "source": "/mycontext",
        "type": "com.example.someevent",
        "time": "2018-04-05T17:31:00Z",
        "datacontenttype": "application/json",
        **ODD,
    }
    assert stored["data"] == {"n": 1.5, "text": "ü"}


@pytest.mark.parametrize("encode", [to_binary_event, to_structured_event])
@pytest.mark.parametrize(
    ("data", "content_type", "kept"),
    [
        (b"\x00\xff", "application/octet-stream", {"data_base64": "AP8="}),
        ("plain text", "text/plain", {"data": "plain text"}),
        (None, None, {}),
        ({"n": 1}, None, None),
    ],
)
async def test_other_data_of_the_package_is_kept_too(
    client: httpx.AsyncClient,
    encode: Callable[[CloudEvent], HTTPMessage],
    data: object,
    content_type: str | None,
    kept: dict[str, Any] | None,
) -> None:
    declared = {} if content_type is None else {"datacontenttype": content_type}
    taken = await publish(client, encode(sdk_event(data, **declared)))
    stored = (await event(client, taken["ids"][0]))["data"]
    context = stored.pop("cloudevent")
    if kept is None:
        assert stored == data
    else:
        assert stored == {}
        assert {name: context[name] for name in context if name.startswith("data_") or name == "data"} == kept


async def test_the_examples_of_the_json_format_are_taken_as_a_batch(client: httpx.AsyncClient) -> None:
    examples = [BINARY_VALUED, XML_VALUED, OBJECT_VALUED, STRING_VALUED]
    taken = await publish(client, HTTPMessage({"Content-Type": BATCH}, json.dumps(examples, indent=4).encode()))
    assert (taken["accepted"], taken["duplicates"]) == (4, 0)
    stored = [(await event(client, event_id))["data"] for event_id in taken["ids"]]
    contexts = [data.pop("cloudevent") for data in stored]
    assert stored == [{}, {}, OBJECT_VALUED["data"], {}]
    for example, context, data in zip(examples, contexts, stored, strict=True):
        restored = context | ({"data": data} if data else {})
        assert restored == {name: value for name, value in example.items() if value is not None}


async def test_the_example_of_the_http_binding_is_taken(client: httpx.AsyncClient) -> None:
    headers = {
        "ce-specversion": "1.0",
        "ce-type": "com.example.someevent",
        "ce-time": "2018-04-05T03:56:24Z",
        "ce-id": "1234-1234-1234",
        "ce-source": "/mycontext/subcontext",
        "Content-Type": "application/json; charset=utf-8",
    }
    taken = await publish(client, HTTPMessage(headers, b'{ "appinfo": 1.0 }'))
    stored = await event(client, taken["ids"][0])
    assert stored["createdAt"] == "2018-04-05T03:56:24.000Z"
    assert stored["data"]["appinfo"] == 1.0


async def test_a_package_s_own_reading_agrees_with_ours_on_headers(client: httpx.AsyncClient) -> None:
    message = to_binary_event(sdk_event({"n": 1}, datacontenttype="application/json", **ODD))
    taken = await publish(client, message)
    context = (await event(client, taken["ids"][0]))["data"]["cloudevent"]
    again = CloudEvent(attributes={**context, "time": TIME}, data={"n": 1})
    assert to_binary_event(again, JSONFormat()) == message


async def test_faults_of_a_batch_are_told_with_their_index_and_nothing_is_stored(client: httpx.AsyncClient) -> None:
    batch = [OBJECT_VALUED, OBJECT_VALUED | {"type": "Order"}, {}]
    answer = await client.post("/v1/events", content=json.dumps(batch), headers={"Content-Type": BATCH})
    problem = expect_problem(answer, 422, kind="invalid-event")
    assert [fault["path"] for fault in problem["errors"]] == [
        "events/1/type",
        "events/2/specversion",
        "events/2/id",
        "events/2/source",
        "events/2/type",
    ]
    assert expect_json(await client.get("/v1/events"))["items"] == []


async def test_too_deep_and_too_large_data_of_several_events_is_told_together(client: httpx.AsyncClient) -> None:
    deep = json.loads("[" * 65 + "]" * 65)
    batch = [OBJECT_VALUED | {"data": {"deep": deep}}, OBJECT_VALUED, OBJECT_VALUED | {"data": "x" * 1_050_000}]
    answer = await client.post("/v1/events", content=json.dumps(batch), headers={"Content-Type": BATCH})
    problem = expect_problem(answer, 422, kind="invalid-event")
    assert [fault["path"] for fault in problem["errors"]] == ["events/0/data", "events/2"]


async def test_the_same_id_with_other_content_is_a_conflict(client: httpx.AsyncClient) -> None:
    await publish(client, to_binary_event(sdk_event({"n": 1})))
    message = to_binary_event(sdk_event({"n": 2}))
    answer = await client.post("/v1/events", content=message.body, headers=message.headers)
    expect_problem(answer, 409, kind="conflicting-event")


@pytest.mark.parametrize("content_type", ["application/cloudevents+avro", "application/cloudevents+json; charset=x"])
async def test_other_formats_are_answered_with_the_right_ones(client: httpx.AsyncClient, content_type: str) -> None:
    headers = {"Content-Type": content_type, "ce-specversion": "1.0"}
    answer = await client.post("/v1/events", content=b"{}", headers=headers)
    assert "application/cloudevents+json" in expect_problem(answer, 415)["detail"]


async def test_a_compressed_body_is_refused_in_binary_mode_too(client: httpx.AsyncClient) -> None:
    headers = {"ce-specversion": "1.0", "Content-Encoding": "gzip", "Content-Type": "text/plain"}
    expect_problem(await client.post("/v1/events", content=b"x", headers=headers), 415)


async def test_a_body_of_cloudevents_needs_a_token_as_any_other(client: httpx.AsyncClient) -> None:
    message = to_binary_event(sdk_event())
    headers = {**message.headers, "Authorization": "Bearer wrong"}
    expect_problem(await client.post("/v1/events", content=message.body, headers=headers), 401)
