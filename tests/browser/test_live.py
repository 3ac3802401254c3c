"""Pages that bring themselves up to date, over one stream for all tabs of a browser."""

import contextlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.place import WAIT_MS_MAX, WEBHOOKS, Bare, Place, hide
from cli.conftest import Program
from journeys.site import Site, event

TABS = 8
"""More than the six connections to a host that browsers allow."""


def opened(page: Page, address: str) -> Page:
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    return page


def test_tabs_share_one_stream_however_many_they_are(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        pages = [tab.open("/events"), *(opened(tab.page.context.new_page(), "/events") for _ in range(TABS - 1))]
        before = [page.locator("tbody tr").count() for page in pages]
        place.site.publish(event("smtp.ehlo"))
        for page, rows in zip(pages, before, strict=True):
            expect(page.locator("tbody tr")).to_have_count(rows + 1)
        streams = tab.page.evaluate("performance.getEntriesByType('resource').filter(e => /live.pulse/.test(e.name))")
        assert streams == []  # the shared worker has it


@pytest.mark.parametrize("shared", [True, False])
def test_a_page_looks_again_for_what_happened_while_it_was_on_its_way(
    chromium: Browser, tmp_path: Path, *, shared: bool
) -> None:
    with contextlib.closing(Site(tmp_path / "data")) as site:
        site.start()
        with Bare(site).tab(chromium) as tab:
            if not shared:
                tab.page.add_init_script("delete window.SharedWorker")
            page = tab.open("/dead-letters")
            with page.expect_request(re.compile("/dead-letters$"), timeout=WAIT_MS_MAX) as looking:
                pass  # nothing happens that could make it look
            assert looking.value.headers["hx-request"] == "true"


def test_without_a_shared_worker_the_page_has_the_stream_itself(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        tab.page.add_init_script("delete window.SharedWorker")
        with tab.page.expect_request(re.compile("/v1/live.pulse=true")):
            page = tab.open("/events")
        rows = page.locator("tbody tr").count()
        place.site.publish(event("smtp.ehlo"))
        expect(page.locator("tbody tr")).to_have_count(rows + 1)


def test_where_the_server_has_no_stream_to_give_pages_ask_by_themselves(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        tab.page.add_init_script("delete window.SharedWorker")
        tab.page.route(re.compile("/v1/live"), lambda route: route.fulfill(status=429, body=""))
        page = tab.open("/events")
        rows = page.locator("tbody tr").count()
        place.site.publish(event("smtp.ehlo"))
        expect(page.locator("tbody tr")).to_have_count(rows + 1)
        expect(page.get_by_role("button", name="Live")).to_be_visible()


def test_a_tab_that_is_paused_stands_still_while_others_go_on(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        paused, going = tab.open("/events"), opened(tab.page.context.new_page(), "/events")
        rows = paused.locator("tbody tr").count()
        paused.get_by_role("button", name="Live").click()
        place.site.publish(event("smtp.ehlo"))
        expect(going.locator("tbody tr")).to_have_count(rows + 1)
        assert paused.locator("tbody tr").count() == rows
        paused.get_by_role("button", name="Paused").click()
        expect(paused.locator("tbody tr")).to_have_count(rows + 1)


def test_a_tab_that_is_not_shown_asks_for_nothing_and_makes_up_for_it(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page, other = tab.open("/events"), opened(tab.page.context.new_page(), "/events")
        rows = page.locator("tbody tr").count()
        with page.expect_request(re.compile("/events$")):
            pass  # the look that every new page takes
        hide(page, hidden=True)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        place.site.publish(event("smtp.ehlo"))
        expect(other.locator("tbody tr")).to_have_count(rows + 1)
        assert asked == []
        hide(page, hidden=False)
        expect(page.locator("tbody tr")).to_have_count(rows + 1)


def test_while_no_tab_is_shown_there_is_no_stream(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        tab.page.add_init_script("delete window.SharedWorker")
        stream = re.compile("/v1/live.pulse=true")
        with tab.page.expect_request(stream):
            page = tab.open("/events")
        with page.expect_event("requestfailed", lambda request: stream.search(request.url) is not None):
            hide(page, hidden=True)
        with page.expect_request(stream):
            hide(page, hidden=False)


def test_who_is_signed_out_is_told_where_a_page_is_not_left_by_itself_and_goes_on_once_signed_in(
    chromium: Browser, place: Place
) -> None:
    with place.tab(chromium) as tab:
        tab.page.add_init_script("delete window.SharedWorker")
        page = tab.open(f"{WEBHOOKS}/new")
        with page.expect_response(re.compile("/preview$")):  # which would lead to the sign-in
            page.get_by_label("Endpoint URL").fill("https://example.com/unsaved")
        page.context.clear_cookies()
        stream = re.compile("/v1/live.pulse=true")
        with page.expect_event("requestfailed", lambda request: stream.search(request.url) is not None):
            hide(page, hidden=True)
        hide(page, hidden=False)
        told = page.get_by_text("You are signed out.")
        expect(told).to_be_visible(timeout=WAIT_MS_MAX)
        with place.site.api() as api:
            link = api.post("/v1/login-links", json={}).raise_for_status().json()["path"]
        other = page.context.new_page()
        other.goto(link)
        other.get_by_role("button", name="Sign in").click()
        other.wait_for_url(lambda address: "/sign-in" not in address)
        hide(page, hidden=False)
        expect(told).to_be_hidden(timeout=WAIT_MS_MAX)
        expect(page.get_by_label("Endpoint URL")).to_have_value("https://example.com/unsaved")


def test_the_strip_of_who_is_signed_out_leads_to_the_sign_in_and_back(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        tab.page.add_init_script("delete window.SharedWorker")
        tab.page.route(re.compile("/v1/live"), lambda route: route.fulfill(status=401, body=""))
        page = tab.open("/about")
        expect(page.get_by_text("You are signed out.")).to_be_visible()
        page.context.clear_cookies()
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(re.compile("/sign-in.next=%2Fabout"))


def test_a_request_that_is_open_stays_open_when_another_comes(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open("/receiver")
        page.get_by_role("button", name="Webhook for it").click()
        webhook = page.url.rpartition("/")[2]
        place.site.publish(event("auth.success", number="first"))
        page = tab.open("/receiver")
        got = page.locator("details.got")
        expect(got).to_have_count(1)
        got.locator("summary").click()
        expect(got.get_by_text('"number":"first"')).to_be_visible()
        place.site.publish(event("auth.success", number="second"))
        expect(got).to_have_count(2)
        expect(got.last.get_by_text('"number":"first"')).to_be_visible()
        expect(got.last.locator("summary")).to_be_focused()
        expect(got.first.get_by_text('"number":"second"')).to_be_hidden()
        with place.site.api() as api:
            api.delete(f"/v1/webhooks/{webhook}").raise_for_status()


def test_a_session_that_has_ended_leads_to_the_sign_in_and_back(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open("/events")
        page.context.clear_cookies()
        place.site.publish(event("smtp.ehlo"))
        page.wait_for_url(re.compile("/sign-in.next=%2Fevents"))


def test_a_lost_connection_is_told_and_recovers_by_itself(chromium: Browser, tmp_path: Path) -> None:
    with contextlib.closing(Site(tmp_path / "data")) as site, contextlib.closing(chromium.new_context()) as context:
        site.start()
        with site.api() as api:
            base = str(api.base_url).rstrip("/")
            link = api.post("/v1/login-links", json={}).raise_for_status().json()["path"]
        page = context.new_page()
        page.goto(base + link)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda address: "/sign-in" not in address)
        opened(page, f"{base}/events")
        page.get_by_role("button", name="Live").focus()
        site.stop()
        lost = page.get_by_text("The connection is lost.")
        expect(lost).to_be_visible(timeout=WAIT_MS_MAX)
        expect(page.get_by_role("button", name="Not connected")).to_be_focused()
        again = Program("serve", "--data", site.folder, "--listen", base.removeprefix("http://"))
        with contextlib.closing(again):
            again.line_with("listens at")
            site.right("emit", "smtp.ehlo")
            expect(page.locator("tbody tr")).to_have_count(1, timeout=WAIT_MS_MAX)
            expect(lost).to_be_hidden()


HUB = """async (address) => {
    const { Hub } = await import(address);
    const hub = new Hub(), heard = [], port = { postMessage: (told) => heard.push(told.is) }, began = Date.now();
    const at = (ms) => { Date.now = () => began + ms; hub.plan(); return heard.filter((is) => is === "look").length; };
    const looked = (ms) => { hub.hear(port, { is: "cost", ms }); hub.hear(port, { is: "looked" }); };
    const happens = () => hub.tell({ events: 1 });
    hub.connect = () => {};
    hub.become("live");
    const here = { is: "here", shown: true, focused: true, held: false, kinds: ["events"], webhook: "", slow: false };
    hub.hear(port, here);
    const looks = [at(3001)];
    looked(2);
    happens();
    looks.push(at(3001 + 2999), at(3001 + 3001));
    looked(40);
    happens();
    looks.push(at(6002 + 19000), at(6002 + 20001));
    looked(40);
    happens();
    hub.hear(port, { ...here, shown: false });
    hub.hear(port, here);
    looks.push(at(26003 + 600));
    return looks;
}"""


def test_a_tab_rests_the_longer_the_more_its_look_cost_the_server_but_not_once_it_is_shown_again(
    chromium: Browser, place: Place
) -> None:
    with place.tab(chromium) as tab:
        page = tab.open("/events")
        with page.expect_response(re.compile("/events$"), timeout=WAIT_MS_MAX) as looked:
            place.site.publish(event("smtp.ehlo"))
        assert re.fullmatch(r"page;dur=[\d.]+", looked.value.headers["server-timing"])
        script = page.locator("script[src*='app.js']").get_attribute("src")
        assert script is not None
        assert page.evaluate(HUB, script.replace("app.js", "hub.js")) == [1, 1, 2, 2, 3, 4]
