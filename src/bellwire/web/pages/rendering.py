"""Makes pages from templates: every value is escaped, a name that is not there is an error."""

import gzip
import http
from collections.abc import Mapping
from typing import Any, Final

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse

from bellwire.service import VERSION
from bellwire.web.answers import show_time_ms
from bellwire.web.pages.showing import (
    clock_time,
    host_of,
    path_of,
    plural,
    show_bytes,
    show_count,
    show_rate,
    show_share,
    show_span,
)
from bellwire.web.static_files import StaticFiles

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load and do (Content-Security-Policy); data: is for the pictures in our own styles."""

HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Accept-Encoding, Cookie, HX-Request",
}

_PACK_FROM_BYTES: Final = 1024
_PACKING_LEVEL: Final = 5


class Renderer:
    """Holds the templates, compiled once. constants: names that every template may use."""

    def __init__(self, static: StaticFiles, constants: Mapping[str, Any]) -> None:
        environment = jinja2.Environment(
            loader=jinja2.PackageLoader("bellwire.web", "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.globals |= {"static": static.address, "version": VERSION, "plural": plural, **constants}
        environment.filters |= {
            "span": show_span,
            "bytes": show_bytes,
            "count": show_count,
            "rate": show_rate,
            "share": show_share,
            "exact_time": show_time_ms,
            "clock_time": clock_time,
            "host": host_of,
            "path": path_of,
        }
        self._environment = environment

    def render(self, template: str, context: Mapping[str, Any]) -> str:
        """The template's text with these values."""
        return self._environment.get_template(template).render(context)


def html_answer(request: Request, text: str, status: int = 200) -> HTMLResponse:
    """An answer with a page, packed by gzip where the browser takes that and it is worth it."""
    content = text.encode()
    headers = dict(HEADERS)
    if len(content) >= _PACK_FROM_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        content = gzip.compress(content, _PACKING_LEVEL, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return HTMLResponse(content, status, headers)


def phrase(status: int) -> str:
    """What a status of HTTP is called; empty for one without a name."""
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return ""
