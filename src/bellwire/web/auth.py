"""Who may call: the bearer token of a request (RFC 6750)."""

from typing import Final

from bellwire.service import Bellwire
from bellwire.web.bodies import Head
from bellwire.web.problems import Problem, Refused

_SCHEME: Final = b"bearer "
_TOKEN_BYTES_MAX: Final = 1024


def require_token(service: Bellwire, head: Head) -> None:
    """Refused (401) unless the request carries a valid token."""
    credentials = head.get(b"authorization", b"")
    if credentials[:7].lower() != _SCHEME:
        raise _unauthorised("send the header Authorization: Bearer <token>", challenge='Bearer realm="bellwire"')
    token = credentials[7:].strip()
    if len(token) > _TOKEN_BYTES_MAX or not service.check_token(token.decode("latin-1")):
        raise _unauthorised(
            "the token is not one of this service",
            challenge='Bearer realm="bellwire", error="invalid_token"',
        )


def _unauthorised(detail: str, *, challenge: str) -> Refused:
    return Refused(Problem(status=401, detail=detail, headers=(("WWW-Authenticate", challenge),)))
