"""Who makes a call, and what was granted to them."""

import enum
from typing import Final

import msgspec

from bellwire.model.event import EventTypeId


class Scope(enum.Enum):
    """One thing that may be granted. `admin` includes all others, `write` includes `read`, `publish` stands alone."""

    PUBLISH = "publish"
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class PrincipalKind(enum.Enum):
    """How a caller has shown who they are; a program is one that embeds Bellwire and need not."""

    TOKEN = "token"  # noqa: S105 - a word of the API, no token
    PERSON = "person"
    PROGRAM = "program"


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """A caller. types: the only event types that may be published, None: any. address: from where the call came, empty
    for a program.
    """

    name: str
    kind: PrincipalKind
    scopes: frozenset[Scope]
    types: frozenset[EventTypeId] | None = None
    address: str = ""


PROGRAM: Final = Principal(name="program", kind=PrincipalKind.PROGRAM, scopes=frozenset(Scope))
"""Who calls where nobody else is named: the program that embeds Bellwire, which may do everything."""
