from functools import partial
from operator import le

import pytest

from bellwire.model.rollup import NOTHING, STEP_MS
from bellwire.service import Bellwire
from bellwire.web.pages.charts import RANGES
from bellwire.web.pages.showing import show_share
from receivers import Receiver, Reply
from web.endpoints import until
from web.pages.parsed import Element
from web.pages.visitor import WEBHOOKS, Visitor

POINTS_MAX = 169


async def delivered(service: Bellwire, receiver: Receiver, *statuses: int) -> str:
    """The address of a webhook whose attempts were answered so."""
    receiver.answer_with(*(Reply(status=status) for status in statuses))
    webhook, _ = await service.create_webhook(
        {"url": receiver.url, "events": ["auth.success"], "eventsPolicy": "include", "throttle": "0s", "name": "Shop"}
    )

    async def attempts() -> int:
        return service.figures.lately().figures.get(webhook.id, NOTHING).attempts

    for number in range(1, len(statuses) + 1):
        await service.publish("auth.success", {})
        await until(attempts, true=partial(le, number))
    return f"{WEBHOOKS}/{webhook.id}"


def column(page: Element, heading: str) -> list[str]:
    """What the table of figures has under a heading, from its first row to the last."""
    table = page.one("table", id="figures")
    at = [head.text for head in table.one("thead").every("th")].index(heading)
    rows = table.one("tbody").every("tr")
    return [[cell for cell in row.every() if cell.tag in {"th", "td"}][at].text for row in rows]


async def test_charts_have_a_name_a_sentence_and_their_figures_as_a_table(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    page = await visitor.open(await delivered(service, receiver, 200, 200))
    told = {chart["aria-label"] for chart in page.every(role="img") if chart.get("data-chart")}
    assert "Attempts in the last hour: 2 delivered, 0 failed" in told
    assert any(one.startswith("Response time in the last hour: half within") for one in told)
    assert len(told) == 3
    assert sum(map(int, column(page, "Delivered"))) == 2
    assert set(column(page, "Failed")) == {"0"}
    assert [one for one in column(page, "P95") if one.endswith("ms")]
    assert len(column(page, "From")) == 60


async def test_the_overview_tells_of_all_webhooks_together(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    await delivered(service, receiver, 200)
    page = await visitor.open("/")
    charts = [chart["data-chart"] for chart in page.every(role="img") if chart.get("data-chart")]
    assert charts == ["accepted got discarded", "delivered failed", "waiting", "lag"]
    assert sum(map(int, column(page, "Accepted"))) == 1
    told = [chart["aria-label"] for chart in page.every(role="img") if chart.get("data-chart")]
    assert told[0] == "Events in the last hour: 1 accepted, 1 delivered, 0 discarded"


@pytest.mark.parametrize("name", list(RANGES))
async def test_each_range_has_a_bounded_number_of_points_that_end_now(
    visitor: Visitor, service: Bellwire, receiver: Receiver, name: str
) -> None:
    address = await delivered(service, receiver, 200)
    page = await visitor.open(f"{address}?range={name}")
    asked = RANGES[name]
    points = len(column(page, "From"))
    assert asked.spans // asked.per_point <= points <= POINTS_MAX
    assert points * asked.point_ms >= asked.spans * STEP_MS[asked.step]
    assert column(page, "Delivered")[-2:].count("1") == 1
    (chosen,) = [link for link in page.one("nav", class_="rng").every("a") if link.get("aria-current")]
    assert (chosen.text, chosen["aria-label"]) == (name, f"Last {asked.words}")
    times = [row.one("time")["datetime"] for row in page.one("table", id="figures").one("tbody").every("tr")]
    assert times == sorted(times)


async def test_an_unknown_range_is_the_usual_one(visitor: Visitor, service: Bellwire, receiver: Receiver) -> None:
    page = await visitor.open(f"{await delivered(service, receiver, 200)}?range=a+year")
    assert len(column(page, "From")) == 60


async def test_the_list_tells_rate_success_and_latency_of_the_last_hour(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    await service.create_webhook({"url": "https://idle.example", "name": "Idle", "enable": False})
    await delivered(service, receiver, 200, 200, 503)
    cells = [row.one(class_="c-rt").text for row in (await visitor.open(WEBHOOKS)).one("tbody").every("tr")]
    assert cells[0].startswith("2 /min")
    assert "· p95 " in cells[0]
    assert " % " in cells[0]
    assert cells[1] == "no attempts"
    for sort in ("rate", "failed", "slow"):
        names = [
            row.one("th").text.split()[0]
            for row in (await visitor.open(f"{WEBHOOKS}?sort={sort}")).one("tbody").every("tr")
        ]
        assert names[0] == "Shop"


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0, "0 %"), (1, "100 %"), (0.5, "50 %"), (0.9999, "99.9 %"), (0.00001, "0.1 %"), (0.982, "98.2 %")],
)
def test_a_share_is_not_rounded_to_all_or_none(share: float, shown: str) -> None:
    assert show_share(share) == shown
