"""Contract: who may come in, and the audit trail of what they did.

What it keeps is small enough to be held in memory by its readers, the audit trail excepted. A change and its entry in
the trail are stored together or not at all; that holds for the changes of a store's Registry too. What a crash before
and after a call means is said in store.py.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from bellwire.model.audit import Action, AuditEntry
from bellwire.model.credentials import Person, Session, SessionId, Token


class PutToken(msgspec.Struct, frozen=True):
    """Add a token, or replace the one of that name."""

    token: Token


class RemoveToken(msgspec.Struct, frozen=True):
    """Remove the token of that name."""

    name: str


class PutPerson(msgspec.Struct, frozen=True):
    """Add a person, or replace the one of that name."""

    person: Person


class RemovePerson(msgspec.Struct, frozen=True):
    """Remove the person of that name."""

    name: str


class PutSession(msgspec.Struct, frozen=True):
    """Add a session, or replace the one of that id."""

    session: Session


class RemoveSession(msgspec.Struct, frozen=True):
    """Remove the session of that id."""

    id: SessionId


DirectoryChange = PutToken | RemoveToken | PutPerson | RemovePerson | PutSession | RemoveSession


class AuditSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries to list, newest first. before: only those with a lower number; since ≤ time < until."""

    by: str | None = None
    action: Action | None = None
    object_id: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    before: int | None = None
    limit: int = 100


class NumberedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded entry; numbers ascend in the order of recording and are not used twice."""

    number: int
    entry: AuditEntry


class Directory(Protocol):
    """Tokens, people, sessions and the audit trail."""

    async def tokens(self) -> tuple[Token, ...]:
        """All of them, in the order of their names."""

    async def people(self) -> tuple[Person, ...]:
        """All of them, in the order of their names."""

    async def sessions(self) -> tuple[Session, ...]:
        """All of them, in the order of their ids."""

    async def change(self, changes: Sequence[DirectoryChange], *, audit: AuditEntry) -> None:
        """Make the changes in their order and record the entry: all or nothing. Removing what is not there is none."""

    async def note_uses(self, tokens: Sequence[Token], sessions: Sequence[Session]) -> None:
        """Replace those that are still there; nobody has changed them but for their last use."""

    async def forget_sessions(self, ids: Sequence[SessionId]) -> None:
        """Remove sessions that have ended by themselves."""

    async def entries(self, search: AuditSearch) -> tuple[NumberedEntry, ...]:
        """Entries of the audit trail, newest first."""

    async def remove_entries(self, *, before_ms: int, most: int) -> int:
        """Remove entries that are older, and the oldest until at most so many are left: a bounded number; how many."""
