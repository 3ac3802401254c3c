"""Somebody who visits the pages."""

from typing import Any

import httpx

from web.pages.parsed import Element, parse, values_of

WEBHOOKS = "/settings/telemetry/webhooks"


class Visitor:
    """Opens pages and sends their forms, as a browser without scripts does."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def open(self, address: str, *, code: int = 200) -> Element:
        """The page at the address."""
        return _page(await self.client.get(address), code)

    async def send(self, form: Element, *, to: str = "", code: int = 303, **changes: Any) -> Any:  # noqa: ANN401 - fields; an address or a page
        """Send a form with these fields changed, None: left out; the address that it leads to, or the page it shows.

        Names of fields that have dots are written with two underscores.
        """
        values = values_of(form)
        for name, value in changes.items():
            field = name.replace("__", ".")
            values.pop(field, None)
            if value is not None:
                values[field] = [value] if isinstance(value, str) else value
        method, address = (form.get("method") or "get").upper(), to or form["action"]
        if method == "GET":
            return _page(await self.client.get(address, params=values), code)
        answer = await self.client.post(address, data=values)
        if code == 303:
            assert answer.status_code == 303, _trouble(answer)
            return answer.headers["location"]
        return _page(answer, code)

    async def create(self, url: str, **changes: Any) -> str:  # noqa: ANN401 - as in send
        """Create a webhook by the form; the address of its page."""
        form = (await self.open(f"{WEBHOOKS}/new")).one("form", id="wf")
        return str(await self.send(form, url=url, **changes))


def _page(answer: httpx.Response, code: int) -> Element:
    assert answer.status_code == code, _trouble(answer)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return parse(answer.text)


def _trouble(answer: httpx.Response) -> str:
    """What the page says is wrong."""
    page = parse(answer.text) if answer.text.startswith("<") else None
    told = [element.text for element in page.every(class_="errs")] if page else []
    return f"{answer.status_code}: {' '.join(told) or answer.text[:200]}"
