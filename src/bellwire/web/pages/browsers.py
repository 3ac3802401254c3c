"""What a browser says that it is (User-Agent), in words: which one, and on what system."""

import re
from typing import Final

_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("HeadlessChrome", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
"""By the word that tells them from those that they pretend to be; the first that is found counts."""

_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_PRODUCT: Final = re.compile(r"[A-Za-z][\w.+-]{0,39}(?=/)", re.ASCII)


def browser_words(user_agent: str) -> str:
    """`Firefox on Linux`, `curl`; `an unknown browser` for what says nothing that is known."""
    name = next((name for word, name in _BROWSERS if word in user_agent), "")
    system = next((name for word, name in _SYSTEMS if word in user_agent), "")
    if name:
        return f"{name} on {system}" if system else name
    product = _PRODUCT.match(user_agent)
    return product[0] if product and product[0] != "Mozilla" else "an unknown browser"
