"""Browsers that somebody has left open: the system's Chromium, each with a session and one tab; a process of its own.

It reads Tabs as JSON from a line of standard input, writes a line once all tabs are open, and closes them when standard
input ends. Only a real browser does what the pages' scripts make it do.
"""

import shutil
import sys
from typing import Final

import msgspec
from playwright.sync_api import sync_playwright

FLAGS: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
WAIT_MS_MAX: Final = 120_000


class Tabs(msgspec.Struct, frozen=True, kw_only=True):
    """links: each signs one browser in. addresses: opened in turn."""

    url: str
    links: list[str]
    addresses: list[str]


def chromium() -> str | None:
    """Where the browser is, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def open_tabs(tabs: Tabs) -> None:
    """Open them, and keep them open."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        for place, link in enumerate(tabs.links):
            page = browser.new_context(base_url=tabs.url).new_page()
            page.set_default_timeout(WAIT_MS_MAX)
            page.goto(link)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(lambda address: "/sign-in" not in address)
            page.goto(tabs.addresses[place % len(tabs.addresses)])
            page.wait_for_selector("html[data-ready]")
        print("open", flush=True)
        sys.stdin.read()
        browser.close()


if __name__ == "__main__":
    open_tabs(msgspec.json.decode(sys.stdin.readline(), type=Tabs))
