"""What callers show who they are by: tokens, people's passwords, sessions. None of it is kept in clear."""

from typing import Final, NewType

import msgspec

from bellwire.model.event import EventTypeId
from bellwire.model.principal import PrincipalKind, Scope

NAME_LENGTH_MAX: Final = 64
"""Of a token or a person."""

TOKENS_MAX: Final = 1_000
PEOPLE_MAX: Final = 1_000
SESSIONS_MAX: Final = 100
"""Of one caller at once; the oldest ends when another begins."""

BROWSER_LENGTH_MAX: Final = 256
"""Of what a browser says that it is."""

TOKEN_PREFIX: Final = "bw_"  # noqa: S105 - by which scanners for secrets know a token

SecretHash = NewType("SecretHash", str)
"""Hexadecimal SHA-256 of 256 random bits, which cannot be turned back."""

SessionId = NewType("SessionId", str)


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What a program shows. types: the only ones it may publish, None: any. Times are steady ones; expires_at_ms: None
    for never; last_used_at_ms: to the minute.
    """

    name: str
    hash: SecretHash
    scopes: tuple[Scope, ...]
    types: tuple[EventTypeId, ...] | None = None
    created_at_ms: int
    expires_at_ms: int | None = None
    last_used_at_ms: int | None = None


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs in with a password. password_hash: as argon2id writes it, None where only links let them in."""

    name: str
    scopes: tuple[Scope, ...]
    password_hash: str | None
    created_at_ms: int


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that was let in, for whom, and from where. hash: of what its cookie carries. browser: its User-Agent,
    empty where it said none. Times are steady ones.
    """

    id: SessionId
    hash: SecretHash
    name: str
    kind: PrincipalKind
    address: str
    browser: str = ""
    created_at_ms: int
    last_used_at_ms: int
