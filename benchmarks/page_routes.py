"""Tells the paths of the pages as the site itself routes them: those that answer GET, as a list in JSON."""

import sys

import msgspec

from bellwire.web import sign_in
from bellwire.web.pages.pages import _PAGES

if __name__ == "__main__":
    handled = {**sign_in.PAGES, **_PAGES}
    sys.stdout.buffer.write(msgspec.json.encode([path for path, handlers in handled.items() if "GET" in handlers]))
