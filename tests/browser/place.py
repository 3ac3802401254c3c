"""Where the browser goes: a server with data, and a tab that notices whatever no page may do."""

import contextlib
from collections.abc import Iterator

from playwright.sync_api import Browser, Dialog, Page

from journeys.site import Site, event
from receivers import Receiver

WEBHOOKS = "/settings/telemetry/webhooks"
EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
WAIT_MS_MAX = 15_000


class Place:
    """The server and its webhooks, by what their endpoints do."""

    def __init__(self, site: Site, *, good: Receiver, bad: Receiver, slow: Receiver) -> None:
        self.site = site
        self.good = good
        included = {"events": ["auth.success", "store.ingest"], "eventsPolicy": "include", "throttle": "0s"}
        key = {"signatureKey": {"@type": "Value", "secret": "my-secret-key"}}
        self.healthy = site.register({"url": f"{good.url}/good", "name": "Accepting"} | included | key)
        self.failing = site.register({"url": f"{bad.url}/bad?{'x' * 60}", "name": "Refusing"} | included)
        self.slow = site.register({"url": slow.url, "name": "Slow", "timeout": "1s", "discardAfter": "2s"} | included)
        self.evil = site.register(
            {"url": f"{bad.url}/%22%3E", "name": EVIL, "httpHeaders": {"X-Evil": EVIL}} | included | {"enable": False}
        )
        site.publish(event("auth.success", evil=EVIL), {"id": EVIL, "type": "store.ingest", "data": {EVIL: EVIL}})
        site.wait_status(self.failing, lambda status: status["state"] == "failing")
        site.wait_status(self.slow, lambda status: status["discarded"] > 0)
        site.wait_status(self.healthy, lambda status: status["delivered"] == 2)
        with site.api() as api:
            wish = {"name": "shop", "scopes": ["publish"], "types": ["shop.order-paid"]}
            api.post("/v1/tokens", json=wish).raise_for_status()
            api.post("/v1/people", json={"name": "nadia", "scopes": ["write"]}).raise_for_status()
            source = {"name": "mail", "signatureKey": {"@type": "Value", "secret": "upstream-key"}}
            api.post("/v1/sources", json=source).raise_for_status()
            api.post("/v1/sources/mail", json={"events": []}, headers={"X-Signature": EVIL.partition("<")[0]})
            asked = {"reason": "expired", "paused": True}
            api.post(f"/v1/webhooks/{self.slow}/replays", json=asked).raise_for_status()

    @contextlib.contextmanager
    def tab(self, browser: Browser, *, scripts: bool = True, signed_in: bool = True) -> Iterator["Tab"]:
        """A tab of somebody who has signed in by a link, or not at all; on leaving, nothing forbidden may have
        happened.
        """
        with self.site.api() as api:
            base, link = str(api.base_url), api.post("/v1/login-links", json={}).raise_for_status().json()["path"]
        context = browser.new_context(
            base_url=base,
            viewport={"width": 1440, "height": 900},
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        context.set_default_timeout(WAIT_MS_MAX)
        tab = Tab(context.new_page(), base)
        try:
            if signed_in:
                tab.page.goto(link)
                tab.page.get_by_role("button", name="Sign in").click()
                tab.page.wait_for_url(lambda address: "/sign-in" not in address)
            yield tab
        finally:
            context.close()
        assert tab.troubles == []


class Tab:
    """A page of the browser. troubles: errors of scripts, violations of the policy, requests that left the site."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.troubles: list[str] = []
        page.on("pageerror", lambda error: self.troubles.append(f"{page.url}: {error}"))
        page.on("console", lambda told: self._console(told.type, told.text))
        page.on("dialog", self._dialog)
        page.on("request", lambda request: self._request(request.url, base))

    def open(self, address: str) -> Page:
        """Open a page and wait until its scripts have begun."""
        self.page.goto(address)
        self.page.wait_for_selector("html[data-ready]")
        return self.page

    def _console(self, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith("Failed to load resource: the server responded with a status of 4"):
            self.troubles.append(text)

    def _dialog(self, dialog: Dialog) -> None:
        if dialog.type != "beforeunload":
            self.troubles.append(f"a dialog came: {dialog.message}")
        dialog.accept()

    def _request(self, url: str, base: str) -> None:
        if not url.startswith((base.rstrip("/"), "data:")):
            self.troubles.append(f"something was asked of {url}")


def hide(page: Page, *, hidden: bool) -> None:
    """Have the page believe that its tab is not, or is again, the one that is shown."""
    page.evaluate(
        """hidden => {
            Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


class Bare(Place):
    """A server without webhooks."""

    def __init__(self, site: Site) -> None:
        self.site = site
