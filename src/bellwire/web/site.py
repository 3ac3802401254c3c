"""Everything that is served at one address: the pages, their files, and the API beside them."""

from typing import Final

from starlette.types import Receive, Scope, Send

from bellwire.config import Row
from bellwire.service import Bellwire
from bellwire.web.app import Api
from bellwire.web.built_in_receiver import BuiltInReceiver
from bellwire.web.pages.pages import Pages
from bellwire.web.static_files import PREFIX, static_files

API_PREFIX: Final = "/v1/"


class Site:
    """Passes each request to whom its path belongs; a browser that asks for what nobody has gets a page."""

    def __init__(
        self, service: Bellwire, receiver: BuiltInReceiver | None = None, settings: tuple[Row, ...] = ()
    ) -> None:
        self._static = static_files()
        self._pages = Pages(service, self._static, receiver, settings)
        self._api = Api(service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope["path"]
        if path.startswith(PREFIX):
            await self._static(scope, receive, send)
        elif self._is_for_a_page(scope, path):
            await self._pages(scope, receive, send)
        else:
            await self._api(scope, receive, send)

    def _is_for_a_page(self, scope: Scope, path: str) -> bool:
        # No page lies below API_PREFIX, so what is published is not held against each page's path.
        if not path.startswith(API_PREFIX) and self._pages.answers(scope):
            return True
        return _from_browser(scope) and not self._api.answers(scope)


def _from_browser(scope: Scope) -> bool:
    """Whether a page is asked for (RFC 9110 §12.5.1)."""
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
