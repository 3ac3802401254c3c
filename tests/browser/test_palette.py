"""The command palette, by keyboard and pointer."""

import re

from playwright.sync_api import Browser, Page, Route, expect

from browser.place import EVIL, WEBHOOKS, Place
from browser.test_every_page import looked_at


def opened(page: Page) -> None:
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Search pages")).to_be_focused()


def refuse_scripts(route: Route) -> None:
    if "hx-request" in route.request.headers:
        route.fulfill(status=499, body="")
    else:
        route.continue_()


def test_a_webhook_is_found_by_a_few_letters_and_enter_goes_there(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open("/about")
        opened(page)
        expect(page.get_by_role("option", name="Overview")).to_have_attribute("aria-selected", "true")
        page.keyboard.type("refus")
        page.keyboard.press("Enter")  # at once: what is found for the letters counts, not what stood there before
        expect(page.locator("h1")).to_have_text("Refusing")


def test_arrows_go_round_and_the_combobox_says_where_they_are(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open("/about")
        opened(page)
        page.keyboard.type("webhook")
        chosen = page.locator("#palette [aria-selected=true]")
        expect(chosen).to_have_text("Webhooks")
        options = page.locator("#palette [role=option]")
        page.keyboard.press("ArrowUp")
        expect(options.last).to_have_attribute("aria-selected", "true")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        expect(options.nth(1)).to_have_attribute("aria-selected", "true")
        expect(chosen).to_have_count(1)
        combobox = page.get_by_role("combobox", name="Search pages")
        expect(combobox).to_have_attribute("aria-activedescendant", options.nth(1).get_attribute("id") or "")
        expect(combobox).to_be_focused()


def test_it_is_opened_by_its_button_left_by_escape_and_gives_the_focus_back(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open("/about")
        button = page.get_by_role("link", name="Search")
        button.click()
        dialog = page.get_by_role("dialog", name="Search and actions")
        expect(dialog).to_be_visible()
        expect(page).to_have_url(re.compile("/about$"))
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(button).to_be_focused()
        page.keyboard.press("Meta+k")
        expect(dialog).to_be_visible()
        page.keyboard.press("Meta+k")
        expect(dialog).to_be_hidden()


def test_a_pasted_id_leads_to_its_event_and_hostile_text_stays_text(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open("/about")
        opened(page)
        page.keyboard.insert_text(EVIL)
        expect(page.get_by_role("option").first).to_contain_text("Event store.ingest")
        assert looked_at(page) == []
        page.get_by_role("option").first.click()
        expect(page.locator("h1")).to_have_text("store.ingest")


def test_an_action_is_done_where_it_is_chosen(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open("/about")
        opened(page)
        page.keyboard.type("test accepting")
        expect(page.get_by_role("option").first).to_contain_text("Send a test to Accepting")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{WEBHOOKS}/{place.healthy}/test")
        expect(page.locator("main")).to_contain_text("Delivered")


def test_what_is_not_answered_leaves_the_search_page(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open("/about")
        page.route(re.compile("/search"), refuse_scripts)
        opened(page)
        page.keyboard.type("refus")
        expect(page.get_by_text("The search is not answered.")).to_be_visible()
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=refus")
        expect(page.get_by_role("link", name="Refusing", exact=True)).to_be_visible()


def test_a_session_that_has_ended_leads_to_the_sign_in_and_back(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open("/about")
        page.context.clear_cookies()
        page.keyboard.press("Control+k")
        page.wait_for_url(re.compile("/sign-in.next=%2Fabout"))


def test_without_scripts_the_button_leads_to_a_page_with_the_same(chromium: Browser, place: Place) -> None:
    with place.tab(chromium, scripts=False) as tab:
        page = tab.page
        page.goto("/about")
        page.get_by_role("link", name="Search").click()
        page.get_by_role("searchbox").fill("refusing")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name="Refusing", exact=True).click()
        expect(page.locator("h1")).to_have_text("Refusing")
