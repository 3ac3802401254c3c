"""Who may come in, and the audit trail, in memory."""

from collections.abc import Sequence
from typing import assert_never

from bellwire.directory import (
    AuditSearch,
    DirectoryChange,
    NumberedEntry,
    PutPerson,
    PutSession,
    PutToken,
    RemovePerson,
    RemoveSession,
    RemoveToken,
)
from bellwire.model.audit import AuditEntry
from bellwire.model.credentials import Person, Session, SessionId, Token
from bellwire.stores.gate import Gate


class MemoryDirectory:
    """Tokens and people by their names, sessions by their ids, entries in the order of recording."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._tokens: dict[str, Token] = {}
        self._people: dict[str, Person] = {}
        self._sessions: dict[SessionId, Session] = {}
        self._entries: list[NumberedEntry] = []
        self._recorded = 0

    def record(self, audit: AuditEntry) -> None:
        """Put an entry at the end of the trail."""
        self._recorded += 1
        self._entries.append(NumberedEntry(number=self._recorded, entry=audit))

    async def tokens(self) -> tuple[Token, ...]:
        """All of them, in the order of their names."""
        self._gate.check()
        return tuple(self._tokens[name] for name in sorted(self._tokens))

    async def people(self) -> tuple[Person, ...]:
        """All of them, in the order of their names."""
        self._gate.check()
        return tuple(self._people[name] for name in sorted(self._people))

    async def sessions(self) -> tuple[Session, ...]:
        """All of them, in the order of their ids."""
        self._gate.check()
        return tuple(self._sessions[session_id] for session_id in sorted(self._sessions))

    async def change(self, changes: Sequence[DirectoryChange], *, audit: AuditEntry) -> None:
        """Make the changes in their order and record the entry."""
        self._gate.check()
        for change in changes:
            self._make(change)
        self.record(audit)

    async def note_uses(self, tokens: Sequence[Token], sessions: Sequence[Session]) -> None:
        """Replace those that are still there."""
        self._gate.check()
        self._tokens |= {token.name: token for token in tokens if token.name in self._tokens}
        self._sessions |= {session.id: session for session in sessions if session.id in self._sessions}

    async def forget_sessions(self, ids: Sequence[SessionId]) -> None:
        """Remove sessions."""
        self._gate.check()
        for session_id in ids:
            self._sessions.pop(session_id, None)

    async def entries(self, search: AuditSearch) -> tuple[NumberedEntry, ...]:
        """Entries of the audit trail, newest first."""
        self._gate.check()
        return tuple([each for each in reversed(self._entries) if _matches(search, each)][: search.limit])

    async def remove_entries(self, *, before_ms: int, most: int) -> int:
        """Remove entries that are too old or too many."""
        self._gate.check()
        surplus = len(self._entries) - most
        kept = [each for at, each in enumerate(self._entries) if at >= surplus and each.entry.at_ms >= before_ms]
        removed = len(self._entries) - len(kept)
        self._entries = kept
        return removed

    def _make(self, change: DirectoryChange) -> None:
        match change:
            case PutToken(token):
                self._tokens[token.name] = token
            case RemoveToken(name):
                self._tokens.pop(name, None)
            case PutPerson(person):
                self._people[person.name] = person
            case RemovePerson(name):
                self._people.pop(name, None)
            case PutSession(session):
                self._sessions[session.id] = session
            case RemoveSession(session_id):
                self._sessions.pop(session_id, None)
            case _:
                assert_never(change)


def _matches(search: AuditSearch, numbered: NumberedEntry) -> bool:
    entry = numbered.entry
    return (
        search.by in {None, entry.by}
        and search.action in {None, entry.action}
        and search.object_id in {None, entry.object_id}
        and (search.since_ms is None or entry.at_ms >= search.since_ms)
        and (search.until_ms is None or entry.at_ms < search.until_ms)
        and (search.before is None or numbered.number < search.before)
    )
