"""Live tail in a browser: what comes, what is kept back, what is left out."""

import re

from playwright.sync_api import Browser, expect

from browser.place import Place, hide
from journeys.site import event

ROWS_MAX = 200


def test_events_come_by_themselves_and_the_newest_stands_on_top(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open("/tail?data=journey+%3D+tail")
        expect(page.get_by_text("Waiting for events that match.")).to_be_visible()
        place.site.publish(event("smtp.ehlo", journey="tail", n=1), event("smtp.ehlo", journey="other"))
        place.site.publish(event("auth.failed", journey="tail", n=2))
        expect(page.locator("tbody tr")).to_have_count(2)
        expect(page.locator("tbody tr").first).to_contain_text("auth.failed")
        expect(page.get_by_text("Waiting for events")).to_be_hidden()
        expect(page.get_by_role("status").filter(has_text="new event")).to_have_count(1)
        page.get_by_role("link", name="auth.failed").click()
        expect(page.locator("h1")).to_have_text("auth.failed")


def test_the_key_p_keeps_back_what_comes_and_says_how_much_that_is(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open("/tail?type=smtp.ehlo")
        before = page.locator("tbody tr").count()
        page.keyboard.press("p")
        expect(page.get_by_role("button", name="Paused")).to_be_visible()
        expect(page.get_by_text("Nothing came meanwhile.")).to_be_visible()
        place.site.publish(*[event("smtp.ehlo", n=number) for number in range(3)])
        expect(page.get_by_text("3 events came meanwhile.")).to_be_visible()
        place.site.publish(event("smtp.ehlo"))
        expect(page.get_by_text("4 events came meanwhile.")).to_be_visible()
        assert page.locator("tbody tr").count() == before
        page.get_by_role("button", name="Go on").click()
        expect(page.locator("tbody tr")).to_have_count(before + 4)
        expect(page.get_by_role("button", name="Live")).to_be_visible()
        expect(page.get_by_text("came meanwhile.")).to_be_hidden()


def test_what_is_too_fast_leaves_a_gap_in_sight_and_few_rows(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open("/tail")
        page.keyboard.press("p")
        place.site.publish(*[event("smtp.ehlo", n=number) for number in range(1_334)])
        expect(page.get_by_text("1,334 events came meanwhile.")).to_be_visible()
        page.keyboard.press("p")
        expect(page.get_by_text("1,234 events skipped: too fast to show")).to_be_visible()
        place.site.publish(*[event("smtp.ehlo", n=number) for number in range(150)])
        expect(page.locator("tbody tr")).to_have_count(ROWS_MAX)
        expect(page.locator("tbody tr").first).to_contain_text('{"n":149}')


def test_a_tab_that_is_not_shown_asks_for_nothing_and_makes_up_for_it(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page, other = tab.open("/tail?type=smtp.ehlo"), tab.page.context.new_page()
        other.goto("/tail?type=smtp.ehlo")
        other.wait_for_selector("html[data-ready]")
        before = page.locator("tbody tr").count()
        hide(page, hidden=True)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        place.site.publish(event("smtp.ehlo"))
        expect(other.locator("tbody tr")).to_have_count(min(before + 1, ROWS_MAX))
        assert [url for url in asked if re.search("/tail", url)] == []
        hide(page, hidden=False)
        expect(page.locator("tbody tr")).to_have_count(before + 1)


def test_without_scripts_there_is_a_link_to_load_it_again(chromium: Browser, place: Place) -> None:
    with place.tab(chromium, scripts=False) as tab:
        page = tab.page
        page.goto("/tail?type=auth.success")
        rows = page.locator("tbody tr").count()
        place.site.publish(event("auth.success"))
        page.get_by_role("link", name="Reload").click()
        expect(page.locator("tbody tr")).to_have_count(rows + 1)
        expect(page.get_by_role("button", name="Live")).to_be_hidden()
