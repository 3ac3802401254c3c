from bellwire.service import Bellwire
from bellwire.web.metrics import metrics_of
from web.pages.visitor import WEBHOOKS, Visitor

METRICS = "/settings/telemetry/metrics"


async def test_every_metric_is_shown_with_its_present_value(visitor: Visitor, service: Bellwire) -> None:
    await service.publish("auth.success", {})
    page = await visitor.open(METRICS)
    shown = [heading.text for heading in page.one(id="metrics").every("h2")]
    assert shown == [metric.name for metric in await metrics_of(service)]
    assert "bellwire_events_accepted_total 1" in page.one(id="metrics").text


async def test_metrics_are_searched_by_name_meaning_and_label(visitor: Visitor, service: Bellwire) -> None:
    await service.create_webhook({"url": "https://example.com", "name": "Shop"})
    form = (await visitor.open(METRICS)).one("form", id="filters")
    for text, found in (
        ("STORE_BYTES", ["bellwire_store_bytes"]),
        ("what the file system", ["bellwire_disk_free_bytes"]),
        ('name="shop"', ["bellwire_webhook_backlog_events", "bellwire_webhook_lag_seconds"]),
    ):
        page = await visitor.send(form, q=text, code=200)
        assert [heading.text for heading in page.one(id="metrics").every("h2")] == found
    assert "No metric matches" in (await visitor.send(form, q="zzz", code=200)).text


async def test_the_scrape_configuration_names_this_server(visitor: Visitor) -> None:
    page = await visitor.open(METRICS)
    config = page.one(id="scrape").text
    assert 'targets: ["bellwire.test"]' in config
    assert "metrics_path: /metrics" in config
    assert (await visitor.client.get("/metrics")).text.startswith("# HELP bellwire_info")


async def test_of_many_webhooks_the_page_shows_the_first(visitor: Visitor, service: Bellwire) -> None:
    for number in range(22):
        await service.create_webhook({"url": f"https://example.com/{number}"})
    page = await visitor.open(f"{METRICS}?q=lag_seconds")
    assert len(page.one(id="metrics").one("tbody").every("tr")) == 20
    assert "2 more in the text." in page.one(id="metrics").text
    assert f'href="{METRICS}"' in (await visitor.client.get(WEBHOOKS)).text
