"""The pages in the system's Chromium, over a real server with real webhooks and receivers.

Playwright keeps an event loop running in the thread of the tests, beside which no test with a loop of its own can run:
so a browser lives for one module, and one worker has all of them.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from browser.place import Place
from journeys.site import Site
from receivers import Receiver, Reply

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        told = "there is no Chromium on this machine; on Debian and Ubuntu: apt install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(told)
        pytest.skip(told)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One server for all tests of a module, with webhooks whose endpoints answer well, fail, move away and are slow."""
    for name in [name for name in os.environ if name.startswith("BELLWIRE_")]:
        del os.environ[name]
    folder: Path = tmp_path_factory.mktemp("site") / "data"
    with contextlib.closing(Site(folder)) as site, contextlib.ExitStack() as stack:
        site.start()
        good = stack.enter_context(Receiver(Reply(body=b'{"ok":true}')))
        bad = stack.enter_context(Receiver(Reply(status=401, body=b"<b>who are you?</b>")))
        slow = stack.enter_context(Receiver(lambda connection: connection.wait_closed()))
        yield Place(site, good=good, bad=bad, slow=slow)
