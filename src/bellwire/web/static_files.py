"""Styles, scripts, fonts and icons, served from memory under an address that changes with their content."""

import functools
import gzip
import hashlib
import importlib.resources
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PREFIX: Final = "/static/"

_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_FOREVER: Final = "public, max-age=31536000, immutable"
_PACKED_ALREADY: Final = ".woff2"
_HASH_LENGTH: Final = 12


class _File:
    """A file; `packed` by gzip, once somebody asks, where that makes it smaller."""

    def __init__(self, content: bytes, suffix: str) -> None:
        self.content = content
        self.media_type = _MEDIA_TYPES[suffix]
        self.is_packed_already = suffix == _PACKED_ALREADY

    @functools.cached_property
    def packed(self) -> bytes:
        return gzip.compress(self.content, mtime=0)


class StaticFiles:
    """The files that come with the pages. One hash stands for all of them, so that they can name one another."""

    def __init__(self) -> None:
        found = sorted(_below(importlib.resources.files("bellwire.web").joinpath("static"), ""))
        self._files = {name: _File(content, name[name.rindex(".") :]) for name, content in found}
        digest = hashlib.sha256()
        for name, content in found:
            digest.update(b"%s %d\n%s" % (name.encode(), len(content), content))
        self._folder = f"{PREFIX}{digest.hexdigest()[:_HASH_LENGTH]}/"

    def address(self, name: str) -> str:
        """Where the file is served; raises KeyError for one that there is not."""
        _ = self._files[name]
        return self._folder + name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the file that the path names, to be kept for ever, or with 404."""
        request = Request(scope)
        file = self._files.get(scope["path"].removeprefix(self._folder))
        if file is None or request.method not in {"GET", "HEAD"}:
            response = Response("Not found", 404 if file is None else 405, media_type="text/plain")
        else:
            response = _answer(file, packed="gzip" in request.headers.get("accept-encoding", ""))
        await response(scope, receive, send)


@functools.cache
def static_files() -> StaticFiles:
    """Those of this process: read once, when they are first needed."""
    return StaticFiles()


def _answer(file: _File, *, packed: bool) -> Response:
    headers = {"Cache-Control": _FOREVER, "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding"}
    if packed and not file.is_packed_already:
        return Response(file.packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=file.media_type)
    return Response(file.content, headers=headers, media_type=file.media_type)


def _below(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _below(entry, f"{prefix}{entry.name}/")
        elif entry.name[entry.name.rfind(".") :] in _MEDIA_TYPES:
            yield prefix + entry.name, entry.read_bytes()
