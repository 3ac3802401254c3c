"""Sessions of browsers: the cookie, the CSRF token that goes with it, and what a page of another site cannot do."""

import hmac
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import Scope as ConnectionScope

from bellwire.engine.gatekeeper import Signed
from bellwire.engine.secret_maker import made_from
from bellwire.errors import Forbidden
from bellwire.service import Bellwire
from bellwire.web.bodies import Head, head_of

CSRF_HEADER: Final = b"x-csrf-token"
COOKIE: Final = "bellwire"
SECURE_COOKIE: Final = "__Host-bellwire"
"""Where TLS is spoken: browsers take a cookie of that prefix from this very host only (RFC 6265bis §4.1.3)."""

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""They change nothing (RFC 9110 §9.2.1)."""

SIGN_IN_PATH: Final = "/sign-in"
HOME: Final = "/"
"""Where to go on after signing in when nothing else is asked for."""

_SECRET_LENGTH_MAX: Final = 1024
_TARGET_LENGTH_MAX: Final = 2048


def signed_in(service: Bellwire, scope: ConnectionScope) -> Signed | None:
    """The person, or whoever else has begun a session, whose browser makes the request; None where there is none."""
    secret = session_secret(scope)
    return None if secret is None else service.access.admit_session(secret, address=address_of(scope))


def session_secret(scope: ConnectionScope) -> str | None:
    """What the session's cookie carries."""
    cookies = cookie_parser(head_of(scope).get(b"cookie", b"").decode("latin-1"))
    secret: str | None = cookies.get(cookie_name(scope))
    return secret if secret and len(secret) <= _SECRET_LENGTH_MAX else None


def cookie_name(scope: ConnectionScope) -> str:
    """Which cookie carries the session. Only a proxy tells that there is TLS before it; who lies about it is given a
    cookie that their own browser refuses.
    """
    return SECURE_COOKIE if is_secure(scope) else COOKIE


def is_secure(scope: ConnectionScope) -> bool:
    """Whether the browser speaks TLS."""
    return bool(scope.get("scheme") == "https") or head_of(scope).get(b"x-forwarded-proto") == b"https"


def csrf_token_of(scope: ConnectionScope) -> str:
    """What a page of the session puts into its forms, and scripts into X-CSRF-Token; empty without a session."""
    secret = session_secret(scope)
    return "" if secret is None else made_from(secret, purpose="csrf")


def check_same_site(scope: ConnectionScope, *, csrf_token: str) -> None:
    """Raises Forbidden unless a page of our own has made the request: it must know the session's CSRF token, and the
    browser must not say otherwise.
    """
    check_origin(scope)
    own = csrf_token_of(scope)
    if not own or not hmac.compare_digest(csrf_token.encode(), own.encode()):
        raise Forbidden("the CSRF token is missing or is another one's; reload the page and try again", needed="csrf")


def check_origin(scope: ConnectionScope) -> None:
    """Raises Forbidden where the browser says that another site's page has made the request."""
    head = head_of(scope)
    fetched_from, origin = head.get(b"sec-fetch-site"), head.get(b"origin")
    if fetched_from not in {None, b"same-origin"}:
        raise Forbidden("this was asked for by a page of another site", needed="same-origin")
    if origin is not None and not _is_own(origin.decode("latin-1"), head):
        raise Forbidden(f"this was asked for by a page of {origin.decode('latin-1')[:100]!r}", needed="same-origin")


def set_cookie(response: Response, scope: ConnectionScope, secret: str) -> None:
    """Have the browser keep the session until it is closed. SameSite=Lax, so that a link from elsewhere to a page does
    not ask people to sign in again; what changes something needs the CSRF token and a page of our own besides.
    """
    response.set_cookie(cookie_name(scope), secret, path="/", secure=is_secure(scope), httponly=True, samesite="lax")


def remove_cookie(response: Response, scope: ConnectionScope) -> None:
    """Have the browser forget the session."""
    response.delete_cookie(cookie_name(scope), path="/", secure=is_secure(scope), httponly=True, samesite="lax")


def local_target(written: str | None) -> str:
    """Where to go on after signing in: a path of this server, HOME for anything else.

    Browsers take a path that begins with two slashes, of either kind, for another server, and drop tabs and line ends
    before they look.
    """
    if not written or len(written) > _TARGET_LENGTH_MAX or not written.isascii() or not written.isprintable():
        return HOME
    if not written.startswith("/") or written.startswith("//") or "\\" in written:
        return HOME
    return written


def address_of(scope: ConnectionScope) -> str:
    """The address that the request comes from; empty where it came over no network."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def browser_of(scope: ConnectionScope) -> str:
    """What the browser says that it is (User-Agent); empty where it says nothing."""
    return head_of(scope).get(b"user-agent", b"").decode("latin-1")


def _is_own(origin: str, head: Head) -> bool:
    """Whether the origin names the host that was asked; of the scheme only a proxy would know."""
    try:
        return urlsplit(origin).netloc.lower() == head.get(b"host", b"").decode("latin-1").lower()
    except ValueError:
        return False
