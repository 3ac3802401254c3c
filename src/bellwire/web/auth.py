"""Who may call: the bearer token of a request (RFC 6750)."""

from typing import Final

import msgspec
from starlette.types import Scope as ConnectionScope

from bellwire.model.principal import Principal
from bellwire.service import Bellwire
from bellwire.web.bodies import head_of
from bellwire.web.problem_kinds import UNAUTHORISED
from bellwire.web.problems import Problem, Refused

_SCHEME: Final = b"bearer "
_TOKEN_BYTES_MAX: Final = 1024


def principal_of(service: Bellwire, scope: ConnectionScope) -> Principal:
    """Who makes the request; Refused (401) unless it carries a valid token."""
    credentials = head_of(scope).get(b"authorization", b"")
    if credentials[:7].lower() != _SCHEME:
        raise _unauthorised("send the header Authorization: Bearer <token>", challenge='Bearer realm="bellwire"')
    token = credentials[7:].strip()
    principal = service.principal(token.decode("latin-1")) if len(token) <= _TOKEN_BYTES_MAX else None
    if principal is None:
        raise _unauthorised(
            "the token is not one of this service",
            challenge='Bearer realm="bellwire", error="invalid_token"',
        )
    return msgspec.structs.replace(principal, address=address_of(scope))


def address_of(scope: ConnectionScope) -> str:
    """The address that the request comes from; empty where it came over no network."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _unauthorised(detail: str, *, challenge: str) -> Refused:
    return Refused(Problem.of(UNAUTHORISED, detail, headers=(("WWW-Authenticate", challenge),)))
