"""The secret maker: makes what callers show, and the hash of it, which is all that is kept."""

import hashlib
import secrets
from typing import Final

from bellwire.model.credentials import SecretHash

SECRET_BYTES: Final = 32


def make_secret(prefix: str = "") -> str:
    """A secret of 256 random bits that can stand in a header, a cookie and a URL."""
    return prefix + secrets.token_urlsafe(SECRET_BYTES)


def hash_of(secret: str) -> SecretHash:
    """Of 256 random bits one pass of SHA-256 cannot be turned back, and to find a stored hash by its own bit by bit,
    as the time of a comparison might let one, takes as many guesses as there are secrets.
    """
    return SecretHash(hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest())


def made_from(secret: str, *, purpose: str) -> str:
    """Another secret that goes with the first one and does not give it away."""
    return hashlib.sha256(f"bellwire {purpose} {secret}".encode("utf-8", "surrogateescape")).hexdigest()
