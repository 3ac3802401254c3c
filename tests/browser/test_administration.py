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
