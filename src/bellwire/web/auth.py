"""Who calls: by a bearer token (RFC 6750), or by the session that a browser's cookie names."""

from typing import Final

from starlette.types import Scope as ConnectionScope

from bellwire.model.principal import Principal
from bellwire.service import Bellwire
from bellwire.web.bodies import Head, head_of
from bellwire.web.problem_kinds import TOO_MANY_REQUESTS, UNAUTHORISED
from bellwire.web.problems import Problem, Refused
from bellwire.web.sessions import CSRF_HEADER, SAFE_METHODS, address_of, check_same_site, session_secret, signed_in

_SCHEME: Final = b"bearer "
_TOKEN_BYTES_MAX: Final = 1024


def require_principal(service: Bellwire, scope: ConnectionScope, head: Head) -> Principal:
    """Who makes the request. Refused (401) where nobody is known by it, (429) where they call too often, (403) where
    another site's page may have made it.
    """
    if b"authorization" in head:
        principal = _bearer(service, head, address_of(scope))
    elif (signed := signed_in(service, scope)) is not None:
        principal = signed.principal
        if scope["method"] not in SAFE_METHODS:
            check_same_site(scope, csrf_token=head.get(CSRF_HEADER, b"").decode("latin-1"))
    else:
        raise _unauthorised("send the header Authorization: Bearer <token>", challenge='Bearer realm="bellwire"')
    _check_rate(service, principal)
    return principal


def visitor_of(service: Bellwire, scope: ConnectionScope) -> Principal | None:
    """Who asks for a page; None where nobody has signed in. Refused as by require_principal, but that forms are checked
    by whoever reads them.
    """
    head = head_of(scope)
    if b"authorization" in head:
        principal = _bearer(service, head, address_of(scope))
    elif (signed := signed_in(service, scope)) is not None:
        principal = signed.principal
    else:
        return None
    _check_rate(service, principal)
    return principal


def still_admitted(service: Bellwire, scope: ConnectionScope) -> Principal | None:
    """Who makes a request that goes on, as of now; None once nobody is known by it any more."""
    secret = session_secret(scope)
    if b"authorization" not in head_of(scope):
        return None if secret is None else service.access.session_principal(secret)
    return service.access.tokens.principal(_token_of(head_of(scope)) or "")


def too_often(detail: str, wait_ms: int) -> Refused:
    """The refusal (429) that says when to come again."""
    wait_s = max(1, -(-wait_ms // 1000))
    detail = f"{detail}; try again in {wait_s} s"
    return Refused(Problem.of(TOO_MANY_REQUESTS, detail, headers=(("Retry-After", str(wait_s)),)))


def _check_rate(service: Bellwire, principal: Principal) -> None:
    if wait_ms := service.access.wait_ms(principal):
        raise too_often(f"{principal.name!r} calls more often than it may", wait_ms)


def _bearer(service: Bellwire, head: Head, address: str) -> Principal:
    if head[b"authorization"][:7].lower() != _SCHEME:
        raise _unauthorised("send the header Authorization: Bearer <token>", challenge='Bearer realm="bellwire"')
    principal = _token_holder(service, head, address)
    if principal is not None:
        return principal
    if wait_ms := service.access.refuse_token(address=address):
        raise too_often("too many wrong tokens came from this address", wait_ms)
    raise _unauthorised(
        "the token is not one of this service", challenge='Bearer realm="bellwire", error="invalid_token"'
    )


def _token_holder(service: Bellwire, head: Head, address: str) -> Principal | None:
    secret = _token_of(head)
    return None if secret is None else service.access.admit_token(secret, address=address)


def _token_of(head: Head) -> str | None:
    credentials = head[b"authorization"]
    secret = credentials[7:].strip()
    if credentials[:7].lower() != _SCHEME or len(secret) > _TOKEN_BYTES_MAX:
        return None
    return secret.decode("latin-1")


def _unauthorised(detail: str, *, challenge: str) -> Refused:
    return Refused(Problem.of(UNAUTHORISED, detail, headers=(("WWW-Authenticate", challenge),)))
