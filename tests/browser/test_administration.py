import re

from playwright.sync_api import Browser, expect

from browser.place import WEBHOOKS, Place
from browser.test_every_page import looked_at


def test_an_endpoint_is_checked_in_place_and_what_was_found_is_told(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open(f"{WEBHOOKS}/{place.failing}/check")
        page.get_by_role("button", name="Check now").click()
        told = page.locator("#checked [role=status]")
        expect(told).to_contain_text("1 step failed. Status of the answer")
        expect(told).to_be_focused()
        expect(page.locator(".ways .todo")).to_contain_text("Check httpAuth")
        expect(page.get_by_role("button", name="Check now")).to_be_enabled()
        assert "\n".join(looked_at(page)) == ""
        page = tab.open(f"{WEBHOOKS}/{place.slow}/check")
        page.get_by_role("button", name="Check now").click()
        expect(page.locator(".busy")).to_contain_text("Looking; it takes 1 s at most")
        expect(page.get_by_role("button", name="Check now")).to_be_disabled()
        expect(told).to_contain_text("Signed test request")


def test_somebody_is_added_comes_in_by_a_link_and_is_removed_after_a_question(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab, place.tab(chromium, signed_in=False) as other:
        page = tab.open("/people/new")
        page.get_by_label("Name", exact=True).fill("omar")
        page.get_by_role("checkbox", name="read Look").check()
        expect(page.get_by_label("New password")).to_be_hidden()
        page.get_by_role("button", name="Add").click()
        link = page.locator("#made").inner_text()
        other.page.goto(link)
        other.page.get_by_role("button", name="Sign in").click()
        other.page.get_by_role("link", name="omar").click()
        expect(other.page.get_by_role("heading", name="omar")).to_be_visible()
        expect(other.page.get_by_role("row").filter(has_text="this one")).to_contain_text("Chrome on Linux")
        page = tab.open("/people")
        page.get_by_role("link", name="Remove omar").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("1 browser is signed out")
        dialog.get_by_role("button", name="Remove").click()
        expect(page.get_by_role("status")).to_contain_text("omar is removed")
        other.page.goto("/account")
        expect(other.page).to_have_url(re.compile("/sign-in"))


def test_a_source_is_created_without_scripts_too(chromium: Browser, place: Place) -> None:
    with place.tab(chromium, scripts=False) as tab:
        tab.page.goto("/sources/new")
        tab.page.get_by_label("Name", exact=True).fill("relay-2")
        tab.page.get_by_role("button", name="Create source").click()
        expect(tab.page.locator("#src-url")).to_contain_text("/v1/sources/relay-2")
        expect(tab.page.locator("#made")).not_to_be_empty()
        tab.page.get_by_role("link", name="Done").click()
        tab.page.get_by_role("link", name="Delete…").click()
        tab.page.get_by_role("button", name="Delete").click()
        expect(tab.page.get_by_role("status")).to_contain_text("relay-2 is deleted")


def test_a_check_of_a_webhook_that_somebody_has_deleted_meanwhile_says_so(chromium: Browser, place: Place) -> None:
    webhook_id = place.site.register({"url": place.good.url, "enable": False})
    with place.tab(chromium) as tab:
        page = tab.open(f"{WEBHOOKS}/{webhook_id}/check")
        with place.site.api() as api:
            api.delete(f"/v1/webhooks/{webhook_id}").raise_for_status()
        page.get_by_role("button", name="Check now").click()
        expect(page.get_by_role("main")).to_contain_text("There is no such webhook")
