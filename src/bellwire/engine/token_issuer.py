"""The token issuer: gives out tokens, knows them by their hashes, takes them back."""

from typing import Final

import msgspec

from bellwire.clock import Clock
from bellwire.directory import Directory, DirectoryChange, PutToken, RemoveToken
from bellwire.engine.auditor import Auditor
from bellwire.engine.secret_maker import hash_of, make_secret
from bellwire.engine.session_keeper import SessionKeeper
from bellwire.errors import ConflictingName, Fault, InvalidObject, UnknownThing
from bellwire.model.audit import Action, MemberChange
from bellwire.model.credentials import TOKEN_PREFIX, TOKENS_MAX, SecretHash, Token
from bellwire.model.principal import Principal, PrincipalKind, Scope
from bellwire.rules.auditing import member_changes
from bellwire.rules.granting import TokenWish
from bellwire.rules.permitting import check_scope

USE_NOTED_MS: Final = 60_000
"""The last use of a token is stored so often at most."""

ADMIN: Final = "admin"
"""The token in the data folder, for whoever may read that."""


class _Known(msgspec.Struct):
    token: Token
    principal: Principal
    used_at_ms: int = 0


class TokenIssuer:
    """Holds all tokens in memory: who shows one is found by one look into a dictionary."""

    def __init__(self, directory: Directory, *, clock: Clock, auditor: Auditor, sessions: SessionKeeper) -> None:
        self._directory = directory
        self._clock = clock
        self._auditor = auditor
        self._sessions = sessions
        self._by_hash: dict[SecretHash, _Known] = {}

    async def load(self) -> None:
        """Take over what is stored."""
        self._by_hash = {token.hash: _known(token) for token in await self._directory.tokens()}

    def principal(self, secret: str) -> Principal | None:
        """Whose token it is; None for one that is unknown or has expired."""
        known = self._by_hash.get(hash_of(secret))
        if known is None:
            return None
        now_ms = self._clock.steady_ms()
        if _has_expired(known.token, now_ms):
            return None
        known.used_at_ms = now_ms
        return known.principal

    def principal_named(self, name: str) -> Principal | None:
        """Whom a token of that name stands for, if there is one that has not expired."""
        token = self._find(name)
        if token is None or _has_expired(token, self._clock.steady_ms()):
            return None
        return self._by_hash[token.hash].principal

    def all(self) -> tuple[Token, ...]:
        """In the order of their names, the expired ones included."""
        return tuple(sorted((_shown(known) for known in self._by_hash.values()), key=lambda token: token.name))

    def get(self, name: str) -> Token:
        """Raises UnknownThing."""
        token = self._find(name)
        if token is None:
            raise UnknownThing("token", name)
        return _shown(self._by_hash[token.hash])

    async def create(self, wish: TokenWish, *, by: Principal) -> tuple[Token, str]:
        """Give out a token; the second is what its holder shows, which nobody can find out again.

        Raises ConflictingName, InvalidObject, Forbidden.
        """
        check_scope(by, Scope.ADMIN)
        if self._find(wish.name) is not None:
            raise ConflictingName(f"{wish.name!r} is taken; revoke that token first, or choose another name")
        if len(self._by_hash) >= TOKENS_MAX:
            raise _fault("", f"there are {TOKENS_MAX:,} tokens, which is the most there can be; revoke some")
        secret, now_ms = make_secret(TOKEN_PREFIX), self._clock.steady_ms()
        token = Token(
            name=wish.name,
            hash=hash_of(secret),
            scopes=wish.scopes,
            types=wish.types,
            created_at_ms=now_ms,
            expires_at_ms=None if wish.expires_in_ms is None else now_ms + wish.expires_in_ms,
        )
        await self._put(token, Action.TOKEN_CREATE, by=by)
        return token, secret

    async def rotate(self, name: str, *, by: Principal) -> tuple[Token, str]:
        """Give what a token's holder shows another value, for as long again as it was given out for; the one before
        lets nobody in from now on, and sessions that it let in end. The second is what is shown now.

        Raises UnknownThing, InvalidObject, Forbidden.
        """
        check_scope(by, Scope.ADMIN)
        before = self._needed_nowhere_else(name)
        secret, now_ms = make_secret(TOKEN_PREFIX), self._clock.steady_ms()
        until_ms = before.expires_at_ms
        token = msgspec.structs.replace(
            before,
            hash=hash_of(secret),
            created_at_ms=now_ms,
            expires_at_ms=None if until_ms is None else now_ms + until_ms - before.created_at_ms,
            last_used_at_ms=None,
        )
        await self._put(token, Action.TOKEN_ROTATE, by=by)
        return token, secret

    async def admit(self, name: str, secret: str, *, by: Principal) -> None:
        """Let a token in that was made elsewhere, as an administrator's; one of the same name is replaced."""
        check_scope(by, Scope.ADMIN)
        known = self._find(name)
        if known is not None and known.hash == hash_of(secret) and known.scopes == (Scope.ADMIN,):
            return
        now_ms = self._clock.steady_ms()
        token = Token(name=name, hash=hash_of(secret), scopes=(Scope.ADMIN,), created_at_ms=now_ms)
        await self._put(token, Action.TOKEN_CREATE, by=by)

    async def revoke(self, name: str, *, by: Principal) -> None:
        """Take a token back; it lets nobody in from now on. Raises UnknownThing, InvalidObject, Forbidden."""
        check_scope(by, Scope.ADMIN)
        token = self._needed_nowhere_else(name)
        changes = tuple(MemberChange(path, before) for path, before in _members(token).items())
        audit = self._auditor.entry(by, Action.TOKEN_REVOKE, name, changes)
        await self._directory.change([RemoveToken(name), *self._endings(name)], audit=audit)
        self._by_hash.pop(token.hash, None)
        self._sessions.drop_all_of(name, PrincipalKind.TOKEN)

    def take_uses(self) -> list[Token]:
        """Those that were used since their use was last stored, as they are to be stored now."""
        used = []
        for known in self._by_hash.values():
            if known.used_at_ms > (known.token.last_used_at_ms or 0) + USE_NOTED_MS:
                known.token = _shown(known)
                used.append(known.token)
        return used

    def _needed_nowhere_else(self, name: str) -> Token:
        token = self.get(name)
        if name == ADMIN:
            raise _fault(
                "name", "the token of the data folder is needed there; for another one remove its file, restart"
            )
        return token

    async def _put(self, token: Token, action: Action, *, by: Principal) -> None:
        before = self._find(token.name)
        changes = member_changes({} if before is None else _members(before), _members(token))
        audit = self._auditor.entry(by, action, token.name, changes)
        await self._directory.change([PutToken(token), *self._endings(token.name)], audit=audit)
        if before is not None:
            self._by_hash.pop(before.hash, None)
        self._sessions.drop_all_of(token.name, PrincipalKind.TOKEN)
        self._by_hash[token.hash] = _known(token)

    def _endings(self, name: str) -> list[DirectoryChange]:
        """Sessions that a token let in end with it."""
        return list(self._sessions.endings_of(name, PrincipalKind.TOKEN))

    def _find(self, name: str) -> Token | None:
        return next((known.token for known in self._by_hash.values() if known.token.name == name), None)


def _known(token: Token) -> _Known:
    principal = Principal(
        name=token.name,
        kind=PrincipalKind.TOKEN,
        scopes=frozenset(token.scopes),
        types=None if token.types is None else frozenset(token.types),
    )
    return _Known(token, principal)


def _shown(known: _Known) -> Token:
    if not known.used_at_ms:
        return known.token
    return msgspec.structs.replace(known.token, last_used_at_ms=known.used_at_ms)


def _has_expired(token: Token, now_ms: int) -> bool:
    return token.expires_at_ms is not None and token.expires_at_ms <= now_ms


def _members(token: Token) -> dict[str, object]:
    return {
        "scopes": [scope.value for scope in token.scopes],
        "types": None if token.types is None else list(token.types),
        "expiresAtMs": token.expires_at_ms,
    }


def _fault(path: str, message: str) -> InvalidObject:
    return InvalidObject((Fault(path, message),))
