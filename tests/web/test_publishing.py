import gzip
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bellwire.model.event import PUBLISHED_IDS_MAX
from bellwire.service import Bellwire
from bellwire.web.app import Api
from bellwire.web.publishing import PUBLISH_BYTES_MAX
from web.expecting import ask_raw, expect_json, expect_pages, expect_problem

LINES = {"Content-Type": "application/x-ndjson"}
JSON = {"Content-Type": "application/json"}


def event(number: int = 1, **members: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON members of any type
    return {"id": f"e-{number}", "type": "auth.success", "data": {"n": number}} | members


def line(number: int = 1, **members: Any) -> bytes:  # noqa: ANN401 - JSON members of any type
    return json.dumps(event(number, **members), ensure_ascii=False).encode()


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def stored_ids(client: httpx.AsyncClient) -> list[str]:
    """Oldest first."""
    pages = await expect_pages(client, "/v1/events", limit=1000)
    return [item["id"] for page in pages for item in page][::-1]


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        (event(1), ["e-1"]),
        ([event(1), event(2)], ["e-1", "e-2"]),
        ({"events": [event(1), event(2), event(3)]}, ["e-1", "e-2", "e-3"]),
        ([], []),
        ({"events": []}, []),
    ],
    ids=["one", "array", "page form", "empty array", "empty page form"],
)
async def test_events_are_taken_in_each_form(client: httpx.AsyncClient, body: object, ids: list[str]) -> None:
    taken = expect_json(await client.post("/v1/events", json=body), 202)
    assert taken == {"accepted": len(ids), "duplicates": 0, "ids": ids}
    assert await stored_ids(client) == ids


@pytest.mark.parametrize(
    "content_type", [None, "application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']
)
async def test_json_is_taken_under_each_of_its_names(client: httpx.AsyncClient, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    expect_json(await client.post("/v1/events", content=line(), headers=headers), 202)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin-1",
        "application/merge-patch+json",
        "\xff",
    ],
)
async def test_another_content_type_is_answered_with_the_right_ones(
    client: httpx.AsyncClient, content_type: str
) -> None:
    headers = {b"Content-Type": content_type.encode("latin-1")}
    answer = await client.post("/v1/events", content=line(), headers=headers)
    problem = expect_problem(answer, 415)
    assert "; send application/json, application/x-ndjson, application/cloudevents+json or " in problem["detail"]
    assert answer.headers["accept-post"].startswith("application/json, application/x-ndjson, application/cloudevents")
    assert await stored_ids(client) == []


async def test_a_known_event_counts_as_accepted_and_as_a_duplicate(client: httpx.AsyncClient) -> None:
    await client.post("/v1/events", json=event(1))
    taken = expect_json(await client.post("/v1/events", json=[event(1), event(2)]), 202)
    assert taken == {"accepted": 2, "duplicates": 1, "ids": ["e-1", "e-2"]}
    assert await stored_ids(client) == ["e-1", "e-2"]


async def test_a_known_id_with_other_data_is_a_conflict_and_nothing_is_taken(client: httpx.AsyncClient) -> None:
    await client.post("/v1/events", json=event(1))
    problem = expect_problem(
        await client.post("/v1/events", json=[event(2), event(1, data={})]), 409, kind="conflicting-event"
    )
    assert problem["errors"][0]["path"] == "events/1/id"
    assert await stored_ids(client) == ["e-1"]


@pytest.mark.parametrize("form", ["array", "page form"])
async def test_one_bad_event_refuses_all_naming_its_index(client: httpx.AsyncClient, form: str) -> None:
    events = [event(1), event(2), event(3, type="Not A Type")]
    body = events if form == "array" else {"events": events}
    problem = expect_problem(await client.post("/v1/events", json=body), 422, kind="invalid-event")
    assert problem["detail"].startswith("events/2/type: ")
    assert [fault["path"] for fault in problem["errors"]] == ["events/2/type"]
    assert await stored_ids(client) == []


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b"[1,", b"\xff", b"[" * 100_000])
async def test_a_body_that_is_no_json_is_said_to_be_none(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/v1/events", content=body, headers=JSON)
    assert answer.status_code in {400, 422}
    expect_problem(answer, answer.status_code, kind="invalid-json" if answer.status_code == 400 else "invalid-event")


async def test_ids_are_listed_up_to_their_limit_only(client: httpx.AsyncClient) -> None:
    most = [event(number) for number in range(PUBLISHED_IDS_MAX)]
    taken = expect_json(await client.post("/v1/events", json=most), 202)
    assert taken["ids"] == [one["id"] for one in most]
    more = [event(number) for number in range(PUBLISHED_IDS_MAX + 1)]
    taken = expect_json(await client.post("/v1/events", json=more), 202)
    assert taken == {"accepted": PUBLISHED_IDS_MAX + 1, "duplicates": PUBLISHED_IDS_MAX}


async def test_parameters_are_refused(client: httpx.AsyncClient) -> None:
    problem = expect_problem(await client.post("/v1/events?type=a.b", json=event(1)), 400, kind="invalid-parameter")
    assert problem["errors"] == [{"path": "type", "message": "this call takes no parameters"}]
    assert await stored_ids(client) == []


async def test_an_event_above_its_limit_is_refused(client: httpx.AsyncClient) -> None:
    large = event(1, data={"text": "x" * 1024 * 1024})
    problem = expect_problem(await client.post("/v1/events", json=large), 422, kind="invalid-event")
    assert "1,048,576" in problem["detail"]


async def test_a_body_above_the_limit_is_refused_before_it_is_read(client: httpx.AsyncClient) -> None:
    async def unread() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    headers = JSON | {"Content-Length": str(PUBLISH_BYTES_MAX + 1)}
    answer = await client.post("/v1/events", content=unread(), headers=headers)
    assert "64 MiB" in expect_problem(answer, 413)["detail"]


async def test_a_body_that_grows_above_the_limit_is_refused_while_it_is_read(client: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 8 * 1024 * 1024
            yield b" " * (8 * 1024 * 1024)

    answer = await client.post("/v1/events", content=endless(), headers=JSON)
    assert "64 MiB" in expect_problem(answer, 413)["detail"]
    assert sent <= PUBLISH_BYTES_MAX + 8 * 1024 * 1024


async def test_publishing_is_refused_for_now_when_bellwire_stops(client: httpx.AsyncClient, service: Bellwire) -> None:
    await service.close()
    answer = await client.post("/v1/events", json=event(1))
    expect_problem(answer, 503, kind="stopping")
    assert answer.headers["retry-after"] == "5"


# Lines


def cut(body: bytes, places: Sequence[int]) -> list[bytes]:
    """The body in pieces, cut at these places."""
    ends = sorted({place % (len(body) + 1) for place in places})
    return [body[start:end] for start, end in zip([0, *ends], [*ends, len(body)], strict=True)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    count=st.integers(1, 8),
    places=st.lists(st.integers(0, 2000), max_size=30),
    separator=st.sampled_from([b"\n", b"\r\n", b"\n\n", b"\n  \n"]),
    ended=st.booleans(),
)
async def test_lines_are_taken_in_whatever_pieces_they_come(
    client: httpx.AsyncClient, count: int, places: list[int], separator: bytes, *, ended: bool
) -> None:
    lines = [line(number, data={"text": "höß 🔔 \u2028"}) for number in range(count)]
    body = separator.join(lines) + (separator if ended else b"")
    answer = await client.post("/v1/events", content=pieces(*cut(body, places)), headers=LINES)
    taken = expect_json(answer, 202)
    assert taken["accepted"] == count
    assert taken["ids"] == [f"e-{number}" for number in range(count)]
    got = expect_json(await client.get("/v1/events/e-0"))
    assert got["data"] == {"text": "höß 🔔 \u2028"}


@pytest.mark.parametrize("body", [b"", b"\n", b"\r\n \r\n\t\n"])
async def test_no_line_is_no_event(client: httpx.AsyncClient, body: bytes) -> None:
    taken = expect_json(await client.post("/v1/events", content=body, headers=LINES), 202)
    assert taken == {"accepted": 0, "duplicates": 0, "ids": []}


@pytest.mark.parametrize("before", [0, 1, 1000, 1001])
@pytest.mark.parametrize(
    ("bad", "status", "kind"),
    [
        (b"{nonsense", 400, "invalid-json"),
        (b"\xff\xfe", 400, "invalid-json"),
        (line(1, type="No Type"), 422, "invalid-event"),
        (b"[]", 422, "invalid-event"),
        (line(0, data={"other": "data"}), 409, "conflicting-event"),
    ],
    ids=["malformed", "latin", "bad type", "no event", "conflict"],
)
async def test_a_bad_line_stops_the_taking_with_exact_counts(
    client: httpx.AsyncClient, before: int, bad: bytes, status: int, kind: str
) -> None:
    await client.post("/v1/events", json=event(0))
    good = [line(number) for number in range(before)]
    body = b"\n".join([*good, b"", bad, line(9999)])
    problem = expect_problem(
        await client.post("/v1/events", content=pieces(*cut(body, range(0, len(body), 5000))), headers=LINES),
        status,
        kind=kind,
    )
    assert (problem["line"], problem["accepted"], problem["duplicates"]) == (before + 2, before, min(before, 1))
    assert problem["detail"].startswith(f"line {before + 2}: ")
    assert problem["errors"][0]["path"].split("/")[:2] == ["lines", str(before + 2)]
    assert await stored_ids(client) == [f"e-{number}" for number in range(max(before, 1))]


async def test_an_over_long_line_is_refused_while_it_comes_in(client: httpx.AsyncClient) -> None:
    sent = 0

    async def endless_line() -> AsyncIterator[bytes]:
        nonlocal sent
        yield line(1) + b"\n" + b'{"type": "'
        while True:
            sent += 65536
            yield b"x" * 65536

    answer = await client.post("/v1/events", content=endless_line(), headers=LINES)
    problem = expect_problem(answer, 400, kind="invalid-json")
    assert (problem["line"], problem["accepted"]) == (2, 1)
    assert sent < 4 * 1024 * 1024


async def test_lines_have_no_limit_together(client: httpx.AsyncClient) -> None:
    padding = "x" * 500_000
    count = PUBLISH_BYTES_MAX // 500_000 + 2

    async def many() -> AsyncIterator[bytes]:
        for number in range(count):
            yield line(number, data={"padding": padding}) + b"\n"

    taken = expect_json(await client.post("/v1/events", content=many(), headers=LINES), 202)
    assert taken["accepted"] == count


async def test_the_unfinished_line_of_a_client_that_goes_away_is_not_taken(
    client: httpx.AsyncClient, api: Api, token: str
) -> None:
    headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/x-ndjson")]
    scope = {"method": "POST", "path": "/v1/events", "headers": headers}
    answered = await ask_raw(api, scope, line(1) + b"\n", line(2), complete=False)
    assert answered == (None, b"")
    assert "e-2" not in await stored_ids(client)


@pytest.mark.parametrize("body", [b"[]", line(1)])
async def test_an_unfinished_body_is_not_taken(client: httpx.AsyncClient, api: Api, token: str, body: bytes) -> None:
    headers = [(b"authorization", f"Bearer {token}".encode())]
    scope = {"method": "POST", "path": "/v1/events", "headers": headers}
    assert await ask_raw(api, scope, body, complete=False) == (None, b"")
    assert await stored_ids(client) == []


# Whatever is sent


bodies = st.binary(max_size=400) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "type", "data", "events", "createdAt"]) | st.text(max_size=5), inner)
    ),
    max_leaves=15,
).map(lambda value: json.dumps(value).encode())


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies, content_type=st.sampled_from(["application/json", "application/x-ndjson"]))
async def test_whatever_is_published_is_taken_or_refused_without_a_change(
    client: httpx.AsyncClient, body: bytes, content_type: str
) -> None:
    before = await stored_ids(client)
    answer = await client.post("/v1/events", content=body, headers={"Content-Type": content_type})
    assert answer.status_code in {202, 400, 409, 422}, answer.text
    after = await stored_ids(client)
    if answer.status_code == 202 or content_type == "application/x-ndjson":
        assert len(after) == len(before) + answer.json()["accepted"] - answer.json()["duplicates"]
    else:
        assert after == before


async def test_a_compressed_body_is_not_taken_for_json(client: httpx.AsyncClient) -> None:
    headers = JSON | {"Content-Encoding": "gzip"}
    answer = await client.post("/v1/events", content=gzip.compress(line(1)), headers=headers)
    problem = expect_problem(answer, 415)
    assert "Content-Encoding" in problem["detail"]


async def test_all_events_that_cannot_be_taken_are_told_but_of_ndjson_only_the_first(client: httpx.AsyncClient) -> None:
    bad = [event(1), event(2, type="no"), event(3, createdAt="now")]
    problem = expect_problem(await client.post("/v1/events", json=bad), 422, kind="invalid-event")
    assert [fault["path"] for fault in problem["errors"]] == ["events/1/type", "events/2/createdAt"]
    lines = b"\n".join(json.dumps(one).encode() for one in bad)
    problem = expect_problem(await client.post("/v1/events", content=lines, headers=LINES), 422, kind="invalid-event")
    assert [fault["path"] for fault in problem["errors"]] == ["lines/2/type"]
    assert await stored_ids(client) == ["e-1"]
