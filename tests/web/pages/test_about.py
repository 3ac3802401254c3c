from pathlib import Path

import httpx
import pytest

from bellwire.config import SETTINGS, Config, load_config
from bellwire.service import Bellwire
from bellwire.web.site import Site
from web.pages.conftest import Arrive
from web.pages.visitor import Visitor

FILE = """
retention-age = "3d"
[network]
deny = ["203.0.113.0/24"]
[event-types."shop.order-paid"]
level = "info"
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "bellwire.toml"
    file.write_text(FILE)
    return load_config({"log-level": "warn"}, {"BELLWIRE_FREE_FLOOR": "64MiB"}, file)


async def test_administrators_see_every_setting_with_its_value_and_where_it_was_set(
    service: Bellwire, token: str, config: Config, tmp_path: Path
) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=Site(service, settings=config.explain())),
        base_url="http://bellwire.test",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        page = await Visitor(client).open("/about")
    rows = {row.one("th").text: [cell.text for cell in row.every("td")] for row in page.one("tbody").every("tr")}
    assert list(rows) == [*(setting.name for setting in SETTINGS), "event-types"]
    assert rows["retention-age"][:2] == ["3d", f"file {tmp_path}/bellwire.toml"]
    assert rows["free-floor"][:2] == ["64MiB", "environment variable BELLWIRE_FREE_FLOOR"]
    assert rows["log-level"][:2] == ["warn", "flag --log-level"]
    assert rows["network.deny"][0] == "203.0.113.0/24"
    assert rows["event-types"][0] == "shop.order-paid"
    assert rows["attempts-age"] == ["7d", "default", "How long attempts are kept."]
    assert rows["network.allow"][0] == "none"


async def test_others_see_what_is_kept_and_may_wait_but_no_paths_and_networks(
    arrive: Arrive, service: Bellwire, config: Config
) -> None:
    browser = await arrive("write")
    cookies, site = dict(browser.client.cookies), Site(service, settings=config.explain())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=site), base_url="http://bellwire.test", cookies=cookies
    ) as client:
        page = await Visitor(client).open("/about")
    assert "Settled events retention-age 7 d" in page.text
    assert "203.0.113.0/24" not in page.text
    assert page.every("table") == []


async def test_where_a_program_has_set_it_up_no_settings_are_shown(visitor: Visitor) -> None:
    page = await visitor.open("/about")
    assert page.every("table") == []
    assert "Deliveries that had to be begun anew 0" in page.text
    assert (await visitor.client.get(page.one("main").one("a", href="/docs")["href"])).status_code == 200
