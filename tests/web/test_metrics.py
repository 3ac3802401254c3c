import re
from functools import partial
from operator import le

import httpx
import pytest

from bellwire.service import Bellwire
from bellwire.web import metrics
from builders import make_document
from receivers import Receiver, Reply
from web.endpoints import until
from web.expecting import expect_json, expect_problem

LINE = re.compile(r'[a-z_]+(?:\{(?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? -?[0-9.e+-]+')


def values(text: str) -> dict[str, float]:
    """Each value by its name with its labels; every line must have the form of a value or a comment."""
    lines = [line for line in text.splitlines() if not line.startswith("# ")]
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    found = dict(line.rsplit(" ", 1) for line in lines)
    assert len(found) == len(lines)
    return {name: float(value) for name, value in found.items()}


async def test_what_happened_since_the_start_can_be_scraped(client: httpx.AsyncClient, service: Bellwire) -> None:
    with Receiver(Reply(status=200), Reply(status=503)) as receiver:
        document = make_document(url=receiver.url, throttle="0ms", name='a"b\\c')
        webhook_id = expect_json(await client.post("/v1/webhooks", json=document), 201)["id"]

        async def attempts() -> int:
            return sum(one.attempts for one in service.figures.since_start().values())

        for number in (1, 2):
            expect_json(await client.post("/v1/events", json={"type": "auth.success", "data": {}}), 202)
            await until(attempts, true=partial(le, 2 * number))
        answer = await client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = values(answer.text)
    labels = rf'webhook="{webhook_id}",name="a\"b\\c"'
    assert found["bellwire_events_accepted_total"] == 2
    assert found['bellwire_attempts_total{outcome="delivered"}'] >= 1
    assert found[f'bellwire_webhook_attempts_total{{{labels},outcome="delivered"}}'] >= 1
    assert found['bellwire_attempt_duration_seconds_bucket{le="+Inf"}'] >= 2
    assert found['bellwire_webhooks{state="disabled"}'] == 0
    assert found["bellwire_store_bytes"] > 0
    assert f"bellwire_webhook_backlog_events{{{labels}}}" in found


async def test_of_very_many_webhooks_the_oldest_have_values_of_their_own(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "WEBHOOKS_MAX", 2)
    ids = [expect_json(await client.post("/v1/webhooks", json=make_document()), 201)["id"] for _ in range(3)]
    text = (await client.get("/metrics")).text
    assert [one in text for one in ids] == [True, True, False]
    assert values(text)['bellwire_webhooks{state="healthy"}'] == 3


async def test_metrics_are_for_those_who_may_read(client: httpx.AsyncClient) -> None:
    expect_problem(await client.get("/metrics", headers={"Authorization": "Bearer nothing"}), 401)
