"""Pictures of the pages, from a server with data: `make screenshots`; ARGS="--every" for both widths and themes.

    PYTHONPATH=tests python -m browser.screenshots [--every] [FOLDER]

One picture of each page goes to docs/screenshots, the two that the README shows to docs/.
"""

import argparse
import contextlib
import itertools
import random
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, sync_playwright

from browser.conftest import CHROMIUM, FLAGS
from browser.place import WEBHOOKS, Place
from journeys.site import Site, event
from receivers import Receiver, Reply

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
LOOKS: Final = tuple(itertools.product((1440, 390), ("light", "dark")))
HEIGHT: Final = 900
QUALITY: Final = 80
SEED: Final = 7
PUBLISH_S: Final = 20

PEOPLE: Final = ("nadia", "omar", "lucia", "jonas", "mei")
README: Final = {"webhooks": "webhooks.png", "webhook-failing": "failing-webhook.png"}


class Shop(Place):
    """A mail server's webhooks, as they may be on a bad day."""

    def __init__(self, site: Site, *, good: Receiver, bad: Receiver, slow: Receiver) -> None:
        self.site, self.good = site, good
        key = {"signatureKey": {"@type": "Value", "secret": "a-key-of-the-usual-length"}, "throttle": "1s"}
        self.healthy = site.register({"url": f"{good.url}/audit", "name": "Audit archive", "level": "trace"} | key)
        sign_ins = {"events": ["auth.success", "auth.failed"], "eventsPolicy": "include"}
        site.register({"url": f"{good.url}/sign-ins", "name": "Sign-in watch"} | sign_ins | key)
        self.failing = site.register({"url": f"{bad.url}/alerts", "name": "Chat alerts"} | key)
        delivery = {"events": ["delivery.delivered", "delivery.failed"], "eventsPolicy": "include"}
        late = {"timeout": "1s", "discardAfter": "15s"} | delivery
        self.slow = site.register({"url": f"{slow.url}/warehouse", "name": "Warehouse"} | late | key)
        paused = site.register({"url": f"{good.url}/billing", "name": "Billing"} | key)
        site.register({"url": f"{good.url}/crm", "name": "Old CRM", "enable": False})
        with site.api() as api:
            api.post(f"/v1/webhooks/{paused}/pause").raise_for_status()
            api.post("/v1/tokens", json={"name": "shop", "scopes": ["publish"]}).raise_for_status()
            api.post("/v1/people", json={"name": "nadia", "scopes": ["write"]}).raise_for_status()
            source = {"name": "mail", "signatureKey": {"@type": "Value", "secret": "upstream-key"}}
            api.post("/v1/sources", json=source).raise_for_status()
        self._publish()
        site.wait_status(self.failing, lambda status: status["state"] == "failing")
        site.wait_status(self.slow, lambda status: status["discarded"] > 0)
        with site.api() as api:
            wish = {"reason": "expired", "paused": True}
            api.post(f"/v1/webhooks/{self.slow}/replays", json=wish).raise_for_status()

    def _publish(self) -> None:
        dice = random.Random(SEED)  # noqa: S311 - it draws what a server might publish
        types = ("auth.success", "auth.failed", "delivery.delivered", "delivery.failed", "message-ingest.ham")
        until, pause = time.monotonic() + PUBLISH_S, threading.Event()
        while time.monotonic() < until:
            self.site.publish(
                *(
                    event(
                        dice.choices(types, weights=(8, 1, 6, 1, 5))[0],
                        accountName=dice.choice(PEOPLE),
                        remoteIp=f"203.0.113.{dice.randrange(1, 255)}",
                    )
                    for _ in range(dice.randrange(1, 12))
                )
            )
            pause.wait(0.2)

    def pages(self) -> dict[str, str]:
        """Each page's picture and address."""
        with self.site.api() as api:
            attempt = _first(api.get("/v1/attempts", params={"webhook": self.failing}).json())["id"]
            one = _first(api.get("/v1/events").json())["id"]
            replay = _first(api.get("/v1/replays").json())["id"]
        failing, healthy, slow = (f"{WEBHOOKS}/{each}" for each in (self.failing, self.healthy, self.slow))
        return {
            "overview": "/",
            "webhooks": WEBHOOKS,
            "webhook-new": f"{WEBHOOKS}/new",
            "webhook-edit": f"{healthy}/edit",
            "webhook-healthy": healthy,
            "webhook-failing": failing,
            "webhook-check": f"{failing}/check",
            "webhook-history": f"{failing}/history",
            "webhook-attempts": f"{failing}/attempts",
            "webhook-dead-letters": f"{slow}/dead-letters",
            "webhook-verify": f"{healthy}/verify",
            "webhook-replay": f"{slow}/replay",
            "webhook-disable": f"{healthy}/disable",
            "events": "/events",
            "event": f"/events/{one}",
            "publish": "/publish?type=auth.success",
            "tail": "/tail",
            "attempts": "/attempts",
            "attempt": f"/attempts/{attempt}",
            "dead-letters": "/dead-letters",
            "deadlines": "/deadlines",
            "replays": "/replays",
            "replay": f"/replays/{replay}",
            "event-types": "/event-types?group=auth",
            "event-type": "/event-types/auth.success",
            "metrics": "/settings/telemetry/metrics",
            "sources": "/sources",
            "source": "/sources/mail",
            "people": "/people",
            "tokens": "/tokens",
            "token-new": "/tokens/new",
            "audit": "/audit",
            "account": "/account",
            "search": "/search?q=chat",
            "receiver": "/receiver",
            "about": "/about",
        }


def _first(page: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = page["items"][0]
    return found


def take(browser: Browser, shop: Shop, folder: Path, *, every: bool) -> None:
    """Take them all."""
    with shop.tab(browser) as tab:
        for name, address in shop.pages().items():
            for width, theme in LOOKS if every else LOOKS[:1]:
                tab.page.set_viewport_size({"width": width, "height": HEIGHT})
                tab.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type] # a word of LOOKS
                tab.open(address)
                tab.page.wait_for_timeout(300)  # for charts, which are drawn behind the page
                picture = folder / (f"{name}-{width}-{theme}.jpg" if every else f"{name}.jpg")
                tab.page.screenshot(path=picture, full_page=every, type="jpeg", quality=QUALITY)
                if not every and name in README:
                    tab.page.screenshot(path=DOCS / README[name])
                sys.stdout.write(f"{picture}\n")


def main() -> None:
    """Fill a server, take the pictures, leave nothing behind."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", action="store_true", help="both widths and themes, whole pages")
    parser.add_argument("folder", nargs="?", type=Path, default=DOCS / "screenshots")
    asked = parser.parse_args()
    if CHROMIUM is None:
        parser.error("there is no Chromium on this machine; on Debian and Ubuntu: apt install chromium")
    asked.folder.mkdir(parents=True, exist_ok=True)
    data = Path(tempfile.mkdtemp()) / "data"
    try:
        with contextlib.closing(Site(data)) as site, contextlib.ExitStack() as stack:
            site.start()
            good = stack.enter_context(Receiver(Reply(body=b'{"ok":true}')))
            bad = stack.enter_context(Receiver(Reply(status=401, body=b'{"error":"token expired"}')))
            slow = stack.enter_context(Receiver(lambda connection: connection.wait_closed()))
            shop = Shop(site, good=good, bad=bad, slow=slow)
            playwright = stack.enter_context(sync_playwright())
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            take(browser, shop, asked.folder, every=asked.every)
            browser.close()
    finally:
        shutil.rmtree(data.parent, ignore_errors=True)


if __name__ == "__main__":
    main()
