import datetime as dt
import importlib.metadata

import httpx

from builders import make_document
from web.expecting import expect_json


async def test_the_status_counts_events_and_webhooks(client: httpx.AsyncClient) -> None:
    expect_json(await client.post("/v1/webhooks", json=make_document()), 201)
    expect_json(await client.post("/v1/webhooks", json=make_document(enable=False)), 201)
    expect_json(await client.post("/v1/events", json=[{"type": "own.thing", "data": {}}] * 3), 202)
    status = expect_json(await client.get("/v1/status"))
    assert list(status) == [
        *("version", "startedAt", "eventsLogged", "webhooks", "states", "storeBytes", "room"),
        *("watchdog", "announcementsLost"),
    ]
    assert status["version"] == importlib.metadata.version("bellwire")
    assert dt.datetime.fromisoformat(status["startedAt"]) <= dt.datetime.now(dt.UTC)
    assert (status["eventsLogged"], status["webhooks"]) == (3, 2)
    assert status["states"] == {"healthy": 1, "disabled": 1}
    assert status["storeBytes"] > 0
    assert status["watchdog"] == {"restarts": 0, "last": None}
    assert status["announcementsLost"] == 0
    assert status["room"]["state"] == "ample"
    assert status["room"]["holders"] == []
    assert status["room"]["limitBytes"] > status["room"]["usedBytes"] == 0
