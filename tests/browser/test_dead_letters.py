"""Dead letters chosen by check boxes, with scripts and without."""

import pytest
from playwright.sync_api import Browser, expect

from browser.place import Place
from browser.test_every_page import looked_at


@pytest.mark.parametrize("scripts", [True, False])
def test_dead_letters_are_chosen_and_delivered_again(chromium: Browser, place: Place, *, scripts: bool) -> None:
    with place.tab(chromium, scripts=scripts) as tab:
        page = tab.open("/dead-letters?reason=expired") if scripts else tab.page
        if not scripts:
            page.goto("/dead-letters?reason=expired")
        boxes = page.locator("tbody").get_by_role("checkbox")
        if scripts:
            page.get_by_label("Choose all on this page").check()
            expect(page.locator(".psum")).to_have_text(f"{boxes.count()} of {boxes.count()} chosen")
            page.get_by_label("Choose all on this page").uncheck()
            expect(page.locator(".psum")).to_have_text("None chosen")
        boxes.first.check()
        page.get_by_role("button", name="Deliver the chosen again").click()
        expect(page.locator("dl")).to_contain_text("1 event")
        if scripts:
            assert looked_at(page) == []
        page.get_by_role("button", name="Deliver 1 event to 1 webhook").click()
        expect(page.locator("#toasts")).to_contain_text("1 event for 1 webhook")
        expect(page.locator("h1")).to_have_text("Replays")
