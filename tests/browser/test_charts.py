"""Charts: drawn from the table of figures, brought up to date in place, and there without scripts as a table."""

from playwright.sync_api import Browser, Page, expect

from browser.place import WEBHOOKS, Place
from browser.test_every_page import looked_at
from journeys.site import event

INK = """canvas => {
    const {width, height} = canvas;
    const seen = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    const colours = new Set();
    for (let at = 0; at < seen.length; at += 4) if (seen[at + 3] > 200) colours.add(seen.slice(at, at + 3).join());
    return [...colours];
}"""
"""The colours that a chart is drawn with."""


def ink(page: Page, name: str) -> set[str]:
    canvas = page.get_by_role("img", name=name).locator("canvas")
    expect(canvas).to_be_visible()
    return set(canvas.evaluate(INK))


def test_charts_are_drawn_in_the_colours_of_the_theme(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open(f"{WEBHOOKS}/{place.failing}")
        light = ink(page, "Attempts in the last hour")
        assert len(light) > 2
        page.get_by_role("button", name="Dark theme").click()
        page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
        expect(page.get_by_role("img", name="Attempts in the last hour").locator("canvas")).to_be_visible()
        assert ink(page, "Attempts in the last hour") != light
        page.emulate_media(forced_colors="active")
        assert ink(page, "Attempts in the last hour")


def test_a_chart_follows_what_happens_and_is_not_built_anew(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open(f"{WEBHOOKS}/{place.healthy}?range=15m")
        chart = page.get_by_role("img", name="Attempts in the last 15 minutes")
        canvas = chart.locator("canvas").element_handle()
        before = chart.get_attribute("aria-label")
        picture = page.evaluate("canvas => canvas.toDataURL()", canvas)
        place.site.publish(event("auth.success"))
        expect(chart).not_to_have_attribute("aria-label", before or "")
        page.wait_for_function("([canvas, before]) => canvas.toDataURL() !== before", arg=[canvas, picture])
        assert page.evaluate("canvas => canvas.isConnected", canvas)


def test_the_figures_under_the_pointer_are_told(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open(f"{WEBHOOKS}/{place.healthy}")
        plot = page.get_by_role("img", name="Attempts in the last hour")
        plot.locator(".u-over").hover(position={"x": 40, "y": 40})
        expect(plot.locator(".tip")).to_contain_text("Delivered 0")


def test_without_scripts_the_figures_are_a_table(chromium: Browser, place: Place) -> None:
    with place.tab(chromium, scripts=False) as tab:
        page = tab.page
        page.goto(f"{WEBHOOKS}/{place.healthy}")
        page.get_by_role("link", name="Last 7 days").click()
        expect(page.get_by_role("heading", name="Last 7 days")).to_be_visible()
        expect(page.locator(".plot").first).to_be_hidden()
        page.get_by_text("These figures as a table, 1 h a row").click()
        expect(page.get_by_role("table", name="What happened in the last 7 days")).to_be_visible()
        expect(page.locator("#figures tbody tr")).to_have_count(168)


def test_axe_finds_nothing_in_the_table_of_figures_either(chromium: Browser, place: Place) -> None:
    with place.tab(chromium) as tab:
        page = tab.open("/?range=6h")
        page.get_by_text("These figures as a table").click()
        assert "\n".join(looked_at(page)) == ""
