"""Everything that is served at one address: the pages, their files, and the API beside them."""

from starlette.types import Receive, Scope, Send

from bellwire.service import Bellwire
from bellwire.web.app import Api
from bellwire.web.pages.pages import Pages
from bellwire.web.static_files import PREFIX, StaticFiles


class Site:
    """Passes each request to whom its path belongs; a browser that asks for what nobody has gets a page."""

    def __init__(self, service: Bellwire) -> None:
        self._static = StaticFiles()
        self._pages = Pages(service, self._static)
        self._api = Api(service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["path"].startswith(PREFIX):
            await self._static(scope, receive, send)
        elif self._pages.answers(scope) or (_from_browser(scope) and not self._api.answers(scope)):
            await self._pages(scope, receive, send)
        else:
            await self._api(scope, receive, send)


def _from_browser(scope: Scope) -> bool:
    """Whether a page is asked for (RFC 9110 §12.5.1)."""
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
