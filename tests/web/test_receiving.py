import asyncio
import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from bellwire.engine.intake import CHUNK_EVENTS
from bellwire.engine.relayer import LARGE_BYTES, REPORT_PAUSE_MS
from bellwire.errors import NotAdmitted
from bellwire.model.event_type import DECLARED_TYPES_MAX
from bellwire.model.limits import Limits
from bellwire.model.principal import PROGRAM
from bellwire.model.source import SourceName
from bellwire.service import Bellwire
from bellwire.web.app import Api
from bellwire.web.bodies import BODIES_BYTES_MAX
from bellwire.web.receiving import RECEIVE_BYTES_MAX
from web.expecting import ask_raw, expect_json, expect_pages, expect_problem

KEY = "s3cret-Kéy"
MAIL = "/v1/sources/mail"
Post = Callable[..., Any]


def event(number: int = 1, **members: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON members of any type
    return {
        "id": f"1795534001{number}",
        "createdAt": "2026-11-24T15:26:41Z",
        "type": "auth.failed",
        "data": {"n": number},
    } | members


def body_of(*events: object) -> bytes:
    return msgspec.json.encode({"events": events})


def signed(body: bytes, key: str = KEY) -> dict[str, str]:
    """Headers as an upstream server sends them, and no token of ours."""
    mac = base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()
    return {"Authorization": "", "Content-Type": "application/json", "X-Signature": mac}


async def post(client: httpx.AsyncClient, *events: object) -> dict[str, Any]:
    body = body_of(*events)
    return expect_json(await client.post(MAIL, content=body, headers=signed(body)))


async def stored(client: httpx.AsyncClient) -> list[Any]:
    pages = await expect_pages(client, "/v1/events", limit=1000)
    return [item["data"]["n"] for page in pages for item in page][::-1]


async def reception(client: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = expect_json(await client.get(MAIL))["reception"]
    return found


@pytest.fixture(autouse=True)
async def mail(client: httpx.AsyncClient) -> None:
    """A source that is checked by its signature."""
    expect_json(await client.put(MAIL, json={"signatureKey": {"@type": "Value", "secret": KEY}}))


async def test_signed_events_are_taken_without_a_token(client: httpx.AsyncClient) -> None:
    assert await post(client, event(1), event(2)) == {"accepted": 2, "duplicates": 0, "refused": 0, "errors": []}
    assert await stored(client) == [1, 2]
    assert await post(client) == {"accepted": 0, "duplicates": 0, "refused": 0, "errors": []}


async def test_a_retry_with_other_ids_and_company_is_stored_once(client: httpx.AsyncClient) -> None:
    await post(client, event(1), event(2), event(2, id="17"))
    again = await post(client, event(3), event(2, id="21"), event(1, id="22"), event(2, id="23"))
    assert (again["accepted"], again["duplicates"]) == (4, 3)
    assert await stored(client) == [1, 2, 2, 3]


async def test_a_type_that_nobody_knows_is_declared_by_its_first_use(client: httpx.AsyncClient) -> None:
    await post(client, event(type="upstream.new-type"))
    assert expect_json(await client.get("/v1/event-types/upstream.new-type"))["level"] == "info"


@pytest.mark.parametrize("size", [0, LARGE_BYTES])
async def test_a_wrong_signature_is_refused_and_stores_nothing(client: httpx.AsyncClient, size: int) -> None:
    body = body_of(event(data={"n": 1, "long": "x" * size})) if not size else body_of(event()) + b" " * size
    answer = await client.post(MAIL, content=body, headers=signed(body, key="another"))
    expect_problem(answer, 403, kind="not-admitted")
    assert "X-Signature is not that of this body" in (await reception(client))["lastError"]
    answer = await client.post(MAIL, content=body + b" ", headers=signed(body))
    expect_problem(answer, 403, kind="not-admitted")
    assert await stored(client) == []
    assert expect_json(await client.post(MAIL, content=body, headers=signed(body)))["accepted"] == 1


async def test_a_request_without_a_signature_is_refused_before_its_body_is_read(
    api: Api, client: httpx.AsyncClient
) -> None:
    scope = {"method": "POST", "path": MAIL, "headers": []}
    status, answer = await ask_raw(api, scope, complete=False)
    assert status == 403
    assert b"not-admitted" in answer
    assert "the header X-Signature is missing" in (await reception(client))["lastError"]


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        ({"@type": "Basic", "username": "hook", "secret": "p:ä"}, "Basic aG9vazpwOsOk"),
        ({"@type": "Bearer", "bearerToken": "tok123"}, "Bearer tok123"),
    ],
)
async def test_credentials_are_asked_for_as_the_source_says(
    client: httpx.AsyncClient, auth: dict[str, str], header: str
) -> None:
    await client.put(MAIL, json={"httpAuth": auth})
    body = body_of(event())
    for wrong in ("", "Basic aG9vazpw", "Bearer tok124", client.headers["Authorization"]):
        answer = await client.post(MAIL, content=body, headers={"Authorization": wrong})
        expect_problem(answer, 403, kind="not-admitted")
    expect_json(await client.post(MAIL, content=body, headers={"Authorization": header}))
    assert (await reception(client))["notAdmitted"] == 4


async def test_a_source_may_ask_for_both_signature_and_credentials(client: httpx.AsyncClient) -> None:
    auth = {"@type": "Bearer", "bearerToken": "tok123"}
    await client.put(MAIL, json={"signatureKey": {"@type": "Value", "secret": KEY}, "httpAuth": auth})
    body = body_of(event())
    bearer = {"Authorization": "Bearer tok123"}
    expect_problem(await client.post(MAIL, content=body, headers=signed(body)), 403, kind="not-admitted")
    expect_problem(await client.post(MAIL, content=body, headers=bearer), 403, kind="not-admitted")
    expect_json(await client.post(MAIL, content=body, headers=signed(body) | bearer))


async def test_a_token_of_bellwire_opens_no_source(client: httpx.AsyncClient) -> None:
    expect_problem(await client.post(MAIL, content=body_of(event())), 403, kind="not-admitted")


async def test_an_open_source_takes_events_of_anybody(client: httpx.AsyncClient) -> None:
    await client.put(MAIL, json={"allowAnyone": True})
    answer = await client.post(MAIL, content=body_of(event()), headers={"Authorization": "", "Content-Type": "a/b"})
    assert expect_json(answer)["accepted"] == 1


async def test_a_disabled_source_takes_nothing(client: httpx.AsyncClient) -> None:
    shown = expect_json(await client.get(MAIL))
    await client.put(MAIL, json=shown | {"enable": False})
    body = body_of(event())
    expect_problem(await client.post(MAIL, content=body, headers=signed(body)), 403, kind="not-admitted")
    assert "disabled" in (await reception(client))["lastError"]


async def test_what_a_source_asks_for_when_the_body_is_complete_counts(
    client: httpx.AsyncClient, service: Bellwire
) -> None:
    body = body_of(event())
    head = {name.lower().encode(): value.encode() for name, value in signed(body).items()}
    service.relayer.admit("mail", head)
    await client.put(MAIL, json={"httpAuth": {"@type": "Bearer", "bearerToken": "tok123"}})
    with pytest.raises(NotAdmitted, match="Authorization"):
        await service.relayer.receive("mail", head, body)
    assert await stored(client) == []


async def test_nobody_finds_out_by_an_answer_which_sources_there_are(client: httpx.AsyncClient) -> None:
    auth = {"@type": "Basic", "username": "hook", "secret": "tok123"}
    expect_json(await client.put("/v1/sources/basic", json={"httpAuth": auth}))
    expect_json(await client.put("/v1/sources/off", json={"allowAnyone": True, "enable": False}))
    answers = [
        await client.post(f"/v1/sources/{name}", content=b"", headers={"Authorization": ""})
        for name in ("mail", "basic", "off", "other")
    ]
    expect_problem(answers[0], 403, kind="not-admitted")
    assert {(answer.text, str(sorted(answer.headers.items()))) for answer in answers} == {
        (answers[0].text, str(sorted(answers[0].headers.items())))
    }


async def test_who_guesses_at_a_source_waits_and_holds_up_nobody_else(
    client: httpx.AsyncClient, service: Bellwire
) -> None:
    body = body_of(event())

    async def statuses(path: str, count: int) -> list[int]:
        return [(await client.post(path, content=body, headers=signed(body, "no"))).status_code for _ in range(count)]

    assert await statuses(MAIL, 7) == [403] * 5 + [429] * 2
    answer = await client.post(MAIL, content=body, headers=signed(body))
    expect_problem(answer, 429, kind="too-many-requests")
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert [service.relayer.failures.wait_ms(*who) for who in (("mail", "192.0.2.9"), ("other", "127.0.0.1"))] == [0, 0]
    tried = [(await statuses(f"/v1/sources/name-{number}", 1))[0] for number in range(7)]
    assert tried == [403] * 5 + [429] * 2


async def test_a_request_that_shows_all_ends_the_count_of_those_before(client: httpx.AsyncClient) -> None:
    body = body_of(event())
    for _ in range(3):
        for _ in range(4):
            answer = await client.post(MAIL, content=body, headers=signed(body, "no"))
            expect_problem(answer, 403, kind="not-admitted")
        expect_json(await client.post(MAIL, content=body, headers=signed(body)))


async def test_a_key_that_cannot_be_read_lets_nothing_in_and_only_its_administrator_is_told_why(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    key_file = tmp_path.parent / f"{tmp_path.name}.key"
    await client.put(MAIL, json={"signatureKey": {"@type": "File", "filePath": str(key_file)}})
    body = body_of(event())
    answer = await client.post(MAIL, content=body, headers=signed(body))
    problem = expect_problem(answer, 503, kind="secret-unreadable")
    assert str(key_file) not in str(problem)
    assert str(key_file) in (await reception(client))["lastError"]
    key_file.write_text(KEY + "\n")
    expect_json(await client.post(MAIL, content=body, headers=signed(body)))


async def test_events_that_cannot_be_taken_hold_up_no_others(client: httpx.AsyncClient) -> None:
    deep = msgspec.json.decode("[" * 65 + "]" * 65)
    sent = [event(0, type="no"), event(1), 5, event(2), event(3, data={"n": deep}), event(4, createdAt="now")]
    taken = await post(client, *sent)
    assert (taken["accepted"], taken["duplicates"], taken["refused"]) == (2, 0, 4)
    assert [fault["path"] for fault in taken["errors"]] == [
        "events/0/type",
        "events/2",
        "events/4/data",
        "events/5/createdAt",
    ]
    assert await stored(client) == [1, 2]
    counted = await reception(client)
    assert (counted["refusedEvents"], counted["refusedRequests"]) == (4, 0)
    assert counted["lastError"] == f"events/0/type: {taken['errors'][0]['message']} (and 3 more)"


async def test_indices_are_those_of_the_request_also_in_later_chunks(client: httpx.AsyncClient) -> None:
    sent = [event(number) for number in range(CHUNK_EVENTS + 2)]
    sent[CHUNK_EVENTS] = event(type="no")
    taken = await post(client, *sent)
    assert taken["accepted"] == CHUNK_EVENTS + 1
    assert [fault["path"] for fault in taken["errors"]] == [f"events/{CHUNK_EVENTS}/type"]


async def test_a_request_without_a_single_sound_event_is_refused(client: httpx.AsyncClient) -> None:
    body = body_of(event(type="no"), event(createdAt="now"))
    answer = await client.post(MAIL, content=body, headers=signed(body))
    problem = expect_problem(answer, 422, kind="invalid-event")
    assert [fault["path"] for fault in problem["errors"]] == ["events/0/type", "events/1/createdAt"]


async def test_types_beyond_the_most_that_can_be_declared_hold_up_no_others(
    client: httpx.AsyncClient, service: Bellwire
) -> None:
    service._intake._shipped_types -= DECLARED_TYPES_MAX
    taken = await post(client, event(1, type="one.more"), event(2), event(3, type="one.more"))
    assert (taken["accepted"], [fault["path"] for fault in taken["errors"]]) == (1, ["events/0/type", "events/2/type"])
    service._intake._shipped_types += DECLARED_TYPES_MAX


async def test_another_body_is_refused(client: httpx.AsyncClient) -> None:
    body = b'{"eve'
    expect_problem(await client.post(MAIL, content=body, headers=signed(body)), 400, kind="invalid-json")
    assert "is not JSON" in (await reception(client))["lastError"]


async def test_a_compressed_body_is_refused(client: httpx.AsyncClient) -> None:
    body = body_of(event())
    answer = await client.post(MAIL, content=body, headers=signed(body) | {"Content-Encoding": "gzip"})
    expect_problem(answer, 415)
    assert "uncompressed" in (await reception(client))["lastError"]


async def test_a_body_beyond_the_limit_is_refused_by_its_length(client: httpx.AsyncClient, api: Api) -> None:
    headers = [(b"content-length", b"%d" % (RECEIVE_BYTES_MAX + 1)), (b"x-signature", b"x")]
    status, _ = await ask_raw(api, {"method": "POST", "path": MAIL, "headers": headers})
    assert status == 413
    assert "256 MiB" in (await reception(client))["lastError"]


async def test_bodies_of_sources_leave_publishers_their_room(client: httpx.AsyncClient, api: Api) -> None:
    api._receive._in_hand.take(BODIES_BYTES_MAX)
    scope = {"method": "POST", "path": MAIL, "headers": [(b"x-signature", b"x")]}
    status, _ = await ask_raw(api, scope, b"{", b"}")
    assert status == 503
    expect_json(await client.post("/v1/events", json={"type": "auth.success", "data": {"n": 1}}), 202)
    api._receive._in_hand.give_back(BODIES_BYTES_MAX)


async def test_a_call_with_parameters_is_refused(client: httpx.AsyncClient) -> None:
    body = body_of(event())
    answer = await client.post(MAIL, params={"x": "1"}, content=body, headers=signed(body))
    expect_problem(answer, 400, kind="invalid-parameter")


async def test_a_full_disk_is_answered_so_that_upstream_sends_again_and_nothing_is_lost(tmp_path: Path) -> None:
    full = Limits(free_floor_bytes=2**60)
    for limits, status, known in ((full, 503, None), (Limits(), 200, 0), (Limits(), 200, 2)):
        async with Bellwire.open(tmp_path / "other", limits=limits) as service:
            await service.sources.put("mail", {"signatureKey": {"@type": "Value", "secret": KEY}}, by=PROGRAM)
            transport = httpx.ASGITransport(app=Api(service))
            async with httpx.AsyncClient(transport=transport, base_url="http://bellwire.test") as upstream:
                body = body_of(event(1, id=str(status)), event(2))
                answer = await upstream.post(MAIL, content=body, headers=signed(body))
            if known is None:
                expect_problem(answer, 503, kind="storage-unavailable")
                error = service.relayer.reception(service.sources.get("mail")).last_error or ""
                assert "no events are taken" in error
            else:
                assert expect_json(answer, status)["duplicates"] == known


async def test_a_stopping_service_is_answered_so_that_upstream_sends_again(
    client: httpx.AsyncClient, service: Bellwire
) -> None:
    service._intake.close()
    body = body_of(event())
    expect_problem(await client.post(MAIL, content=body, headers=signed(body)), 503, kind="stopping")


async def test_the_same_request_twice_at_once_is_stored_once(client: httpx.AsyncClient) -> None:
    first, second = await asyncio.gather(post(client, event(1), event(2)), post(client, event(1), event(2)))
    assert first["duplicates"] + second["duplicates"] == 2
    assert await stored(client) == [1, 2]


async def test_what_came_is_counted_until_the_source_is_registered_anew(client: httpx.AsyncClient) -> None:
    assert (await reception(client))["lastRequest"] is None
    await post(client, event(1), event(2))
    await post(client, event(1))
    await client.post(MAIL, content=b"x", headers=signed(b"y"))
    counted = await reception(client)
    assert counted["lastRequest"] >= counted["lastAccepted"] > "2026"
    assert counted["lastErrorAt"] is not None
    numbers = {name: value for name, value in counted.items() if isinstance(value, int)}
    assert numbers == {
        "accepted": 3,
        "duplicates": 1,
        "refusedEvents": 0,
        "requests": 3,
        "refusedRequests": 1,
        "notAdmitted": 1,
    }
    await client.delete(MAIL)
    await client.put(MAIL, json={"allowAnyone": True})
    assert (await reception(client))["requests"] == 0


async def test_refusals_are_reported_with_their_number_once_a_minute(
    client: httpx.AsyncClient,
    service: Bellwire,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In Python's log, or on standard output where the program has set up its own."""
    for _ in range(3):
        await client.post(MAIL, content=b"x", headers=signed(b"y"))
    book = service.relayer._books[SourceName("mail")]
    assert book.reported_at_ms is not None
    book.reported_at_ms -= REPORT_PAUSE_MS
    await client.post(MAIL, content=b"x", headers=signed(b"y"))
    lines = [*caplog.messages, *capsys.readouterr().out.splitlines()]
    told = [line for line in lines if "what a source sent was refused" in line]
    assert [re.findall(r"requests=(\d+)", line) for line in told] == [["1"], ["3"]]
    assert "source=mail" in told[0]
