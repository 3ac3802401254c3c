"""From a server that holds nothing to the first delivery; and from a failing endpoint to nothing lost."""

import contextlib
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from browser.place import WAIT_MS_MAX, WEBHOOKS, Bare, Place
from browser.test_every_page import looked_at
from journeys.site import Site, event
from receivers import Receiver, Reply


def test_the_first_run_ends_with_a_delivery_that_is_seen(chromium: Browser, tmp_path: Path) -> None:
    with contextlib.closing(Site(tmp_path / "data")) as site:
        site.start()
        with Bare(site).tab(chromium) as tab:
            page = tab.open("/")
            assert looked_at(page) == []
            page.get_by_role("button", name="Use the built-in receiver").click()
            page.get_by_role("button", name="Publish it").click()
            arrived = page.get_by_role("heading", name="The first event has arrived")
            expect(arrived).to_be_visible(timeout=WAIT_MS_MAX)  # by itself
            expect(page.locator(".steps")).to_contain_text("The signature is right", timeout=WAIT_MS_MAX)
            assert looked_at(page) == []
            page.get_by_role("link", name="Built-in receiver").first.click()
            tab.open("/receiver")
            page.locator(".got summary").first.click()
            expect(page.get_by_role("group", name="Request 1")).to_contain_text("jane.doe@example.com")
            assert looked_at(page) == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_failing_endpoint_is_diagnosed_and_mended_and_what_was_lost_is_replayed(
    chromium: Browser, place: Place, *, scripts: bool
) -> None:
    name = f"Mended {scripts}"
    with Receiver(Reply(status=404)) as receiver, place.tab(chromium, scripts=scripts) as tab:
        included = {"events": ["auth.success"], "eventsPolicy": "include", "throttle": "0s", "discardAfter": "1s"}
        webhook_id = place.site.register({"url": f"{receiver.url}/old", "name": name} | included)
        place.site.publish(event("auth.success", accountName="lost"))
        place.site.wait_status(webhook_id, lambda status: status["discarded"] == 1)
        page = tab.page
        page.goto(WEBHOOKS)
        page.get_by_role("link", name=name).first.click()
        expect(page.locator("main")).to_contain_text("404")
        receiver.answer_with(Reply())
        page.get_by_role("link", name="Edit").click()
        page.get_by_label("Endpoint URL").fill(f"{receiver.url}/new")
        page.get_by_role("button", name="Save changes").click()
        page.get_by_role("link", name="Dead letters").last.click()
        page.get_by_role("link", name="Deliver again").first.click()
        page.get_by_role("button", name="Deliver 1 event again").click()
        receiver.wait_until(lambda: any(b"lost" in one.body for one in receiver.requests if one.target == "/new"))
        with place.site.api() as api:
            api.delete(f"/v1/webhooks/{webhook_id}")
