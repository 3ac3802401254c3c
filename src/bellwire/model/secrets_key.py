"""Keys that seal secrets at rest, and their form as text."""

import base64
import binascii
import hashlib
from typing import Final

import msgspec

KEY_BYTES: Final = 32
KEY_PREFIX: Final = "bellwire-key-1:"
"""How a key begins as text; the number is that of the form."""

KEYS_MAX: Final = 16
"""How many keys may be given at once: the present one, and older ones that still open."""

_LABEL: Final = b"bellwire secrets key id\0"
_ID_DIGITS: Final = 12


class SecretsKey(msgspec.Struct, frozen=True):
    """A key of AES-256."""

    secret: bytes

    @property
    def id(self) -> str:
        """A name for the key that tells nothing of it."""
        return hashlib.sha256(_LABEL + self.secret).hexdigest()[:_ID_DIGITS]

    def __repr__(self) -> str:
        """Without the key, so that no log or error shows it."""
        return f"SecretsKey(id={self.id!r})"


def show_keys(keys: tuple[SecretsKey, ...]) -> str:
    """The keys as text, a line each: `bellwire-key-1:` and URL-safe base64."""
    return "".join(f"{KEY_PREFIX}{base64.urlsafe_b64encode(key.secret).decode().rstrip('=')}\n" for key in keys)


def parse_keys(text: str) -> tuple[SecretsKey, ...]:
    """Read what show_keys writes, the keys separated by any white space; a line that begins with # says nothing.

    Raises ValueError, which never repeats what was read.
    """
    words = [word for line in text.splitlines() if not line.lstrip().startswith("#") for word in line.split()]
    if not words:
        raise ValueError("holds no key")
    if len(words) > KEYS_MAX:
        raise ValueError(f"holds {len(words)} keys; at most {KEYS_MAX} are possible")
    return tuple(dict.fromkeys(_parse_key(word, number) for number, word in enumerate(words, start=1)))


def _parse_key(word: str, number: int) -> SecretsKey:
    if not word.startswith(KEY_PREFIX):
        raise ValueError(f"its key {number} does not begin with {KEY_PREFIX}")
    encoded = word.removeprefix(KEY_PREFIX)
    try:
        secret = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != KEY_BYTES:
        raise ValueError(f"its key {number} is not {KEY_BYTES} bytes in URL-safe base64")
    return SecretsKey(secret)
