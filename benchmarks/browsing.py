"""A visitor of the pages: signs in as a browser does, finds the way by links, and loads pages with all they need."""

import re
import time
from html import unescape
from typing import Final, Self
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import msgspec

from benchmarks.programs import Server

VISITS_MAX: Final = 3
"""Of one route with the same parameters that are searched for links."""

_LINK: Final = re.compile(r'<a\s[^>]*?href="([^"]*)"')
_NEEDED: Final = re.compile(r'(?:src|href)="(/static/[^"#]+)')
_IN_STYLES: Final = re.compile(r"url\(['\"]?([^'\")#]+)")
_IN_SCRIPTS: Final = re.compile(r"['\"](\.{1,2}/[\w./-]+\.js)['\"]")
_CODE: Final = re.compile(r'name="code" value="([^"]+)"')


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A page as it came. wire_bytes: head and body of the answer as it was packed."""

    text: str
    wire_bytes: int
    ms: float


class Visitor:
    """Somebody with a browser that has cached nothing."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{server.port}",
            headers={"Accept": "text/html,*/*", "Accept-Encoding": "gzip, deflate, br, zstd"},
            timeout=60,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def sign_in(self) -> None:
        """By a link that the administrator has made."""
        link = sign_in_link(self._server)
        code = _CODE.search(self._client.get(link).text)
        if code is None:
            raise RuntimeError("the page of a sign-in link has no code")
        answer = self._client.post(urlsplit(link).path, data={"code": unescape(code[1])})
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise RuntimeError(f"signing in was answered with {answer.status_code}")

    def open(self, address: str) -> Opened:
        """The page alone. Raises RuntimeError unless it is there."""
        begun = time.perf_counter()
        answer = self._client.get(address)
        ms = (time.perf_counter() - begun) * 1000
        if answer.status_code not in {httpx.codes.OK, httpx.codes.SEE_OTHER}:
            raise RuntimeError(f"{address} was answered with {answer.status_code}")
        return Opened(text=answer.text, wire_bytes=_wire_bytes(answer), ms=ms)

    def weigh(self, address: str) -> int:
        """The bytes of a load with nothing in the cache: the page, and every file that it or one of them names. A
        browser may load fewer, a font that it needs not or a script that is imported later.
        """
        page = self.open(address)
        wire_bytes = page.wire_bytes
        waiting = [unescape(found) for found in _NEEDED.findall(page.text)]
        known: set[str] = set()
        while waiting:
            asset = waiting.pop()
            if asset in known:
                continue
            known.add(asset)
            answer = self._client.get(asset).raise_for_status()
            wire_bytes += _wire_bytes(answer)
            pattern = {".css": _IN_STYLES, ".js": _IN_SCRIPTS}.get(asset[asset.rfind(".") :])
            if pattern is not None:
                named = [name for name in pattern.findall(answer.text) if not name.startswith("data:")]
                waiting += [urljoin(asset, name) for name in named]
        return wire_bytes


def sign_in_link(server: Server) -> str:
    """A path that signs a browser in once."""
    with server.client() as client:
        return str(client.post("/v1/login-links", json={}).raise_for_status().json()["path"])


def found_pages(visitor: Visitor, routes: list[str]) -> dict[str, str]:
    """For every route, and every set of parameters with which a link leads there, the first address that was found."""
    patterns = {path: re.compile(re.sub(r"\{\w+\}", "[^/]+", re.sub(r"\{\w+:path\}", ".+", path))) for path in routes}
    found: dict[str, str] = {}
    visits: dict[str, int] = {}
    waiting = ["/", *(path for path in routes if "{" not in path)]
    known = set(waiting)
    for address in waiting:  # which grows meanwhile, by VISITS_MAX pages of a kind at most
        kind = _kind(address, patterns)
        if kind is None or visits.get(kind, 0) >= VISITS_MAX:
            continue
        visits[kind] = visits.get(kind, 0) + 1
        found.setdefault(kind, address)
        for link in _LINK.findall(visitor.open(address).text):
            target = urljoin(address, unescape(link)).partition("#")[0]
            if target.startswith("/") and target not in known:
                known.add(target)
                waiting.append(target)
    return found


def _kind(address: str, patterns: dict[str, re.Pattern[str]]) -> str | None:
    """What tells the page from others: its route, the literal one first, and which parameters it has."""
    parts = urlsplit(address)
    routes = [path for path, pattern in patterns.items() if pattern.fullmatch(parts.path)]
    if not routes:
        return None
    route = min(routes, key=lambda path: path.count("{"))
    names = sorted({name for name, _ in parse_qsl(parts.query)})
    return f"{route}?{'&'.join(names)}" if names else route


def _wire_bytes(answer: httpx.Response) -> int:
    head = sum(len(name) + len(value) + len(": \r\n") for name, value in answer.headers.raw)
    return head + len("HTTP/1.1 200 OK\r\n\r\n") + answer.num_bytes_downloaded
