"""What an operator does who never read a manual."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from browser.place import WEBHOOKS, Place
from journeys.site import event
from receivers import ReceivedRequest

TABS_MAX = 60


def fill_example(page: Page, url: str) -> None:
    """The documentation page's example, by hand, where scripts run."""
    page.get_by_label("Endpoint URL").fill(url)
    page.get_by_role("radiogroup", name="Signature key").get_by_role("radio", name="Value").check()
    page.get_by_role("textbox", name="Signature key").fill("my-secret-key")
    page.get_by_role("radiogroup", name="HTTP authentication").get_by_role("radio", name="Basic").check()
    page.get_by_label("User name").fill("account")
    page.get_by_role("textbox", name="Password").fill("password")
    page.get_by_role("button", name="Add header").click()
    page.get_by_label("Header name").fill("X-My-Header")
    page.get_by_label("Header value").fill("my-value")
    page.get_by_role("radio", name="Only selected").check()
    for type_id in ("auth.success", "store.ingest"):
        page.get_by_role("searchbox", name="Search event types").fill(type_id)
        page.locator(f"input[name=events][value='{type_id}']").check()


def test_the_example_is_made_tested_and_watched(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open(WEBHOOKS)
        page.get_by_role("link", name="New webhook").click()
        fill_example(page, f"{place.good.url}/example")
        expect(page.locator("#est-types")).to_have_text("2")
        expect(page.get_by_role("group", name="Request preview")).to_contain_text("X-Signature")
        expect(page.locator(".dirty")).to_have_text("Unsaved changes")
        page.get_by_role("button", name="Send test").click()
        expect(page.locator("#exchange")).to_contain_text("Delivered")
        expect(page.locator("#exchange")).to_contain_text("Basic ****")
        page.get_by_role("button", name="Create webhook").click()
        expect(page.get_by_role("status").filter(has_text="is created")).to_be_visible()
        webhook_id = page.url.rsplit("/", 1)[1]
        place.site.publish(event("auth.success", accountName="jane"))
        expect(page.locator(".facts.sum")).to_contain_text("Delivered1")  # by itself, no reload
        page.get_by_role("link", name="All attempts").click()
        expect(page.locator("#exchange")).to_contain_text("accountName")
    request = next(one for one in place.good.requests if one.target == "/example" and b"accountName" in one.body)
    assert_signed(request)
    with place.site.api() as api:
        stored = api.get(f"/v1/webhooks/{webhook_id}").json()
        assert stored["httpHeaders"] == {"X-My-Header": "my-value"}
        assert stored["events"] == ["auth.success", "store.ingest"]
        api.delete(f"/v1/webhooks/{webhook_id}")


def assert_signed(request: ReceivedRequest) -> None:
    assert request.header("X-My-Header") == "my-value"
    assert request.header("Authorization") == "Basic YWNjb3VudDpwYXNzd29yZA=="
    assert request.header("X-Signature")


def test_a_failing_endpoint_is_found_and_explained(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open("/")
        page.get_by_role("link", name="Refusing").click()
        expect(page.locator("h1")).to_have_text("Refusing")
        expect(page.get_by_text("The receiver wants other credentials")).to_be_visible()
        page.get_by_role("link", name="See the whole exchange").click()
        expect(page.locator("#exchange")).to_contain_text("<b>who are you?</b>")
        page.get_by_role("link", name="Events").click()
        page.locator("tbody").get_by_role("link", name="auth.success").last.click()
        expect(page.locator(".fates li").filter(has_text="Refusing")).to_contain_text("waiting")
        expect(page.locator(".fates li").filter(has_text="Slow")).to_contain_text("discarded")


def test_disabling_asks_in_a_dialog_that_names_what_is_lost_and_can_be_left(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open(WEBHOOKS)
        switch = page.get_by_role("switch", name="Enabled: Refusing")
        switch.click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text(re.compile(r"\d+ events? that waits? will be discarded"))
        expect(dialog.get_by_role("button", name="Pause instead")).to_be_visible()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(switch).to_have_attribute("aria-checked", "true")
        expect(switch).to_be_focused()
        page.get_by_role("button", name="Actions for Accepting").click()
        page.get_by_role("link", name="Delete…").click()
        expect(page.get_by_role("dialog")).to_contain_text("its account: ")
        page.get_by_role("link", name="Cancel").click()
        expect(page.get_by_role("dialog")).to_be_hidden()


def tab_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press the key until that has the focus, as somebody without a mouse does."""
    for _ in range(TABS_MAX):
        page.keyboard.press(key)
        if wanted.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"{TABS_MAX} times {key} do not lead there")


def test_all_of_it_can_be_done_by_keyboard(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open(WEBHOOKS)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.keyboard.type("refus")
        expect(page.locator("tbody tr")).to_have_count(1)
        expect(page).to_have_url(re.compile("q=refus"))
        button = page.get_by_role("button", name="Actions for Refusing")
        tab_to(page, button)
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="Duplicate")).to_be_visible()
        page.keyboard.press("Escape")
        expect(button).to_be_focused()
        page.keyboard.press("n")
        page.wait_for_url("**/new")
        page.wait_for_selector("html[data-ready]")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        tab_to(page, page.get_by_label("Endpoint URL"))
        page.keyboard.type("https://example.com/by-keyboard")
        tab_to(page, page.get_by_role("searchbox", name="Search event types"))
        page.keyboard.type("auth.*")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Space")
        expect(page.locator("[data-nsel]")).to_have_text("2")
        tab_to(page, page.get_by_label("Endpoint URL"), "Shift+Tab")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("example.com")
        with place.site.api() as api:
            api.delete(f"/v1/webhooks/{page.url.rsplit('/', 1)[1]}")


def test_faults_get_the_focus_and_lead_to_their_fields(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open(f"{WEBHOOKS}/new")
        page.get_by_label("Endpoint URL").fill("nowhere")
        page.get_by_label("Timeout", exact=True).fill("soon")
        page.get_by_role("button", name="Create webhook").click()
        expect(page.locator(".errs")).to_be_focused()
        expect(page.locator(".errs")).to_contain_text("2 things to correct")
        page.locator(".errs").get_by_role("link", name="Timeout").click()
        expect(page.get_by_label("Timeout", exact=True)).to_have_value("soon")
        expect(page.get_by_label("Timeout", exact=True)).to_have_attribute("aria-invalid", "true")


def test_without_scripts_the_example_can_be_made_too(chromium: Browser, place: Place) -> None:
    with place.tab(chromium, scripts=False) as tab:
        page = tab.page
        page.goto(f"{WEBHOOKS}/new")
        page.get_by_label("Endpoint URL").fill(f"{place.good.url}/plain")
        page.get_by_role("radiogroup", name="Signature key").get_by_role("radio", name="Value").check()
        page.get_by_role("textbox", name="Signature key").fill("my-secret-key")
        page.get_by_label("Another header, name").fill("X-My-Header")
        page.get_by_label("Another header, value").fill("my-value")
        page.get_by_role("radio", name="Only selected").check()
        page.locator("input[name=events][value='auth.success']").check()
        expect(page.get_by_role("button", name="Add header")).to_be_hidden()
        page.get_by_role("button", name="Update preview").click()
        expect(page.get_by_role("group", name="Request preview")).to_contain_text("X-Signature")
        page.get_by_role("button", name="Send test").click()
        expect(page.locator("#exchange")).to_contain_text("Delivered")
        page.get_by_role("button", name="Create webhook").click()
        expect(page.locator("h1")).to_have_text("127.0.0.1")
        page.get_by_role("button", name="More actions").click()
        page.get_by_role("link", name="Delete…").click()
        page.get_by_role("button", name="Delete").click()
        expect(page.get_by_text("is deleted")).to_be_visible()


def test_live_updates_can_be_paused_and_keep_the_focus(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open("/events")
        rows = page.locator("tbody tr")
        before = rows.count()
        tab_to(page, page.get_by_role("button", name="Live"))
        place.site.publish(event("smtp.ehlo"))
        expect(rows).to_have_count(before + 1)
        expect(page.get_by_role("button", name="Live")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Paused")).to_be_visible()
        with page.expect_response(re.compile("/events")):
            page.get_by_role("button", name="Paused").click()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_chosen_theme_is_in_the_page_from_its_first_byte(chromium: Browser, place: Place, theme: str) -> None:
    with place.tab(chromium) as tab:
        page = tab.open("/about")
        page.get_by_role("button", name=f"{theme.capitalize()} theme").click()
        answer = page.reload()
        assert answer is not None
        assert f'data-theme="{theme}"' in answer.text()
        times = page.locator("main time")
        expect(times.first).to_have_attribute("title", re.compile(r"\(20.*Z\)"))
