"""The token checker: knows which tokens may enter, by their hashes."""

import hashlib

from bellwire.store import Registry


class TokenChecker:
    """Only hashes are stored and compared, so neither the store nor the time that it takes tells anything of tokens."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._hashes: set[str] = set()

    async def load(self) -> None:
        """Take over what is stored."""
        self._hashes = set((await self._registry.token_hashes()).values())

    def check(self, token: str) -> bool:
        """Whether the token may enter."""
        return _hash_of(token) in self._hashes

    async def admit(self, name: str, token: str) -> None:
        """Let a token in, under a name; one of the same name is replaced."""
        await self._registry.put_token(name, _hash_of(token))
        await self.load()


def _hash_of(token: str) -> str:
    """Tokens have 256 random bits, so one pass of SHA-256 cannot be turned back."""
    return hashlib.sha256(token.encode()).hexdigest()
