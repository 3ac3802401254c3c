"""The token checker: knows which tokens may enter, by their hashes."""

import hashlib

from bellwire.model.principal import Principal, PrincipalKind, Scope
from bellwire.store import Registry


class TokenChecker:
    """Only hashes are stored and compared, so neither the store nor the time that it takes tells anything of tokens."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._principals: dict[str, Principal] = {}

    async def load(self) -> None:
        """Take over what is stored."""
        hashes = await self._registry.token_hashes()
        self._principals = {token_hash: _administrator(name) for name, token_hash in hashes.items()}

    def principal(self, token: str) -> Principal | None:
        """Whose token it is; None for a token that may not enter."""
        return self._principals.get(_hash_of(token))

    async def admit(self, name: str, token: str) -> None:
        """Let a token in, under a name; one of the same name is replaced."""
        await self._registry.put_token(name, _hash_of(token))
        await self.load()


def _administrator(name: str) -> Principal:
    return Principal(name=name, kind=PrincipalKind.TOKEN, scopes=frozenset({Scope.ADMIN}))


def _hash_of(token: str) -> str:
    """Tokens have 256 random bits, so one pass of SHA-256 cannot be turned back."""
    return hashlib.sha256(token.encode()).hexdigest()
