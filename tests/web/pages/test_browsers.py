import pytest

from bellwire.web.pages.browsers import browser_words

LINUX = "Mozilla/5.0 (X11; Linux x86_64"
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (f"{LINUX}; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (WINDOWS, "Chrome on Windows"),
        (f"{WINDOWS} Edg/140.0.0.0", "Edge on Windows"),
        (f"{WINDOWS} OPR/120.0", "Opera on Windows"),
        (f"{PHONE} Version/18.5 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
        (f"{PHONE} CriOS/140.0 Mobile/15E148 Safari/604.1", "Chrome on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.5 Safari/605.1.15", "Safari on macOS"),
        ("Firefox", "Firefox"),
        ("python-httpx/0.28.1", "python-httpx"),
        ("Mozilla/5.0", "an unknown browser"),
        ("<b>x</b>", "an unknown browser"),
        ("", "an unknown browser"),
    ],
)
def test_a_browser_is_told_by_what_it_says_that_it_is(user_agent: str, words: str) -> None:
    assert browser_words(user_agent) == words
