"""An event published by hand, with scripts and without."""

import re

from playwright.sync_api import Browser, expect

from browser.place import Place


def test_a_type_is_found_by_words_and_brings_its_keys_with_it(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open("/publish")
        field, data = page.get_by_role("combobox", name="Event type"), page.get_by_label("Data", exact=True)
        field.press_sequentially("sign-in refused credentials")
        expect(page.get_by_role("option")).to_have_count(1)
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("option", name="auth.failed")).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Enter")
        expect(field).to_have_value("auth.failed")
        expect(page.get_by_role("listbox")).to_be_hidden()
        expect(page.locator("#about")).to_contain_text("No webhook")
        expect(data).to_have_value(re.compile('"accountName": ""'))
        field.fill("store.ingest")
        page.get_by_role("option").first.click()
        expect(page.locator("#about")).to_contain_text("Accepting")
        expect(data).not_to_have_value(re.compile("remoteIp"))
        data.fill('{"from": "written by hand"}')
        field.fill("auth.success")
        page.keyboard.press("Escape")
        page.keyboard.press("Tab")
        expect(page.locator("#about")).to_contain_text("A user or device signed in")
        expect(data).to_have_value('{"from": "written by hand"}')
        page.get_by_role("button", name="Publish", exact=True).last.click()
        page.wait_for_url("**/events/*")
        expect(page.locator(".fates")).to_contain_text("Accepting delivered")


def test_without_scripts_the_form_does_all_of_it_too(chromium: Browser, place: Place) -> None:
    with place.tab(chromium, scripts=False) as tab:
        page = tab.page
        page.goto("/events")
        page.get_by_role("link", name="Publish an event").click()
        page.get_by_label("Event type", exact=True).fill("auth.success")
        page.get_by_role("button", name="Fill in the keys of the type").click()
        expect(page.get_by_label("Data", exact=True)).to_have_value(re.compile('"accountName": ""'))
        page.get_by_label("Data", exact=True).fill("{")
        page.get_by_role("button", name="Publish", exact=True).last.click()
        expect(page.get_by_role("alert")).to_contain_text("is not JSON")
        page.get_by_label("Data", exact=True).fill('{"plain": true}')
        page.get_by_role("button", name="Publish", exact=True).last.click()
        expect(page.locator("h1")).to_have_text("auth.success")
