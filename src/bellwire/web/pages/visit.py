"""One request for a page: who makes it, what they sent, and the ways to answer."""

import base64
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote

import msgspec
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bellwire.config import Row
from bellwire.model.principal import Principal
from bellwire.model.principal import Scope as Granted
from bellwire.model.webhook import MIB, WebhookId
from bellwire.rules.permitting import may
from bellwire.service import Bellwire
from bellwire.web.bodies import BodiesInHand, BodyReader, head_of
from bellwire.web.built_in_receiver import BuiltInReceiver
from bellwire.web.pages.equivalent import Equivalent, shown_to
from bellwire.web.pages.rendering import Renderer, html_answer
from bellwire.web.problems import Problem, Refused
from bellwire.web.resource import PRINCIPAL
from bellwire.web.sessions import csrf_token_of, is_secure

FORM_BYTES_MAX: Final = 2 * MIB
FORM_FIELDS_MAX: Final = 25_000
"""An event picker may send 20,000 types; the other fields are few."""

WEBHOOKS: Final = "/settings/telemetry/webhooks"
"""Where the page's own documentation says that webhooks are found."""

RECEIVER: Final = "bellwire.receiver"
"""Where the scope of a request has the built-in receiver."""

SETTINGS: Final = "bellwire.settings"
"""Where the scope of a request has the settings in force."""
SAME: Final = "bellwire.same"
"""Where it has the commands and calls that do the same as its page."""

NOTICE_COOKIE: Final = "bellwire_notice"
THEME_COOKIE: Final = "bellwire_theme"
THEMES: Final = ("auto", "light", "dark")

_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_NOTICE_S: Final = 60
_NOTICE_LENGTH_MAX: Final = 500
_ATTENTION: Final = ("failing", "blocked", "gone")


class Notice(msgspec.Struct, frozen=True, array_like=True):
    """What the next page says about what was just done. kind: good or bad."""

    kind: str
    title: str
    text: str = ""


class Fields:
    """The fields of a form, each with its values in their order."""

    def __init__(self, values: Mapping[str, list[str]]) -> None:
        self._values = values

    def text(self, name: str) -> str:
        """The first value of a field; empty where there is none."""
        return next(iter(self._values.get(name, ())), "")

    def texts(self, name: str) -> list[str]:
        """All values of a field."""
        return list(self._values.get(name, ()))

    def on(self, name: str) -> bool:
        """Whether a check box or switch is on."""
        return name in self._values

    def having(self, values: Mapping[str, list[str]]) -> "Fields":
        """The same with these values in place of others."""
        return Fields({**self._values, **values})

    def without(self, ending: str) -> "Fields":
        """The same without the fields whose names end so."""
        return Fields({name: values for name, values in self._values.items() if not name.endswith(ending)})


class Visit:
    """One request, and the service that it is about."""

    def __init__(
        self, service: Bellwire, request: Request, renderer: Renderer, in_hand: BodiesInHand, principal: Principal
    ) -> None:
        self.service = service
        self.request = request
        self._renderer = renderer
        self._in_hand = in_hand
        self.principal = principal
        self._fields: Fields | None = None
        self._now_ms = time.time_ns() // 1_000_000

    @property
    def now_ms(self) -> int:
        """When the request came, milliseconds since 1970."""
        return self._now_ms

    @property
    def site_url(self) -> str:
        """Scheme and host by which the visitor has reached this server."""
        scheme = "https" if is_secure(self.request.scope) else "http"
        return f"{scheme}://{self.request.headers.get('host', '')}"

    @property
    def is_partial(self) -> bool:
        """Whether a script asks for a part of a page."""
        return self.request.headers.get("HX-Request-Type") == "partial"

    @property
    def receiver(self) -> BuiltInReceiver:
        """The built-in receiver; Refused (404) where a setting has switched it off."""
        receiver: BuiltInReceiver | None = self.request.scope.get(RECEIVER)
        if receiver is None:
            detail = "The built-in receiver is switched off by the setting built-in-receiver."
            raise Refused(Problem(status=404, detail=detail))
        return receiver

    @property
    def settings(self) -> tuple[Row, ...]:
        """The settings in force; none where a program has set Bellwire up by itself."""
        settings: tuple[Row, ...] = self.request.scope.get(SETTINGS, ())
        return settings

    @property
    def webhook_id(self) -> WebhookId:
        """The webhook that the path names."""
        return WebhookId(self.path("webhook_id"))

    @property
    def webhook_address(self) -> str:
        """The page of that webhook."""
        return f"{WEBHOOKS}/{quote(self.webhook_id, safe='')}"

    def path(self, name: str) -> str:
        """A variable part of the path."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> str:
        """A parameter, without outer white space; empty where it is not given."""
        return str(self.request.query_params.get(name, "")).strip()

    async def form(self) -> Fields:
        """The fields that were sent; Refused (413, 415) for too many or another form of body."""
        if self._fields is None:
            self._fields = await self._read_form()
        return self._fields

    async def _read_form(self) -> Fields:
        head = head_of(self.request.scope)
        written = head.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip().lower()
        if written not in {_FORM_TYPE, ""}:
            raise Refused(Problem(status=415, detail=f"send the form as {_FORM_TYPE}"))
        reader = BodyReader(head, self.request.receive, self._in_hand)
        try:
            body = await reader.whole(bytes_max=FORM_BYTES_MAX)
        finally:
            reader.close()
        try:
            pairs = parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX)
        except ValueError as problem:
            raise Refused(Problem(status=413, detail=f"a form may have {FORM_FIELDS_MAX} fields")) from problem
        values: dict[str, list[str]] = {}
        for name, value in pairs:
            values.setdefault(name, []).append(value)
        return Fields(values)

    async def page(self, template: str, *, code: int = 200, **context: Any) -> Response:  # noqa: ANN401 - whatever the template shows
        """A whole page."""
        whole = await self.service.status()
        shell = shell_of(self.request) | {
            "here": self.request.url.path,
            "now_ms": self.now_ms,
            "theme": theme_of(self.request),
            "notice": None if self.request.headers.get("HX-Request") else self._notice(),
            "attention": sum(whole.states.get(state, 0) for state in _ATTENTION),
            "same": shown_to(self.principal, self._equivalents, self.request, self.service),
        }
        answer = html_answer(self.request, self._renderer.render(template, shell | context), code)
        if shell["notice"] is not None:
            answer.delete_cookie(NOTICE_COOKIE, path="/")
        return answer

    @property
    def _equivalents(self) -> tuple[Equivalent, ...]:
        equivalents: tuple[Equivalent, ...] = self.request.scope[SAME]
        return equivalents

    def part(self, template: str, **context: Any) -> Response:  # noqa: ANN401 - whatever the template shows
        """A part of a page, for the script that asked for it."""
        shell = shell_of(self.request) | {"now_ms": self.now_ms}
        return html_answer(self.request, self._renderer.render(template, shell | context))

    def go(self, address: str, notice: Notice | None = None) -> Response:
        """Lead to another page (303), which then says what was done."""
        answer = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
        if notice is not None:
            shortened = Notice(notice.kind, notice.title[:_NOTICE_LENGTH_MAX], notice.text[:_NOTICE_LENGTH_MAX])
            answer.set_cookie(
                NOTICE_COOKIE,
                base64.urlsafe_b64encode(msgspec.json.encode(shortened)).decode(),
                max_age=_NOTICE_S,
                path="/",
                httponly=True,
                samesite="strict",
            )
        return answer

    def _notice(self) -> Notice | None:
        with contextlib.suppress(ValueError, msgspec.DecodeError):
            written = self.request.cookies.get(NOTICE_COOKIE, "")
            return msgspec.json.decode(base64.urlsafe_b64decode(written), type=Notice)
        return None


def shell_of(request: Request) -> dict[str, Any]:
    """What every page and every part of one must know of its visitor; where there is none, nothing is offered."""
    principal: Principal | None = request.scope.get(PRINCIPAL)
    token = csrf_token_of(request.scope)  # none for who shows a token of the API instead of a session
    return {
        "csrf_field": Markup('<input type="hidden" name="csrf_token" value="{}">').format(token) if token else Markup(),
        "visitor": principal.name if principal else "",
        "may_read": principal is not None and may(principal, Granted.READ),
        "may_write": principal is not None and may(principal, Granted.WRITE),
        "may_publish": principal is not None and may(principal, Granted.PUBLISH),
        "may_administer": principal is not None and may(principal, Granted.ADMIN),
    }


def theme_of(request: Request) -> str:
    """One of THEMES, as it was chosen in this browser."""
    theme = request.cookies.get(THEME_COOKIE, "")
    return theme if theme in THEMES else THEMES[0]


Handler = Callable[[Visit], Awaitable[Response]]
