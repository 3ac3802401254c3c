"""Secrets as the object names them: in place, or where to read them."""

from typing import Final

import msgspec

MASK: Final = "****"
"""What reading shows in a secret's place; written back, it keeps the stored secret."""


OWN_VARIABLES: Final = "BELLWIRE_"
"""How the names of Bellwire's own environment variables begin; none of them is ever read as a secret."""


class NoSecret(msgspec.Struct, frozen=True, tag_field="@type", tag="None"):
    """SecretKeyOptional, variant None: there is no key."""


class Value(msgspec.Struct, frozen=True, tag_field="@type", tag="Value"):
    """The secret itself."""

    secret: str

    def __repr__(self) -> str:
        """Without the secret, so that no log or error shows it."""
        return f"Value(secret={MASK!r})"


class EnvironmentVariable(msgspec.Struct, frozen=True, tag_field="@type", rename="camel"):
    """The secret is the value of a variable of the server's environment."""

    variable_name: str


class File(msgspec.Struct, frozen=True, tag_field="@type", rename="camel"):
    """The secret is the content of a file on the server, trailing white space cut."""

    file_path: str


SecretKey = Value | EnvironmentVariable | File
SecretKeyOptional = NoSecret | SecretKey
